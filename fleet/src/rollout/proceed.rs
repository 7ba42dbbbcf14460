//! What follows from what was noted: who is given up, whether to stop, whose turn it is.

use super::{Has, Header, Part, Rollout, Status};

impl Rollout {
    pub(super) fn header_mut(&mut self) -> &mut Header {
        self.changes.header = true;
        &mut self.header
    }

    pub(super) fn proceed(&mut self, now_s: u64) {
        self.expire(now_s);
        while self.advance(now_s) {}
    }

    /// Those that were waited for for too long.
    fn expire(&mut self, now_s: u64) {
        let patience_s = self.header.strategy.patience_s;
        let Some(since_s) = now_s.checked_sub(patience_s) else { return };
        if planted!(PatienceIsEndless) {
            return;
        }
        while let Some(board) = self.index.first_waited(since_s) {
            self.change(board, |member| {
                if planted!(GivenUpAreReplaced) {
                    member.step = None;
                }
                member.part = match &member.part {
                    // It was taken back, and until now it might have been too late for that.
                    Part::Offered { .. } if member.cordoned && member.has == Has::Before => Part::Skipped,
                    Part::Offered { said: Some(said), .. } if member.online => Part::Failed(said.clone()),
                    Part::Offered { .. } if member.online || planted!(AwayIsFailed) => {
                        Part::Failed(format!("it is there, but did not come to it within {patience_s} s"))
                    }
                    Part::Undoing { .. } => {
                        Part::Failed(format!("it is there, but did not go back within {patience_s} s"))
                    }
                    Part::Waiting
                    | Part::Offered { .. }
                    | Part::Away
                    | Part::Committed { .. }
                    | Part::Failed(_)
                    | Part::Undone
                    | Part::Skipped => Part::Away,
                };
            });
            self.last_failed = Some(board);
        }
    }

    /// One thing that follows; whether more may.
    fn advance(&mut self, now_s: u64) -> bool {
        match &self.header.status {
            Status::Canary | Status::Batch(_) | Status::Paused(_) | Status::Undoing(_)
                if self.all_are_gone() =>
            {
                self.header_mut().status = Status::Superseded;
                false
            }
            Status::Canary | Status::Batch(_) => self.advance_step(now_s),
            Status::Undoing(why) if self.index.undoing == 0 && !self.is_expected(now_s) => {
                let why = why.clone();
                self.header_mut().status = Status::Undone(why);
                false
            }
            Status::Done => self.advance_stragglers(now_s),
            Status::Paused(_) | Status::Undoing(_) | Status::Undone(_) | Status::Superseded => false,
        }
    }

    fn advance_step(&mut self, now_s: u64) -> bool {
        if let Some(why) = self.too_many() {
            self.stop(why, now_s);
            return true;
        }
        self.fill(now_s);
        if !self.is_settled(now_s) {
            if self.header.soak_since_s.is_some() {
                self.header_mut().soak_since_s = None;
            }
            return false;
        }
        let nobody_came = self.index.in_step > 0 && self.index.committed_in_step == 0;
        if nobody_came && !self.header.accepted && self.index.failed_in_step > 0 {
            self.nobody_came(now_s);
            return true;
        }
        if nobody_came && !self.header.accepted && self.index.committed == 0 && !planted!(VanishedArePassed) {
            // They are all away: they may be so because of what they got, so whoever returns first has to tell.
            if self.index.spent_in_step == self.index.in_step {
                let why = "no board of this step is left that could tell how it went";
                self.header_mut().status = Status::Paused(String::from(why));
            }
            return false;
        }
        self.soak(now_s)
    }

    /// Whether the step has been watched for long enough.
    fn soak(&mut self, now_s: u64) -> bool {
        if self.header.soak_since_s.is_none() && self.index.in_step > 0 {
            self.header_mut().soak_since_s = Some(now_s);
        }
        let watched_s = self.header.soak_since_s.map(|since_s| now_s.saturating_sub(since_s));
        let is_over = watched_s.is_none_or(|watched_s| watched_s >= self.header.strategy.soak_s);
        if is_over || planted!(SoakIsSkipped) {
            self.next_step(now_s);
            return true;
        }
        false
    }

    fn next_step(&mut self, now_s: u64) {
        let is_done = !self.has_turns() && !self.is_expected(now_s);
        let header = self.header_mut();
        header.status = if is_done { Status::Done } else { Status::Batch(header.step) };
        header.step += 1;
        (header.soak_since_s, header.accepted, header.spared) = (None, false, 0);
        self.index.step_begins();
    }

    /// Those that were away get it as they come, but no more at a time than a batch. They undo nothing: that may be
    /// months later.
    fn advance_stragglers(&mut self, now_s: u64) -> bool {
        if let Some(why) = self.too_many() {
            self.header_mut().status = Status::Paused(why);
            return false;
        }
        self.fill(now_s);
        false
    }

