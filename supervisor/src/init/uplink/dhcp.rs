//! A DHCP client (RFC 2131) for one IPv4 address, its router and its name servers.
//!
//! Bytes to meaning is [`message`], what to do about it [`client`]: both pure. They run in a process of their own
//! ([`super::lease`]) that has no rights, because what comes in was sent by whoever is on the wire.
//!
//! Not done, and not needed where a board wants an address and nothing else: DHCPINFORM, asking for the last address
//! after a reboot (RFC 2131 3.2), probing the address by ARP before it is used (2.2).

pub(super) mod client;
pub(super) mod message;
