//! Interfaces, and whether the loopback one works.

use super::text;
use crate::report::Network;
use std::net::{Ipv4Addr, UdpSocket};

pub(super) fn network() -> Network {
    let mut interfaces: Vec<String> = text("/proc/net/dev")
        .lines()
        .skip(2)
        .filter_map(|line| Some(line.split_once(':')?.0.trim().to_owned()))
        .collect();
    interfaces.sort();
    Network { interfaces, loopback_up: loopback_up() }
}

/// The discard port: nobody need listen for a datagram to be sent.
fn loopback_up() -> bool {
    let send = || UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?.send_to(b"?", (Ipv4Addr::LOCALHOST, 9));
    send().is_ok()
}
