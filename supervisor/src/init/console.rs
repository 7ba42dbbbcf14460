//! The console: where PID 1 speaks, and the program that a person finds there.

use super::options::Console;
use super::{children, say};
use rustix::fs::{Mode, OFlags, open};
use rustix::io::{Errno, Result};
use rustix::process::Pid;
use rustix::stdio::{dup2_stderr, dup2_stdin, dup2_stdout};
use std::ffi::CString;

const DEVICE: &str = "/dev/console";

/// Makes the console this process's stdio; the kernel does so only where an image has it before devtmpfs is mounted.
pub(super) fn adopt() {
    if let Err(errno) = take(OFlags::NOCTTY) {
        // Nobody hears this where there is no console at all, which is fine on a board without one.
        say::failed("opening /dev/console", errno);
    }
}

fn take(more: OFlags) -> Result<()> {
    let console = open(DEVICE, OFlags::RDWR | OFlags::CLOEXEC | more, Mode::empty())?;
    dup2_stdin(&console)?;
    dup2_stdout(&console)?;
    dup2_stderr(&console)
}

/// Starts the program as the leader of a new session, whose terminal is the console.
pub(super) fn start(console: &Console) -> Result<Pid> {
    let program = CString::new(console.program.as_str()).map_err(|_| Errno::INVAL)?;
    children::spawn(&program, &[&program], &[], lead)
}

fn lead() -> Result<()> {
    rustix::process::chdir("/")?;
    rustix::process::setsid()?;
    take(OFlags::empty())?;
    match rustix::process::ioctl_tiocsctty(rustix::stdio::stdin()) {
        // PERM: it is another session's; NOTTY: this console is no terminal. The program runs all the same.
        Ok(()) | Err(Errno::PERM | Errno::NOTTY) => Ok(()),
        Err(errno) => Err(errno),
    }
}
