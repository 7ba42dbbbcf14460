//! Facts about one container, whatever state the world thought it was in.
//!
//! Facts win over what was thought. What differs is how it came about: by the supervisor's own doing, by itself (then the
//! restart policy judges), by a hand (then what was counted is forgotten), or while no supervisor was there.

use crate::instance::{Again, Doubt, Goal, Instance, Retry, Running, SPEC_UNKNOWN, Stage, Why};
use crate::policy::{self, Verdict};
use crate::random::Random;
use crate::{Action, Actions, Effect, Exit, Facts, Failure, Health, News, RunId, Status, Tick, Turn, Wrong};

/// What learning needs besides the instance.
pub(crate) struct Context<'a> {
    pub(crate) now: Tick,
    /// Before [`crate::Event::Settled`]: what is found was there before this daemon.
    pub(crate) waking: bool,
    pub(crate) random: &'a mut Random,
    pub(crate) actions: &'a mut Actions,
}

impl Instance {
    /// This is what is on disk and in the keeper.
    pub(crate) fn found(&mut self, facts: &Facts, context: &mut Context<'_>) {
        let changed = self.spec.restart != facts.spec.restart;
        let rewatch = self.spec.health != facts.spec.health;
        self.damaged = false;
        self.spec = facts.spec;
        if let Some(role) = facts.role {
            self.place = Some(role.place);
            self.revision = role.revision;
            (self.beside, self.adopting.0) = (role.beside, Turn::UNASKED);
        }
        let known = facts.history.is_some();
        self.known = known || !context.waking;
        if let Some(history) = facts.history.filter(|_| context.waking) {
            self.history = history;
            self.noted = history;
            self.goal = if history.pending { Goal::Run } else { Goal::Rest };
        }
        match facts.status {
            Status::Created => self.found_created(context),
            Status::Running { run, ran_ms, paused } => {
                let running = Seen { run, since: context.now.before(ran_ms), paused, rewatch };
                self.found_running(running, context);
            }
            Status::Ended { run, exit } => self.found_ended(run, exit, facts.held, self.known, context),
            Status::Lost { run } => self.found_lost(run, context),
        }
        self.found_intent(facts.held, context.waking);
        self.retry = self.retry.filter(|retry| retry.effect != Effect::Look || self.doubt != Doubt::None);
        // At the start [`Self::judge_at_start`] does that, which knows what was decided before.
        if changed && self.place.is_none() && !context.waking {
            self.reconsider();
        }
    }

    fn found_created(&mut self, context: &mut Context<'_>) {
        let new_by_hand = self.place.is_none() && !matches!(self.stage, Stage::Starting { .. });
        self.rest_at(Stage::Idle, context);
        self.fresh = true;
        if new_by_hand {
            self.goal = Goal::Rest;
        }
    }

    fn found_running(&mut self, seen: Seen, context: &mut Context<'_>) {
        if seen.run.0 != 0 && seen.run == self.history.last_run {
            // Older than what is known, or two runs under one number: not at once again, or it would never end.
            return self.failed(Effect::Look, Failure::Disagrees, context.now, context.random);
        }
        match self.stage {
            Stage::Running(running) if running.run == seen.run || running.run.0 == 0 => {
                self.still_runs(running, seen, context);
            }
            Stage::Stopping { run, kill_at: Some(_), .. } if run == seen.run => {}
            Stage::Stopping { run, .. } if run == seen.run || run.0 == 0 => self.runs(seen, context),
            Stage::Starting { .. } => self.runs(seen, context),
            Stage::Running(_)
            | Stage::Stopping { .. }
            | Stage::Absent
            | Stage::Creating { .. }
            | Stage::Idle
            | Stage::Lost { .. }
            | Stage::Clearing { .. }
            | Stage::Removing { .. } => {
                if seen.run != self.history.run {
                    self.started_meanwhile(context.waking);
                }
                self.goal = Goal::Run;
                self.runs(seen, context);
            }
        }
    }

    /// A run that is new: begun by a hand, or by the last deed of a daemon that is gone.
    fn started_meanwhile(&mut self, waking: bool) {
        self.history.again = Again::No;
        self.history.health = Health::Unwatched;
        if !waking || !self.history.pending {
            self.begin_anew();
        }
    }

    fn still_runs(&mut self, mut running: Running, seen: Seen, context: &mut Context<'_>) {
        running.run = seen.run;
        running.paused = seen.paused;
        self.stage = Stage::Running(running);
        if seen.rewatch {
            self.runs(seen, context);
        }
    }

    /// It runs: from now on, if it did not before.
    fn runs(&mut self, seen: Seen, context: &mut Context<'_>) {
        let known = self.history.health;
        self.looked &= self.history.run == seen.run;
        self.unwatch(context.actions);
        self.history.health = known;
        let watch = self.watch(seen.since, known, context.now, context.actions);
        self.stage = Stage::Running(Running { run: seen.run, since: seen.since, paused: seen.paused, watch });
        self.history.run = seen.run;
        self.fresh = false;
        self.retry = None;
        self.history.next = None;
    }

