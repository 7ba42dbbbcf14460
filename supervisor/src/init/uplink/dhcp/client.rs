//! What the client does when (RFC 2131 4.4): a machine without clock, chance or socket.
//!
//! In: what was heard, or that a time has come, with the time and a random number. Out: what to say to whom, and what is
//! now true of the address.

#[cfg(test)]
mod tests;

use super::message::{Heard, Said, Terms};

/// Pause before a message is repeated, for the first time.
const REPEAT_MS_MIN: u64 = 1000;
/// The longest such pause: a board whose cable is plugged in late has its address within a minute.
const REPEAT_MS_MAX: u64 = 32_000;
/// How often an offer is asked for before it is given up.
const SELECT_TRIES_MAX: u32 = 4;
/// A lease is not asked for more often than this, whatever a server grants.
const LEASE_S_MIN: u64 = 60;
/// Between two tries to renew at least.
const RENEW_MS_MIN: u64 = 60_000;

/// To whom a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum To {
    /// Everybody on the wire.
    All,
    /// The server that granted the address.
    Server(std::net::Ipv4Addr),
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Act {
    /// Say it.
    Say(Said, To),
    /// Use the address under these terms.
    Use(Terms),
    /// Stop using it.
    Lose,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    /// Asking who is there.
    Discovering,
    /// Asking for one offer.
    Selecting { said: Said, tries: u32 },
    /// Using an address.
    Bound { terms: Terms, rebind_at_ms: u64, end_at_ms: u64 },
}

/// The client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Client {
    state: State,
    transaction: u32,
    /// Of a message that has no answer yet.
    pause_ms: u64,
    next_at_ms: u64,
}

impl Client {
    /// One without an address; `random` is the number of its first transaction.
    pub(in super::super) fn new(random: u32) -> Self {
        Self { state: State::Discovering, transaction: random, pause_ms: REPEAT_MS_MIN, next_at_ms: 0 }
    }

    /// By which answers are known.
    pub(in super::super) fn transaction(&self) -> u32 {
        self.transaction
    }

    /// When to call [`Client::tick`] at the latest.
    pub(in super::super) fn deadline_ms(&self) -> u64 {
        self.next_at_ms
    }

    /// The time is `now_ms`. `random` spreads the pauses of boards that got their power back together.
    pub(in super::super) fn tick(&mut self, now_ms: u64, random: u32) -> Vec<Act> {
        if now_ms < self.next_at_ms {
            return Vec::new();
        }
        match &mut self.state {
            State::Discovering => {}
            State::Selecting { tries, .. } if *tries == SELECT_TRIES_MAX => self.start_again(random),
            State::Selecting { tries, .. } => *tries += 1,
            State::Bound { end_at_ms, .. } if now_ms >= *end_at_ms => {
                self.start_again(random);
                return [vec![Act::Lose], self.say(now_ms, random)].concat();
            }
            State::Bound { .. } => return self.renew(now_ms),
        }
        self.say(now_ms, random)
    }

    /// A server has answered.
    pub(in super::super) fn hear(&mut self, heard: Heard, now_ms: u64, random: u32) -> Vec<Act> {
        match (&self.state, heard) {
            (State::Discovering, Heard::Offer { address, server }) => {
                self.state = State::Selecting { said: Said::Select { address, server }, tries: 1 };
                self.pause_ms = REPEAT_MS_MIN;
                self.say(now_ms, random)
            }
            (State::Selecting { .. } | State::Bound { .. }, Heard::Granted(terms)) => {
                self.bind(terms, now_ms)
            }
            (State::Selecting { .. }, Heard::Refused) => {
                self.start_again(random);
                // Not at once: a server that always refuses must not be asked without end.
                self.next_at_ms = now_ms + REPEAT_MS_MAX;
                Vec::new()
            }
            (State::Bound { .. }, Heard::Refused) => {
                self.start_again(random);
                self.next_at_ms = now_ms;
                vec![Act::Lose]
            }
            // Late answers to what is settled.
            (State::Discovering, Heard::Granted(_) | Heard::Refused)
            | (State::Selecting { .. } | State::Bound { .. }, Heard::Offer { .. }) => Vec::new(),
        }
    }

    fn start_again(&mut self, random: u32) {
        self.state = State::Discovering;
        self.transaction = random;
        self.pause_ms = REPEAT_MS_MIN;
    }

    /// Says what the state asks for, and again after a pause that doubles.
    fn say(&mut self, now_ms: u64, random: u32) -> Vec<Act> {
        let said = match self.state {
            State::Selecting { said, .. } => said,
            State::Discovering | State::Bound { .. } => Said::Discover,
        };
        self.next_at_ms = now_ms + self.pause_ms + u64::from(random % 1000);
        self.pause_ms = (self.pause_ms * 2).min(REPEAT_MS_MAX);
        vec![Act::Say(said, To::All)]
    }

    fn bind(&mut self, terms: Terms, now_ms: u64) -> Vec<Act> {
        let lease_s = u64::from(terms.lease_s).max(LEASE_S_MIN);
        // Only times in the order of RFC 2131 4.4.5 make sense.
        let after = |asked: Option<u32>, usual_s: u64, most_s: u64| {
            asked.map_or(usual_s, u64::from).clamp(LEASE_S_MIN / 2, most_s)
        };
        let rebind_s = after(terms.rebind_after_s, lease_s * 7 / 8, lease_s);
        let renew_s = after(terms.renew_after_s, lease_s / 2, rebind_s);
        let at = |after_s: u64| now_ms + after_s * 1000;
        self.next_at_ms = at(renew_s);
        self.state =
            State::Bound { terms: terms.clone(), rebind_at_ms: at(rebind_s), end_at_ms: at(lease_s) };
        vec![Act::Use(terms)]
    }

    /// Asks the server, later anybody, half of the remaining time after the last try (RFC 2131 4.4.5).
    fn renew(&mut self, now_ms: u64) -> Vec<Act> {
        let State::Bound { terms, rebind_at_ms, end_at_ms } = &self.state else { return Vec::new() };
        let (to, until_ms) = if now_ms < *rebind_at_ms {
            (To::Server(terms.server), *rebind_at_ms)
        } else {
            (To::All, *end_at_ms)
        };
        let wait_ms = (until_ms.saturating_sub(now_ms) / 2).max(RENEW_MS_MIN);
        self.next_at_ms = (now_ms + wait_ms).min(*end_at_ms);
        vec![Act::Say(Said::Renew { address: terms.address }, to)]
    }
}
