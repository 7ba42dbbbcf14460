//! Network interfaces of this network namespace: up, an address, a default route, and news of changes (rtnetlink(7)).
//!
//! One message a call, and the kernel's acknowledgement for it. IPv4; IPv6 addresses come by themselves (SLAAC).

#[cfg(test)]
mod tests;

use rustix::fd::{AsRawFd, OwnedFd};
use rustix::io::{Errno, Result};
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketAddrV4, SocketFlags, SocketType, bind, recv, sendto,
    socket_with,
};
use std::fs;
use std::net::Ipv4Addr;

const NEW_LINK: u16 = 16;
const NEW_ADDRESS: u16 = 20;
const DELETE_ADDRESS: u16 = 21;
const NEW_ROUTE: u16 = 24;
const ERROR: u16 = 2;

const REQUEST: u16 = 0x1;
const ACKNOWLEDGE: u16 = 0x4;
const REPLACE: u16 = 0x100;
const CREATE: u16 = 0x400;

const IFF_UP: u32 = 0x1;
/// RTMGRP_LINK: interfaces come, go, and change.
const LINK_GROUP: u32 = 0x1;
const FAMILY_IPV4: u8 = 2;
const HEADER_BYTES: usize = 16;
/// Longest answer that is looked at: an acknowledgement repeats the request.
const ANSWER_BYTES_MAX: usize = 4096;

/// Attributes of an address (rtnetlink(7), `IFA_`).
const ADDRESS: u16 = 1;
const LOCAL: u16 = 2;
/// Attributes of a route (`RTA_`).
const OUT_INTERFACE: u16 = 4;
const GATEWAY: u16 = 5;
/// `RT_TABLE_MAIN`, `RTPROT_BOOT`, `RT_SCOPE_UNIVERSE`, `RTN_UNICAST`.
const MAIN_TABLE_BY_BOOT_UNICAST: [u8; 4] = [254, 3, 0, 1];

/// Brings the interface up (and gives the loopback its address by that).
///
/// # Errors
/// `ENODEV`: there is none with this name; what the kernel says.
pub fn bring_up(name: &str) -> Result<()> {
    let mut message = Message::new(NEW_LINK, REQUEST | ACKNOWLEDGE);
    message.put(&[0; 4]);
    message.put(&index(name)?.to_ne_bytes());
    message.put(&IFF_UP.to_ne_bytes());
    message.put(&IFF_UP.to_ne_bytes());
    exchange(message)
}

/// Gives the interface an address in a network of `prefix` bits; one that it has already is fine.
///
/// # Errors
/// As [`bring_up`]; `EINVAL` for a prefix above 32.
pub fn add_address(name: &str, address: Ipv4Addr, prefix: u8) -> Result<()> {
    change_address(NEW_ADDRESS, CREATE | REPLACE, name, address, prefix)
}

/// Takes an address from the interface, and with it the routes that go out by it.
///
/// # Errors
/// As [`bring_up`]; `EADDRNOTAVAIL` if it has not got it.
pub fn remove_address(name: &str, address: Ipv4Addr, prefix: u8) -> Result<()> {
    change_address(DELETE_ADDRESS, 0, name, address, prefix)
}

fn change_address(kind: u16, flags: u16, name: &str, address: Ipv4Addr, prefix: u8) -> Result<()> {
    let mut message = Message::new(kind, REQUEST | ACKNOWLEDGE | flags);
    message.put(&[FAMILY_IPV4, prefix, 0, 0]);
    message.put(&index(name)?.to_ne_bytes());
    message.attribute(LOCAL, &address.octets());
    message.attribute(ADDRESS, &address.octets());
    exchange(message)
}

/// Sends what has no better way to `gateway`, out of this interface.
///
/// # Errors
/// As [`bring_up`]; `ENETUNREACH` if the gateway is in no network of the interface.
pub fn set_default_route(name: &str, gateway: Ipv4Addr) -> Result<()> {
    let mut message = Message::new(NEW_ROUTE, REQUEST | ACKNOWLEDGE | CREATE | REPLACE);
    message.put(&[FAMILY_IPV4, 0, 0, 0]);
    message.put(&MAIN_TABLE_BY_BOOT_UNICAST);
    message.put(&[0; 4]);
    message.attribute(GATEWAY, &gateway.octets());
    message.attribute(OUT_INTERFACE, &index(name)?.to_ne_bytes());
    exchange(message)
}

