//! The processes of a group: which they are, stopping them, and making sure that none is left.

use super::error::CgroupError;
use super::file::Tree;
use super::{KILL_MS_MAX, REMOVE_MS_MAX};
use rustix::io::Errno;
use rustix::process::{Pid, Signal};
use std::time::{Duration, Instant};

/// First pause between two looks: a dead process leaves its group a moment after it can be waited for.
const PAUSE_US_MIN: u64 = 100;
/// Longest pause between two looks.
const PAUSE_US_MAX: u64 = 16_000;

/// Each process of the group and those below.
pub(super) fn each_pid(tree: &Tree, group: &str, each: &mut dyn FnMut(i32)) -> Result<(), CgroupError> {
    for group in tree.groups_below(group)? {
        each_own_pid(tree, &group, each)?;
    }
    Ok(())
}

fn each_own_pid(tree: &Tree, group: &str, each: &mut dyn FnMut(i32)) -> Result<(), CgroupError> {
    let mut unexpected = None;
    tree.lines(group, "cgroup.procs", &mut |line| match line.parse() {
        // 0 stands for a process that the caller's PID namespace does not see.
        Ok(0) => {}
        Ok(pid) => each(pid),
        Err(_) => unexpected = Some(tree.unexpected(group, "cgroup.procs", line)),
    })?;
    unexpected.map_or(Ok(()), Err)
}

/// Whether the group or one below it has a process.
pub(super) fn any(tree: &Tree, group: &str) -> Result<bool, CgroupError> {
    let mut found = false;
    tree.lines(group, "cgroup.procs", &mut |_| found = true)?;
    if found {
        return Ok(true);
    }
    for group in tree.groups_below(group)? {
        tree.lines(&group, "cgroup.procs", &mut |_| found = true)?;
    }
    Ok(found)
}

/// SIGKILL to each of them once.
pub(super) fn signal_all(tree: &Tree, group: &str) -> Result<(), CgroupError> {
    let mut failed = None;
    each_pid(tree, group, &mut |pid| {
        let Some(pid) = Pid::from_raw(pid) else { return };
        match rustix::process::kill_process(pid, Signal::KILL) {
            // Gone already.
            Ok(()) | Err(Errno::SRCH) => {}
            Err(source) => failed = Some(tree.error("kill a process of", group, "", source)),
        }
    })?;
    failed.map_or(Ok(()), Err)
}

/// Look until `done` says so, with growing pauses; whether it did before `limit_ms` were over.
pub(super) fn wait_until(
    limit_ms: u64,
    done: &mut dyn FnMut() -> Result<bool, CgroupError>,
) -> Result<bool, CgroupError> {
    let deadline = Instant::now() + Duration::from_millis(limit_ms);
    let mut pause_us = PAUSE_US_MIN;
    while !done()? {
        if Instant::now() >= deadline {
            return Ok(false);
        }
        std::thread::sleep(Duration::from_micros(pause_us));
        pause_us = (pause_us * 2).min(PAUSE_US_MAX);
    }
    Ok(true)
}

/// Kill, again and again, until none is left.
pub(super) fn kill_until_empty(
    group: &str,
    populated: &dyn Fn() -> Result<bool, CgroupError>,
    kill: &dyn Fn() -> Result<(), CgroupError>,
) -> Result<(), CgroupError> {
    let emptied = wait_until(KILL_MS_MAX, &mut || {
        if !populated()? {
            return Ok(true);
        }
        kill()?;
        Ok(!populated()?)
    })?;
    if emptied {
        return Ok(());
    }
    Err(CgroupError::TooLong { what: "killing", path: group.to_owned(), limit_ms: KILL_MS_MAX })
}

/// Remove the group from one hierarchy, with those below it, trying again while the kernel calls it busy.
pub(super) fn remove(tree: &Tree, group: &str) -> Result<(), CgroupError> {
    let gone = wait_until(REMOVE_MS_MAX, &mut || match tree.remove(group) {
        Ok(()) => Ok(true),
        Err(Errno::BUSY | Errno::NOTEMPTY) => remove_below(tree, group),
        Err(source) => Err(tree.error("remove cgroup", group, "", source)),
    })?;
    if gone { Ok(()) } else { Err(tree.error("remove cgroup", group, "", Errno::BUSY)) }
}

/// Remove the group after those below it; whether all are gone.
fn remove_below(tree: &Tree, group: &str) -> Result<bool, CgroupError> {
    for group in tree.groups_below(group)? {
        match tree.remove(&group) {
            Ok(()) => {}
            Err(Errno::BUSY | Errno::NOTEMPTY) => return Ok(false),
            Err(source) => return Err(tree.error("remove cgroup", &group, "", source)),
        }
    }
    Ok(true)
}
