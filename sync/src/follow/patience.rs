//! How long the next poll waits, and how long before it is made. Pure: times and chance are arguments.

use crate::backoff::WINDOW_MS_MAX;
use std::time::{Duration, Instant};

/// While something is going on: what is to be told fits in between.
pub(super) const SHORT: Duration = Duration::from_secs(2);
/// For so long after the last of it.
const BUSY: Duration = Duration::from_secs(60);
/// Whatever lies on the way, a poll is not made to be shorter than this.
const WAIT_MIN: Duration = Duration::from_secs(60);
/// So many answers that came sooner than asked for are free.
const HASTY_FREE: u32 = 8;
const HASTY_FIRST_MS: u32 = 1000;

/// What polls have met so far.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    most: Duration,
    wait: Duration,
    busy_until: Option<Instant>,
    /// Answers in a row that came sooner than asked for.
    hasty: u32,
}

impl Patience {
    pub(super) fn new(wait_s: u32) -> Self {
        let most = Duration::from_secs(wait_s.clamp(1, limpet_protocol::fleet::link::WAIT_S_MAX).into());
        Self { most, wait: most, busy_until: None, hasty: 0 }
    }

    /// How long the next poll waits.
    pub(super) fn wait(&self, now: Instant) -> Duration {
        let is_busy = self.busy_until.is_some_and(|until| now < until);
        if is_busy { self.wait.min(SHORT) } else { self.wait }
    }

    /// Something is going on.
    pub(super) fn busy(&mut self, now: Instant) {
        self.busy_until = Some(now + BUSY);
    }

    /// A poll of that wait brought nothing new, after so long.
    pub(super) fn unchanged(&mut self, wait: Duration, after: Duration) {
        if after < wait / 2 {
            self.hasty = self.hasty.saturating_add(1);
            return;
        }
        self.hasty = 0;
        if wait == self.wait {
            self.wait = (self.wait + self.wait / 8).min(self.most);
        }
    }

    /// Something came.
    pub(super) fn delivered(&mut self, now: Instant) {
        self.hasty = self.hasty.saturating_add(1);
        self.busy(now);
    }

    /// A connection broke while a poll waited, after so long. What lies on the way may hold none open longer: then polls
    /// are made to end before.
    pub(super) fn broke(&mut self, after: Duration) {
        if after > WAIT_MIN && after < self.wait {
            self.wait = (after * 3 / 4).max(WAIT_MIN);
        }
    }

    /// How long to wait before the next poll: a controller that answers at once, always, does not keep a board busy.
    pub(super) fn pause_ms(&self, chance: u32) -> u64 {
        let Some(over) = self.hasty.checked_sub(HASTY_FREE) else { return 0 };
        let window = HASTY_FIRST_MS.saturating_mul(1 << over.min(16)).min(WINDOW_MS_MAX);
        u64::from(window / 2) + ((u64::from(chance) * u64::from(window / 2)) >> 32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: fn(u64) -> Duration = Duration::from_secs;

    #[test]
    fn polls_are_short_while_something_goes_on() {
        let (mut patience, now) = (Patience::new(900), Instant::now());
        assert_eq!(patience.wait(now), S(900));
        patience.busy(now);
        assert_eq!(patience.wait(now + S(59)), SHORT);
        assert_eq!(patience.wait(now + S(61)), S(900));
        assert_eq!(Patience::new(u32::MAX).wait(now), S(3600));
    }

    #[test]
    fn what_lies_on_the_way_is_found_out_and_tried_again() {
        let (mut patience, now) = (Patience::new(900), Instant::now());
        patience.broke(S(300));
        assert_eq!(patience.wait(now), S(225));
        patience.broke(S(10));
        patience.broke(S(61));
        assert_eq!(patience.wait(now), WAIT_MIN);
        for _ in 0..60 {
            patience.unchanged(patience.wait(now), patience.wait(now));
        }
        assert_eq!(patience.wait(now), S(900));
    }

    #[test]
    fn a_controller_that_always_answers_at_once_is_asked_ever_less_often() {
        let (mut patience, now) = (Patience::new(900), Instant::now());
        for _ in 0..HASTY_FREE - 1 {
            patience.delivered(now);
            assert_eq!(patience.pause_ms(u32::MAX), 0);
        }
        for _ in 0..100 {
            patience.unchanged(S(900), S(1));
        }
        assert!((150_000..=300_000).contains(&patience.pause_ms(0)));
        patience.unchanged(SHORT, SHORT);
        assert_eq!(patience.pause_ms(u32::MAX), 0);
    }
}
