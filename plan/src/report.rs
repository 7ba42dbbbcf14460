//! What the world says of itself: for `ps`, `app ls`, metrics and, later, the controller.

use crate::aim::{Aim, Met};
use crate::instance::{Again, Instance, Stage};
use crate::world::{Phase, World};
use crate::{AppId, Condition, Effect, Exit, Failure, Health, InstanceId, Place, ServiceId, Space, Tick};
use alloc::vec::Vec;

/// The supervisor's whole state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Where it is in its life.
    pub phase: Phase,
    /// How full the disk is.
    pub space: Space,
    /// How often a container was told for which there was no room.
    pub turned_away: u32,
    /// At most [`crate::APPS_MAX`].
    pub apps: Vec<AppReport>,
    /// At most [`crate::INSTANCES_MAX`].
    pub instances: Vec<InstanceReport>,
}

/// One app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppReport {
    /// Which.
    pub app: AppId,
    /// It is being taken down.
    pub leaving: bool,
    /// Containers that are wanted.
    pub wanted: u16,
    /// Those of them that run.
    pub running: u16,
    /// Those whose course is [`Course::Settled`].
    pub settled: u16,
    /// Those whose course is [`Course::Stuck`].
    pub stuck: u16,
}

/// One instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstanceReport {
    /// Which.
    pub id: InstanceId,
    /// Its place in an app.
    pub place: Option<Place>,
    /// What it was made from.
    pub revision: u64,
    /// What it does.
    pub state: State,
    /// How well it is.
    pub health: Health,
    /// It was stopped by hand.
    pub held: bool,
    /// Restarts since it was last started by hand, by `up` or at boot.
    pub restarts: u32,
    /// How its last run ended.
    pub last_exit: Option<Exit>,
    /// What it waits for.
    pub wait: Option<Wait>,
    /// What is wrong with it.
    pub trouble: Option<Trouble>,
    /// What is expected of it, and how far it has come.
    pub course: Course,
}

/// What is expected of an instance, and how far it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Course {
    /// Nothing: it is to go, or already left alone.
    Unwanted,
    /// It is on its way.
    Going,
    /// It has come to what it is to be: it runs and is well, or has ended and is left alone.
    Settled,
    /// It will not come to it by itself: blocked by a dependency, out of tries, or ended with a failure.
    Stuck,
}

/// What an instance does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It does not exist (yet).
    Absent,
    /// It is being made.
    Creating,
    /// It was made and never started.
    Created,
    /// It is being started.
    Starting,
    /// It runs.
    Running {
        /// Since when.
        since: Tick,
    },
    /// It was asked to stop.
    Stopping {
        /// When it will be killed.
        kill_at: Option<Tick>,
    },
    /// It ended and will be started again.
    Restarting,
    /// It ended.
    Ended,
    /// Its keeper was lost; what is left of it is being ended.
    Clearing,
    /// It is being removed.
    Removing,
}

/// What an instance waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// The pause before a restart.
    Backoff {
        /// Until then.
        until: Tick,
    },
    /// Another try of something that failed.
    Retry {
        /// Then.
        until: Tick,
        /// What failed.
        effect: Effect,
        /// Why.
        failure: Failure,
    },
    /// A service that it depends on.
    Dependency {
        /// Which.
        on: ServiceId,
        /// What that must come to.
        condition: Condition,
        /// It will not, unless somebody does something.
        blocked: bool,
    },
    /// Others that depend on it to stop first.
    Dependents,
    /// Room on the disk.
    Space,
    /// Others to be done: [`crate::EFFECTS_MAX`] are at work.
    Hands,
}

/// What is wrong with an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Its record cannot be read.
    Damaged,
    /// Another container has its place; this one is being removed.
    Extra,
    /// Something fails again and again.
    Fails {
        /// What.
        effect: Effect,
        /// Why.
        failure: Failure,
        /// How often in a row.
        times: u16,
    },
    /// Its restart policy allows no further try.
    GaveUp,
}

/// What the world knows.
#[must_use]
pub fn report(world: &World) -> Report {
    Report {
        phase: world.phase,
        space: world.disk.space,
        turned_away: world.turned_away,
        apps: world.apps.iter().map(|app| app_report(world, app.id, app.leaving)).collect(),
        instances: world.instances.iter().map(|instance| instance_report(world, instance)).collect(),
    }
}

fn app_report(world: &World, app: AppId, leaving: bool) -> AppReport {
    let mut report = AppReport { app, leaving, wanted: 0, running: 0, settled: 0, stuck: 0 };
    for instance in
        world.instances.iter().filter(|instance| instance.place.is_some_and(|place| place.app == app))
    {
        let course = course(world, instance);
        let wanted = course != Course::Unwanted;
        report.wanted += u16::from(wanted);
        report.running += u16::from(wanted && matches!(instance.stage, Stage::Running(_)));
        report.settled += u16::from(course == Course::Settled);
        report.stuck += u16::from(course == Course::Stuck);
    }
    report
}

