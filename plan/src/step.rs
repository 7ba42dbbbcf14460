//! One step: learn from the event, let time pass, then settle what each instance needs.

use crate::learn::Context;
use crate::world::{Phase, World};
use crate::{Action, Actions, Event, Failure, Space, Tick};

/// An action that is not answered for so long is followed by a look at the facts. Making and starting a container take
/// seconds on the slowest board; this is only for what got lost.
pub const PATIENCE_MS: u64 = 180_000;
/// The disk is pruned again after so long, while it stays low.
pub(crate) const PRUNE_AGAIN_MS: u64 = 600_000;
/// Between prunes that failures for want of space lead to.
pub(crate) const PRUNE_REST_MS: u64 = 60_000;
/// How much of the time for a shutdown is kept for SIGKILL and the proof that nothing is left.
pub(crate) const KILL_RESERVE_MS: u64 = 3_000;

/// Learns what happened and decides what is to be done about it. Total: any event may come in any state; what makes no
/// sense (any more) changes nothing, or makes the world look at the facts.
pub fn step(world: &mut World, event: Event, now: Tick) -> Actions {
    let mut actions = Actions::default();
    world.now = world.now.max(now);
    if world.phase == Phase::Off {
        return actions;
    }
    world.woke = event == Event::Woke;
    learn(world, event, &mut actions);
    if world.phase != Phase::Waking {
        world.settle(&mut actions);
    }
    actions
}

fn learn(world: &mut World, event: Event, actions: &mut Actions) {
    match event {
        Event::Found { id, turn, facts } => world.learn_found(id, turn, &facts, actions),
        Event::Absent { id, turn } => world.learn_absent(id, turn, actions),
        Event::Damaged { id, turn, place, running } => world.learn_damaged(id, turn, place, running, actions),
        Event::Settled => world.learn_settled(),
        Event::Missed if planted!(MissedIsIgnored) => {}
        Event::Missed => world.instances.iter_mut().for_each(|instance| instance.doubt()),
        Event::Poked { id } => world.learn_poked(id),
        Event::Woke => {}
        Event::Wanted { desired, by } => world.learn_wanted(&desired, by, actions),
        Event::Unwanted { app } => world.learn_unwanted(app),
        Event::Updated { app, updating } => world.learn_updated(app, updating),
        Event::Restart { app, service } => world.learn_restart(app, service),
        Event::Shutdown { within_ms } => world.learn_shutdown(within_ms),
        Event::Created { id, turn, revision, spec } => world.learn_created(id, turn, revision, spec),
        Event::Started { id, turn, run } => world.learn_started(id, turn, run, actions),
        Event::Ended { id, run, exit, held } => world.learn_ended(id, run, exit, held, actions),
        Event::Lost { id, run } => world.learn_lost(id, run, actions),
        Event::Cleared { id, turn, held } => world.learn_cleared(id, turn, held, actions),
        Event::Removed { id, turn } => world.learn_removed(id, turn, actions),
        Event::Failed { id, turn, effect, failure } => world.learn_failed(id, turn, effect, failure),
        Event::Probed { id, turn, healthy } => world.learn_probed(id, turn, healthy, actions),
        Event::Space(space) => world.learn_space(space),
        Event::Pruned | Event::PruneFailed => world.learn_pruned(),
    }
}

impl World {
    /// What learning about one instance needs, and that instance.
    pub(crate) fn with<'a>(
        &'a mut self,
        id: crate::InstanceId,
        actions: &'a mut Actions,
    ) -> Option<(&'a mut crate::instance::Instance, Context<'a>)> {
        let waking = self.phase == Phase::Waking;
        let instance = self.instances.iter_mut().find(|instance| instance.id == id)?;
        Some((instance, Context { now: self.now, waking, random: &mut self.random, actions }))
    }

    fn learn_settled(&mut self) {
        if self.phase != Phase::Waking {
            return;
        }
        self.phase = Phase::Working;
        self.instances.iter_mut().for_each(|instance| instance.judge_at_start());
        self.restart_followers_of_renewals();
    }

    fn learn_shutdown(&mut self, within_ms: u64) {
        let deadline = self.now.after(within_ms);
        let kill_at = deadline.before(KILL_RESERVE_MS.min(within_ms / 4));
        match self.phase {
            Phase::Leaving { deadline: earlier, .. } if earlier <= deadline => {}
            Phase::Waking | Phase::Working | Phase::Leaving { .. } => {
                self.phase = Phase::Leaving { deadline, kill_at };
            }
            Phase::Off => {}
        }
        for instance in self.instances.iter_mut() {
            instance.stop_by(kill_at);
        }
    }

    fn learn_space(&mut self, space: Space) {
        self.disk.prune_at = match space {
            Space::Ample => None,
            Space::Low => Some(self.disk.prune_at.unwrap_or(self.now)),
        };
        self.disk.space = space;
    }

    fn learn_pruned(&mut self) {
        self.disk.pruning = None;
    }

    /// An effect found no space: prune, but not over and over.
    pub(crate) fn no_space(&mut self, failure: Failure) {
        let rested = self.disk.pruned.is_none_or(|last| self.now.since(last) >= PRUNE_REST_MS);
        match failure {
            Failure::NoSpace if rested => self.disk.prune_at = Some(self.now),
            Failure::NoSpace | Failure::Disagrees | Failure::Other => {}
        }
    }

    pub(crate) fn settle_disk(&mut self, actions: &mut Actions) {
        if self.disk.pruning.is_some_and(|since| self.now.since(since) >= PATIENCE_MS) {
            self.disk.pruning = None;
        }
        let due = self.disk.prune_at.is_some_and(|at| at <= self.now);
        if !due || self.disk.pruning.is_some() || self.phase != Phase::Working {
            return;
        }
        self.disk.pruning = Some(self.now);
        self.disk.pruned = Some(self.now);
        self.disk.prune_at = match self.disk.space {
            Space::Ample => None,
            Space::Low => Some(self.now.after(PRUNE_AGAIN_MS)),
        };
        actions.push(Action::Prune);
    }
}