    /// Offers it to as many as may be on their way.
    fn fill(&mut self, now_s: u64) {
        let (limit, step) = (self.limit(), self.header.step);
        while self.index.on_their_way < limit + u32::from(planted!(OneTooMany)) {
            let Some(board) = self.next_board(limit) else { return };
            self.change(board, |member| {
                member.step = Some(step);
                member.is_on_its_way(now_s);
            });
        }
    }

    /// Whose turn it is. One that had its turn in this step already takes no place of others.
    fn next_board(&self, limit: u32) -> Option<u32> {
        let has_room = self.index.in_step < limit.saturating_add(self.header.spared)
            || self.header.status == Status::Done
            || planted!(StepIsUnlimited);
        let mut returned = self.index.returned.iter().copied();
        if has_room {
            return returned.next().or_else(|| self.index.fresh.first().copied());
        }
        returned.find(|board| self.member(*board).is_some_and(|member| member.step == Some(self.header.step)))
    }

    fn limit(&self) -> u32 {
        let all = u32::try_from(self.members.len()).unwrap_or(u32::MAX);
        let strategy = &self.header.strategy;
        let share = match self.header.step {
            0 => strategy.canary,
            _ => strategy.batch,
        };
        share.of(all).max(1)
    }

    /// All of the step came to it, failed, or are away for long; and it is full, or nobody else is expected.
    fn is_settled(&self, now_s: u64) -> bool {
        let is_full = self.index.in_step >= self.limit().saturating_add(self.header.spared);
        !self.is_waited_for()
            && self.index.exposed > 0
            && (is_full || (!self.has_turns() && !self.is_expected(now_s)))
    }

    /// Every board of the step was offered it and is away, and nobody has come to it in any step.
    pub(super) fn all_vanished(&self) -> bool {
        let index = &self.index;
        let nobody_tells = index.committed == 0 && index.failed_in_step == 0 && index.on_their_way == 0;
        let is_full = index.in_step >= self.limit().saturating_add(self.header.spared) || !self.has_turns();
        index.in_step > 0 && nobody_tells && is_full && !self.header.accepted
    }

    /// Somebody is on their way, and does not put it off.
    pub(super) fn is_waited_for(&self) -> bool {
        self.index.on_their_way > self.index.held
    }

    fn has_turns(&self) -> bool {
        !self.index.fresh.is_empty() || !self.index.returned.is_empty()
    }

    /// Somebody who is still to get it, or to go back, went away only just now. After a start that is everybody.
    fn is_expected(&self, now_s: u64) -> bool {
        let since_s = if self.header.status.goes_back() {
            self.index.undoing_away_since_s()
        } else {
            self.index.waiting_away_since_s()
        };
        since_s.is_some_and(|since_s| now_s.saturating_sub(since_s) < self.header.strategy.patience_s)
    }

    pub(super) fn all_are_gone(&self) -> bool {
        usize::try_from(self.index.gone).is_ok_and(|gone| gone == self.members.len())
    }

    /// Boards that did not come to it, whatever they did instead.
    pub(super) fn failures(&self) -> u32 {
        self.index.failed + self.index.going_back
    }

    /// Why to stop, if too many failed.
    fn too_many(&self) -> Option<String> {
        let most = self.header.strategy.failures.of(self.index.exposed);
        let failed = self.failures().saturating_sub(self.header.forgiven);
        if failed <= most || planted!(FailuresAreIgnored) {
            return None;
        }
        let exposed = self.index.exposed;
        Some(format!("{failed} of {exposed} boards failed, over {most}{}", self.last_words()))
    }

    /// What the last one said that failed.
    fn last_words(&self) -> String {
        let member = self.last_failed.and_then(|board| self.member(board));
        match member.map(|member| &member.part) {
            Some(Part::Failed(text)) => format!("; the last: {text}"),
            _ => String::new(),
        }
    }

    fn stop(&mut self, why: String, now_s: u64) {
        if self.header.strategy.undo {
            self.go_back(why, now_s);
        } else {
            self.header_mut().status = Status::Paused(why);
        }
    }

    /// Whatever the threshold: a version that nobody came to goes no further.
    fn nobody_came(&mut self, now_s: u64) {
        let (count, failed) = (self.index.in_step, self.index.failed_in_step);
        let why = format!("none of the {count} boards of this step came to it, {failed} failed");
        self.stop(why + &self.last_words(), now_s);
    }

    /// Everybody who may have it goes back.
    pub(super) fn go_back(&mut self, why: String, now_s: u64) {
        let header = self.header_mut();
        (header.status, header.soak_since_s) = (Status::Undoing(why), None);
        for board in (0..).take(self.members.len()) {
            self.change(board, |member| match (&member.part, member.is_exposed()) {
                (Part::Undone, _) => {}
                (_, true) if member.is_open() => member.goes_back(now_s),
                (Part::Waiting | Part::Away, _) => member.part = Part::Skipped,
                (
                    Part::Offered { .. }
                    | Part::Committed { .. }
                    | Part::Failed(_)
                    | Part::Undoing { .. }
                    | Part::Skipped,
                    _,
                ) => {}
            });
        }
    }
}
