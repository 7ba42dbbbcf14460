//! What each instance needs next: first decided without changing anything, then done.

use crate::aim::{Aim, Met};
use crate::instance::{Again, Doubt, Goal, Instance, Running, Stage, Why};
use crate::step::PATIENCE_MS;
use crate::world::{Phase, World};
use crate::{Action, Actions, Effect, Place, RunId, Tick, Turn};

/// Most children at a time that make, start or remove containers: a small board has few cores and one slow disk.
pub const EFFECTS_MAX: usize = 4;
/// How much longer than the grace period the keeper may take before the supervisor kills by itself.
pub const STOP_MARGIN_MS: u64 = 1_000;
/// A kill is repeated after so long.
pub(crate) const KILL_AGAIN_MS: u64 = 1_000;

/// What an instance needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Move {
    Look,
    Create { place: Place, revision: u64, beside: bool },
    Adopt,
    Start,
    Stop { run: RunId, why: Why, grace_ms: Option<u32>, kill_at: Option<Tick> },
    Kill { run: RunId, why: Why },
    Clear { run: RunId, why: Option<Why> },
    Remove,
    Probe,
    ProbeFailed { turn: Turn },
    Drop,
}

impl World {
    /// Does what is to be done now.
    pub(crate) fn settle(&mut self, actions: &mut Actions) {
        self.settle_disk(actions);
        self.settle_trials();
        // First what failed: nothing more is replaced then.
        self.settle_updates(actions);
        let mut index = 0;
        self.begin_followers();
        while index < self.instances.len() {
            if self.settle_one(index, actions) {
                index += 1;
            }
        }
        // What is beside one that is gone now gets its name: nobody may wake us for that.
        for index in 0..self.instances.len() {
            if self.instances[index].beside && self.needs(&self.instances[index]) == Some(Move::Adopt) {
                self.settle_one(index, actions);
            }
        }
        self.settle_updates(actions);
        self.settle_apps(actions);
        self.settle_phase(actions);
    }

    /// False if the instance is gone from the table.
    fn settle_one(&mut self, index: usize, actions: &mut Actions) -> bool {
        let mut needs = self.needs(&self.instances[index]);
        if let Some(Move::ProbeFailed { turn }) = needs {
            let now = self.now;
            let instance = &mut self.instances[index];
            actions.push(Action::EndProbe { id: instance.id, turn });
            instance.probed(turn, false, now, actions);
            needs = self.needs(&self.instances[index]);
        }
        if needs == Some(Move::Drop) && self.inherits(&self.instances[index]) {
            self.instances[index].beside = false;
            needs = self.needs(&self.instances[index]);
        }
        if needs == Some(Move::Drop) {
            let instance = self.instances.swap_remove(index);
            actions.forget(instance.id);
            return false;
        }
        let now = self.now;
        let instance = &mut self.instances[index];
        let effect = needs.and_then(|needs| instance.make(needs, now, actions));
        instance.note(actions);
        if let Some(effect) = effect {
            actions.push(effect);
        }
        true
    }

    fn needs(&self, instance: &Instance) -> Option<Move> {
        if let Some(kill) = self.needs_kill(instance) {
            return Some(kill);
        }
        match instance.doubt {
            Doubt::None => {}
            Doubt::Wanted if self.waits_to_retry(instance, Effect::Look) => return None,
            Doubt::Wanted => return Some(Move::Look),
            Doubt::Asked { at, .. } if self.overdue(at) => return Some(Move::Look),
            Doubt::Asked { .. } => return None,
        }
        match instance.adopting {
            (Turn::UNASKED, _) if self.is_to_be_adopted(instance) => return Some(Move::Adopt),
            // It may have its name: only the facts say.
            (asked, at) if asked != Turn::UNASKED && self.overdue(at) => return Some(Move::Look),
            (asked, _) if asked != Turn::UNASKED && instance.stage == Stage::Idle => return None,
            _ => {}
        }
        match instance.stage {
            Stage::Absent => self.absent_needs(instance),
            Stage::Idle => self.idle_needs(instance),
            Stage::Running(running) => self.running_needs(instance, running),
            Stage::Lost { .. } if self.waits_to_retry(instance, Effect::Clear) => None,
            Stage::Lost { run, why } => Some(Move::Clear { run, why }),
            Stage::Creating { asked, .. }
            | Stage::Starting { asked, .. }
            | Stage::Clearing { asked, .. }
            | Stage::Removing { asked, .. } => self.overdue(asked).then_some(Move::Look),
            Stage::Stopping { .. } => None,
        }
    }

