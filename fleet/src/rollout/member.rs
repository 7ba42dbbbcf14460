//! One board's part in a rollout.

use super::{Offer, Position};
use serde::{Deserialize, Serialize};

/// How far a board has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// It is not its turn yet, or it is away.
    Waiting,
    /// It is offered the new state, since then.
    Offered {
        /// Seconds since 1970.
        since_s: u64,
        /// What it cannot do for now, but tries again: it counts as failed when it is waited for no longer.
        said: Option<String>,
    },
    /// It was offered the new state and has been away for so long that nobody waits for it.
    Away,
    /// It has come to it.
    Committed {
        /// Seconds since 1970.
        at_s: u64,
    },
    /// It did not, or did not go back, and says why. What it is offered stays the same.
    Failed(String),
    /// It is offered what it had before, since then.
    Undoing {
        /// Seconds since 1970.
        since_s: u64,
    },
    /// It has that again.
    Undone,
    /// It was revoked, cordoned or taken over by another rollout, or everything was undone, before its turn.
    Skipped,
}

/// What a board is known to have taken: it never goes back to what is further up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Has {
    /// Nothing of this rollout.
    Before,
    /// The new state.
    Forward,
    /// What undoes it.
    Undo,
}

/// One board. What is not stored (who is there, since when) is told again after a start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Position of the new state.
    pub forward: Position,
    /// Position of what undoes it.
    pub undo: Position,
    /// How far it has come.
    pub part: Part,
    /// In which step it was offered the new state last; never if there is none.
    pub step: Option<u32>,
    /// What it is known to have taken.
    pub has: Has,
    /// It puts changes off for now (its lock, its windows): it is on its way for as long as it likes, and nobody waits.
    pub held: bool,
    /// No rollout is to go there.
    pub cordoned: bool,
    /// It is revoked, or has a later state than those of this rollout.
    pub gone: bool,
    /// It has a connection.
    #[serde(skip)]
    pub(super) online: bool,
    /// Since when it has none.
    #[serde(skip)]
    pub(super) away_since_s: u64,
    /// Since when it is waited for while it is there; time away is not counted.
    #[serde(skip)]
    pub(super) waited_since_s: u64,
}

impl Member {
    pub(super) fn new(forward: Position, undo: Position) -> Self {
        Self {
            forward,
            undo,
            part: Part::Waiting,
            step: None,
            has: Has::Before,
            held: false,
            cordoned: false,
            gone: false,
            online: false,
            away_since_s: 0,
            waited_since_s: 0,
        }
    }

    /// It can be offered something that is new to it.
    pub(super) fn is_open(&self) -> bool {
        (!self.gone || planted!(GoneAreOffered)) && !self.cordoned
    }

    /// It was offered the new state once, so it may have it.
    pub(super) fn is_exposed(&self) -> bool {
        self.step.is_some()
    }

    /// Whatever was heard of it.
    fn may_have_it(&self) -> bool {
        self.is_exposed() && (self.has == Has::Forward || !planted!(OnlyKnownGoBack))
    }

    /// Whether a row that was stored of the one says the same of the other.
    pub(crate) fn is_stored_as(&self, other: &Self) -> bool {
        let stored = |member: &Self| (member.forward, member.undo, member.step, member.has);
        let flags = |member: &Self| (member.held, member.cordoned, member.gone);
        stored(self) == stored(other) && flags(self) == flags(other) && self.part == other.part
    }

    pub(super) fn offer(&self, goes_back: bool) -> Offer {
        let is_news = self.is_open() || planted!(CordonIsIgnored);
        match (self.has, &self.part) {
            _ if self.gone && !planted!(GoneAreOffered) => Offer::Before,
            (Has::Undo, _) => Offer::Undo,
            (Has::Before | Has::Forward, _) if goes_back && is_news && self.may_have_it() => Offer::Undo,
            (Has::Forward, _) => Offer::Forward,
            (Has::Before, Part::Offered { .. } | Part::Failed(_)) if is_news && !goes_back => Offer::Forward,
            (
                Has::Before,
                Part::Waiting
                | Part::Offered { .. }
                | Part::Away
                | Part::Committed { .. }
                | Part::Failed(_)
                | Part::Undoing { .. }
                | Part::Undone
                | Part::Skipped,
            ) => Offer::Before,
        }
    }
}
