//! Messages of DHCP (RFC 2131 2, RFC 2132), strictly: what is not well-formed is refused whole.

#[cfg(test)]
mod tests;

use std::net::Ipv4Addr;

/// Longest message that is sent (no more than every server takes, RFC 2131 2) and shortest that some servers want.
pub(in super::super) const SENT_BYTES: usize = 300;
/// Longest message that is read: what we say that we take.
pub(in super::super) const RECEIVED_BYTES_MAX: usize = 1500;
/// Most name servers that are kept: what resolv.conf(5) can hold.
pub(in super::super) const NAME_SERVERS_MAX: usize = 3;
/// Most options that one message may have.
const OPTIONS_MAX: usize = 128;

const REQUEST_FROM_CLIENT: u8 = 1;
const REPLY_FROM_SERVER: u8 = 2;
const ETHERNET: u8 = 1;
const ETHERNET_BYTES: u8 = 6;
/// The server is to answer by broadcast: a socket of ours hears nothing else before it has an address.
const BROADCAST: u16 = 0x8000;
const OPTIONS_AT: usize = 240;
const COOKIE: [u8; 4] = [99, 130, 83, 99];
/// Fields that may hold options too (option 52): `file`, then `sname`.
const FILE: std::ops::Range<usize> = 108..236;
const SERVER_NAME: std::ops::Range<usize> = 44..108;

/// Options by number (RFC 2132).
mod option {
    pub(super) const PAD: u8 = 0;
    pub(super) const MASK: u8 = 1;
    pub(super) const ROUTERS: u8 = 3;
    pub(super) const NAME_SERVERS: u8 = 6;
    pub(super) const HOST_NAME: u8 = 12;
    pub(super) const REQUESTED_ADDRESS: u8 = 50;
    pub(super) const LEASE_TIME: u8 = 51;
    pub(super) const OVERLOAD: u8 = 52;
    pub(super) const MESSAGE_TYPE: u8 = 53;
    pub(super) const SERVER: u8 = 54;
    pub(super) const WANTED: u8 = 55;
    pub(super) const MESSAGE_BYTES_MAX: u8 = 57;
    pub(super) const RENEWAL_TIME: u8 = 58;
    pub(super) const REBINDING_TIME: u8 = 59;
    pub(super) const END: u8 = 255;
}

const DISCOVER: u8 = 1;
const OFFER: u8 = 2;
const REQUEST: u8 = 3;
const ACCEPT: u8 = 5;
const REFUSE: u8 = 6;

/// What the client says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Said {
    /// Is there anybody?
    Discover,
    /// I take this offer of that server.
    Select {
        /// The address that it offered.
        address: Ipv4Addr,
        /// The server.
        server: Ipv4Addr,
    },
    /// Let me keep the address that I have.
    Renew {
        /// The address.
        address: Ipv4Addr,
    },
}

/// Who says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Sender {
    /// Hardware address.
    pub(in super::super) hardware: [u8; 6],
    /// The board's name; the server may put it into its name service.
    pub(in super::super) host_name: String,
}

/// What a server answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Heard {
    /// An address that one may ask for.
    Offer {
        /// The address.
        address: Ipv4Addr,
        /// By which server.
        server: Ipv4Addr,
    },
    /// The address is granted.
    Granted(Terms),
    /// It is not, or not any more.
    Refused,
}

/// Under which terms an address is granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Terms {
    /// The address.
    pub(in super::super) address: Ipv4Addr,
    /// Bits of its network.
    pub(in super::super) prefix: u8,
    /// By which server.
    pub(in super::super) server: Ipv4Addr,
    /// The first router.
    pub(in super::super) router: Option<Ipv4Addr>,
    /// Name servers.
    pub(in super::super) name_servers: Vec<Ipv4Addr>,
    /// For how long.
    pub(in super::super) lease_s: u32,
    /// When to ask that server again, if it says so.
    pub(in super::super) renew_after_s: Option<u32>,
    /// When to ask any server, if it says so.
    pub(in super::super) rebind_after_s: Option<u32>,
}

/// The bytes of `said`.
pub(in super::super) fn encode(said: Said, transaction: u32, sender: &Sender) -> Vec<u8> {
    let mut bytes = vec![0; OPTIONS_AT];
    bytes[..3].copy_from_slice(&[REQUEST_FROM_CLIENT, ETHERNET, ETHERNET_BYTES]);
    bytes[4..8].copy_from_slice(&transaction.to_be_bytes());
    bytes[10..12].copy_from_slice(&BROADCAST.to_be_bytes());
    bytes[28..34].copy_from_slice(&sender.hardware);
    bytes[236..240].copy_from_slice(&COOKIE);
    let kind = if said == Said::Discover { DISCOVER } else { REQUEST };
    put(&mut bytes, option::MESSAGE_TYPE, &[kind]);
    match said {
        Said::Discover => {}
        Said::Select { address, server } => {
            put(&mut bytes, option::REQUESTED_ADDRESS, &address.octets());
            put(&mut bytes, option::SERVER, &server.octets());
        }
        Said::Renew { address } => bytes[12..16].copy_from_slice(&address.octets()),
    }
    put(&mut bytes, option::MESSAGE_BYTES_MAX, &1500_u16.to_be_bytes());
    put(&mut bytes, option::WANTED, &[option::MASK, option::ROUTERS, option::NAME_SERVERS]);
    if (1..=32).contains(&sender.host_name.len()) {
        put(&mut bytes, option::HOST_NAME, sender.host_name.as_bytes());
    }
    bytes.push(option::END);
    bytes.resize(bytes.len().max(SENT_BYTES), option::PAD);
    bytes
}

