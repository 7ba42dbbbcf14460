//! What happened is noted: no board is offered anything new by that, but what is undone is undone at once.

use super::{Has, Input, Member, Part, Refusal, Rollout, Status, Told};
use limpet_protocol::fleet::report::Progress;

/// Longest time that is left to a board that was away to say what became of it.
const GRACE_S_MAX: u64 = 60;

impl Rollout {
    pub(super) fn observe(&mut self, input: &Input, now_s: u64) -> Result<(), Refusal> {
        self.admit(input)?;
        self.is_now(now_s);
        match input {
            Input::Told(board, told) => self.told(*board, told, now_s),
            Input::Online(board) => self.comes(*board, now_s),
            Input::Offline(board) => self.goes(*board, now_s),
            Input::Cordoned(board, is_on) => self.cordon(*board, *is_on, now_s),
            Input::Revoked(board) | Input::TakenOver(board) => self.leave(*board),
            Input::Pause(why) => self.header_mut().status = Status::Paused(why.clone()),
            Input::Resume => self.resume(),
            Input::Undo(why) => self.go_back(why.clone(), now_s),
            Input::Restored => self.restored(),
            Input::Time => {}
        }
        Ok(())
    }

    /// Whether it makes sense.
    fn admit(&self, input: &Input) -> Result<(), Refusal> {
        let board = match input {
            Input::Told(board, _)
            | Input::Online(board)
            | Input::Offline(board)
            | Input::Cordoned(board, _)
            | Input::Revoked(board)
            | Input::TakenOver(board) => *board,
            Input::Pause(_) => return self.admit_pause(),
            Input::Resume => return self.admit_resume(),
            Input::Undo(_) => return self.admit_undo(),
            Input::Restored | Input::Time => return Ok(()),
        };
        self.member(board).map(|_| ()).ok_or(Refusal::NoBoard)
    }

    fn admit_pause(&self) -> Result<(), Refusal> {
        match self.header.status {
            Status::Canary | Status::Batch(_) => Ok(()),
            Status::Paused(_) => Err(Refusal::IsPaused),
            Status::Undoing(_) | Status::Undone(_) => Err(Refusal::IsUndone),
            Status::Done | Status::Superseded => Err(Refusal::IsOver),
        }
    }

    fn admit_resume(&self) -> Result<(), Refusal> {
        match self.header.status {
            Status::Paused(_) => Ok(()),
            // There is something to go on from.
            Status::Canary | Status::Batch(_) if self.all_vanished() => Ok(()),
            Status::Canary | Status::Batch(_) => Err(Refusal::IsNotPaused),
            Status::Undoing(_) | Status::Undone(_) => Err(Refusal::IsUndone),
            Status::Done | Status::Superseded => Err(Refusal::IsOver),
        }
    }

    fn admit_undo(&self) -> Result<(), Refusal> {
        match self.header.status {
            Status::Superseded => Err(Refusal::IsSuperseded),
            Status::Undoing(_) | Status::Undone(_) => Err(Refusal::IsUndone),
            Status::Canary | Status::Batch(_) | Status::Paused(_) | Status::Done if self.all_are_gone() => {
                Err(Refusal::IsSuperseded)
            }
            Status::Canary | Status::Batch(_) | Status::Paused(_) | Status::Done => Ok(()),
        }
    }

    fn resume(&mut self) {
        let (step, forgiven) = (self.header.step, self.failures());
        // Others are to tell how it goes, if there are any, rather than nobody.
        let is_spared = (self.all_vanished() || planted!(ResumeSparesAll)) && self.index.has_others();
        let accepted = self.index.in_step > 0 && !self.is_waited_for() && !is_spared;
        let spared = if is_spared { self.index.in_step } else { self.header.spared };
        let header = self.header_mut();
        header.spared = spared;
        header.status = if step == 0 { Status::Canary } else { Status::Batch(step - 1) };
        (header.forgiven, header.accepted, header.soak_since_s) = (forgiven, accepted, None);
    }

