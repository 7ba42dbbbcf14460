//! A little randomness, the same for the same seed: xorshift64* (Vigna, "An experimental exploration of Marsaglia's
//! xorshift generators"). Good enough to keep restarts apart; nothing secret depends on it.

/// A sequence of numbers.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// Any seed will do.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    /// `ms`, more or less by at most a tenth.
    pub(crate) fn jitter(&mut self, ms: u64) -> u64 {
        let tenth = ms / 10;
        ms - tenth + self.next() % (2 * tenth + 1)
    }
}
