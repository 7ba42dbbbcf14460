//! A person at a terminal: a pty of the test's own, with the command as the leader of its session.

use crate::outcome::typed;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags, open};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);

/// A command on a terminal.
#[derive(Debug)]
pub struct Terminal {
    typed: String,
    child: Child,
    master: File,
    shown: String,
}

impl Terminal {
    /// Starts `command` on a new terminal of 24 rows and 80 columns.
    ///
    /// # Panics
    /// There is no terminal to be had, or it cannot be started.
    #[must_use]
    pub fn start(command: &Command) -> Self {
        let typed = typed(command);
        let (master, slave) = pair();
        let copy = || slave.try_clone().unwrap_or_else(|e| panic!("copying the terminal: {e}"));
        // setsid(1) makes stdin the controlling terminal, which needs code between fork and exec.
        let mut leader = Command::new("setsid");
        leader.arg("-c").arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            value.map(|value| leader.env(name, value));
        }
        leader.stdin(copy()).stdout(copy()).stderr(copy());
        let child = leader.spawn().unwrap_or_else(|e| panic!("starting {typed}: {e}"));
        let terminal = Self { typed, child, master: File::from(master), shown: String::new() };
        terminal.resize(24, 80);
        terminal
    }

    /// Gives the terminal another size; the command is told by SIGWINCH.
    ///
    /// # Panics
    /// The terminal is gone.
    pub fn resize(&self, rows: u16, columns: u16) {
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&self.master, size).unwrap_or_else(|e| panic!("resizing: {e}"));
    }

    /// Whether keys reach the command one by one, and unseen.
    ///
    /// # Panics
    /// The terminal is gone.
    #[must_use]
    pub fn is_raw(&self) -> bool {
        let modes =
            tcgetattr(&self.master).unwrap_or_else(|e| panic!("asking the terminal: {e}")).local_modes;
        !modes.intersects(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG)
    }

    /// The command's process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Types `keys` (`\x03` is Ctrl-C).
    ///
    /// # Panics
    /// The terminal is gone.
    pub fn type_in(&mut self, keys: &str) {
        self.master.write_all(keys.as_bytes()).unwrap_or_else(|e| panic!("typing {keys:?}: {e}"));
    }

    /// Waits until the screen has shown `text` since the last such wait.
    ///
    /// # Panics
    /// It has not within a minute, or the command has ended.
    #[track_caller]
    pub fn see(&mut self, text: &str) {
        let begin = Instant::now();
        loop {
            if let Some(at) = self.shown.find(text) {
                self.shown.drain(..at + text.len());
                return;
            }
            let more = self.read_more();
            assert!(
                more && begin.elapsed() < PATIENCE,
                "{}: {text:?} was not shown: {:?}",
                self.typed,
                self.shown
            );
        }
    }

    /// Reads what is there; false when everybody has closed the terminal.
    fn read_more(&mut self) -> bool {
        let wait = Timespec { tv_sec: 1, tv_nsec: 0 };
        let ready = poll(&mut [PollFd::new(&self.master, PollFlags::IN)], Some(&wait));
        if ready.is_ok_and(|count| count == 0) {
            return true;
        }
        let mut buffer = [0; 4096];
        match self.master.read(&mut buffer) {
            Ok(0) | Err(_) => false,
            Ok(count) => {
                self.shown.push_str(&String::from_utf8_lossy(&buffer[..count]));
                true
            }
        }
    }

    /// Waits for the command's end; gives its exit code and what was shown since the last wait.
    ///
    /// # Panics
    /// It does not end within a minute.
    #[track_caller]
    pub fn end(mut self) -> (i32, String) {
        let begin = Instant::now();
        while self.read_more() {
            assert!(begin.elapsed() < PATIENCE, "{} does not end: {:?}", self.typed, self.shown);
        }
        let status = self.child.wait().unwrap_or_else(|e| panic!("waiting for {}: {e}", self.typed));
        let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
        (code, std::mem::take(&mut self.shown))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Already waited for, most of the time.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn pair() -> (OwnedFd, OwnedFd) {
    let make = || -> rustix::io::Result<(OwnedFd, OwnedFd)> {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let name = ptsname(&master, Vec::new())?;
        let slave = open(name, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty())?;
        Ok((master, slave))
    };
    make().unwrap_or_else(|e| panic!("making a terminal: {e}"))
}