fn put(bytes: &mut Vec<u8>, option: u8, value: &[u8]) {
    // Every value that is put is shorter than 33 bytes.
    let length = u8::try_from(value.len()).unwrap_or(u8::MAX);
    bytes.extend_from_slice(&[option, length]);
    bytes.extend_from_slice(value);
}

/// What `bytes` say, if they are a server's answer to this transaction of this hardware address; `None` for everything
/// else, also for what is malformed.
pub(in super::super) fn parse(bytes: &[u8], transaction: u32, hardware: [u8; 6]) -> Option<Heard> {
    let is_ours = bytes.len() <= RECEIVED_BYTES_MAX
        && bytes.get(..3)? == [REPLY_FROM_SERVER, ETHERNET, ETHERNET_BYTES]
        && bytes.get(4..8)? == transaction.to_be_bytes()
        && bytes.get(28..34)? == hardware
        && bytes.get(236..240)? == COOKIE;
    if !is_ours {
        return None;
    }
    let options = Options::of(bytes)?;
    let address = address(bytes.get(16..20)?)?;
    match options.byte(option::MESSAGE_TYPE)? {
        OFFER if is_usable(address) => {
            Some(Heard::Offer { address, server: options.address(option::SERVER)? })
        }
        ACCEPT if is_usable(address) => terms(address, &options).map(Heard::Granted),
        REFUSE => Some(Heard::Refused),
        _ => None,
    }
}

fn terms(address: Ipv4Addr, options: &Options<'_>) -> Option<Terms> {
    let addresses = |option| options.value(option).into_iter().flat_map(|value| value.chunks_exact(4));
    let usable = |option| addresses(option).filter_map(self::address).filter(|&address| is_usable(address));
    Some(Terms {
        address,
        prefix: prefix(options.address(option::MASK)?)?,
        server: options.address(option::SERVER)?,
        router: usable(option::ROUTERS).next(),
        name_servers: usable(option::NAME_SERVERS).take(NAME_SERVERS_MAX).collect(),
        lease_s: options.number(option::LEASE_TIME)?,
        renew_after_s: options.number(option::RENEWAL_TIME),
        rebind_after_s: options.number(option::REBINDING_TIME),
    })
}

fn address(bytes: &[u8]) -> Option<Ipv4Addr> {
    Some(Ipv4Addr::from(<[u8; 4]>::try_from(bytes).ok()?))
}

/// Whether it can be a host's.
fn is_usable(address: Ipv4Addr) -> bool {
    !address.is_unspecified() && !address.is_broadcast() && !address.is_multicast() && !address.is_loopback()
}

/// A mask is ones, then zeroes.
fn prefix(mask: Ipv4Addr) -> Option<u8> {
    let bits = mask.to_bits();
    let prefix = bits.leading_ones();
    let is_mask = bits.checked_shl(prefix).unwrap_or(0) == 0;
    u8::try_from(prefix).ok().filter(|&prefix| is_mask && prefix > 0)
}

/// The options of a message; the first of each kind counts.
struct Options<'a>(Vec<(u8, &'a [u8])>);

impl<'a> Options<'a> {
    /// All of them, also from the two fields that an overloaded message puts them in.
    fn of(message: &'a [u8]) -> Option<Self> {
        let mut options = Self(Vec::new());
        options.collect(message.get(OPTIONS_AT..)?)?;
        let overload = options.byte(option::OVERLOAD).unwrap_or(0);
        if overload & 1 != 0 {
            options.collect(message.get(FILE)?)?;
        }
        if overload & 2 != 0 {
            options.collect(message.get(SERVER_NAME)?)?;
        }
        Some(options)
    }

    /// Up to the end mark, without which they are malformed.
    fn collect(&mut self, mut bytes: &'a [u8]) -> Option<()> {
        loop {
            let (&kind, rest) = bytes.split_first()?;
            match kind {
                option::END => return Some(()),
                option::PAD => bytes = rest,
                _ => {
                    let (&length, rest) = rest.split_first()?;
                    let (value, rest) = rest.split_at_checked(usize::from(length))?;
                    self.0.push((kind, value));
                    bytes = rest;
                }
            }
            if self.0.len() > OPTIONS_MAX {
                return None;
            }
        }
    }

    fn value(&self, kind: u8) -> Option<&'a [u8]> {
        self.0.iter().find(|(found, _)| *found == kind).map(|(_, value)| *value)
    }

    fn byte(&self, kind: u8) -> Option<u8> {
        match self.value(kind)? {
            [byte] => Some(*byte),
            _ => None,
        }
    }

    fn number(&self, kind: u8) -> Option<u32> {
        Some(u32::from_be_bytes(<[u8; 4]>::try_from(self.value(kind)?).ok()?))
    }

    fn address(&self, kind: u8) -> Option<Ipv4Addr> {
        address(self.value(kind)?)
    }
}
