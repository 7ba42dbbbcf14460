//! A bound on bytes per second. Pure; the time is an argument.

/// Most that may come at once after a silence, as a part of a second.
const BURST_MS: u64 = 250;

/// How much may be read when.
#[derive(Clone, Copy, Debug)]
pub struct Bucket {
    rate_bytes_per_s: u64,
    /// What may come now; less than nothing is owed.
    level_bytes: i64,
    at_ms: u64,
}

impl Bucket {
    /// Full, at the time `now_ms`. The rate is at least 1000.
    #[must_use]
    pub fn new(rate_bytes_per_s: u64, now_ms: u64) -> Self {
        let rate_bytes_per_s = rate_bytes_per_s.max(1000);
        Self { rate_bytes_per_s, level_bytes: most(rate_bytes_per_s), at_ms: now_ms }
    }

    /// Takes `bytes` that have come; how long to wait now before more are read, in milliseconds.
    pub fn take(&mut self, bytes: u64, now_ms: u64) -> u64 {
        let passed_ms = now_ms.saturating_sub(self.at_ms);
        let gained = signed(passed_ms.saturating_mul(self.rate_bytes_per_s) / 1000);
        let level = self.level_bytes.saturating_add(gained).min(most(self.rate_bytes_per_s));
        self.level_bytes = level.saturating_sub(signed(bytes));
        self.at_ms = now_ms;
        let owed = self.level_bytes.min(0).unsigned_abs();
        owed.saturating_mul(1000) / self.rate_bytes_per_s
    }
}

fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

fn most(rate_bytes_per_s: u64) -> i64 {
    signed(rate_bytes_per_s.saturating_mul(BURST_MS) / 1000)
}

#[cfg(test)]
mod tests;
