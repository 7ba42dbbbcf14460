//! How an interface is to come to its address: `[INTERFACE:]off`, `[INTERFACE:]dhcp`, or
//! `[INTERFACE:]ADDRESS/PREFIX[,via=ROUTER][,dns=SERVER...]`.

#[cfg(test)]
mod tests;

use super::dhcp::message::NAME_SERVERS_MAX;
use std::net::Ipv4Addr;

/// Longest name of an interface (`IFNAMSIZ`, with its end mark).
const INTERFACE_BYTES_MAX: usize = 15;

/// How.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum How {
    /// It is left alone.
    Off,
    /// It asks.
    Dhcp,
    /// It is told.
    Fixed(Settings),
}

/// What an interface gets, from a server or from the board's maker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Settings {
    /// The address.
    pub(in super::super) address: Ipv4Addr,
    /// Bits of its network.
    pub(in super::super) prefix: u8,
    /// The way out.
    pub(in super::super) router: Option<Ipv4Addr>,
    /// At most three.
    pub(in super::super) name_servers: Vec<Ipv4Addr>,
}

/// What is wanted of one interface, or of all that nothing else is wanted of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Wish {
    /// Its name.
    pub(in super::super) interface: Option<String>,
    /// How.
    pub(in super::super) how: How,
}

/// What is wanted of the interface `name`; an address that nobody fixed is asked for.
pub(in super::super) fn of<'a>(wishes: &'a [Wish], name: &str) -> &'a How {
    let named = wishes.iter().rev().find(|wish| wish.interface.as_deref() == Some(name));
    let general = || wishes.iter().rev().find(|wish| wish.interface.is_none());
    named.or_else(general).map_or(&How::Dhcp, |wish| &wish.how)
}

/// From text.
pub(in super::super) fn parse(text: &str) -> Result<Wish, &'static str> {
    let (interface, how) = match text.split_once(':') {
        Some((interface, how)) => (Some(interface), how),
        None => (None, text),
    };
    if interface.is_some_and(|name| !is_interface(name)) {
        return Err("an interface has a name of 1 to 15 characters, like eth0");
    }
    let how = match how {
        "off" => How::Off,
        "dhcp" => How::Dhcp,
        _ => fixed(how)
            .map(How::Fixed)
            .ok_or("write off, dhcp, or ADDRESS/PREFIX[,via=ROUTER][,dns=SERVER]")?,
    };
    Ok(Wish { interface: interface.map(str::to_owned), how })
}

/// What the kernel takes for one (`dev_valid_name`).
fn is_interface(name: &str) -> bool {
    let fits = (1..=INTERFACE_BYTES_MAX).contains(&name.len());
    fits && name != "." && name != ".." && !name.contains(|c: char| c == '/' || c.is_whitespace())
}

fn fixed(text: &str) -> Option<Settings> {
    let mut fields = text.split(',');
    let (address, prefix) = fields.next()?.split_once('/')?;
    let prefix = prefix.parse().ok().filter(|prefix| (1..=32).contains(prefix))?;
    let (mut router, mut name_servers) = (None, Vec::new());
    for field in fields {
        match field.split_once('=')? {
            ("via", address) => router = Some(address.parse().ok()?),
            ("dns", address) => name_servers.push(address.parse().ok()?),
            _ => return None,
        }
    }
    let is_bounded = name_servers.len() <= NAME_SERVERS_MAX;
    is_bounded.then_some(Settings { address: address.parse().ok()?, prefix, router, name_servers })
}
