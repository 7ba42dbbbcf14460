//! The loopback interface of a fresh network namespace.

use rustix::fd::AsRawFd;
use rustix::io::Result;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};

#[expect(clippy::cast_possible_truncation, reason = "both flags are below 0x80 (netdevice(7))")]
const UP: libc::c_short = (libc::IFF_UP | libc::IFF_RUNNING) as libc::c_short;

/// Brings `lo` up (netdevice(7), SIOCSIFFLAGS); the kernel then gives it 127.0.0.1 and ::1 by itself.
///
/// # Errors
/// What socket(2) or the ioctl says.
pub fn bring_up() -> Result<()> {
    let socket = socket_with(AddressFamily::INET, SocketType::DGRAM, SocketFlags::CLOEXEC, None)?;
    // SAFETY: ifreq is plain data for which all zeroes is a valid value.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    request.ifr_name[0] = b'l' as libc::c_char;
    request.ifr_name[1] = b'o' as libc::c_char;
    request.ifr_ifru.ifru_flags = UP;
    // SAFETY: `request` is a whole ifreq with a NUL-terminated name and lives across the call.
    let result = unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS as _, &raw const request) };
    if result == 0 { Ok(()) } else { Err(crate::last_errno()) }
}