/// A descriptor that becomes readable whenever an interface has come, gone or changed. What is read from it needs no
/// understanding: whoever cares looks at /sys/class/net.
///
/// # Errors
/// What socket(2) and bind(2) say.
pub fn watch() -> Result<OwnedFd> {
    let socket = open(SocketFlags::NONBLOCK)?;
    bind(&socket, &SocketAddrNetlink::new(0, LINK_GROUP))?;
    Ok(socket)
}

/// A UDP socket for this interface alone, whether that has an address or not, which may broadcast.
///
/// # Errors
/// What socket(2), setsockopt(2) and bind(2) say: `ENODEV` if there is no such interface.
pub fn datagram_socket(name: &str, port: u16) -> Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(AddressFamily::INET, SocketType::DGRAM, flags, None)?;
    rustix::net::sockopt::set_socket_reuseaddr(&socket, true)?;
    rustix::net::sockopt::set_socket_broadcast(&socket, true)?;
    bind_to_device(&socket, name)?;
    bind(&socket, &SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port))?;
    Ok(socket)
}

fn bind_to_device(socket: &OwnedFd, name: &str) -> Result<()> {
    let length = libc::socklen_t::try_from(name.len()).map_err(|_| Errno::NODEV)?;
    // SAFETY: the kernel reads `length` bytes of the name, which outlives the call.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_BINDTODEVICE,
            name.as_ptr().cast(),
            length,
        )
    };
    if result == 0 { Ok(()) } else { Err(crate::last_errno()) }
}

/// The kernel's number of the interface.
fn index(name: &str) -> Result<u32> {
    let text = fs::read_to_string(format!("/sys/class/net/{name}/ifindex")).map_err(|_| Errno::NODEV)?;
    text.trim().parse().map_err(|_| Errno::NODEV)
}

fn open(flags: SocketFlags) -> Result<OwnedFd> {
    // No protocol is number 0, which is NETLINK_ROUTE.
    socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC | flags, None)
}

/// A request that grows.
#[derive(Debug)]
struct Message(Vec<u8>);

impl Message {
    fn new(kind: u16, flags: u16) -> Self {
        let mut bytes = vec![0; HEADER_BYTES];
        bytes[4..6].copy_from_slice(&kind.to_ne_bytes());
        bytes[6..8].copy_from_slice(&flags.to_ne_bytes());
        Self(bytes)
    }

    fn put(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// Length, type and value, padded to four bytes. All our values have four.
    fn attribute(&mut self, kind: u16, value: &[u8; 4]) {
        self.put(&8_u16.to_ne_bytes());
        self.put(&kind.to_ne_bytes());
        self.put(value);
    }

    fn finish(mut self) -> Vec<u8> {
        let length = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        self.0[..4].copy_from_slice(&length.to_ne_bytes());
        self.0
    }
}

/// Sends it to the kernel, which answers at once.
fn exchange(message: Message) -> Result<()> {
    let socket = open(SocketFlags::empty())?;
    sendto(&socket, &message.finish(), SendFlags::empty(), &SocketAddrNetlink::new(0, 0))?;
    let mut answer = [0; ANSWER_BYTES_MAX];
    let (length, _) = recv(&socket, &mut answer, RecvFlags::empty())?;
    acknowledged(&answer[..length])
}

/// What an acknowledgement says: an error number below zero, or zero.
fn acknowledged(answer: &[u8]) -> Result<()> {
    let kind = answer.get(4..6).and_then(|bytes| bytes.try_into().ok()).map(u16::from_ne_bytes);
    let code = answer.get(16..20).and_then(|bytes| bytes.try_into().ok()).map(i32::from_ne_bytes);
    match (kind, code) {
        (Some(ERROR), Some(0)) => Ok(()),
        (Some(ERROR), Some(code)) => Err(Errno::from_raw_os_error(code.checked_neg().unwrap_or(libc::EIO))),
        _ => Err(Errno::PROTO),
    }
}
