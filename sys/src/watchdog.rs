//! The timeout of a hardware watchdog (linux/watchdog.h); everything else about it is opening, writing and closing.

use rustix::fd::{AsFd, AsRawFd};
use rustix::io::Result;

/// `_IOWR('W', 6, int)` and `_IOR('W', 7, int)`, the same on every target with the kernel's general numbers.
const SET_TIMEOUT: u32 = 0xc004_5706;
const GET_TIMEOUT: u32 = 0x8004_5707;

/// Asks for a timeout in seconds; the one that it has then.
///
/// # Errors
/// It cannot be set, or not to that, or this is no watchdog.
pub fn set_timeout(device: impl AsFd, seconds: i32) -> Result<i32> {
    exchange(device, SET_TIMEOUT, seconds)
}

/// The timeout that it has, in seconds.
///
/// # Errors
/// This is no watchdog, or one that does not say.
pub fn timeout(device: impl AsFd) -> Result<i32> {
    exchange(device, GET_TIMEOUT, 0)
}

fn exchange(device: impl AsFd, request: u32, mut value: i32) -> Result<i32> {
    // SAFETY: both requests read or write one int, and `value` is one that lives across the call.
    let result = unsafe { libc::ioctl(device.as_fd().as_raw_fd(), request as _, &raw mut value) };
    if result == 0 { Ok(value) } else { Err(crate::last_errno()) }
}