    /// Something that was to have ended by now.
    fn needs_kill(&self, instance: &Instance) -> Option<Move> {
        if planted!(NeverKills) {
            return None;
        }
        let over = match self.phase {
            Phase::Leaving { kill_at, .. } => kill_at <= self.now,
            Phase::Waking | Phase::Working | Phase::Off => false,
        };
        match instance.stage {
            Stage::Stopping { run, why, kill_at: Some(at), .. } if at <= self.now => {
                Some(Move::Kill { run, why })
            }
            Stage::Stopping { run, why, kill_at: None, .. } if over => Some(Move::Kill { run, why }),
            Stage::Running(Running { run, .. }) if over => Some(Move::Kill { run, why: Why::Shutdown }),
            Stage::Starting { .. } if over => Some(Move::Kill { run: RunId(0), why: Why::Shutdown }),
            Stage::Stopping { .. }
            | Stage::Running(_)
            | Stage::Starting { .. }
            | Stage::Absent
            | Stage::Creating { .. }
            | Stage::Idle
            | Stage::Lost { .. }
            | Stage::Clearing { .. }
            | Stage::Removing { .. } => None,
        }
    }

    fn absent_needs(&self, instance: &Instance) -> Option<Move> {
        if self.aim(instance) == Aim::Gone {
            return Some(Move::Drop);
        }
        let (place, Some(service)) = (instance.place?, self.wanted_by(instance)) else {
            return Some(Move::Drop);
        };
        let wait = self.no_new_work()
            || self.aim(instance) == Aim::Rest
            || self.waits_to_retry(instance, Effect::Create)
            || self.hands_are_full();
        (!wait).then_some(Move::Create { place, revision: service.revision, beside: instance.beside })
    }

    fn idle_needs(&self, instance: &Instance) -> Option<Move> {
        let goes = self.aim(instance) == Aim::Gone;
        if self.phase != Phase::Working || self.hands_are_full() {
            return None;
        }
        if goes || (self.renews_now(instance) && !self.no_new_work()) {
            return (!self.waits_to_retry(instance, Effect::Remove)).then_some(Move::Remove);
        }
        let early = instance.history.next.is_some_and(|next| next > self.now);
        let wait = early
            || self.aim(instance) == Aim::Rest
            || self.renews_now(instance)
            || self.gives_way(instance)
            || (instance.damaged && self.renews(instance))
            || self.waits_to_retry(instance, Effect::Start)
            || self.waits_for(instance).is_some();
        (!wait).then_some(Move::Start)
    }

    fn running_needs(&self, instance: &Instance, running: Running) -> Option<Move> {
        if let Some(why) = self.due(instance) {
            let wait = self.waits_to_retry(instance, Effect::Stop) || self.has_dependents_to_stop(instance);
            if planted!(RemovesWhatRuns) && why != Why::Shutdown {
                return Some(Move::Remove);
            }
            return (!wait).then(|| self.stop(instance, running.run, why));
        }
        let pace = instance.spec.health?;
        match running.watch.probe {
            Some(_) if planted!(ProbesNeverTimeOut) => None,
            Some((turn, began)) => {
                let late = self.now.since(began) >= u64::from(pace.timeout_ms.max(1));
                // One that wakes nobody may have answered long ago.
                let silent = self.woke || instance.unhurried_ms() == 0;
                (late && silent).then_some(Move::ProbeFailed { turn })
            }
            None if running.paused => None,
            None => running.watch.due.is_some_and(|due| due <= self.now).then_some(Move::Probe),
        }
    }

    /// How to stop it: at a shutdown with so much of the time that what must come after it has as much.
    fn stop(&self, instance: &Instance, run: RunId, why: Why) -> Move {
        let own = instance.spec.grace_ms;
        let leaving = if planted!(ShutdownKeepsGrace) { Phase::Working } else { self.phase };
        let Phase::Leaving { kill_at: end, .. } = leaving else {
            let kill_at = own.map(|grace| self.now.after(u64::from(grace) + STOP_MARGIN_MS));
            return Move::Stop { run, why, grace_ms: own, kill_at };
        };
        let height =
            instance.place.and_then(|place| self.service(place.service)).map_or(1, |service| service.height);
        let share = end.since(self.now) / u64::from(height.max(1));
        let grace = own.map_or(share, |grace| u64::from(grace).min(share));
        let kill_at = self.now.after(grace.saturating_add(STOP_MARGIN_MS)).min(end);
        Move::Stop {
            run,
            why,
            grace_ms: Some(u32::try_from(grace).unwrap_or(u32::MAX)),
            kill_at: Some(kill_at),
        }
    }

    pub(crate) fn waits_to_retry(&self, instance: &Instance, effect: Effect) -> bool {
        let waits = instance.retry.is_some_and(|retry| retry.effect == effect && retry.at > self.now);
        waits && !planted!(RetriesAtOnce)
    }

