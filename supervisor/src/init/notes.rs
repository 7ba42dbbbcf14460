//! Where the supervisor tells how it is (sd_notify(3)): a datagram socket that root alone reaches, in a directory that no
//! container sees.

#[cfg(test)]
mod tests;

use super::heart::is_well;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::Mode;
use rustix::io::{Errno, Result};
use rustix::net::{
    AddressFamily, RecvFlags, SocketAddrUnix, SocketFlags, SocketType, bind, recv, socket_with,
};
use std::ffi::CStr;

/// Its path.
pub(super) const PATH: &CStr = c"/run/limpet-init.notify";
/// Longest note that is read; of a longer one, the beginning.
const NOTE_BYTES_MAX: usize = 512;

/// The socket.
#[derive(Debug)]
pub(super) struct Notes {
    socket: OwnedFd,
}

impl Notes {
    /// Listens there.
    pub(super) fn open(path: &CStr) -> Result<Self> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = socket_with(AddressFamily::UNIX, SocketType::DGRAM, flags, None)?;
        match rustix::fs::unlink(path) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(errno) => return Err(errno),
        }
        bind(&socket, &SocketAddrUnix::new(path)?)?;
        rustix::fs::chmod(path, Mode::RUSR | Mode::WUSR)?;
        Ok(Self { socket })
    }

    /// Takes all notes; whether one of them says that the supervisor is well.
    pub(super) fn are_well(&self) -> bool {
        let mut note = [0; NOTE_BYTES_MAX];
        let mut well = false;
        loop {
            match recv(&self.socket, &mut note[..], RecvFlags::empty()) {
                Ok((length, _)) => well |= is_well(&note[..length]),
                Err(Errno::INTR) => {}
                Err(_) => return well,
            }
        }
    }

    /// Readable when there is one.
    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
