//! What is known of a container, read from its records and asked of its keeper's lock.
//!
//! In: a home and an id. Out: [`Seen`], in the words of the decisions, but for the numbers of apps and services.

use crate::supervise::reactor;
use limpet_plan::{EXIT_LOST, Exit, History, RunId, Spec, Status};
use limpet_protocol::app::BESIDE;
use limpet_protocol::container::{Container, Intent, Member};
use limpet_protocol::exit;
use limpet_protocol::id::ContainerId;
use limpet_protocol::keeper::Running;
use limpet_protocol::restart::When;
use limpet_runner::home::{Home, HomeError};

/// Clock ticks per second of `/proc/PID/stat`: the same on every Linux that is supported (`USER_HZ`).
const TICKS_PER_S: u64 = 100;

/// A container as it is now.
#[derive(Clone, Debug)]
pub(crate) enum Seen {
    /// There is none.
    Absent,
    /// Nothing asks the supervisor to do anything about it.
    Unsupervised,
    /// Its record cannot be read.
    Damaged {
        /// The run that a keeper holds.
        running: Option<RunId>,
        /// Why.
        error: String,
    },
    /// It is one that the supervisor answers for.
    Instance(Box<Instance>),
}

/// Whom the supervisor looks after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Care {
    /// Those who ask for it, by a policy, a health check or an app.
    Asked,
    /// Everybody: the board ends.
    All,
}

/// A container that the supervisor answers for.
#[derive(Clone, Debug)]
pub(crate) struct Instance {
    /// Its name.
    pub(crate) name: String,
    /// Its place in an app.
    pub(crate) member: Option<Member>,
    /// Its name says that it was made beside the one that it is to follow.
    pub(crate) beside: bool,
    /// How it is to be kept.
    pub(crate) spec: Spec,
    /// What it does.
    pub(crate) status: Status,
    /// It was stopped by hand.
    pub(crate) held: bool,
    /// What the world last noted of it in this boot.
    pub(crate) history: Option<History>,
}

/// Whether the supervisor answers for such a container.
#[must_use]
pub(crate) fn is_supervised(container: &Container) -> bool {
    container.restart.when != When::No || container.health.is_some() || container.member.is_some()
}

/// How a container asks to be kept.
#[must_use]
pub(crate) fn spec(container: &Container) -> Spec {
    Spec {
        restart: container.restart,
        health: container.health.as_ref().map(|health| health.pace),
        on_unhealthy: container.health.as_ref().map(|health| health.on_unhealthy).unwrap_or_default(),
        grace_ms: container.keep.stop.grace_ms,
    }
}

/// How a run ended, in the words of the decisions.
#[must_use]
pub(crate) fn ended(exit: &exit::Exit) -> Exit {
    let ran_ns = exit.finished_ns.saturating_sub(exit.started_ns);
    let started = exit.started_ns != 0;
    Exit { code: exit.code, started, ran_ms: if started { ran_ns / 1_000_000 } else { 0 } }
}

/// Reads everything about one container.
///
/// # Errors
/// The file system refuses; a damaged record is no error here, but [`Seen::Damaged`].
pub(crate) fn look(home: &Home, id: &ContainerId, care: Care) -> Result<Seen, HomeError> {
    let container = match home.load(id) {
        Ok(container) => container,
        Err(HomeError::NotFound(_)) => return Ok(Seen::Absent),
        Err(error @ HomeError::Record { .. }) => return damaged(home, id, &error),
        Err(error) => return Err(error),
    };
    if care == Care::Asked && !is_supervised(&container) {
        return Ok(Seen::Unsupervised);
    }
    // A damaged intent says nothing.
    let intent = home.intent(id).unwrap_or_default();
    let status = match status(home, id) {
        Err(error @ HomeError::Record { .. }) => return damaged(home, id, &error),
        status => remembered(status?, intent),
    };
    Ok(Seen::Instance(Box::new(Instance {
        spec: spec(&container),
        beside: container.member.is_some() && container.name.ends_with(BESIDE),
        name: container.name,
        member: container.member,
        status,
        held: intent == Intent::Stopped,
        history: super::history::read(home, id),
    })))
}

/// A container that was started, and of which there is nothing but that: the power went in its first run.
fn remembered(status: Status, intent: Intent) -> Status {
    let lost = Exit { code: EXIT_LOST, started: true, ran_ms: 0 };
    match (status, intent) {
        (Status::Created, Intent::Started) => Status::Ended { run: RunId(0), exit: lost },
        (status, Intent::Policy | Intent::Stopped | Intent::Started) => status,
    }
}

fn damaged(home: &Home, id: &ContainerId, error: &HomeError) -> Result<Seen, HomeError> {
    let kept = home.is_kept(id)?;
    let run = || home.running(id).ok().flatten().map_or(RunId(0), |running| RunId(running.started_ns));
    Ok(Seen::Damaged { running: kept.then(run), error: error.to_string() })
}

fn status(home: &Home, id: &ContainerId) -> Result<Status, HomeError> {
    let kept = home.is_kept(id)?;
    let (running, exit) = (home.running(id)?, home.exit(id)?);
    let paused = kept && limpet_runner::status::is_frozen(home, id);
    Ok(decide(kept, running, exit, paused, ran_ms))
}

/// What the records mean. `ran_ms` is asked how long a process has run.
fn decide(
    kept: bool,
    running: Option<Running>,
    exit: Option<exit::Exit>,
    paused: bool,
    ran_ms: impl Fn(&Running) -> u64,
) -> Status {
    match (kept, running, exit) {
        (true, Some(running), _) => {
            Status::Running { run: RunId(running.started_ns), ran_ms: ran_ms(&running), paused }
        }
        // The keeper that holds the lock is starting it, or has just recorded its end.
        (true, None, None) => Status::Running { run: RunId(0), ran_ms: 0, paused },
        (false, Some(running), exit) => match exit.filter(|exit| exit.started_ns >= running.started_ns) {
            Some(exit) => Status::Ended { run: RunId(exit.started_ns), exit: ended(&exit) },
            None => Status::Lost { run: RunId(running.started_ns) },
        },
        (_, None, Some(exit)) => Status::Ended { run: RunId(exit.started_ns), exit: ended(&exit) },
        (false, None, None) => Status::Created,
    }
}

/// How long the container's first process has run, by the kernel's own count: a wall clock may have been set since.
fn ran_ms(running: &Running) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", running.pid)).unwrap_or_default();
    let began_ms = started_ticks(&stat).map(|ticks| ticks * (1000 / TICKS_PER_S));
    began_ms.map_or(0, |began_ms| reactor::now().0.saturating_sub(began_ms))
}

/// Field 22 of proc_pid_stat(5); the second may hold anything, but ends with the last parenthesis.
fn started_ticks(stat: &str) -> Option<u64> {
    stat.rsplit_once(") ")?.1.split(' ').nth(19)?.parse().ok()
}

#[cfg(test)]
mod tests;