    fn restored(&mut self) {
        let is_settled = match self.header.status {
            Status::Canary | Status::Batch(_) => false,
            Status::Done => !self.members.iter().any(|member| !member.gone && !member.is_settled()),
            Status::Paused(_) | Status::Undoing(_) | Status::Undone(_) | Status::Superseded => true,
        };
        if !is_settled && !planted!(RestoreGoesOn) {
            let why = "the controller was restored from a backup, boards may be further than it knows: \
                       see what they report, then resume or undo";
            self.header_mut().status = Status::Paused(String::from(why));
        }
    }

    fn comes(&mut self, board: u32, now_s: u64) {
        let goes_back = self.header.status.goes_back();
        let patience_s = self.header.strategy.patience_s;
        // Time away does not count, and it has something to tell first.
        let latest_s = now_s.saturating_sub(patience_s - (patience_s / 4).min(GRACE_S_MAX));
        self.change(board, |member| {
            if !member.online {
                member.online = true;
                let away_s = now_s.saturating_sub(member.away_since_s);
                member.waited_since_s = member.waited_since_s.saturating_add(away_s).max(latest_s).min(now_s);
                member.returns(goes_back, now_s);
            }
        });
    }

    fn goes(&mut self, board: u32, now_s: u64) {
        self.change(board, |member| {
            if member.online {
                (member.online, member.away_since_s) = (false, now_s);
            }
        });
    }

    fn cordon(&mut self, board: u32, is_on: bool, now_s: u64) {
        let goes_back = self.header.status.goes_back();
        self.change(board, |member| {
            if member.cordoned == is_on {
                return;
            }
            member.cordoned = is_on;
            match (&member.part, is_on) {
                (Part::Offered { .. }, true) if planted!(CordonFreesPlaces) => member.part = Part::Skipped,
                (Part::Waiting | Part::Undoing { .. }, true) => member.part = Part::Skipped,
                (Part::Undone, false) => {}
                (_, false) if goes_back && member.is_exposed() && !member.gone => member.goes_back(now_s),
                (Part::Skipped, false) if !goes_back && !member.gone => member.part = Part::Waiting,
                (
                    Part::Waiting
                    | Part::Offered { .. }
                    | Part::Away
                    | Part::Committed { .. }
                    | Part::Failed(_)
                    | Part::Undoing { .. }
                    | Part::Undone
                    | Part::Skipped,
                    _,
                ) => {}
            }
        });
    }

    fn leave(&mut self, board: u32) {
        self.change(board, Member::leaves);
    }

    fn told(&mut self, board: u32, told: &Told, now_s: u64) {
        let (step, goes_back) = (self.header.step, self.header.status.goes_back());
        let (came, failures) = (self.index.committed_in_step, self.failures());
        self.change(board, |member| {
            if member.held != told.held {
                (member.held, member.waited_since_s) = (told.held, now_s);
            }
        });
        let Some(member) = self.member(board) else { return };
        if member.gone {
        } else if told.taken > member.undo {
            self.leave(board);
        } else if told.taken == member.undo {
            self.change(board, |member| member.told_undo(told.progress.as_ref(), step, now_s));
        } else if told.taken == member.forward && member.has < Has::Undo {
            self.change(board, |member| {
                member.has = Has::Forward;
                member.step = member.step.or(Some(step));
                if goes_back {
                    member.told_late(now_s);
                } else {
                    member.told_forward(told.progress.as_ref(), now_s);
                }
            });
        }
        let is_later = self.index.committed_in_step > came && !planted!(LatecomersAreNotWatched);
        if is_later && self.header.soak_since_s.is_some() {
            // One that nobody waited for: now it is the last that came.
            self.header_mut().soak_since_s = None;
        }
        if self.failures() < failures && !goes_back {
            // It came to it after all. Whether it was one of those that were forgiven is not known: rather stop too early.
            self.header_mut().forgiven = self.header.forgiven.saturating_sub(1);
        }
        if self.member(board).is_some_and(|member| matches!(member.part, Part::Failed(_))) {
            self.last_failed = Some(board);
        }
    }
}

