//! Hearing that the board may reach the world again, or by another way: a default route came.
//!
//! In: a socket of rtnetlink(7), which the parent opens, as the process itself may not. Out: what came of the default route;
//! routes of containers and of anything else do not count.

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{self, AddressFamily, RecvFlags, SocketFlags, SocketType};

/// `RTMGRP_IPV4_ROUTE` and `RTMGRP_IPV6_ROUTE`.
const GROUPS: u32 = 0x40 | 0x400;
const RTM_NEWROUTE: u16 = 24;
const RTM_DELROUTE: u16 = 25;
/// `struct nlmsghdr`.
const HEADER_BYTES: usize = 16;
const RT_TABLE_MAIN: u8 = 254;

/// The socket.
pub(crate) struct Network {
    socket: OwnedFd,
    /// A default route went, and none has come since.
    away: bool,
}

/// What happened to default routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// Nothing, or one went.
    None,
    /// One came, though none went: who renews an address may set its route anew.
    Renewed,
    /// One came after one went, or too much happened.
    Other,
}

/// Opens it, for a process that is to be started.
///
/// # Errors
/// The kernel has none.
pub(crate) fn open() -> Result<OwnedFd, Errno> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = net::socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, None)?;
    net::bind(&socket, &SocketAddrNetlink::new(0, GROUPS))?;
    Ok(socket)
}

impl Network {
    /// Of what the parent passed, if it could open one.
    pub(crate) fn of(fd: OwnedFd) -> Option<Self> {
        net::getsockname(&fd).is_ok().then_some(Self { socket: fd, away: false })
    }

    /// Takes in all that is told.
    pub(crate) fn change(&mut self) -> Change {
        let mut buffer = [0u8; 8192];
        let mut came = false;
        // Bounded: routes that change all the time are looked at again at the next wait.
        for _ in 0..64 {
            match net::recv(&self.socket, &mut buffer[..], RecvFlags::empty()) {
                Ok((bytes, _)) => match last_default_route(&buffer[..bytes.min(buffer.len())]) {
                    Some(RTM_NEWROUTE) => came = true,
                    Some(_) => (came, self.away) = (false, true),
                    None => {}
                },
                Err(Errno::AGAIN) => break,
                Err(Errno::INTR) => {}
                Err(_) => return Change::Other,
            }
        }
        match (came, came && std::mem::take(&mut self.away)) {
            (false, _) => Change::None,
            (true, false) => Change::Renewed,
            (true, true) => Change::Other,
        }
    }
}

impl AsFd for Network {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// What the last of these messages about a route to everywhere in the main table says of it.
fn last_default_route(mut bytes: &[u8]) -> Option<u16> {
    let mut last = None;
    while bytes.len() >= HEADER_BYTES {
        let length = u32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) as usize;
        let kind = u16::from_ne_bytes([bytes[4], bytes[5]]);
        if length < HEADER_BYTES || length > bytes.len() {
            break;
        }
        // `struct rtmsg`: family, bits of the destination, of the source, type of service, table.
        let is_default = matches!(&bytes[HEADER_BYTES..length], [_, 0, _, _, RT_TABLE_MAIN, ..]);
        if is_default && matches!(kind, RTM_NEWROUTE | RTM_DELROUTE) {
            last = Some(kind);
        }
        bytes = &bytes[length.next_multiple_of(4).min(bytes.len())..];
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u16, bits: u8, table: u8) -> Vec<u8> {
        let mut bytes = 28u32.to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend([0; 10]);
        bytes.extend([2, bits, 0, 0, table, 0, 0, 0, 0, 0, 0, 0]);
        bytes
    }

    #[test]
    fn only_default_routes_count() {
        let other = [message(RTM_NEWROUTE, 24, RT_TABLE_MAIN), message(RTM_NEWROUTE, 0, 255)].concat();
        assert_eq!(last_default_route(&other), None);
        assert_eq!(last_default_route(&message(20, 0, RT_TABLE_MAIN)), None);
        let gone = [other, message(RTM_DELROUTE, 0, RT_TABLE_MAIN)].concat();
        assert_eq!(last_default_route(&gone), Some(RTM_DELROUTE));
        let back = [gone, message(RTM_NEWROUTE, 0, RT_TABLE_MAIN)].concat();
        assert_eq!(last_default_route(&back), Some(RTM_NEWROUTE));
    }

    #[test]
    fn broken_messages_end_the_search() {
        let whole = message(RTM_NEWROUTE, 0, RT_TABLE_MAIN);
        for end in 0..whole.len() {
            assert_eq!(last_default_route(&whole[..end]), None);
        }
        assert_eq!(last_default_route(&[0; 64]), None);
        assert_eq!(last_default_route(&[255; 64]), None);
    }
}