fn is_settled(world: &World, instance: &Instance) -> bool {
    let still = !world.renews(instance) && instance.history.again == Again::No;
    match instance.stage {
        Stage::Running(_) => still && instance.well(),
        Stage::Idle => still && world.aim(instance) == Aim::Rest,
        Stage::Absent
        | Stage::Creating { .. }
        | Stage::Starting { .. }
        | Stage::Stopping { .. }
        | Stage::Lost { .. }
        | Stage::Clearing { .. }
        | Stage::Removing { .. } => false,
    }
}

fn is_stuck(world: &World, instance: &Instance) -> bool {
    let failed = instance.history.last_exit.is_some_and(|exit| exit.code != 0);
    let ended = instance.stage == Stage::Idle && world.aim(instance) == Aim::Rest;
    instance.gave_up
        || (ended && failed)
        || (instance.stage == Stage::Idle && world.blocked(instance) && !ended)
}

fn instance_report(world: &World, instance: &Instance) -> InstanceReport {
    InstanceReport {
        id: instance.id,
        place: instance.place,
        revision: instance.revision,
        state: state(world, instance),
        health: health(instance),
        held: instance.held,
        restarts: instance.history.restarts,
        last_exit: instance.history.last_exit,
        wait: wait(world, instance),
        trouble: trouble(instance),
        course: course(world, instance),
    }
}

/// One that was stopped because it is unhealthy is so until it is started again, for whoever asks why.
fn health(instance: &Instance) -> Health {
    match instance.history.again {
        Again::Unhealthy => Health::Unhealthy,
        Again::No | Again::Asked => instance.history.health,
    }
}

fn course(world: &World, instance: &Instance) -> Course {
    match world.wanted_by(instance) {
        None if instance.place.is_some() => Course::Unwanted,
        _ if is_stuck(world, instance) => Course::Stuck,
        _ if is_settled(world, instance) => Course::Settled,
        _ => Course::Going,
    }
}

fn state(world: &World, instance: &Instance) -> State {
    match instance.stage {
        Stage::Absent => State::Absent,
        Stage::Creating { .. } => State::Creating,
        Stage::Idle if instance.fresh => State::Created,
        Stage::Idle if world.aim(instance) == Aim::Run => State::Restarting,
        Stage::Idle => State::Ended,
        Stage::Starting { .. } => State::Starting,
        Stage::Running(running) => State::Running { since: running.since },
        Stage::Stopping { kill_at, .. } => State::Stopping { kill_at },
        Stage::Lost { .. } | Stage::Clearing { .. } => State::Clearing,
        Stage::Removing { .. } => State::Removing,
    }
}

fn wait(world: &World, instance: &Instance) -> Option<Wait> {
    if let Some(retry) = instance.retry.filter(|retry| retry.at > world.now && !instance.in_flight()) {
        return Some(Wait::Retry { until: retry.at, effect: retry.effect, failure: retry.failure });
    }
    match instance.stage {
        Stage::Absent if world.no_new_work() => Some(Wait::Space),
        Stage::Absent => world.hands_are_full().then_some(Wait::Hands),
        Stage::Idle if world.aim(instance) == Aim::Run => idle_wait(world, instance),
        Stage::Running(_) if world.due(instance).is_some() => Some(Wait::Dependents),
        Stage::Running(_) => (world.renews_now(instance) && world.no_new_work()).then_some(Wait::Space),
        Stage::Idle
        | Stage::Creating { .. }
        | Stage::Starting { .. }
        | Stage::Stopping { .. }
        | Stage::Lost { .. }
        | Stage::Clearing { .. }
        | Stage::Removing { .. } => None,
    }
}

fn idle_wait(world: &World, instance: &Instance) -> Option<Wait> {
    if let Some(until) = instance.history.next.filter(|next| *next > world.now) {
        return Some(Wait::Backoff { until });
    }
    if world.renews_now(instance) && world.no_new_work() {
        return Some(Wait::Space);
    }
    if let Some((depends, met)) = world.waits_for(instance) {
        let (on, condition) = (depends.on, depends.condition);
        return Some(Wait::Dependency { on, condition, blocked: met == Met::Blocked });
    }
    world.hands_are_full().then_some(Wait::Hands)
}

fn trouble(instance: &Instance) -> Option<Trouble> {
    if instance.damaged {
        return Some(Trouble::Damaged);
    }
    if instance.extra {
        return Some(Trouble::Extra);
    }
    let fails = |retry: crate::instance::Retry| Trouble::Fails {
        effect: retry.effect,
        failure: retry.failure,
        times: retry.times,
    };
    instance.retry.map(fails).or(instance.gave_up.then_some(Trouble::GaveUp))
}
