//! Whether the supervisor lives, by what it tells. Nothing here acts.
//!
//! In: when it was started, and when it said something. Out: whether it has hung and is to be ended, and whether the
//! board as a whole still does its work. One that hangs is started anew, which costs no container anything; only when that
//! does not help for [`DEAD_MS`] is the hardware watchdog left to do what it is for.

#[cfg(test)]
mod tests;

/// How long it may be silent, in the unit of `WATCHDOG_USEC` and as here.
pub(super) const SILENCE_US: u64 = SILENCE_MS * 1000;
const SILENCE_MS: u64 = 30_000;
/// How long it may take from its start to its first word.
const START_MS: u64 = 90_000;
/// How long it must have lived for its word to count for the board: one that begins, says so and hangs, or ends, again and
/// again does no work. It speaks each [`SILENCE_MS`] / 2.
const STEADY_MS: u64 = 10_000;
/// Without such a word for so long, the board does not do its work.
pub(super) const DEAD_MS: u64 = 300_000;

/// What was heard of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Heart {
    /// Its last word that counts for the board; the time of boot is one.
    heard_ms: u64,
    started_ms: u64,
    /// From when on its silence counts, and how long it may last.
    since_ms: u64,
    patience_ms: u64,
}

impl Heart {
    /// Of a supervisor that is about to be started.
    pub(super) fn new(now_ms: u64) -> Self {
        Self { heard_ms: now_ms, started_ms: now_ms, since_ms: now_ms, patience_ms: START_MS }
    }

    /// It runs, and has said nothing yet.
    pub(super) fn started(&mut self, now_ms: u64) {
        (self.started_ms, self.since_ms, self.patience_ms) = (now_ms, now_ms, START_MS);
    }

    /// It said that it is well.
    pub(super) fn heard(&mut self, now_ms: u64) {
        (self.since_ms, self.patience_ms) = (now_ms, SILENCE_MS);
        if now_ms.saturating_sub(self.started_ms) >= STEADY_MS {
            self.heard_ms = now_ms;
        }
    }

    /// When it has been silent for too long, if it still runs then.
    pub(super) fn hung_at_ms(&self) -> u64 {
        self.since_ms.saturating_add(self.patience_ms)
    }

    /// When it is given up.
    pub(super) fn dead_at_ms(&self) -> u64 {
        self.heard_ms.saturating_add(DEAD_MS)
    }
}

/// Whether what a child told through `NOTIFY_SOCKET` says that it is well.
pub(super) fn is_well(note: &[u8]) -> bool {
    note.split(|byte| *byte == b'\n').any(|line| matches!(line, b"READY=1" | b"WATCHDOG=1"))
}