    /// The answer to its start.
    pub(crate) fn started(&mut self, run: RunId, context: &mut Context<'_>) {
        self.history.health = Health::Unwatched;
        self.runs(Seen { run, since: context.now, paused: false, rewatch: false }, context);
        self.held = false;
        self.look_anew();
    }

    fn found_ended(&mut self, run: RunId, exit: Exit, held: bool, known: bool, context: &mut Context<'_>) {
        let news = run != self.history.last_run || planted!(EndsCountTwice);
        match self.stage {
            Stage::Running(_) => self.ended(run, exit, held, None, context),
            Stage::Stopping { why, .. } => self.ended(run, exit, held, Some(why), context),
            Stage::Lost { why, .. } | Stage::Clearing { why, .. } => {
                self.ended(run, exit, held, why, context);
            }
            Stage::Starting { .. } if news => self.ended(run, exit, held, None, context),
            Stage::Absent | Stage::Idle | Stage::Creating { .. } | Stage::Removing { .. } if news => {
                self.ended_unseen(run, exit, held, known, context);
            }
            Stage::Starting { .. }
            | Stage::Absent
            | Stage::Idle
            | Stage::Creating { .. }
            | Stage::Removing { .. } => {
                self.rest_at(Stage::Idle, context);
                self.fresh = false;
            }
        }
    }

    /// A run that began and ended while nobody looked.
    fn ended_unseen(&mut self, run: RunId, exit: Exit, held: bool, known: bool, context: &mut Context<'_>) {
        let by_hand = !context.waking || !self.history.pending;
        // docker: "A restart policy only takes effect after a container starts successfully."
        let never_ran = by_hand && !exit.started && self.place.is_none();
        if by_hand && known {
            self.begin_anew();
            self.goal = if never_ran { Goal::Rest } else { Goal::Run };
        }
        if !known || never_ran {
            self.rest_at(Stage::Idle, context);
            self.fresh = false;
            self.history.last_run = run;
            self.history.last_exit = Some(exit);
        } else {
            self.ended(run, exit, held, None, context);
        }
    }

    fn found_lost(&mut self, run: RunId, context: &mut Context<'_>) {
        let why = match self.stage {
            Stage::Stopping { why, .. } => Some(why),
            Stage::Lost { why, .. } | Stage::Clearing { why, .. } => why,
            Stage::Absent
            | Stage::Creating { .. }
            | Stage::Idle
            | Stage::Starting { .. }
            | Stage::Running(_)
            | Stage::Removing { .. } => None,
        };
        self.rest_at(Stage::Lost { run, why }, context);
        self.fresh = false;
    }

    fn found_intent(&mut self, held: bool, waking: bool) {
        let newly = held && !self.held;
        self.held = held;
        if newly && !waking && !self.active() {
            self.hold();
        }
    }

    /// A hand stopped it.
    fn hold(&mut self) {
        self.held = true;
        if planted!(HoldIsIgnored) {
            return;
        }
        self.goal = Goal::Rest;
        self.history.next = None;
        self.history.again = Again::No;
    }

    /// Its restart policy is another one now: what waits to be started again may not be any more.
    fn reconsider(&mut self) {
        let Some(exit) = self.history.last_exit else { return };
        let waits = self.stage == Stage::Idle && self.history.next.is_some();
        if waits && self.history.again == Again::No && !policy::asks(&self.spec.restart, exit) {
            self.goal = Goal::Rest;
            self.history.next = None;
        }
    }

    /// There is none.
    pub(crate) fn absent_found(&mut self, context: &mut Context<'_>) {
        self.vanish(context);
    }

    /// It was removed, or was never there.
    pub(crate) fn vanish(&mut self, context: &mut Context<'_>) {
        self.rest_at(Stage::Absent, context);
        self.history = crate::History::default();
        self.noted = self.history;
        self.goal = Goal::Run;
        self.held = false;
        self.fresh = true;
        self.damaged = false;
        self.adopting.0 = Turn::UNASKED;
        self.gave_up = false;
        (self.giving_way, self.tried_since, self.just_failed) = (false, Tick(0), false);
    }

    /// Its record cannot be read.
    pub(crate) fn found_damaged(&mut self, running: Option<RunId>, context: &mut Context<'_>) {
        self.damaged = true;
        self.spec = SPEC_UNKNOWN;
        // Whether it has its name by now cannot be read any more.
        self.adopting.0 = Turn::UNASKED;
        match running {
            Some(run) => {
                let seen = Seen { run, since: context.now, paused: false, rewatch: false };
                self.found_running(seen, context);
            }
            None => self.rest_at(Stage::Idle, context),
        }
        if self.place.is_none() {
            self.goal = Goal::Rest;
        }
    }

