//! What can be counted of a rollout's boards, kept up to date with each change: with ten thousand boards nothing may look
//! at all of them whenever one reports. It is never stored; it follows from the members.

use super::{Member, Part, Rollout};
use std::collections::BTreeSet;

type Timers = BTreeSet<(u64, u32)>;

/// Counts and orders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Index {
    now_s: u64,
    /// Of the step that it is in: boards that were offered the new state, and those that came to it.
    pub(super) in_step: u32,
    pub(super) committed_in_step: u32,
    pub(super) failed_in_step: u32,
    /// Those of which nothing more can come.
    pub(super) spent_in_step: u32,
    /// Of all steps.
    pub(super) exposed: u32,
    pub(super) on_their_way: u32,
    /// Those of them that put it off.
    pub(super) held: u32,
    pub(super) committed: u32,
    pub(super) failed: u32,
    /// Going back, or gone back.
    pub(super) going_back: u32,
    pub(super) gone: u32,
    /// Boards whose turn may come now: those that never had it, and those that were given up on their way.
    pub(super) fresh: BTreeSet<u32>,
    pub(super) returned: BTreeSet<u32>,
    /// Boards that are to go back and that are waited for.
    pub(super) undoing: u32,
    /// Since when somebody is waited for.
    timers: Timers,
    waiting_away: Timers,
    undoing_away: Timers,
}

impl Index {
    pub(super) fn now_s(&self) -> u64 {
        self.now_s
    }

    pub(super) fn first_timer_s(&self) -> Option<u64> {
        self.timers.first().map(|(since_s, _)| *since_s)
    }

    /// The board that is waited for for longest, if that is since then or earlier.
    pub(super) fn first_waited(&self, since_s: u64) -> Option<u32> {
        self.timers.first().filter(|(first_s, _)| *first_s <= since_s).map(|(_, board)| *board)
    }

    /// When the last of those went away whose turn is still to come.
    pub(super) fn waiting_away_since_s(&self) -> Option<u64> {
        self.waiting_away.last().map(|(since_s, _)| *since_s)
    }

    /// Somebody may still have a turn who has not had it.
    pub(super) fn has_others(&self) -> bool {
        !self.fresh.is_empty() || !self.waiting_away.is_empty()
    }

    /// When the last of those went away that are to go back.
    pub(super) fn undoing_away_since_s(&self) -> Option<u64> {
        self.undoing_away.last().map(|(since_s, _)| *since_s)
    }

    pub(super) fn step_begins(&mut self) {
        (self.in_step, self.committed_in_step) = (0, 0);
        (self.failed_in_step, self.spent_in_step) = (0, 0);
    }

    fn count(&mut self, board: u32, member: &Member, step: u32, is_more: bool) {
        let bump = |count: &mut u32, applies: bool| match (applies, is_more) {
            (false, _) => {}
            (true, true) => *count += 1,
            (true, false) => *count -= 1,
        };
        let is_in_step = member.step == Some(step);
        let failed = matches!(member.part, Part::Failed(_));
        let went_back = matches!(member.part, Part::Undoing { .. } | Part::Undone);
        let committed = matches!(member.part, Part::Committed { .. });
        let on_its_way = matches!(member.part, Part::Offered { .. });
        bump(&mut self.in_step, is_in_step);
        bump(&mut self.committed_in_step, is_in_step && committed);
        bump(&mut self.failed_in_step, is_in_step && failed);
        bump(&mut self.spent_in_step, is_in_step && (member.gone || went_back));
        bump(&mut self.exposed, member.is_exposed());
        bump(&mut self.on_their_way, on_its_way);
        bump(&mut self.held, on_its_way && member.held);
        bump(&mut self.committed, committed);
        bump(&mut self.failed, failed);
        bump(&mut self.going_back, went_back);
        bump(&mut self.gone, member.gone);
        self.order(board, member, is_more);
    }

    fn order(&mut self, board: u32, member: &Member, is_more: bool) {
        let (is_open, online, held) = (member.is_open(), member.online, member.held);
        let (away_s, waited_s) = (member.away_since_s, member.waited_since_s);
        match &member.part {
            Part::Waiting if is_open && online && !held => {
                let turns = if member.is_exposed() { &mut self.returned } else { &mut self.fresh };
                keep(turns, board, is_more);
            }
            Part::Waiting if is_open && !online => keep(&mut self.waiting_away, (away_s, board), is_more),
            Part::Offered { .. } if !online => keep(&mut self.timers, (away_s, board), is_more),
            Part::Offered { .. } if !held => keep(&mut self.timers, (waited_s, board), is_more),
            Part::Undoing { .. } if is_open && online && !held => {
                keep(&mut self.timers, (waited_s, board), is_more);
                self.undoing = if is_more { self.undoing + 1 } else { self.undoing - 1 };
            }
            Part::Undoing { .. } if is_open && !online => {
                keep(&mut self.undoing_away, (away_s, board), is_more);
            }
            Part::Waiting
            | Part::Offered { .. }
            | Part::Undoing { .. }
            | Part::Away
            | Part::Committed { .. }
            | Part::Failed(_)
            | Part::Undone
            | Part::Skipped => {}
        }
    }
}

fn keep<T: Ord>(set: &mut BTreeSet<T>, what: T, is_more: bool) {
    if is_more {
        set.insert(what);
    } else {
        set.remove(&what);
    }
}

/// Places of boards in the list: there are at most [`super::BOARDS_MAX`].
fn numbered(members: &[Member]) -> impl Iterator<Item = (u32, &Member)> {
    (0..).zip(members)
}

impl Rollout {
    /// After a start: nobody is there, and whoever is waited for is waited for anew.
    pub(super) fn wake(&mut self, now_s: u64) {
        let since_s = if planted!(StartGivesUp) { 0 } else { now_s };
        for member in &mut self.members {
            (member.online, member.away_since_s, member.waited_since_s) = (false, since_s, since_s);
        }
        self.recount(now_s);
    }

    /// Notes the time. A clock that was set back would make waiting longer by as much.
    pub(super) fn is_now(&mut self, now_s: u64) {
        if now_s < self.index.now_s {
            for member in &mut self.members {
                member.away_since_s = member.away_since_s.min(now_s);
                member.waited_since_s = member.waited_since_s.min(now_s);
            }
            self.recount(now_s);
        }
        self.index.now_s = now_s;
    }

    fn recount(&mut self, now_s: u64) {
        self.header.soak_since_s = self.header.soak_since_s.map(|since_s| since_s.min(now_s));
        self.index = Index { now_s, ..Index::default() };
        for (board, member) in numbered(&self.members) {
            self.index.count(board, member, self.header.step, true);
        }
    }

    /// The only way in which a member changes.
    pub(super) fn change(&mut self, board: u32, change: impl FnOnce(&mut Member)) {
        let step = self.header.step;
        let Some(member) = usize::try_from(board).ok().and_then(|at| self.members.get_mut(at)) else {
            return;
        };
        let before = member.clone();
        self.index.count(board, &before, step, false);
        change(member);
        self.index.count(board, member, step, true);
        let is_told = before.part != member.part || !planted!(RowsAreForgotten);
        if !member.is_stored_as(&before) && is_told {
            self.changes.members.push(board);
        }
    }

    /// The index is what counting all members gives.
    #[cfg(test)]
    pub(crate) fn index_is_true(&self) -> bool {
        let mut again = self.clone();
        again.recount(self.index.now_s);
        again.index == self.index
    }
}
