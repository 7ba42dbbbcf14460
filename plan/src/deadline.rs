//! When the world wants to be woken, if nothing happens before.

use crate::instance::{Doubt, Instance, Stage};
use crate::step::PATIENCE_MS;
use crate::world::{Phase, World};
use crate::{Tick, Turn};

/// The next time at which [`crate::Event::Woke`] leads to anything; `None` if nothing waits for time. Always after
/// the time of the last step.
#[must_use]
pub fn deadline(world: &World) -> Option<Tick> {
    let phase = match world.phase {
        Phase::Waking | Phase::Off => return None,
        Phase::Working => [None, None],
        Phase::Leaving { deadline, kill_at } => [Some(deadline), Some(kill_at)],
    };
    let pruning = world.disk.pruning.map(|since| since.after(PATIENCE_MS));
    let disk = [pruning, world.disk.prune_at.filter(|_| world.disk.pruning.is_none())];
    let instances = world.instances.iter().flat_map(|instance| times(instance, world.now));
    let updates = world.update_times();
    phase.into_iter().chain(disk).chain(instances).flatten().chain(updates).filter(|at| *at > world.now).min()
}

/// Every time that matters to an instance; those that have passed wait for something else.
fn times(instance: &Instance, now: Tick) -> [Option<Tick>; 5] {
    let doubt = match instance.doubt {
        Doubt::None | Doubt::Wanted => None,
        Doubt::Asked { at, .. } => Some(at.after(PATIENCE_MS)),
    };
    let retry = instance.retry.map(|retry| retry.at);
    let stage = match instance.stage {
        Stage::Absent | Stage::Lost { .. } => [None, None],
        Stage::Idle => [instance.history.next.filter(|_| !planted!(BackoffIsOverslept)), None],
        Stage::Creating { asked, .. }
        | Stage::Starting { asked, .. }
        | Stage::Clearing { asked, .. }
        | Stage::Removing { asked, .. } => [Some(asked.after(PATIENCE_MS)), None],
        Stage::Running(running) => match running.watch.probe {
            Some((_, began)) => instance.probe_times(&running, began, now).map(Some),
            None => [running.watch.due.filter(|_| !running.paused), None],
        },
        Stage::Stopping { kill_at, .. } => [kill_at, None],
    };
    let (turn, asked) = instance.adopting;
    let adopting = (turn != Turn::UNASKED).then(|| asked.after(PATIENCE_MS));
    [doubt, retry, adopting, stage[0], stage[1]]
}
