//! The process that enters the container and becomes the command.
//!
//! In: a [`Door`] and a channel to the holder. Out: another program in this process, or a [`Failure`] on the channel
//! and the end. Everything in the container may be hostile: nothing is opened there without seeing what it is.

use super::Door;
use super::step::{EnterStep, FIRST_INSIDE, FIRST_OF_ENTRANT};
use crate::beneath;
use crate::channel;
use crate::child::{STDIO, become_root_inside};
use crate::failure::Failure;
use crate::process::Privileges;
use crate::terminal;
use limpet_protocol::exit::code;
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{CWD, FileType, Mode, OFlags, fstat, makedev, openat};
use rustix::io::{Errno, Result};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::stdio::{dup2_stderr, dup2_stdin, dup2_stdout};
use rustix::thread::{ThreadNameSpaceType, move_into_thread_name_spaces};
use std::ops::Range;

/// /dev/ptmx (Documentation/admin-guide/devices.txt).
const PTMX: (u32, u32) = (5, 2);
/// /dev/null
const NULL: (u32, u32) = (1, 3);
/// DEVPTS_SUPER_MAGIC of linux/magic.h.
const DEVPTS_MAGIC: u64 = 0x1cd1;

/// Enters; does not come back.
///
/// Inside, whatever is open could be named in the container as `/proc/self/fd/N`, also by the path of the command: the kernel
/// follows that before it closes anything (CVE-2024-21626). So only what the holder hears stays open.
pub(super) fn enter(door: &Door<'_>, holder: OwnedFd) -> ! {
    let mut entrant = Entrant { door, holder, privileges: Privileges::new(&door.exec.launch.process) };
    entrant.perform_all(FIRST_OF_ENTRANT..FIRST_INSIDE);
    let Entrant { door, holder, privileges } = entrant;
    limpet_sys::process::alone_with(holder, |holder| {
        Entrant { door, holder, privileges }.perform_all(FIRST_INSIDE..door.steps.len());
        limpet_sys::process::exit_now(i32::from(code::LIMPET_FAILED))
    })
}

struct Entrant<'a> {
    door: &'a Door<'a>,
    holder: OwnedFd,
    privileges: Privileges<'a>,
}

impl Entrant<'_> {
    /// The steps with these numbers; what fails ends this process.
    fn perform_all(&mut self, numbers: Range<usize>) {
        for number in numbers {
            if let Err(errno) = self.perform(&self.door.steps[number]) {
                let failure = Failure { step: u32::try_from(number).unwrap_or(u32::MAX), errno };
                // If even this cannot be said, the holder still sees the end without a success.
                channel::send(self.holder.as_fd(), &failure.encode(), &[]).ok();
                limpet_sys::process::exit_now(i32::from(code::LIMPET_FAILED));
            }
        }
    }

    fn perform(&mut self, step: &EnterStep) -> Result<()> {
        match step {
            // The holder's, done before this process was told to go on.
            EnterStep::EnterPidNamespace | EnterStep::StartProcess | EnterStep::SetLimits => Ok(()),
            EnterStep::JoinCgroup => self.join_cgroup(),
            EnterStep::EnterNamespaces => self.enter_namespaces(),
            EnterStep::FindDirectory(path) => find_directory(path),
            EnterStep::OpenStdio => self.open_stdio(),
            EnterStep::Process(step) => self.privileges.perform(step),
        }
    }

    /// The holder's word comes first: it has set the limits.
    fn join_cgroup(&self) -> Result<()> {
        if channel::receive(self.holder.as_fd())?.bytes().is_empty() {
            return Err(Errno::PIPE);
        }
        for file in &self.door.tasks {
            rustix::io::write(file, b"0")?;
        }
        Ok(())
    }

    fn enter_namespaces(&self) -> Result<()> {
        let others = self.door.namespaces.others;
        if others.is_empty() {
            return Ok(());
        }
        move_into_thread_name_spaces(self.door.pidfd.as_fd(), others)?;
        if others.contains(ThreadNameSpaceType::USER) { become_root_inside() } else { Ok(()) }
    }

    /// A session of its own: no key that is typed at the client's terminal reaches the command by itself.
    fn open_stdio(&self) -> Result<()> {
        rustix::process::setsid()?;
        let process = &self.door.exec.launch.process;
        match process.terminal {
            Some(size) => {
                let master = open_device("/dev/pts/ptmx", OFlags::RDWR, PTMX)?;
                if u64::try_from(rustix::fs::fstatfs(&master)?.f_type) != Ok(DEVPTS_MAGIC) {
                    return Err(Errno::NXIO);
                }
                terminal::make_controlling(master.as_fd(), size)?;
                channel::send(self.holder.as_fd(), STDIO, &[master.as_fd()])
            }
            None if self.door.exec.detached => {
                let null = open_null(OFlags::RDWR)?;
                become_stdio(&null, &null, &null)?;
                channel::send(self.holder.as_fd(), STDIO, &[])
            }
            None => self.open_pipes(process.stdin_open),
        }
    }

    fn open_pipes(&self, stdin_open: bool) -> Result<()> {
        let (stdout_read, stdout) = pipe_with(PipeFlags::CLOEXEC)?;
        let (stderr_read, stderr) = pipe_with(PipeFlags::CLOEXEC)?;
        let (stdin, stdin_write) = if stdin_open {
            let (read, write) = pipe_with(PipeFlags::CLOEXEC)?;
            (read, Some(write))
        } else {
            (open_null(OFlags::RDONLY)?, None)
        };
        become_stdio(&stdin, &stdout, &stderr)?;
        let mut ends = vec![stdout_read.as_fd(), stderr_read.as_fd()];
        ends.extend(stdin_write.as_ref().map(AsFd::as_fd));
        channel::send(self.holder.as_fd(), STDIO, &ends)
    }
}

fn become_stdio(stdin: &OwnedFd, stdout: &OwnedFd, stderr: &OwnedFd) -> Result<()> {
    dup2_stdin(stdin)?;
    dup2_stdout(stdout)?;
    dup2_stderr(stderr)
}

fn find_directory(path: &str) -> Result<()> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let root = openat(CWD, "/", flags, Mode::empty())?;
    beneath::open(root.as_fd(), path, flags).map(drop)
}

fn open_null(access: OFlags) -> Result<OwnedFd> {
    open_device("/dev/null", access, NULL)
}

/// A character device that is what its path promises; nothing that a container put there instead is waited for.
fn open_device(path: &str, access: OFlags, number: (u32, u32)) -> Result<OwnedFd> {
    let flags = access | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = openat(CWD, path, flags, Mode::empty())?;
    let status = fstat(&file)?;
    let is_character = FileType::from_raw_mode(status.st_mode) == FileType::CharacterDevice;
    if !is_character || status.st_rdev != makedev(number.0, number.1) {
        return Err(Errno::NXIO);
    }
    rustix::io::ioctl_fionbio(&file, false)?;
    Ok(file)
}
