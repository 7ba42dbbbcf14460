//! A pseudo-terminal of the container's own devpts.

use limpet_protocol::launch::WindowSize;
use rustix::fd::BorrowedFd;
use rustix::io::Result;
use rustix::pty::{OpenptFlags, ioctl_tiocgptpeer, unlockpt};
use rustix::stdio::{dup2_stderr, dup2_stdin, dup2_stdout};
use rustix::termios::{Winsize, tcsetwinsize};

/// Makes the slave of `master` this session's controlling terminal and its stdin, stdout and stderr.
pub(crate) fn make_controlling(master: BorrowedFd<'_>, size: WindowSize) -> Result<()> {
    unlockpt(master)?;
    let slave = ioctl_tiocgptpeer(master, OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    resize(master, size)?;
    rustix::process::ioctl_tiocsctty(&slave)?;
    dup2_stdin(&slave)?;
    dup2_stdout(&slave)?;
    dup2_stderr(&slave)
}

/// Tells the programs on the terminal its new size.
pub(crate) fn resize(master: BorrowedFd<'_>, size: WindowSize) -> Result<()> {
    tcsetwinsize(master, Winsize { ws_row: size.rows, ws_col: size.columns, ws_xpixel: 0, ws_ypixel: 0 })
}
