//! Descriptors that whoever started this process left open for it, above stdin, stdout and stderr.
//!
//! In: their numbers, which both sides agreed on. Out: values that own them. That nothing is owned twice rests on two
//! things: they can be claimed once in the life of a process, and what came across exec is told from what this program
//! opened by the close-on-exec flag, which the former cannot have had and everything that the latter opens has.

#[cfg(test)]
mod tests;

use rustix::fd::{FromRawFd, OwnedFd, RawFd};
use rustix::io::{Errno, Result};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

static CLAIMED: AtomicBool = AtomicBool::new(false);

/// The right to what was inherited; there is one in a process.
#[derive(Debug)]
pub struct Inheritance(());

impl Inheritance {
    /// The right, for whoever asks first. To be asked for before any descriptor is prepared for a child of this process.
    ///
    /// # Errors
    /// `EBUSY` if it was claimed before.
    pub fn claim() -> Result<Self> {
        let before = CLAIMED.swap(true, Ordering::Relaxed);
        if before { Err(Errno::BUSY) } else { Ok(Self(())) }
    }

    /// Takes over one descriptor, and marks it close-on-exec.
    ///
    /// # Errors
    /// `EBADF` if it is stdio, is not open, or did not come across exec.
    pub fn take(&mut self, number: RawFd) -> Result<OwnedFd> {
        if !is_inherited(number)? {
            return Err(Errno::BADF);
        }
        // SAFETY: it came across exec, so no value of this program owned it until now; it gets the flag of those that
        // are owned, and only the holder of the one right comes here.
        let fd = unsafe {
            libc::fcntl(number, libc::F_SETFD, libc::FD_CLOEXEC);
            OwnedFd::from_raw_fd(number)
        };
        Ok(fd)
    }

    /// Closes all that was not taken.
    ///
    /// # Errors
    /// What reading /proc/self/fd says.
    pub fn close_rest(self) -> io::Result<()> {
        let names: Vec<_> = std::fs::read_dir("/proc/self/fd")?
            .map(|entry| Ok(entry?.file_name()))
            .collect::<io::Result<_>>()?;
        let numbers = names.iter().filter_map(|name| name.to_str()?.parse::<RawFd>().ok());
        // The directory that was just read is closed already, and no longer counts.
        for number in numbers.filter(|number| is_inherited(*number).unwrap_or(false)) {
            // SAFETY: it came across exec and was not taken, so no value of this program owns it.
            unsafe { libc::close(number) };
        }
        Ok(())
    }
}

/// Whether it is no stdio, is open, and came across exec or was not owned since.
fn is_inherited(number: RawFd) -> Result<bool> {
    if number <= 2 {
        return Ok(false);
    }
    // SAFETY: F_GETFD on any number is harmless.
    let flags = unsafe { libc::fcntl(number, libc::F_GETFD) };
    if flags < 0 { Err(crate::last_errno()) } else { Ok(flags & libc::FD_CLOEXEC == 0) }
}