    fn overdue(&self, asked: Tick) -> bool {
        self.now.since(asked) >= PATIENCE_MS
    }

    /// As many children as may be are at work.
    pub(crate) fn hands_are_full(&self) -> bool {
        let busy = |instance: &&Instance| match instance.stage {
            Stage::Creating { .. } | Stage::Starting { .. } | Stage::Removing { .. } => true,
            Stage::Absent
            | Stage::Idle
            | Stage::Running(_)
            | Stage::Stopping { .. }
            | Stage::Lost { .. }
            | Stage::Clearing { .. } => false,
        };
        self.instances.iter().filter(busy).count() >= EFFECTS_MAX
    }

    /// The first reason why it is not started, if it only waits.
    pub(crate) fn blocked(&self, instance: &Instance) -> bool {
        self.waits_for(instance).is_some_and(|(_, met)| met == Met::Blocked)
    }

    fn settle_apps(&mut self, actions: &mut Actions) {
        let Self { services, instances, apps, .. } = self;
        services.retain(|service| {
            !service.retired
                || instances
                    .iter()
                    .any(|instance| instance.place.is_some_and(|place| place.service == service.id))
        });
        apps.retain(|app| {
            let stays = !app.leaving
                || instances.iter().any(|instance| instance.place.is_some_and(|place| place.app == app.id));
            if !stays {
                services.retain(|service| service.app != app.id);
                actions.push(Action::Dissolved { app: app.id });
            }
            stays
        });
    }

    fn settle_phase(&mut self, actions: &mut Actions) {
        let Phase::Leaving { deadline, .. } = self.phase else { return };
        let unsure = |instance: &Instance| instance.active() || instance.doubt != Doubt::None;
        let clean = !self.instances.iter().any(unsure) || planted!(OffTooEarly);
        if clean || deadline <= self.now {
            self.phase = Phase::Off;
            actions.push(Action::Off { clean });
        }
    }
}

impl Instance {
    /// Does it: changes the state, and gives the action for the shell.
    fn make(&mut self, needs: Move, now: Tick, actions: &mut Actions) -> Option<Action> {
        let id = self.id;
        let turn = self.next_turn();
        match needs {
            Move::Look => {
                self.doubt = Doubt::Asked { turn, at: now };
                Some(Action::Look { id, turn })
            }
            Move::Create { place, revision, beside } => {
                self.stage = Stage::Creating { turn, asked: now };
                Some(Action::Create { id, turn, place, revision, beside })
            }
            Move::Start => {
                self.history.again = Again::No;
                self.history.run = RunId(0);
                self.stage = Stage::Starting { turn, asked: now };
                Some(Action::Start { id, turn })
            }
            Move::Stop { run, why, grace_ms, kill_at } => {
                self.unwatch(actions);
                self.giving_way = why == Why::Renew;
                self.stage = Stage::Stopping { run, turn, why, kill_at };
                Some(Action::Stop { id, turn, grace_ms })
            }
            Move::Kill { run, why } => {
                self.unwatch(actions);
                self.stage = Stage::Stopping { run, turn, why, kill_at: Some(now.after(KILL_AGAIN_MS)) };
                Some(Action::Kill { id, turn })
            }
            Move::Clear { run, why } => {
                self.stage = Stage::Clearing { run, why, turn, asked: now };
                Some(Action::Clear { id, turn })
            }
            Move::Adopt => {
                self.adopting = (turn, now);
                Some(Action::Adopt { id, turn })
            }
            Move::Remove => {
                self.stage = Stage::Removing { turn, asked: now };
                Some(Action::Remove { id, turn })
            }
            Move::Probe => {
                if let Stage::Running(running) = &mut self.stage {
                    running.watch.probe = Some((turn, now));
                    running.watch.due = None;
                }
                Some(Action::Probe { id, turn, unhurried_ms: self.unhurried_ms() })
            }
            Move::ProbeFailed { .. } | Move::Drop => None,
        }
    }

    /// If it is being stopped already, it has no longer than until then.
    pub(crate) fn stop_by(&mut self, end: Tick) {
        if let Stage::Stopping { kill_at, .. } = &mut self.stage {
            *kill_at = Some(kill_at.map_or(end, |at| at.min(end)));
        }
    }

    /// Has the shell keep what changed.
    fn note(&mut self, actions: &mut Actions) {
        self.history.pending = self.goal == Goal::Run;
        let exists = !matches!(self.stage, Stage::Absent | Stage::Creating { .. });
        if self.noted != self.history && exists && !planted!(NothingIsNoted) {
            self.noted = self.history;
            actions.push(Action::Note { id: self.id, history: self.history });
        }
    }
}
