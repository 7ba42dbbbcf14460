//! Boards as they really are: what they took, what becomes of it, and what they say of it.

use super::dice::Dice;
use crate::rollout::{Has, Position, Told};
use limpet_protocol::fleet::report::{Progress, Text};

/// What becomes of the new state on a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It comes to it.
    Good,
    /// It is not well, and goes back by itself.
    Reverts,
    /// It stops in the middle.
    Stops,
    /// It never says anything more of it.
    Hangs,
    /// It cannot fetch it at first, and then can.
    Stumbles,
    /// It puts it off for long, and then comes to it.
    IsLocked,
}

/// One board.
#[derive(Clone, Debug)]
pub(super) struct Board {
    pub(super) fate: Fate,
    /// It has a connection.
    pub(super) online: bool,
    /// Raised with each connection: what was on its way over an earlier one is lost.
    pub(super) connection: u32,
    pub(super) taken: Has,
    pub(super) held: bool,
    pub(super) progress: Option<Progress>,
    /// Raised with each thing that it begins: an end of an earlier one means nothing.
    pub(super) work: u32,
    /// It was given the state of a later rollout.
    pub(super) is_later: bool,
}

impl Board {
    pub(super) fn new(fate: Fate) -> Self {
        Self {
            fate,
            online: false,
            connection: 0,
            taken: Has::Before,
            held: false,
            progress: Some(Progress::Committed),
            work: 0,
            is_later: false,
        }
    }

    /// It takes a state, unless that is none that follows its own. Whether it did.
    pub(super) fn take(&mut self, what: Has) -> bool {
        let is_news = what > self.taken && !self.is_later;
        if is_news {
            self.taken = what;
            self.progress = Some(Progress::Waiting);
            self.held = self.fate == Fate::IsLocked && what == Has::Forward;
            self.work += 1;
        }
        is_news
    }

    /// It goes on with its work: whether there is more to come, after so many seconds.
    pub(super) fn go_on(&mut self, dice: &mut Dice) -> Option<u64> {
        let is_bad = self.taken == Has::Forward;
        let (progress, more_s) = match (self.fate, &self.progress) {
            (_, Some(progress)) if progress.is_final() => return None,
            (Fate::Reverts, _) if is_bad => (Progress::Reverted(text("not healthy")), None),
            (Fate::Stops, _) if is_bad => (Progress::Paused(text("not healthy")), None),
            (Fate::Hangs, _) if is_bad => (Progress::Updating, None),
            (Fate::Stumbles, Some(Progress::Waiting)) if is_bad => {
                (Progress::Failed(text("no route")), Some(10 + dice.up_to(60)))
            }
            _ => (Progress::Committed, None),
        };
        self.held = false;
        self.progress = Some(progress);
        more_s
    }

    pub(super) fn tells(&self, forward: Position, undo: Position) -> Told {
        let taken = match self.taken {
            _ if self.is_later => (undo.0, undo.1 + 1),
            Has::Before => (forward.0, forward.1 - 1),
            Has::Forward => forward,
            Has::Undo => undo,
        };
        Told { taken, held: self.held, progress: self.progress.clone() }
    }
}

fn text(text: &str) -> Text {
    Text::try_from(text).unwrap_or_default()
}
