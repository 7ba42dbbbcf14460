//! What a container does now, decided from its records.
//!
//! In: whether a keeper holds it, and what is recorded. Out: a [`Status`], in docker's words.

use crate::cgroup;
use crate::home::{Home, HomeError};
use limpet_protocol::exit::Exit;
use limpet_protocol::id::ContainerId;
use limpet_protocol::keeper::Running;

/// The exit code of a container whose end nobody saw: power was lost, or its keeper was killed (docker's 255).
const LOST_CODE: u8 = 255;

/// A container's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// Made, never started.
    Created,
    /// Its process runs.
    Running(Running),
    /// Its processes are frozen.
    Paused(Running),
    /// It has ended.
    Exited(Exit),
}

impl Status {
    /// docker's word for it.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Running(_) => "running",
            Self::Paused(_) => "paused",
            Self::Exited(_) => "exited",
        }
    }

    /// What is known of its process, while it has one.
    #[must_use]
    pub fn running(&self) -> Option<&Running> {
        match self {
            Self::Running(running) | Self::Paused(running) => Some(running),
            Self::Created | Self::Exited(_) => None,
        }
    }
}

/// Looks at the records of `id`.
///
/// # Errors
/// A record is damaged or cannot be read.
pub fn status(home: &Home, id: &ContainerId) -> Result<Status, HomeError> {
    let kept = home.is_kept(id)?;
    let (running, exit) = (home.running(id)?, home.exit(id)?);
    let status = decide(kept, running, exit);
    match status {
        Status::Running(running) if is_frozen(home, id) => Ok(Status::Paused(running)),
        status => Ok(status),
    }
}

/// A start that failed leaves a container that was only made, with the reason; docker shows it so too.
#[must_use]
pub fn decide(kept: bool, running: Option<Running>, exit: Option<Exit>) -> Status {
    match (kept, running, exit) {
        (true, Some(running), _) => Status::Running(running),
        (false, Some(running), exit) => Status::Exited(lost(&running, exit)),
        (_, None, Some(exit)) if exit.started_ns == 0 => Status::Created,
        (_, None, Some(exit)) => Status::Exited(exit),
        (_, None, None) => Status::Created,
    }
}

/// The keeper is gone without a word. If it could still record the end, that counts.
fn lost(running: &Running, exit: Option<Exit>) -> Exit {
    let unseen = || Exit {
        code: LOST_CODE,
        oom_killed: false,
        started_ns: running.started_ns,
        finished_ns: 0,
        memory_peak_bytes: 0,
        error: Some("its keeper was killed".to_owned()),
    };
    exit.filter(|exit| exit.started_ns >= running.started_ns).unwrap_or_else(unseen)
}

/// Whether its processes are frozen. Only a group that says so is; one that cannot be asked is not.
#[must_use]
pub fn is_frozen(home: &Home, id: &ContainerId) -> bool {
    let group = home.load(id).ok().map(|container| container.keep.launch.cgroup);
    group.is_some_and(|path| {
        cgroup::detect()
            .and_then(|driver| driver.open(&path))
            .and_then(|group| group.is_frozen())
            .unwrap_or(false)
    })
}

#[cfg(test)]
mod tests;
