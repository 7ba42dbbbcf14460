//! What `run` and `create` say about the container to make, and `update` about its limits.

#[cfg(test)]
mod tests;

use super::environment::{EnvRule, LabelRule};
use super::fetching::PullPolicy;
use super::value::{
    Setting, capability::CapabilityRules, mount::MountSpec, platform::Platform, security::SeccompChoice,
    time::Grace,
};
use limpet_protocol::app::{DeviceRequest, LogRequest};
use limpet_protocol::container::Member;
use limpet_protocol::health::HealthOptions;
use limpet_protocol::launch::{Network, Rlimit};
use limpet_protocol::limits::{Limits, Memory, Pids, Swap, Throttle, ThrottleKind};
use limpet_protocol::restart::RestartPolicy;

/// The container to make. Lists keep the order in which they were typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerOptions {
    /// What it is made from.
    pub source: Source,
    /// What stands after IMAGE; empty takes the image's own.
    pub command: Vec<String>,
    /// `--entrypoint`; an empty one runs the command without any.
    pub entrypoint: Option<Vec<String>>,
    /// `--name`, valid.
    pub name: Option<String>,
    /// `-h`
    pub hostname: Option<String>,
    /// `-l`, applied after `label_files`.
    pub labels: Vec<LabelRule>,
    /// `--label-file`
    pub label_files: Vec<String>,
    /// `--cidfile`
    pub cidfile: Option<String>,
    /// `--rm`
    pub remove: bool,
    /// `-i`
    pub interactive: bool,
    /// `-t`
    pub tty: bool,
    /// `-a`
    pub attach: Option<Streams>,
    /// `-e`, applied after `env_files`.
    pub environment: Vec<EnvRule>,
    /// `--env-file`
    pub env_files: Vec<String>,
    /// `-w`, an absolute path.
    pub workdir: Option<String>,
    /// `-u`, `user[:group]`.
    pub user: Option<String>,
    /// `--group-add`
    pub groups: Vec<String>,
    /// `--init`
    pub init: bool,
    /// `--stop-signal`; `None` takes the image's.
    pub stop_signal: Option<u8>,
    /// `--stop-timeout`
    pub grace: Option<Grace>,
    /// `--ulimit`
    pub rlimits: Vec<Rlimit>,
    /// `--umask`
    pub umask: Option<u16>,
    /// `-v`, `--mount` and `--tmpfs`, each target once.
    pub mounts: Vec<MountSpec>,
    /// `--read-only`
    pub root_readonly: bool,
    /// `--shm-size`
    pub shm_bytes: Option<u64>,
    /// `--device`
    pub devices: Vec<DeviceRequest>,
    /// `--pull`
    pub pull: PullPolicy,
    /// `-q`: say nothing of fetching the image.
    pub pull_quiet: bool,
    /// `--platform`; `None` is the board's.
    pub platform: Option<Platform>,
    /// `--network`; `None` leaves the choice to the default.
    pub network: Option<Network>,
    /// `--userns host`
    pub userns_host: bool,
    /// `--privileged`
    pub privileged: bool,
    /// `--cap-add` and `--cap-drop`
    pub capabilities: CapabilityRules,
    /// `--security-opt no-new-privileges`
    pub no_new_privileges: bool,
    /// `--security-opt seccomp=`
    pub seccomp: SeccompChoice,
    /// `--sysctl`
    pub sysctls: Vec<Setting>,
    /// `--oom-score-adj`, -1000 to 1000.
    pub oom_score_adj: Option<i16>,
    /// `--cgroup-parent`, without slashes at its ends.
    pub cgroup_parent: Option<String>,
    /// `--log-driver` and `--log-opt`
    pub log: LogRequest,
    /// `-m` and its like.
    pub limits: LimitOptions,
    /// `--restart`
    pub restart: RestartPolicy,
    /// `--health-cmd` and its like.
    pub health: HealthOptions,
    /// A service that waits for it to be healthy; no flag sets it.
    pub health_for: Option<String>,
    /// What it is of an app; no flag sets it.
    pub member: Option<Member>,
}

/// What a container is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// An image, as it was typed.
    Image(String),
    /// `--bundle`: the directory of an OCI bundle.
    Bundle(String),
}

/// Standard streams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Streams {
    /// 0
    pub stdin: bool,
    /// 1
    pub stdout: bool,
    /// 2
    pub stderr: bool,
}

/// The limits that were given; the defaults stand for "not given".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LimitOptions {
    /// `-m`
    pub memory: Memory,
    /// `--memory-reservation`
    pub memory_reservation_bytes: Option<u64>,
    /// `--memory-swap`
    pub swap: Swap,
    /// `--cpus`, in thousandths.
    pub cpu_millis: Option<u32>,
    /// `--cpu-shares`
    pub cpu_shares: Option<u32>,
    /// `--cpuset-cpus`
    pub cpuset_cpus: Option<String>,
    /// `--cpuset-mems`
    pub cpuset_mems: Option<String>,
    /// `--pids-limit`
    pub pids: Pids,
    /// `--device-read-bps` and its like.
    pub throttles: Vec<ThrottleSpec>,
}

/// A bound on a block device whose numbers are not looked up yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThrottleSpec {
    /// What is bounded.
    pub kind: ThrottleKind,
    /// The device's path.
    pub path: String,
    /// Bytes or operations per second, at least 1.
    pub rate: u64,
}

impl LimitOptions {
    /// `limits` with all that was given put in its place. `throttles` are [`Self::throttles`] with the numbers of
    /// their devices. A throttle takes the place of one of the same kind on the same device.
    pub fn apply(&self, limits: &mut Limits, throttles: Vec<Throttle>) {
        if self.memory != Memory::Default {
            limits.memory = self.memory;
        }
        if self.swap != Swap::Default {
            limits.swap = self.swap;
        }
        if self.pids != Pids::Default {
            limits.pids = self.pids;
        }
        replace(&mut limits.memory_reservation_bytes, self.memory_reservation_bytes);
        replace(&mut limits.cpu_millis, self.cpu_millis);
        replace(&mut limits.cpu_shares, self.cpu_shares);
        replace(&mut limits.cpuset_cpus, self.cpuset_cpus.clone());
        replace(&mut limits.cpuset_mems, self.cpuset_mems.clone());
        let same = |a: &Throttle, b: &Throttle| (a.kind, a.major, a.minor) == (b.kind, b.major, b.minor);
        limits.throttles.retain(|old| !throttles.iter().any(|new| same(old, new)));
        limits.throttles.extend(throttles);
    }
}

fn replace<T>(old: &mut Option<T>, new: Option<T>) {
    if new.is_some() {
        *old = new;
    }
}
