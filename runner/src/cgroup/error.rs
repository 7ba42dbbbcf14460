//! What can go wrong with a group: which limit, why, and what to do about it.

use super::controller::{Controller, Version};
use limpet_protocol::limits::ThrottleKind;
use rustix::io::Errno;
use std::fmt;

/// A limit as the person who asked for it knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitName {
    /// `--memory`
    Memory,
    /// The ceiling of a container without `--memory`.
    DefaultMemory,
    /// The ceiling of all containers of one instance together.
    InstanceMemory,
    /// `--memory-reservation`
    MemoryReservation,
    /// `--memory-swap`
    MemorySwap,
    /// No swap for a container without `--memory-swap`.
    DefaultSwap,
    /// `--cpus`
    Cpus,
    /// `--cpu-shares`
    CpuShares,
    /// `--cpuset-cpus`
    CpusetCpus,
    /// `--cpuset-mems`
    CpusetMems,
    /// `--pids-limit`
    Pids,
    /// The ceiling of a container without `--pids-limit`.
    DefaultPids,
    /// `--device-read-bps` and its like
    Throttle(ThrottleKind),
    /// The device filter.
    Devices,
    /// `pause`
    Freezer,
}

impl fmt::Display for LimitName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Memory => "--memory",
            Self::DefaultMemory => "the default memory ceiling",
            Self::InstanceMemory => "the memory reserve of the board",
            Self::MemoryReservation => "--memory-reservation",
            Self::MemorySwap => "--memory-swap",
            Self::DefaultSwap => "the default of no swap",
            Self::Cpus => "--cpus",
            Self::CpuShares => "--cpu-shares",
            Self::CpusetCpus => "--cpuset-cpus",
            Self::CpusetMems => "--cpuset-mems",
            Self::Pids => "--pids-limit",
            Self::DefaultPids => "the default ceiling of processes",
            Self::Throttle(ThrottleKind::ReadBps) => "--device-read-bps",
            Self::Throttle(ThrottleKind::WriteBps) => "--device-write-bps",
            Self::Throttle(ThrottleKind::ReadIops) => "--device-read-iops",
            Self::Throttle(ThrottleKind::WriteIops) => "--device-write-iops",
            Self::Devices => "the device filter",
            Self::Freezer => "pausing",
        })
    }
}

impl LimitName {
    /// How to do without, where that is a choice.
    const fn way_out(self) -> &'static str {
        match self {
            Self::DefaultMemory => "; or run without a ceiling: --memory -1",
            Self::DefaultSwap => {
                "; or switch it off (swapoff -a), or let the container have all: --memory-swap -1"
            }
            Self::DefaultPids => "; or run without a ceiling: --pids-limit -1",
            Self::Devices => "; or run without a filter: --privileged",
            _ => "",
        }
    }
}

/// Why the kernel cannot enforce a limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Built, but switched off on the kernel command line.
    SwitchedOff(Controller),
    /// Not in this kernel.
    NotBuilt(Controller, Version),
    /// In the kernel, but in no hierarchy that is used.
    NotMounted(Controller, Version),
    /// In the hierarchy, but an ancestor does not hand it down.
    NotDelegated(Controller, String),
    /// The controller is there without this file.
    NoFile {
        /// Full path of the file.
        path: String,
        /// The kernel option and the boot parameter that bring it.
        needs: &'static str,
    },
}

impl Cause {
    /// The controller that is missing, by its name in that hierarchy; empty where a file of one is.
    #[must_use]
    pub fn controller_name(&self, version: Version) -> &'static str {
        match self {
            Self::SwitchedOff(controller)
            | Self::NotBuilt(controller, _)
            | Self::NotMounted(controller, _)
            | Self::NotDelegated(controller, _) => controller.name(version),
            Self::NoFile { .. } => "",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SwitchedOff(controller) => switched_off(*controller, f),
            Self::NotBuilt(controller, version) => write!(
                f,
                "this kernel has no {} controller; it needs {}",
                controller.name(*version),
                controller.kernel_option(*version)
            ),
            Self::NotMounted(controller, version) => write!(
                f,
                "the {} controller is in no cgroup {version} hierarchy here; mount it, or boot with cgroup v2: \
                 systemd.unified_cgroup_hierarchy=1, or no limpet.cgroup=v1, on the kernel command line",
                controller.name(*version)
            ),
            Self::NotDelegated(controller, path) => write!(
                f,
                "{path} does not hand down the {} controller; enable it in cgroup.subtree_control from the root down",
                controller.name(Version::V2)
            ),
            Self::NoFile { path, needs } => write!(f, "the kernel offers no {path}; it needs {needs}"),
        }
    }
}

