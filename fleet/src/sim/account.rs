//! A second, simpler account of what may be offered: of what the controller was told and stored, and of what boards took.

use super::Broken;
use crate::rollout::{Has, Header, Member, Part, Strategy, Told};
use limpet_protocol::fleet::report::Progress;
use std::collections::BTreeSet;

/// What is known of a board.
#[derive(Clone, Debug, Default)]
struct Known {
    /// Since when it is offered the new state.
    offered_s: u64,
    online: bool,
    /// Since when it has, or has not, a connection to the controller that runs.
    since_s: u64,
    held: bool,
    cordoned: bool,
    gone: bool,
    committed: bool,
    reverted: bool,
}

/// Of the whole rollout.
#[derive(Clone, Debug)]
pub(super) struct Account {
    strategy: Strategy,
    known: Vec<Known>,
    /// Whoever was offered the new state.
    pub(super) exposed: BTreeSet<u32>,
    /// Whoever was offered it in this step.
    in_step: BTreeSet<u32>,
    /// Whoever was, and has not said how it ended.
    on_their_way: BTreeSet<u32>,
    /// Failures since the operator last resumed.
    failed: BTreeSet<u32>,
    /// When the last board of this step came to it.
    last_came_s: Option<u64>,
    step: u32,
    /// The operator resumed in this step.
    accepted: bool,
    /// Boards of this step in whose place the operator wanted others.
    spared: usize,
}

impl Account {
    pub(super) fn new(strategy: Strategy, boards: usize) -> Self {
        let step = u32::from(strategy.canary.of(100) == 0);
        Self {
            strategy,
            known: vec![Known::default(); boards],
            exposed: BTreeSet::new(),
            in_step: BTreeSet::new(),
            on_their_way: BTreeSet::new(),
            failed: BTreeSet::new(),
            last_came_s: None,
            step,
            accepted: false,
            spared: 0,
        }
    }

    fn of(&mut self, board: u32) -> &mut Known {
        &mut self.known[usize::try_from(board).unwrap_or(0)]
    }

    fn is(&self, board: u32) -> &Known {
        &self.known[usize::try_from(board).unwrap_or(0)]
    }

    fn limit(&self) -> usize {
        let all = u32::try_from(self.known.len()).unwrap_or(0);
        let share = if self.step == 0 { self.strategy.canary } else { self.strategy.batch };
        usize::try_from(share.of(all).max(1)).unwrap_or(0)
    }

    /// As many as may have had their turn in this step.
    fn step_limit(&self) -> usize {
        self.limit() + self.spared
    }

    /// Nobody needs to wait for it any more, as far as can be told from when it came and went.
    fn is_given_up(&self, board: u32, now_s: u64) -> bool {
        let known = self.is(board);
        let patience_s = self.strategy.patience_s;
        if known.online {
            !known.held && now_s.saturating_sub(known.offered_s) >= patience_s
        } else {
            now_s.saturating_sub(known.since_s) >= patience_s
        }
    }

    pub(super) fn came(&mut self, board: u32, online: bool, now_s: u64) {
        let known = self.of(board);
        if known.online != online {
            (known.online, known.since_s) = (online, now_s);
        }
    }

    /// A controller starts: nobody is there.
    pub(super) fn start(&mut self, now_s: u64) {
        for known in &mut self.known {
            (known.online, known.since_s) = (false, now_s);
        }
    }

    pub(super) fn cordon(&mut self, board: u32, is_on: bool) {
        self.of(board).cordoned = is_on;
    }

    pub(super) fn leave(&mut self, board: u32) {
        self.of(board).gone = true;
        self.on_their_way.remove(&board);
    }

    pub(super) fn resume(&mut self, now_s: u64) {
        self.failed.clear();
        self.accepted = true;
        // Only if none of them is there, or waited for, others are to have their turn.
        let tells = |board: &u32| {
            let known = self.is(*board);
            let is_there = known.online && !known.cordoned && !known.held;
            let is_waited_for = self.on_their_way.contains(board) && !self.is_given_up(*board, now_s);
            !known.gone && (is_there || is_waited_for)
        };
        let came = self.known.iter().any(|known| known.committed);
        if !came && !self.in_step.iter().any(tells) {
            self.spared = self.exposed.len();
        }
    }

    /// It says that it has what undoes the new state.
    pub(super) fn went_back(&mut self, board: u32) {
        self.of(board).committed = false;
    }

    /// A report was stored.
    pub(super) fn told(&mut self, board: u32, told: &Told, is_forward: bool, now_s: u64) {
        self.of(board).held = told.held;
        if !is_forward || self.is(board).gone {
            return;
        }
        self.exposed.insert(board);
        match told.progress {
            Some(Progress::Committed) => {
                if !self.is(board).committed && self.in_step.contains(&board) {
                    self.last_came_s = Some(now_s);
                }
                self.of(board).committed = true;
                self.failed.remove(&board);
                self.on_their_way.remove(&board);
            }
            Some(Progress::Reverted(_) | Progress::Paused(_)) if !self.is(board).committed => {
                if !self.is(board).reverted {
                    self.failed.insert(board);
                }
                self.of(board).reverted = true;
                self.on_their_way.remove(&board);
            }
            _ => {}
        }
    }

