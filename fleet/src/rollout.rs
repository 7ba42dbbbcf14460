//! Staged rollouts: which boards may get a new state when, and when to stop or to go back.
//!
//! In: the strategy, what each board did so far, reports as they come, and a time. Out: which state each board is to be
//! offered. Deciding is a pure function: a controller that was killed decides the same again from what it stored.

use serde::{Deserialize, Serialize};

/// How many: a count, or hundredths of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Share {
    /// So many.
    Count(u32),
    /// 0 to 100; rounded up, so that something is never nothing.
    Percent(u8),
}

/// By which steps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Strategy {
    /// Boards that go first; none goes straight to batches.
    pub canary: Share,
    /// Boards that are on their way at a time after the canaries.
    pub batch: Share,
    /// Seconds that each step is watched after its last board has come to it.
    pub soak_s: u64,
    /// Failures at which it stops: more than so many of those offered. `Count(0)` stops at the first.
    pub failures: Share,
    /// What follows then: undo, or only stop.
    pub undo: bool,
    /// Seconds after which a board that was offered the state and is online, but has not come to it, counts as failed.
    pub patience_s: u64,
}

/// Where a rollout stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The canaries are on their way or watched.
    Canary,
    /// So many batches are done.
    Batch(u32),
    /// It goes no further until it is resumed or undone; why.
    Paused(String),
    /// Boards are offered what they had before; why.
    Undoing(String),
    /// All that were to go back went back, or are offered to; why.
    Undone(String),
    /// Every board has come to it, or is offered it and away.
    Done,
    /// A later rollout took over all of its boards.
    Superseded,
}

/// One board's part in a rollout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// It is not its turn yet.
    Waiting,
    /// It is offered the new state, since then.
    Offered {
        /// Seconds since 1970.
        since_s: u64,
    },
    /// It has come to it.
    Committed {
        /// Seconds since 1970.
        at_s: u64,
    },
    /// It did not, and says why.
    Failed(String),
    /// It is offered what it had before.
    Undoing,
    /// It has that again.
    Undone,
    /// It was revoked, cordoned or taken over by another rollout before its turn.
    Skipped,
}