fn switched_off(controller: Controller, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let name = controller.name(Version::V1);
    match controller.boot_parameter() {
        Some(word) => write!(
            f,
            "the {name} controller is switched off; add {word} to the kernel command line (Raspberry Pi: /boot/firmware/cmdline.txt) and reboot"
        ),
        None => write!(
            f,
            "the {name} controller is switched off; take cgroup_disable={name} off the kernel command line and reboot"
        ),
    }
}

/// Why a group is not what was asked for.
#[derive(Debug, thiserror::Error)]
pub enum CgroupError {
    /// Nothing to make groups in.
    #[error(
        "no cgroup hierarchy with controllers is mounted; mount one: mount -t cgroup2 none /sys/fs/cgroup"
    )]
    NoHierarchy,
    /// The kernel lacks what the limit needs.
    #[error("cannot enforce {limit}: {cause}{}", .limit.way_out())]
    Unenforceable {
        /// Which limit.
        limit: LimitName,
        /// What is missing, and what brings it.
        cause: Cause,
    },
    /// Accepted by the kernel, but not in force.
    #[error("{limit} is not in force: asked for {wanted:?}, but {path} reads {found:?}")]
    NotInForce {
        /// Which limit.
        limit: LimitName,
        /// Full path of the file.
        path: String,
        /// What was written.
        wanted: String,
        /// What it reads now.
        found: String,
    },
    /// The kernel does not take the value.
    #[error("cannot set {limit}: the kernel refuses {value:?} for {path}{hint}")]
    Refused {
        /// Which limit.
        limit: LimitName,
        /// Full path of the file.
        path: String,
        /// What was written.
        value: String,
        /// What to do, when that is known.
        hint: &'static str,
        /// The kernel's answer.
        source: Errno,
    },
    /// The value makes no sense.
    #[error("{limit} {value:?} cannot be: {reason}")]
    Invalid {
        /// Which limit.
        limit: LimitName,
        /// What was asked for.
        value: String,
        /// Why not.
        reason: &'static str,
    },
    /// A new memory limit is below what is in use.
    #[error(
        "cannot lower --memory to {wanted_bytes} bytes: {used_bytes} bytes are in use and cannot be reclaimed; stop something inside first"
    )]
    InUse {
        /// The limit asked for.
        wanted_bytes: u64,
        /// What is in use after reclaim.
        used_bytes: u64,
    },
    /// The old limits could not be put back after a failed change.
    #[error(
        "the limits of {group} are half changed: putting the old ones back failed ({restore}); update it again"
    )]
    HalfChanged {
        /// The group.
        group: String,
        /// Why the way back failed.
        restore: String,
        /// Why the change failed.
        source: Box<CgroupError>,
    },
    /// A v2 group with processes of its own cannot hand controllers down.
    #[error(
        "cannot hand controllers down from {path}: it has processes of its own (cgroup v2 allows them in leaves only); move them into a group below it"
    )]
    ProcessesInside {
        /// Full path of the group.
        path: String,
    },
    /// The path cannot be a group's.
    #[error("cgroup path {path:?} cannot be used: {reason}")]
    Path {
        /// As given.
        path: String,
        /// Why not.
        reason: &'static str,
    },
    /// The group is there already, with processes.
    #[error("cannot make cgroup {path}: it exists and has processes; stop them first")]
    Occupied {
        /// The group.
        path: String,
    },
    /// There is no such group.
    #[error("cgroup {path} does not exist")]
    NoGroup {
        /// The group.
        path: String,
    },
    /// Something did not happen in time.
    #[error(
        "{what} cgroup {path} takes longer than {limit_ms} ms; a process in it may hang in the kernel (state D in ps)"
    )]
    TooLong {
        /// `freezing`, `killing` and the like.
        what: &'static str,
        /// The group.
        path: String,
        /// How long it was waited for.
        limit_ms: u64,
    },
    /// A file of the kernel could not be understood.
    #[error("cannot understand {path}, which reads {found:?}")]
    Unexpected {
        /// Full path of the file.
        path: String,
        /// Its text.
        found: String,
    },
    /// A system call failed.
    #[error("cannot {operation} {path}")]
    Io {
        /// What was being done.
        operation: &'static str,
        /// Full path of its subject.
        path: String,
        /// The kernel's answer.
        source: Errno,
    },
}