    /// A board is offered something else than before. `has` is what it really has.
    pub(super) fn offered(&mut self, board: u32, has: Has, what: Has, now_s: u64) -> Result<(), Broken> {
        let known = self.is(board);
        if (known.cordoned || known.gone) && what > has {
            return Err(format!("board {board} is cordoned or gone and is offered {what:?}, it has {has:?}"));
        }
        if what == Has::Undo {
            self.on_their_way.remove(&board);
        }
        match what {
            Has::Forward if has < Has::Forward => self.forward(board, now_s),
            Has::Forward => {
                self.exposed.insert(board);
                Ok(())
            }
            Has::Before | Has::Undo => Ok(()),
        }
    }

    fn forward(&mut self, board: u32, now_s: u64) -> Result<(), Broken> {
        let most = self.strategy.failures.of(u32::try_from(self.exposed.len()).unwrap_or(0));
        if self.failed.len() > usize::try_from(most).unwrap_or(0) {
            return Err(format!("board {board} is offered it after {} failures", self.failed.len()));
        }
        self.exposed.insert(board);
        self.in_step.insert(board);
        self.of(board).offered_s = now_s;
        let over: Vec<_> =
            self.on_their_way.iter().copied().filter(|other| self.is_given_up(*other, now_s)).collect();
        for other in over {
            self.on_their_way.remove(&other);
        }
        self.on_their_way.insert(board);
        if self.on_their_way.len() > self.limit() {
            return Err(format!(
                "{} boards are on their way: {:?}",
                self.on_their_way.len(),
                self.on_their_way
            ));
        }
        if self.step == 0 && self.exposed.len() > self.step_limit() {
            return Err(format!(
                "{} boards were offered it before the canaries are over",
                self.exposed.len()
            ));
        }
        Ok(())
    }

    /// How many were offered it in the step, unless everything is done already.
    pub(super) fn check_step(&mut self, is_over: bool) -> Result<(), Broken> {
        if is_over {
            self.in_step.clear();
        }
        if self.in_step.len() > self.step_limit() {
            return Err(format!("step {} has {} boards", self.step, self.in_step.len()));
        }
        Ok(())
    }

    /// The controller takes a board for failed that said no such thing.
    pub(super) fn silent(&mut self, board: u32, now_s: u64) -> Result<(), Broken> {
        let known = self.is(board);
        if known.reverted || (known.online && self.is_given_up(board, now_s)) {
            if !std::mem::replace(&mut self.of(board).reverted, true) {
                self.failed.insert(board);
            }
            self.on_their_way.remove(&board);
            return Ok(());
        }
        Err(format!("board {board} counts as failed: {known:?}"))
    }

    /// The controller waits for a board no longer.
    pub(super) fn given_up(&mut self, board: u32, now_s: u64) -> Result<(), Broken> {
        let known = self.is(board);
        let is_right = (!known.online || known.cordoned) && self.is_given_up(board, now_s);
        if !is_right && self.on_their_way.contains(&board) {
            return Err(format!("board {board} is given up: {known:?}"));
        }
        self.on_their_way.remove(&board);
        Ok(())
    }

    /// The controller goes on to that step.
    pub(super) fn step(&mut self, step: u32, now_s: u64) -> Result<(), Broken> {
        if step <= self.step {
            return Ok(());
        }
        let waited = self
            .on_their_way
            .iter()
            .find(|board| !self.is_given_up(**board, now_s) && !self.is(**board).held);
        if let Some(board) = waited.filter(|board| self.in_step.contains(board)) {
            return Err(format!(
                "step {step} begins, but board {board} is on its way: {:?}",
                self.is(*board)
            ));
        }
        if self.last_came_s.is_some_and(|came_s| now_s < came_s + self.strategy.soak_s) {
            return Err(format!("step {step} begins before the last was watched"));
        }
        let came = self.known.iter().any(|known| known.committed);
        if !came && !self.accepted && !self.in_step.is_empty() {
            return Err(format!("step {step} begins, and nobody came to it yet"));
        }
        (self.step, self.last_came_s, self.accepted) = (step, None, false);
        self.spared = 0;
        self.in_step.clear();
        Ok(())
    }

    /// An older backup was restored: of what was lost counts what boards really have. What people said since then, who is
    /// cordoned and who is revoked, is lost.
    pub(super) fn restored(&mut self, header: &Header, rows: &[Member], has: impl Fn(u32) -> Has) {
        (self.step, self.last_came_s) = (header.step, None);
        self.spared = usize::try_from(header.spared).unwrap_or(0);
        self.in_step.clear();
        let mut may_have = BTreeSet::new();
        for (board, row) in (0..).zip(rows) {
            let known = self.of(board);
            (known.cordoned, known.gone) = (row.cordoned, row.gone);
            known.committed = matches!(row.part, Part::Committed { .. });
            if row.step.is_some() || has(board) > Has::Before {
                may_have.insert(board);
            }
        }
        self.on_their_way.retain(|board| may_have.contains(board));
        self.exposed = may_have;
    }
}
