//! `limpet supervise` for one [`Limpet`], started as a service manager starts it, and ended in every way there is.

use crate::limpet::Limpet;
use crate::outcome::typed;
use crate::until::{until, within};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Longest datagram that a service manager is told.
const NOTE_BYTES_MAX: usize = 4096;
/// What is left of its cgroups goes within this time.
const SETTLE: Duration = Duration::from_secs(10);

/// A supervisor that runs. Dropped, it is killed: containers go on, as after a crash.
#[derive(Debug)]
pub struct Supervisor<'a> {
    limpet: &'a Limpet,
    typed: String,
    child: Child,
    notes: UnixDatagram,
    heard: Vec<String>,
}

impl<'a> Supervisor<'a> {
    /// Starts it, and waits until it says that it is ready.
    #[must_use]
    pub fn start(limpet: &'a Limpet) -> Self {
        Self::start_with(limpet, &[], &[])
    }

    /// The same with arguments and variables.
    #[must_use]
    pub fn start_with(limpet: &'a Limpet, args: &[&str], env: &[(&str, &str)]) -> Self {
        let mut supervisor = Self::launch(limpet, args, env);
        supervisor.until_told("READY=1");
        supervisor
    }

    /// Starts it, ready or not.
    #[must_use]
    pub fn launch(limpet: &'a Limpet, args: &[&str], env: &[(&str, &str)]) -> Self {
        let mut command = limpet.command(&[&["supervise"], args].concat());
        command.envs(env.iter().copied());
        Self::run(limpet, command)
    }

    /// The same by a `command` that becomes `limpet supervise`.
    ///
    /// # Panics
    /// It cannot be started.
    #[must_use]
    pub fn run(limpet: &'a Limpet, mut command: Command) -> Self {
        let socket = limpet.home().join("notify");
        // One of an earlier supervisor.
        let _ = fs::remove_file(&socket);
        let notes =
            UnixDatagram::bind(&socket).unwrap_or_else(|e| panic!("binding {}: {e}", socket.display()));
        notes.set_nonblocking(true).unwrap_or_else(|e| panic!("{}: {e}", socket.display()));
        command.env("NOTIFY_SOCKET", &socket);
        let log = fs::OpenOptions::new().create(true).append(true).open(Self::log_path(limpet));
        let log = log.unwrap_or_else(|e| panic!("opening the supervisor's log: {e}"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let typed = typed(&command);
        let child = command.spawn().unwrap_or_else(|e| panic!("starting {typed}: {e}"));
        Self { limpet, typed, child, notes, heard: Vec::new() }
    }

    fn log_path(limpet: &Limpet) -> PathBuf {
        limpet.home().join("supervisor.log")
    }

    /// What it, and those before it, have said on stderr.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(Self::log_path(self.limpet)).unwrap_or_default()
    }

    /// Its process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it has told the service manager `line`, and gives all that it has told up to then.
    ///
    /// # Panics
    /// It ends before.
    pub fn until_told(&mut self, line: &str) -> &[String] {
        until(&format!("{} tells {line}", self.typed), || {
            let ended = self.child.try_wait().unwrap_or_else(|e| panic!("waiting for {}: {e}", self.typed));
            self.listen();
            let told = self.heard.iter().any(|heard| heard == line);
            assert!(
                told || ended.is_none(),
                "{} ended ({ended:?}) before it told {line}:\n{}",
                self.typed,
                self.log()
            );
            told.then_some(())
        });
        &self.heard
    }

    /// Takes what it has told.
    fn listen(&mut self) {
        let mut bytes = [0; NOTE_BYTES_MAX];
        while let Ok(length) = self.notes.recv(&mut bytes) {
            self.heard.extend(String::from_utf8_lossy(&bytes[..length]).lines().map(str::to_owned));
        }
    }

    /// What it has told since this was asked before.
    pub fn told(&mut self) -> Vec<String> {
        self.listen();
        std::mem::take(&mut self.heard)
    }

    /// Whether it has ended by itself; [`Supervisor::wait`] says how.
    ///
    /// # Panics
    /// It cannot be waited for.
    #[must_use]
    pub fn is_over(&mut self) -> bool {
        self.child.try_wait().unwrap_or_else(|e| panic!("waiting for {}: {e}", self.typed)).is_some()
    }

    /// Sends it a signal.
    ///
    /// # Panics
    /// It is not there any more.
    pub fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).expect("a pid is positive");
        kill_process(pid, signal).unwrap_or_else(|e| panic!("signalling {}: {e}", self.typed));
    }

    /// Waits for its end by itself; an exit code, or 128+n for signal n.
    ///
    /// # Panics
    /// It does not end.
    #[must_use]
    pub fn wait(mut self) -> i32 {
        let status = until(&format!("{} ends", self.typed), || self.child.try_wait().ok().flatten());
        status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0))
    }

    /// SIGTERM, as a service manager ends it: containers go on.
    ///
    /// # Panics
    /// It does not end well.
    pub fn leave(self) {
        self.signal(Signal::TERM);
        let typed = self.typed.clone();
        assert_eq!(self.wait(), 0, "exit code of {typed}");
    }

    /// SIGKILL, as a crash ends it.
    ///
    /// # Panics
    /// It ended before.
    pub fn crash(self) {
        self.signal(Signal::KILL);
        let typed = self.typed.clone();
        assert_eq!(self.wait(), 137, "exit code of {typed}");
    }

    /// A number of `/proc/PID/smaps_rollup`, in KiB: the sum of all lines that begin with `name`.
    ///
    /// # Panics
    /// It does not run.
    #[must_use]
    pub fn memory_kib(&self, name: &str) -> u64 {
        let path = format!("/proc/{}/smaps_rollup", self.pid());
        let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("reading {path}: {e}"));
        let lines = text.lines().filter(|line| line.starts_with(name));
        lines.filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).sum()
    }

    /// The cgroups that supervisors of this test had; nobody else removes them.
    fn cgroups(&self) -> Vec<PathBuf> {
        let name = self.limpet.state().to_string_lossy().replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        let name = format!("limpet.supervisor{name}");
        let hierarchies = fs::read_dir("/sys/fs/cgroup").into_iter().flatten().flatten();
        let places = hierarchies.map(|entry| entry.path()).chain([PathBuf::from("/sys/fs/cgroup")]);
        places.map(|place| place.join(&name)).filter(|path: &PathBuf| Path::exists(path)).collect()
    }
}

impl Drop for Supervisor<'_> {
    fn drop(&mut self) {
        // Already waited for, in some tests.
        let _ = self.child.kill();
        let _ = self.child.wait();
        // What it had started may need a moment to leave.
        let gone = within(SETTLE, || {
            let left = self.cgroups();
            left.iter().for_each(|path| drop(fs::remove_dir(path)));
            left.is_empty().then_some(())
        });
        if std::thread::panicking() {
            eprintln!("{} said:\n{}", self.typed, self.log());
        } else {
            assert!(gone.is_some(), "cgroups of {} are left: {:?}", self.typed, self.cgroups());
        }
    }
}
