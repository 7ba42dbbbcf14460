//! Chance that a seed repeats: splitmix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators").

/// A sequence of numbers.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    /// The sequence of this seed.
    #[must_use]
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// One of `0..count`; for counts that are small beside 2^64.
    ///
    /// # Panics
    /// `count` is 0.
    pub(super) fn below(&mut self, count: u64) -> u64 {
        self.next() % count
    }

    /// Whether something of this many percent happens.
    pub(super) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of them.
    ///
    /// # Panics
    /// There are none.
    pub(super) fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        let count = u64::try_from(of.len()).expect("lengths fit");
        &of[usize::try_from(self.below(count)).expect("it is below the length")]
    }
}
