//! What time it can be, on a board whose clock may be wrong.
//!
//! A board without a battery starts in 1970, and one with a bad battery in 2038. Neither may make it believe an expired
//! document, nor refuse a good one. So the wall clock counts only once something has set it, and whatever the board has
//! ever learned from signed documents is a floor below which time does not go. None of this is asked about what runs
//! already: time decides what is taken, never what is ended.

/// A document may be signed this many seconds later than a synchronised clock says: an operator's clock is not
/// exact either. One from further ahead is refused, as it would move the floor there.
pub const AHEAD_S_MAX: u64 = 24 * 60 * 60;

/// What is known of the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// The wall clock, seconds since 1970, if the kernel says that it is synchronised (adjtimex(2), STA_UNSYNC).
    pub synchronised_s: Option<u64>,
    /// No earlier than this, seconds since 1970: when this program was built.
    pub built_s: u64,
}

/// How far a time can be trusted; goes with every time in a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quality {
    /// The clock is synchronised.
    Synchronised,
    /// It is no earlier than this; how much later nobody knows.
    Floor,
}

impl Clock {
    /// The earliest time that it can be, when the board remembers `floor_s`.
    ///
    /// A synchronised clock behind the floor is wrong: what was signed at a time cannot have been signed in the future.
    #[must_use]
    pub fn now(&self, floor_s: u64) -> (u64, Quality) {
        let floor_s = floor_s.max(self.built_s);
        match self.synchronised_s {
            Some(now_s) if now_s >= floor_s => (now_s, Quality::Synchronised),
            Some(_) | None => (floor_s, Quality::Floor),
        }
    }

    /// Whether something that is said to be signed at `issued_s` was signed later than it can be by now.
    #[must_use]
    pub fn is_ahead(&self, issued_s: u64, floor_s: u64) -> bool {
        match self.now(floor_s) {
            (now_s, Quality::Synchronised) => issued_s > now_s.saturating_add(AHEAD_S_MAX),
            (_, Quality::Floor) => false,
        }
    }
}
