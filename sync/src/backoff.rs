//! How long to wait before a controller is tried again. Pure: chance is an argument.
//!
//! Thousands of boards lose one controller at the same moment, and must not come back to it at one. So the wait is chance
//! from almost nothing up to a window that doubles: whenever the controller comes back, those who wait come one by one over
//! the whole window.

/// The window after a connection broke.
const FIRST_MS: u32 = 10_000;
/// The widest.
pub(crate) const WINDOW_MS_MAX: u32 = 300_000;
/// Nobody comes back sooner.
const LEAST_MS: u32 = 500;
/// The longest wait that a controller may ask for (`Retry-After`).
const ASKED_S_MAX: u64 = 3600;

/// Where the windows stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Backoff {
    window_ms: u32,
}

impl Backoff {
    /// As it stood in the process before.
    #[must_use]
    pub(crate) fn of(window_ms: u32) -> Self {
        Self { window_ms: window_ms.min(WINDOW_MS_MAX) }
    }

    /// For the process after.
    #[must_use]
    pub(crate) fn window_ms(self) -> u32 {
        self.window_ms
    }

    /// It works.
    pub(crate) fn reset(&mut self) {
        self.window_ms = 0;
    }

    /// After a failure: how long to wait. `asked_s` is what the controller asks for, which a crowd does not do to the second.
    pub(crate) fn failed_ms(&mut self, asked_s: Option<u64>, chance: u32) -> u64 {
        self.window_ms = (self.window_ms * 2).clamp(FIRST_MS, WINDOW_MS_MAX);
        let part = (u64::from(chance) * u64::from(self.window_ms - LEAST_MS)) >> 32;
        match asked_s {
            Some(asked_s) => asked_s.min(ASKED_S_MAX) * 1000 + part,
            None => u64::from(LEAST_MS) + part,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_doubles_up_to_its_greatest_and_begins_anew() {
        let mut backoff = Backoff::default();
        let waits: Vec<u64> = (0..8).map(|_| backoff.failed_ms(None, u32::MAX)).collect();
        assert_eq!(waits[..3], [9_999, 19_999, 39_999]);
        assert_eq!(waits[7], u64::from(WINDOW_MS_MAX) - 1);
        assert_eq!(Backoff::of(backoff.window_ms()), backoff);
        backoff.reset();
        assert_eq!(backoff.failed_ms(None, 0), 500);
        assert_eq!(backoff.failed_ms(Some(u64::MAX), 0), 3_600_000);
        assert!(backoff.failed_ms(Some(60), u32::MAX) > 90_000);
    }

    /// 5,000 boards that lost a controller at once, which is away for an hour: how many come in its busiest second.
    #[test]
    fn a_controller_that_comes_back_is_not_overrun() {
        let mut chance = 12345u64;
        let mut random = || {
            chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            u32::try_from(chance >> 32).expect("32 bits")
        };
        let mut seconds = std::collections::BTreeMap::new();
        for _ in 0..5_000 {
            let (mut backoff, mut at_ms) = (Backoff::default(), 0);
            while at_ms < 3_600_000 {
                at_ms += backoff.failed_ms(None, random());
            }
            *seconds.entry(at_ms / 1000).or_insert(0) += 1;
        }
        let busiest = seconds.values().max().copied().unwrap_or(0);
        assert!(busiest < 80, "{busiest} in one second");
        assert!(seconds.keys().last().is_some_and(|last| *last <= 3_900));
    }
}
