//! What anybody may ask of the controller, at most. All of it is here.
//!
//! Time is in whole seconds and comes in as an argument.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Connections in all.
pub(crate) const CONNECTIONS_MAX: usize = 20_000;
/// Connections of one address that have not shown yet who they are. A whole fleet may be behind one address; once a board
/// has shown who it is, it does not count here any more.
pub(crate) const STRANGERS_MAX: u32 = 1024;
/// Addresses that are watched; more at a time are turned away.
pub(crate) const ADDRESSES_MAX: usize = 65_536;
/// To come to terms about keys (TLS).
pub(crate) const HANDSHAKE: Duration = Duration::from_secs(10);
/// To send a request's head, and greatest silence between two requests.
pub(crate) const HEAD: Duration = Duration::from_secs(60);
/// To send the body of a board's request.
pub(crate) const BOARD_BODY: Duration = Duration::from_secs(60);
/// To send the body of an operator's.
pub(crate) const OPERATOR_BODY: Duration = Duration::from_secs(600);
/// For requests under way when the controller is to stop.
pub(crate) const STOP: Duration = Duration::from_secs(10);
/// Bytes of a request's head, and of what hyper keeps for a connection.
pub(crate) const HEAD_BYTES: usize = 8192;
/// Headers of a request.
pub(crate) const HEADERS: usize = 32;
/// Boards of a fleet.
pub(crate) const BOARDS_MAX: usize = 100_000;
/// Invitations that are open at a time.
pub(crate) const INVITES_MAX: usize = 10_000;
/// Serial numbers that are approved at a time.
pub(crate) const SERIALS_MAX: usize = 1_000_000;
/// Roots of a fleet.
pub(crate) const ROOTS_MAX: usize = limpet_protocol::fleet::enrol::ROOTS_MAX * 16;
/// Events that are kept.
pub(crate) const EVENTS_MAX: u64 = 100_000;
/// Rollouts of an app that are kept after they are over, besides those that still say what a board is offered.
pub(crate) const ROLLOUTS_KEPT: usize = 20;
/// A board that asked within so long is there as far as can be known: it asks every 15 minutes if nothing happens. Those have
/// their turn first.
pub(crate) const LATELY_S: u64 = 1800;
/// Lines of a log in one answer.
pub(crate) const LINES_MAX: u32 = 1000;
/// Longest time that an operator's request is put off.
pub(crate) const WAIT_S_MAX: u64 = 300;
/// Changes that wait to be made durable.
pub(crate) const JOBS_MAX: usize = 1024;
/// Changes that are made durable together.
pub(crate) const BATCH_MAX: usize = 256;
/// Bytes of a line that an operator writes (a note, a subject).
pub(crate) const NOTE_BYTES_MAX: usize = 256;
/// A board without a connection for so long is said to be away.
pub(crate) const AWAY_S: u64 = 90;

/// How much, and how fast it comes back.
pub(crate) struct Rate {
    /// At once.
    pub(crate) burst: u32,
    /// Hundredths of one that come back in a second.
    pub(crate) per_100_s: u32,
}

/// Requests of one board; polls that find nothing new are free.
pub(crate) const BOARD: Rate = Rate { burst: 120, per_100_s: 200 };
/// Connections of one address: a fleet behind one address may come back at once.
pub(crate) const CONNECTIONS: Rate = Rate { burst: 8192, per_100_s: 25_600 };
/// Requests of one address that were refused because of who asks: guesses at invitations and at keys.
pub(crate) const GUESSES: Rate = Rate { burst: 60, per_100_s: 20 };

/// A token bucket, in hundredths.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    used: u32,
    at_s: u64,
}

impl Bucket {
    /// Nothing was taken.
    pub(crate) fn full(now_s: u64) -> Self {
        Self { used: 0, at_s: now_s }
    }

    /// One is taken, if there is one.
    pub(crate) fn take(&mut self, rate: &Rate, now_s: u64) -> bool {
        self.refill(rate, now_s);
        let fits = self.used + 100 <= rate.burst * 100;
        if fits {
            self.used += 100;
        }
        fits
    }

    /// Whether there is one.
    pub(crate) fn has(&mut self, rate: &Rate, now_s: u64) -> bool {
        self.refill(rate, now_s);
        self.used + 100 <= rate.burst * 100
    }

    fn refill(&mut self, rate: &Rate, now_s: u64) {
        // A clock that was set back gives nothing and takes nothing.
        let passed = u32::try_from(now_s.saturating_sub(self.at_s)).unwrap_or(u32::MAX);
        self.used = self.used.saturating_sub(passed.saturating_mul(rate.per_100_s));
        self.at_s = now_s;
    }

    fn is_full(&mut self, rate: &Rate, now_s: u64) -> bool {
        self.refill(rate, now_s);
        self.used == 0
    }
}

struct Address {
    strangers: u32,
    connections: Bucket,
    guesses: Bucket,
}

/// What is known of addresses.
#[derive(Default)]
pub(crate) struct Addresses(Mutex<HashMap<IpAddr, Address>>);

impl Addresses {
    /// A connection comes; whether it may. If so, [`Self::known`] or [`Self::left`] must follow, once.
    pub(crate) fn arrive(&self, address: IpAddr, now_s: u64) -> bool {
        self.with(address, now_s, |it| {
            let fits = it.strangers < STRANGERS_MAX && it.connections.take(&CONNECTIONS, now_s);
            it.strangers += u32::from(fits);
            fits
        })
        .unwrap_or(false)
    }

    /// A connection has shown who it is, or is gone.
    pub(crate) fn left(&self, address: IpAddr, now_s: u64) {
        self.with(address, now_s, |it| it.strangers = it.strangers.saturating_sub(1));
    }

    /// Whether somebody there may still guess.
    pub(crate) fn may_guess(&self, address: IpAddr, now_s: u64) -> bool {
        self.with(address, now_s, |it| it.guesses.has(&GUESSES, now_s)).unwrap_or(false)
    }

    /// Somebody there guessed wrong.
    pub(crate) fn guessed(&self, address: IpAddr, now_s: u64) {
        self.with(address, now_s, |it| it.guesses.take(&GUESSES, now_s));
    }

    fn with<T>(&self, address: IpAddr, now_s: u64, f: impl FnOnce(&mut Address) -> T) -> Option<T> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let address = network(address);
        if all.len() >= ADDRESSES_MAX && !all.contains_key(&address) {
            all.retain(|_, it| {
                it.strangers > 0
                    || !it.connections.is_full(&CONNECTIONS, now_s)
                    || !it.guesses.is_full(&GUESSES, now_s)
            });
            if all.len() >= ADDRESSES_MAX {
                return None;
            }
        }
        let fresh =
            || Address { strangers: 0, connections: Bucket::full(now_s), guesses: Bucket::full(now_s) };
        Some(f(all.entry(address).or_insert_with(fresh)))
    }
}

/// One subscriber has a whole /64 of IPv6.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(six) => match six.to_ipv4_mapped() {
            Some(four) => IpAddr::V4(four),
            None => IpAddr::V6(Ipv6Addr::from_bits(six.to_bits() & !u128::from(u64::MAX))),
        },
    }
}

#[cfg(test)]
mod tests;