impl Member {
    /// There is no more to come of it.
    fn is_settled(&self) -> bool {
        match self.part {
            Part::Committed { .. } | Part::Failed(_) | Part::Undone | Part::Skipped => true,
            Part::Waiting | Part::Offered { .. } | Part::Away | Part::Undoing { .. } => false,
        }
    }

    /// It is there again, after it was given up or while it is waited for.
    fn returns(&mut self, goes_back: bool, now_s: u64) {
        if self.part != Part::Away || goes_back || planted!(WhoReturnsIsForgotten) {
            return;
        }
        match self.has {
            Has::Forward => self.is_on_its_way(now_s),
            Has::Before | Has::Undo if self.is_open() => self.part = Part::Waiting,
            Has::Before | Has::Undo => self.part = Part::Skipped,
        }
    }

    pub(super) fn is_on_its_way(&mut self, now_s: u64) {
        self.part = Part::Offered { since_s: now_s, said: None };
        self.waited_since_s = now_s;
    }

    pub(super) fn goes_back(&mut self, now_s: u64) {
        self.part = Part::Undoing { since_s: now_s };
        self.waited_since_s = now_s;
    }

    /// Nothing of this rollout concerns it any more.
    fn leaves(&mut self) {
        self.gone = true;
        if !self.is_settled() {
            self.part = Part::Skipped;
        }
    }

    fn told_forward(&mut self, progress: Option<&Progress>, now_s: u64) {
        if matches!(self.part, Part::Committed { .. }) && !planted!(CommittedIsForgotten) {
            return;
        }
        let is_failed = matches!(self.part, Part::Failed(_));
        match progress {
            Some(Progress::Committed) => self.part = Part::Committed { at_s: now_s },
            Some(Progress::Reverted(text) | Progress::Paused(text)) if !planted!(RevertedIsIgnored) => {
                self.part = Part::Failed(String::from(text.as_str()));
            }
            // It takes no slot of others again by saying that it goes on.
            Some(_) | None if is_failed => {}
            Some(Progress::Failed(text)) => self.says(Some(text.as_str()), now_s),
            Some(
                Progress::Waiting
                | Progress::Fetching
                | Progress::Updating
                | Progress::Reverted(_)
                | Progress::Paused(_),
            )
            | None => self.says(None, now_s),
        }
    }

    fn says(&mut self, text: Option<&str>, now_s: u64) {
        if !matches!(self.part, Part::Offered { .. }) {
            self.is_on_its_way(now_s);
        }
        if let Part::Offered { said, .. } = &mut self.part {
            *said = text.map(String::from);
        }
    }

    /// It has the new state, and was not known to when everything was undone.
    fn told_late(&mut self, now_s: u64) {
        match self.part {
            Part::Undoing { .. } | Part::Undone | Part::Failed(_) => {}
            Part::Waiting | Part::Offered { .. } | Part::Away | Part::Committed { .. } | Part::Skipped => {
                if self.is_open() {
                    self.goes_back(now_s);
                }
            }
        }
    }

    fn told_undo(&mut self, progress: Option<&Progress>, step: u32, now_s: u64) {
        self.has = Has::Undo;
        self.step = self.step.or(Some(step));
        match (progress, &self.part) {
            (_, Part::Undone) => {}
            (Some(Progress::Committed), _) => self.part = Part::Undone,
            (Some(Progress::Reverted(text) | Progress::Paused(text)), _) => {
                self.part = Part::Failed(format!("going back: {text}"));
            }
            (_, Part::Undoing { .. } | Part::Failed(_)) => {}
            (_, _) if !self.is_open() => {}
            (_, _) => self.goes_back(now_s),
        }
    }
}
