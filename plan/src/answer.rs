//! Which instance an event is about, and whether it comes in time: an answer to a question that was withdrawn changes
//! nothing.

use crate::instance::{Doubt, Instance, Stage};
use crate::world::{Phase, World};
use crate::{Actions, EXIT_LOST, Effect, Exit, Facts, Failure, InstanceId, Place, RunId, Space, Spec, Turn};

impl World {
    pub(crate) fn learn_found(&mut self, id: InstanceId, turn: Turn, facts: &Facts, actions: &mut Actions) {
        let place = facts.role.map(|role| role.place);
        let beside = facts.role.is_some_and(|role| role.beside);
        if !self.takes_facts(id, turn, place, beside) {
            return;
        }
        if let Some((instance, mut context)) = self.with(id, actions) {
            instance.found(facts, &mut context);
        }
    }

    pub(crate) fn learn_absent(&mut self, id: InstanceId, turn: Turn, actions: &mut Actions) {
        if self.find(id).is_none() || !self.takes_facts(id, turn, None, false) {
            return;
        }
        if let Some((instance, mut context)) = self.with(id, actions) {
            instance.absent_found(&mut context);
        }
    }

    pub(crate) fn learn_damaged(
        &mut self,
        id: InstanceId,
        turn: Turn,
        place: Option<Place>,
        running: Option<RunId>,
        actions: &mut Actions,
    ) {
        if !self.takes_facts(id, turn, place, false) {
            return;
        }
        if let Some((instance, mut context)) = self.with(id, actions) {
            instance.place = instance.place.or(place);
            instance.found_damaged(running, &mut context);
        }
        if self.find(id).is_some_and(|instance| self.inherits(instance)) {
            self.find_mut(id).into_iter().for_each(|instance| instance.beside = false);
        }
    }

    /// Whether these facts are to be believed: they answer the last look, or nobody asked and nothing is under way.
    /// Makes room for an instance that is new.
    fn takes_facts(&mut self, id: InstanceId, turn: Turn, place: Option<Place>, beside: bool) -> bool {
        let waking = self.phase == Phase::Waking;
        let Some(instance) = self.find_mut(id) else {
            return turn == Turn::UNASKED && self.make_room(id, place, beside);
        };
        instance.unjudged = waking;
        match instance.doubt {
            Doubt::Asked { turn: asked, .. } if asked == turn => instance.doubt = Doubt::None,
            Doubt::None | Doubt::Wanted | Doubt::Asked { .. } if planted!(OldFactsAreBelieved) => {}
            Doubt::None | Doubt::Wanted | Doubt::Asked { .. } if turn != Turn::UNASKED => return false,
            Doubt::None if waking || !instance.in_flight() => {}
            Doubt::None | Doubt::Wanted | Doubt::Asked { .. } => {
                instance.doubt();
                return false;
            }
        }
        true
    }

    fn make_room(&mut self, id: InstanceId, place: Option<Place>, beside: bool) -> bool {
        let mut instance = Instance::absent(id, place);
        instance.unjudged = self.phase == Phase::Waking;
        instance.beside = beside;
        instance.extra =
            place.is_some_and(|place| self.is_taken(place, id, beside)) && !planted!(SecondsAreKept);
        let room = self.instances.push(instance).is_ok();
        if !room {
            self.turned_away = self.turned_away.saturating_add(1);
        }
        room
    }

    /// Another container is at this place, or beside it.
    pub(crate) fn is_taken(&self, place: Place, id: InstanceId, beside: bool) -> bool {
        let same = |other: &Instance| other.place == Some(place) && other.beside == beside;
        self.instances.iter().any(|other| other.id != id && same(other) && !other.extra)
    }

    pub(crate) fn learn_poked(&mut self, id: InstanceId) {
        if let Some(instance) = self.find_mut(id) {
            instance.doubt();
        }
    }

    pub(crate) fn learn_created(&mut self, id: InstanceId, turn: Turn, revision: u64, spec: Spec) {
        let Some(instance) = self.find_mut(id) else { return };
        let Stage::Creating { turn: asked, .. } = instance.stage else { return };
        if asked == turn || planted!(TurnsAreNotCompared) {
            instance.stage = Stage::Idle;
            instance.revision = revision;
            instance.spec = spec;
            instance.retry = None;
            instance.fresh = true;
            instance.look_anew();
        }
    }

    pub(crate) fn learn_started(&mut self, id: InstanceId, turn: Turn, run: RunId, actions: &mut Actions) {
        let Some((instance, mut context)) = self.with(id, actions) else { return };
        match instance.stage {
            Stage::Starting { turn: asked, .. } if asked == turn || planted!(TurnsAreNotCompared) => {
                instance.started(run, &mut context);
            }
            Stage::Running(running) if running.run == run => {}
            Stage::Starting { .. }
            | Stage::Stopping { .. }
            | Stage::Absent
            | Stage::Creating { .. }
            | Stage::Idle
            | Stage::Running(_)
            | Stage::Lost { .. }
            | Stage::Clearing { .. }
            | Stage::Removing { .. } => {
                // Late. If its end is not known, it may be running.
                if run != instance.history.last_run {
                    instance.doubt();
                }
            }
        }
    }

