//! Where the supervisor and what it starts are in the cgroup tree: itself below a hard memory ceiling, all others not.

use crate::cli::STATE_DEFAULT;
use limpet_protocol::limits::{Limits, Memory, Pids};
use limpet_runner::cgroup::{self, CgroupError, Group, Join};
use limpet_runner::keeper::GROUP;
use rustix::fd::{AsFd, OwnedFd};
use rustix::io::write;

/// Most memory that the supervisor may hold, kernel memory included.
pub const CEILING_BYTES: u64 = 8 * 1024 * 1024;

/// Of one supervisor; several instances have one each.
#[must_use]
pub fn ceiling_path(state: &str) -> String {
    if state == STATE_DEFAULT {
        return "limpet.supervisor".to_owned();
    }
    let name: String = state.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    format!("limpet.supervisor{name}")
}

/// Puts this process below its ceiling.
///
/// # Errors
/// The kernel cannot enforce it.
pub fn enter_ceiling(state: &str) -> Result<(), CgroupError> {
    let limits =
        Limits { memory: Memory::MaxBytes(CEILING_BYTES), pids: Pids::Unlimited, ..Limits::default() };
    enter(&ceiling_path(state), &limits)
}

/// Leaves nothing of the ceiling behind, at the end of the supervisor. The group of the others stays: this process is in
/// it now, as keepers may be, and to wait for it to be empty would hold back the end of the supervisor for seconds.
pub fn remove_ceiling(state: &str) {
    leave_ceiling();
    let ceiling = cgroup::detect().and_then(|driver| driver.open(&ceiling_path(state)));
    if let Ok(group) = ceiling {
        group.remove().ok();
    }
}

/// Takes this process, a child of the supervisor, out of the supervisor's ceiling. Where that cannot be done it stays
/// where it is: what it is there for matters more.
pub fn leave_ceiling() {
    let limits = Limits { memory: Memory::Unlimited, pids: Pids::Unlimited, ..Limits::default() };
    enter(GROUP, &limits).ok();
}

/// Where children of the supervisor are to be, from before they execute anything: what each of them is to write `0` to.
/// Empty where that cannot be done.
#[must_use]
pub fn outside() -> Vec<OwnedFd> {
    let limits = Limits { memory: Memory::Unlimited, pids: Pids::Unlimited, ..Limits::default() };
    let group = made(GROUP, &limits);
    group.and_then(|group| group.join()).map(Join::doors).unwrap_or_default()
}

fn enter(path: &str, limits: &Limits) -> Result<(), CgroupError> {
    for door in made(path, limits)?.join()?.doors() {
        // A hierarchy that refuses is one in which no limit was set.
        write(door.as_fd(), b"0").ok();
    }
    Ok(())
}

fn made(path: &str, limits: &Limits) -> Result<Box<dyn Group>, CgroupError> {
    let driver = cgroup::detect()?;
    match driver.open(path) {
        Ok(group) => {
            group.apply(limits)?;
            Ok(group)
        }
        Err(CgroupError::NoGroup { .. }) => driver.create(path, limits, &cgroup::DevicePolicy::All),
        Err(error) => Err(error),
    }
}
