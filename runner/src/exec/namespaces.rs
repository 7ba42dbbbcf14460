//! Which namespaces of a container differ from ours: setns(2) refuses the user namespace that one is in already, and
//! a container may share others with the board.

use rustix::fs::stat;
use rustix::io::{Errno, Result};
use rustix::process::Pid;
use rustix::thread::ThreadNameSpaceType;

const NAMES: [(&str, ThreadNameSpaceType); 7] = [
    ("user", ThreadNameSpaceType::USER),
    ("mnt", ThreadNameSpaceType::MOUNT),
    ("net", ThreadNameSpaceType::NETWORK),
    ("ipc", ThreadNameSpaceType::INTER_PROCESS_COMMUNICATION),
    ("uts", ThreadNameSpaceType::HOST_NAME_AND_NIS_DOMAIN_NAME),
    ("cgroup", ThreadNameSpaceType::CONTROL_GROUP),
    ("time", ThreadNameSpaceType::TIME),
];

/// What has to be entered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Differing {
    /// The PID namespace, which takes effect for children.
    pub(super) pid: bool,
    /// All others.
    pub(super) others: ThreadNameSpaceType,
}

/// Compares the namespaces of `pid` with this process's.
///
/// # Errors
/// `ENOENT` or `ESRCH` if the process is gone.
pub(super) fn differing(pid: Pid) -> Result<Differing> {
    let mut others = ThreadNameSpaceType::empty();
    for (name, kind) in NAMES {
        others.set(kind, differs(pid, name)?);
    }
    Ok(Differing { pid: differs(pid, "pid")?, others })
}

fn differs(pid: Pid, name: &str) -> Result<bool> {
    let own = match stat(format!("/proc/self/ns/{name}")) {
        // The kernel has no such namespaces.
        Err(Errno::NOENT) => return Ok(false),
        own => own?,
    };
    let other = stat(format!("/proc/{}/ns/{name}", pid.as_raw_nonzero()))?;
    Ok((own.st_dev, own.st_ino) != (other.st_dev, other.st_ino))
}