    pub(crate) fn learn_ended(
        &mut self,
        id: InstanceId,
        run: RunId,
        exit: Exit,
        held: bool,
        actions: &mut Actions,
    ) {
        let Some((instance, mut context)) = self.with(id, actions) else { return };
        if run.0 != 0 && run == instance.history.last_run {
            return;
        }
        match instance.stage {
            Stage::Running(running) if same(running.run, run) => {
                instance.ended(run, exit, held, None, &mut context);
            }
            Stage::Stopping { run: stopping, why, .. } if same(stopping, run) => {
                instance.ended(run, exit, held, Some(why), &mut context);
            }
            Stage::Starting { .. } => instance.ended(run, exit, held, None, &mut context),
            Stage::Lost { run: lost, .. } | Stage::Clearing { run: lost, .. } if lost == run => {}
            Stage::Running(_)
            | Stage::Stopping { .. }
            | Stage::Lost { .. }
            | Stage::Clearing { .. }
            | Stage::Absent
            | Stage::Creating { .. }
            | Stage::Idle
            | Stage::Removing { .. } => instance.doubt(),
        }
    }

    pub(crate) fn learn_lost(&mut self, id: InstanceId, run: RunId, actions: &mut Actions) {
        let Some((instance, mut context)) = self.with(id, actions) else { return };
        if run.0 != 0 && run == instance.history.last_run {
            return;
        }
        match instance.stage {
            Stage::Running(running) if same(running.run, run) => instance.lost(run, None, &mut context),
            Stage::Stopping { run: stopping, why, .. } if same(stopping, run) => {
                instance.lost(run, Some(why), &mut context);
            }
            Stage::Lost { run: lost, .. } | Stage::Clearing { run: lost, .. } if lost == run => {}
            Stage::Running(_)
            | Stage::Stopping { .. }
            | Stage::Lost { .. }
            | Stage::Clearing { .. }
            | Stage::Absent
            | Stage::Creating { .. }
            | Stage::Idle
            | Stage::Starting { .. }
            | Stage::Removing { .. } => instance.doubt(),
        }
    }

    pub(crate) fn learn_cleared(&mut self, id: InstanceId, turn: Turn, held: bool, actions: &mut Actions) {
        let Some((instance, mut context)) = self.with(id, actions) else { return };
        let Stage::Clearing { run, why, turn: asked, .. } = instance.stage else { return };
        if asked != turn {
            return;
        }
        instance.retry = None;
        let exit = Exit { code: EXIT_LOST, started: true, ran_ms: 0 };
        instance.ended(run, exit, held, why, &mut context);
    }

    pub(crate) fn learn_removed(&mut self, id: InstanceId, turn: Turn, actions: &mut Actions) {
        let Some((instance, mut context)) = self.with(id, actions) else { return };
        let Stage::Removing { turn: asked, .. } = instance.stage else { return };
        if asked == turn || planted!(TurnsAreNotCompared) {
            instance.retry = None;
            instance.vanish(&mut context);
            if self.disk.space == Space::Low {
                self.no_space(Failure::NoSpace);
            }
        }
    }

    pub(crate) fn learn_failed(&mut self, id: InstanceId, turn: Turn, effect: Effect, failure: Failure) {
        let now = self.now;
        let Some(instance) = self.instances.iter_mut().find(|instance| instance.id == id) else { return };
        let back = match (effect, instance.stage) {
            (Effect::Create, Stage::Creating { turn: asked, .. }) if asked == turn => Stage::Absent,
            (Effect::Start, Stage::Starting { turn: asked, .. }) if asked == turn => Stage::Idle,
            (Effect::Remove, Stage::Removing { turn: asked, .. }) if asked == turn => Stage::Idle,
            (Effect::Clear, Stage::Clearing { run, why, turn: asked, .. }) if asked == turn => {
                Stage::Lost { run, why }
            }
            (Effect::Stop | Effect::Kill, stage @ Stage::Stopping { turn: asked, .. }) if asked == turn => {
                stage
            }
            (Effect::Adopt, stage) if instance.adopting.0 == turn => {
                instance.adopting.0 = Turn::UNASKED;
                stage
            }
            (Effect::Adopt, _) => return,
            (Effect::Look, stage) => match instance.doubt {
                Doubt::Asked { turn: asked, .. } if asked == turn => stage,
                Doubt::None | Doubt::Wanted | Doubt::Asked { .. } => return,
            },
            (
                Effect::Create | Effect::Start | Effect::Remove | Effect::Clear | Effect::Stop | Effect::Kill,
                Stage::Absent
                | Stage::Creating { .. }
                | Stage::Idle
                | Stage::Starting { .. }
                | Stage::Running(_)
                | Stage::Stopping { .. }
                | Stage::Lost { .. }
                | Stage::Clearing { .. }
                | Stage::Removing { .. },
            ) => return,
        };
        instance.stage = back;
        instance.failed(effect, failure, now, &mut self.random);
        self.no_space(failure);
    }

    pub(crate) fn learn_probed(&mut self, id: InstanceId, turn: Turn, healthy: bool, actions: &mut Actions) {
        let now = self.now;
        if let Some(instance) = self.find_mut(id) {
            instance.probed(turn, healthy, now, actions);
        }
    }
}

/// These are one run, as far as that is known.
fn same(known: RunId, told: RunId) -> bool {
    known.0 == 0 || told.0 == 0 || known == told || planted!(RunsAreNotCompared)
}
