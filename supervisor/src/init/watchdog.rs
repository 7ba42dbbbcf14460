//! The hardware watchdog: a device that resets the board unless it is written to in time (watchdog-api in the kernel's
//! documentation).
//!
//! In: the time, whenever the board is found to do its work. Out: a byte to the device, seldom enough. Who holds it and
//! ends without [`Watchdog::release`] leaves it running, which is what it is for.

#[cfg(test)]
mod tests;

use super::say;
use limpet_sys::watchdog;
use rustix::fd::OwnedFd;
use rustix::fs::{Mode, OFlags, open};
use rustix::io::{Errno, Result};

/// Where the kernel shows it.
pub(super) const DEVICE: &str = "/dev/watchdog";
/// A timeout that every driver is taken to have if it does not say.
const SECONDS_UNKNOWN: i32 = 10;
/// It is written to so many times within its timeout: one write that comes late is none too late.
const PINGS: u64 = 4;

/// The device, open.
#[derive(Debug)]
pub(super) struct Watchdog {
    device: OwnedFd,
    every_ms: u64,
    due_at_ms: u64,
    failed: bool,
}

impl Watchdog {
    /// Opens it, which starts it, with a timeout of `seconds` or the longest below that the driver takes.
    ///
    /// # Errors
    /// There is none (`NOENT`), or it belongs to somebody else.
    pub(super) fn open(path: &str, seconds: u16) -> Result<Self> {
        let device = open(path, OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty())?;
        let seconds = settle(&device, seconds);
        say::line(&format!("{path} resets this board after {seconds} s without a sign of life"));
        let every_ms = u64::try_from(seconds).unwrap_or(1).max(1) * 1000 / PINGS;
        Ok(Self { device, every_ms, due_at_ms: 0, failed: false })
    }

    /// When it is to be written to next.
    pub(super) fn due_at_ms(&self) -> u64 {
        self.due_at_ms
    }

    /// Says that the board does its work, if it is time to.
    pub(super) fn ping(&mut self, now_ms: u64) {
        if now_ms < self.due_at_ms {
            return;
        }
        self.due_at_ms = now_ms + self.every_ms;
        let written = rustix::io::retry_on_intr(|| rustix::io::write(&self.device, b"\0"));
        if let Err(errno) = written
            && !std::mem::replace(&mut self.failed, true)
        {
            say::failed("writing to the watchdog", errno);
        }
    }

    /// Stops it, where the driver lets it be stopped: the board ends, and nothing is left to watch.
    pub(super) fn release(self) {
        // The magic character before the end of the file.
        if let Err(errno) = rustix::io::write(&self.device, b"V") {
            say::failed("stopping the watchdog", errno);
        }
    }
}

/// The timeout that it takes: the wanted one, or half of that, and so on.
fn settle(device: &OwnedFd, seconds: u16) -> i32 {
    let mut wanted = i32::from(seconds);
    while wanted > 0 {
        match watchdog::set_timeout(device, wanted) {
            Ok(seconds) if seconds > 0 => return seconds,
            Err(Errno::INVAL) => wanted /= 2,
            Ok(_) | Err(_) => break,
        }
    }
    watchdog::timeout(device).ok().filter(|seconds| *seconds > 0).unwrap_or(SECONDS_UNKNOWN)
}
