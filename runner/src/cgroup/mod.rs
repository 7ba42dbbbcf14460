//! Control groups: what a container may use of the board, and which processes are its own.
//!
//! What comes in: a group's path below each hierarchy's root (`limpet/ID`), the [`Limits`] asked for and a
//! [`DevicePolicy`]. What goes out: a [`Group`] whose every limit has been read back from the kernel, or a
//! [`CgroupError`] that says what to enable. One trait, two hierarchies: [`v1`] and [`v2`]; [`detect`] chooses.
//!
//! Joining never writes a pid to `cgroup.procs`: on an idle board that waits 8 to 15 ms for an RCU grace period
//! (kernel/cgroup/cgroup.c, `cgroup_procs_write_start`). See [`Join`].
//!
//! This module must never know an image, a container's name or where its root is.

mod change;
mod controller;
mod cpulist;
mod detect;
mod device_program;
mod devices;
mod effective;
mod error;
mod file;
mod making;
mod plan;
mod policy;
mod processes;
mod stats;
#[cfg(test)]
mod tests;
mod v1;
mod v2;
mod weight;

pub use controller::{Controller, Controllers, Version};
pub use detect::{Hierarchies, Layout, detect, missing};
pub use devices::{DevicePolicy, DeviceRule};
pub use effective::Effective;
pub use error::{Cause, CgroupError, LimitName};
pub use policy::{
    Board, CPU_SHARES_MAX, CPU_SHARES_MIN, PIDS_DEFAULT_MAX, RESERVE_BYTES_MIN, RESERVE_FRACTION, check,
    default_ceiling_bytes, reserve_bytes,
};
pub use stats::Stats;
pub use weight::{shares_from_weight, weight_from_shares};

use limpet_protocol::limits::Limits;
use rustix::fd::OwnedFd;
use rustix::fs::{Mode, OFlags, openat};

/// Longest accepted path of a group below a hierarchy's root.
pub const GROUP_PATH_BYTES_MAX: usize = 384;
/// Deepest nesting of groups that is walked below a container's own group.
pub const DEPTH_MAX: usize = 32;
/// How long the freezer may take before that is an error.
pub const FREEZE_MS_MAX: u64 = 10_000;
/// How long killed processes may take to be gone before that is an error.
pub const KILL_MS_MAX: u64 = 10_000;
/// How long a group that the kernel calls busy is tried again.
pub const REMOVE_MS_MAX: u64 = 2_000;

/// How the container's first process becomes a member of its group without waiting for an RCU grace period.
#[derive(Debug)]
pub enum Join {
    /// v1: the single-threaded child writes `0` to each of these `tasks` files itself, before it executes anything.
    Tasks(Vec<OwnedFd>),
    /// v2: the directory for clone3(2) with `CLONE_INTO_CGROUP`.
    Directory(OwnedFd),
}

impl Join {
    /// What a process that runs already writes `0` to, to be a member: each `tasks` file of v1 (no wait for the kernel's
    /// grace period), or v2's `cgroup.procs`. Nothing where that cannot be opened.
    #[must_use]
    pub fn doors(self) -> Vec<OwnedFd> {
        match self {
            Self::Tasks(files) => files,
            Self::Directory(directory) => {
                let flags = OFlags::WRONLY | OFlags::CLOEXEC;
                openat(&directory, "cgroup.procs", flags, Mode::empty()).into_iter().collect()
            }
        }
    }
}

/// Makes and finds groups in one kind of hierarchy.
pub trait CgroupDriver {
    /// Which kind.
    fn version(&self) -> Version;

    /// The controllers that can be used.
    fn controllers(&self) -> Controllers;

    /// Make the group and set its limits; each is read back and compared. Parents that are missing are made too,
    /// and the first component (the instance's group, `limpet`) gets [`default_ceiling_bytes`] when it is made here.
    /// A group that exists without processes is made anew.
    ///
    /// # Errors
    /// The first limit that cannot be enforced; what was made has been removed again.
    fn create(
        &self,
        path: &str,
        limits: &Limits,
        devices: &DevicePolicy,
    ) -> Result<Box<dyn Group>, CgroupError>;

    /// A group that exists.
    ///
    /// # Errors
    /// [`CgroupError::NoGroup`] if there is none.
    fn open(&self, path: &str) -> Result<Box<dyn Group>, CgroupError>;
}

/// One group, in every hierarchy that is used.
pub trait Group {
    /// Path below each hierarchy's root.
    fn path(&self) -> &str;

    /// What the child needs to join.
    ///
    /// # Errors
    /// The group is gone, or the kernel refuses.
    fn join(&self) -> Result<Join, CgroupError>;

    /// Replace the limits of a running group. Lowering memory below what is in use is refused, never an OOM kill.
    ///
    /// # Errors
    /// The first limit that cannot be enforced; those that were in force before are restored.
    fn apply(&self, limits: &Limits) -> Result<(), CgroupError>;

    /// The limits as the kernel holds them.
    ///
    /// # Errors
    /// A file could not be read or understood.
    fn effective(&self) -> Result<Effective, CgroupError>;

    /// Stop every process; returns when all are stopped.
    ///
    /// # Errors
    /// No freezer, or longer than [`FREEZE_MS_MAX`].
    fn freeze(&self) -> Result<(), CgroupError>;

    /// Let them run again.
    ///
    /// # Errors
    /// No freezer, or longer than [`FREEZE_MS_MAX`].
    fn thaw(&self) -> Result<(), CgroupError>;

    /// Whether [`Group::freeze`] is in force.
    ///
    /// # Errors
    /// The file could not be read.
    fn is_frozen(&self) -> Result<bool, CgroupError>;

    /// SIGKILL to every process, frozen ones too; returns when none is left (zombies do not count).
    ///
    /// # Errors
    /// Some process outlived [`KILL_MS_MAX`].
    fn kill_all(&self) -> Result<(), CgroupError>;

    /// Whether the group or one below it has a process.
    ///
    /// # Errors
    /// The file could not be read.
    fn populated(&self) -> Result<bool, CgroupError>;

    /// Process ids of the group and those below, as the caller's PID namespace sees them.
    ///
    /// # Errors
    /// The file could not be read.
    fn pids(&self) -> Result<Vec<i32>, CgroupError>;

    /// Processes that the kernel killed because this group was out of memory; 0 without the memory controller.
    ///
    /// # Errors
    /// The file could not be read.
    fn oom_kills(&self) -> Result<u64, CgroupError>;

    /// Most memory ever held; `None` where the kernel does not say (v2 before 5.19, no memory controller).
    ///
    /// # Errors
    /// The file could not be read.
    fn memory_peak_bytes(&self) -> Result<Option<u64>, CgroupError>;

    /// What is used now.
    ///
    /// # Errors
    /// A file could not be read.
    fn stats(&self) -> Result<Stats, CgroupError>;

    /// Remove the group and those below it. It must be without processes; one that does not exist is fine.
    ///
    /// # Errors
    /// Still busy after [`REMOVE_MS_MAX`].
    fn remove(&self) -> Result<(), CgroupError>;
}