    /// A run is over; `why` it was being stopped, if it was.
    pub(crate) fn ended(
        &mut self,
        run: RunId,
        exit: Exit,
        held: bool,
        why: Option<Why>,
        context: &mut Context<'_>,
    ) {
        let known = run.0 != 0 && run == self.history.last_run && !planted!(EndsCountTwice);
        self.rest_at(Stage::Idle, context);
        self.fresh = false;
        self.held |= held;
        if known {
            return;
        }
        // Its start may not have been answered for: it is not about to be started any more.
        self.history.run = run;
        self.history.last_run = run;
        self.history.last_exit = Some(exit);
        match why {
            Some(Why::Gone | Why::Renew | Why::Shutdown) => self.history.again = Again::No,
            Some(Why::Again | Why::Unhealthy) | None if held => self.hold(),
            Some(Why::Again) => self.starts_again(),
            Some(Why::Unhealthy) | None if self.history.again == Again::Asked => self.starts_again(),
            Some(Why::Unhealthy) => {
                self.history.again = Again::Unhealthy;
                self.judge(exit, context);
            }
            None => self.judge(exit, context),
        }
    }

    /// The run that was to be followed by another is over: of that other nothing was asked yet.
    fn starts_again(&mut self) {
        (self.goal, self.history.again) = (Goal::Run, Again::No);
    }

    /// Its keeper is gone without a word.
    pub(crate) fn lost(&mut self, run: RunId, why: Option<Why>, context: &mut Context<'_>) {
        let stage = if planted!(LostIsEnded) { Stage::Idle } else { Stage::Lost { run, why } };
        self.rest_at(stage, context);
    }

    fn judge(&mut self, exit: Exit, context: &mut Context<'_>) {
        let verdict = policy::judge(&self.spec, &mut self.history, exit, context.now, context.random);
        self.gave_up = verdict == Verdict::GiveUp;
        if exit.code != 0 || verdict != Verdict::Rest {
            self.fail_trial(Wrong::Ended { code: exit.code, started: exit.started });
        }
        match verdict {
            Verdict::Restart => {
                self.goal = Goal::Run;
                let in_ms = self.history.next.map_or(0, |next| next.since(context.now));
                context.actions.push(Action::Tell { id: self.id, news: News::Restarts { in_ms } });
            }
            Verdict::Rest => self.goal = Goal::Rest,
            Verdict::GiveUp => {
                self.goal = Goal::Rest;
                context.actions.push(Action::Tell { id: self.id, news: News::GaveUp });
            }
        }
    }

    /// It does not run (any more).
    fn rest_at(&mut self, stage: Stage, context: &mut Context<'_>) {
        self.unwatch(context.actions);
        self.stage = stage;
        self.look_anew();
    }

    /// Something changed: facts that were asked for before may be older than that.
    pub(crate) fn look_anew(&mut self) {
        if let Doubt::Asked { .. } = self.doubt {
            self.doubt = Doubt::Wanted;
        }
    }

    /// An effect was not carried out.
    pub(crate) fn failed(&mut self, effect: Effect, failure: Failure, now: Tick, random: &mut Random) {
        let times = self.retry.filter(|retry| retry.effect == effect).map_or(0, |retry| retry.times);
        let pause_ms = policy::backoff_ms(times, random);
        let at = now.after(if planted!(RetriesNever) { u64::MAX } else { pause_ms });
        self.retry = Some(Retry { at, effect, failure, times: times.saturating_add(1) });
        if planted!(FailureIsCertain) {
            return;
        }
        self.doubt();
    }

    /// Judges at the end of the start what was found: what the daemon's start means for it.
    pub(crate) fn judge_at_start(&mut self) {
        let unjudged = core::mem::take(&mut self.unjudged);
        // What is to follow another has to run for that.
        if core::mem::take(&mut self.ordered) || self.beside {
            return self.order();
        }
        if !unjudged || self.stage != Stage::Idle {
            return;
        }
        if self.fresh {
            self.goal = if self.place.is_some() { Goal::Run } else { Goal::Rest };
        } else if policy::at_boot(&self.spec.restart, self.held) {
            if self.history.next.is_none() {
                self.begin_anew();
            }
            self.goal = Goal::Run;
        } else if self.held || !self.known {
            self.goal = Goal::Rest;
            self.history.next = None;
        }
        // What an earlier daemon was about to start was decided then: it has no run, and no reason to wait any more. Neither
        // has one that never got as far as a run.
        let ran = self.history.last_exit.is_some_and(|exit| exit.started);
        if self.place.is_none() && (self.history.run != RunId(0) || !ran) {
            self.reconsider();
        }
    }
}

/// A running container, as it was found.
#[derive(Clone, Copy)]
pub(crate) struct Seen {
    run: RunId,
    since: Tick,
    paused: bool,
    rewatch: bool,
}
