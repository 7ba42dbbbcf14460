//! An app: what one compose file asks of a board, with everything resolved that text can resolve.
//!
//! Made by the compose parser, committed to the ledger, sent over the control socket and signed for fleets. Paths of the
//! board are absolute, variables are replaced, configs and secrets are embedded. What comes from outside is decoded and
//! then held to [`App::validate`]; nothing else may be assumed of it.

mod differences;
mod update;
mod validate;

use crate::health::HealthOptions;
use crate::keeper::{LogLimits, LogRate, LogStorage};
use crate::launch::{DeviceAccess, Network, Rlimit};
use crate::limits::{Memory, Pids, Swap, ThrottleKind};
use crate::restart::RestartPolicy;
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

pub use update::{MONITOR_MS, OnFailure, Order, PPM, UpdateConfig};
pub use validate::{CIRCLE, InvalidApp, is_app_name, is_file_name};

/// Largest encoded app.
pub const APP_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of an app's or a service's name, which are part of container names.
pub const NAME_BYTES_MAX: usize = 63;
/// Workloads of one app.
pub const WORKLOADS_MAX: usize = 64;
/// Replicas of one workload.
pub const REPLICAS_MAX: u16 = 64;
/// Dependencies of one workload.
pub const DEPENDS_MAX: usize = 16;
/// Files (configs and secrets) of one workload.
pub const FILES_MAX: usize = 64;
/// Entries of any other list of a workload.
pub const LIST_MAX: usize = 1024;
/// Bytes of any text of a workload, but for a file's contents and a seccomp profile.
pub const TEXT_BYTES_MAX: usize = 64 * 1024;
/// Largest seccomp profile, as the runner takes it.
pub const SECCOMP_BYTES_MAX: usize = 1024 * 1024;
/// Most files of one log.
pub const LOG_FILES_MAX: u16 = 100;
/// How the name of a container of an app ends that was made beside the one that it is to follow.
pub const BESIDE: &str = ".limpet-next";
/// Smallest file of a log.
pub const LOG_FILE_BYTES_MIN: u64 = 4096;

/// A named set of workloads that are deployed together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct App {
    /// Lower-case letters, digits, `-` and `_`, beginning with a letter or digit (compose's project name).
    pub name: String,
    /// In the order of the file; names differ.
    pub workloads: Vec<Workload>,
    /// Named volumes that belong to it: `down -v` removes them. A named volume of a workload that is not among them
    /// belongs to somebody else (`external`) and must be there already.
    pub volumes: Vec<String>,
}

/// One service: an image and how its containers run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workload {
    /// Name of the service.
    pub service: String,
    /// How many containers; 0 keeps none.
    pub replicas: u16,
    /// Instead of `APP-SERVICE-N`; only with one replica.
    pub container_name: Option<String>,
    /// Reference of the image, as written.
    pub image: String,
    /// What is done if the image is missing.
    pub pull: Pull,
    /// Id of the image that its name meant when the app came up (`sha256:HEX`), so that another image of that name is a
    /// new version; `None` if that was not known.
    pub image_id: Option<String>,
    /// `os/arch[/variant]`; `None` is the board's.
    pub platform: Option<String>,
    /// `None` takes the image's; empty runs the command without any.
    pub entrypoint: Option<Vec<String>>,
    /// `None` takes the image's.
    pub command: Option<Vec<String>>,
    /// Names with their values, each name once; without a value, the image's variable is taken away.
    pub environment: Vec<(String, Option<String>)>,
    /// Names with their values, each name once.
    pub labels: Vec<(String, String)>,
    /// `user[:group]`; `None` takes the image's.
    pub user: Option<String>,
    /// Further groups.
    pub groups: Vec<String>,
    /// Absolute; `None` takes the image's.
    pub working_dir: Option<String>,
    /// Name of the host inside.
    pub hostname: Option<String>,
    /// A reaping PID 1.
    pub init: bool,
    /// A terminal.
    pub tty: bool,
    /// stdin stays open.
    pub stdin_open: bool,
    /// The root cannot be written to.
    pub read_only: bool,
    /// As good as no isolation.
    pub privileged: bool,
    /// Names without `CAP_`, or `ALL`.
    pub cap_add: Vec<String>,
    /// See [`Workload::cap_add`].
    pub cap_drop: Vec<String>,
    /// `no-new-privileges`
    pub no_new_privileges: bool,
    /// System call filter.
    pub seccomp: SeccompRequest,
    /// Kernel parameters of its namespaces.
    pub sysctls: Vec<(String, String)>,
    /// Resource limits of each process.
    pub rlimits: Vec<Rlimit>,
    /// -1000 to 1000.
    pub oom_score_adj: Option<i16>,
    /// Size of /dev/shm.
    pub shm_bytes: Option<u64>,
    /// Number of the signal that asks it to stop; `None` takes the image's.
    pub stop_signal: Option<u8>,
    /// How long it may take to stop.
    pub grace: GraceRequest,
    /// Its network.
    pub network: Network,
    /// `userns_mode: host`
    pub userns_host: bool,
    /// Below which cgroup it runs, without slashes at its ends; `None` is Limpet's own.
    pub cgroup_parent: Option<String>,
    /// Each target once.
    pub mounts: Vec<AppMount>,
    /// Device nodes.
    pub devices: Vec<DeviceRequest>,
    /// What it may use.
    pub limits: LimitRequest,
    /// Bounds of its log.
    pub log: LogRequest,
    /// Configs and secrets.
    pub files: Vec<AppFile>,
    /// What it waits for.
    pub depends_on: Vec<Dependency>,
    /// When it is started again.
    pub restart: RestartPolicy,
    /// How its health is found out.
    pub health: HealthOptions,
    /// How its containers are replaced by those of this version. This and the next come last, see [`Workload::revision`].
    pub update: Option<UpdateConfig>,
    /// How this version is put back in place of one that failed.
    pub rollback: Option<UpdateConfig>,
}

/// What is done about an image at the time its container is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pull {
    /// Fetched if the board does not have it.
    #[default]
    Missing,
    /// Fetched if the registry has another one.
    Always,
    /// Never fetched.
    Never,
}

/// Which system call filter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SeccompRequest {
    /// Limpet's default.
    #[default]
    Default,
    /// None.
    Unconfined,
    /// A profile in docker's JSON form.
    Profile(String),
}

/// How long a container may take to stop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum GraceRequest {
    /// The image's, or 10 s.
    #[default]
    OfImage,
    /// This many milliseconds.
    Ms(u32),
}

/// One mount.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppMount {
    /// Absolute path inside, not `/`.
    pub target: String,
    /// What is mounted there.
    pub source: AppMountSource,
    /// Nothing can be written.
    pub read_only: bool,
}

/// What is mounted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AppMountSource {
    /// A path of the board.
    Bind {
        /// Absolute.
        path: String,
        /// A missing directory is made.
        create: bool,
        /// Show the owners that the board sees, also when the container has its own ids.
        id_mapped: bool,
    },
    /// A directory that Limpet keeps.
    Volume {
        /// On this board; `None` makes one for each container alone.
        name: Option<String>,
        /// An empty one is filled with what the image has there.
        copy: bool,
    },
    /// Memory.
    Tmpfs {
        /// `None` leaves the kernel's half of memory.
        size_bytes: Option<u64>,
        /// Permission bits.
        mode: u32,
        /// Programs may be executed from it.
        exec: bool,
        /// Set-user-id programs may.
        suid: bool,
        /// Device nodes may be used.
        dev: bool,
    },
}

/// A device of the board.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceRequest {
    /// Path on the board.
    pub source: String,
    /// Path inside.
    pub target: String,
    /// What it may do.
    pub access: DeviceAccess,
}

/// What a container may use; the defaults stand for "not given".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitRequest {
    /// Hard ceiling.
    pub memory: Memory,
    /// Soft limit.
    pub memory_reservation_bytes: Option<u64>,
    /// Memory and swap together.
    pub swap: Swap,
    /// Thousandths of a CPU.
    pub cpu_millis: Option<u32>,
    /// Relative weight, 2 to 262144.
    pub cpu_shares: Option<u32>,
    /// The kernel's list form.
    pub cpuset_cpus: Option<String>,
    /// Tasks.
    pub pids: Pids,
    /// Rates of block devices.
    pub throttles: Vec<ThrottleRequest>,
}

/// A bound on a block device that is named by its path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThrottleRequest {
    /// What is bounded.
    pub kind: ThrottleKind,
    /// The device's path.
    pub path: String,
    /// Bytes or operations per second, at least 1.
    pub rate: u64,
}

/// Bounds of a log; `None` takes the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogRequest {
    /// Largest size of one file.
    pub file_bytes_max: Option<u64>,
    /// Files kept.
    pub files_max: Option<u16>,
    /// On disk rather than in memory.
    pub disk: Option<bool>,
    /// How fast it may grow.
    pub rate: Option<LogRate>,
}

impl LogRequest {
    /// What holds.
    #[must_use]
    pub fn limits(self) -> LogLimits {
        let default = LogLimits::default();
        let (storage, rate) = match self.disk {
            Some(true) => (LogStorage::Disk, LogRate::OF_DISK),
            Some(false) | None => (LogStorage::Ram, LogRate::Unlimited),
        };
        LogLimits {
            file_bytes_max: self.file_bytes_max.unwrap_or(default.file_bytes_max),
            files_max: self.files_max.unwrap_or(default.files_max),
            storage,
            rate: self.rate.unwrap_or(rate),
        }
    }
}

/// A config or a secret: a file of memory inside.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppFile {
    /// Absolute path inside.
    pub target: String,
    /// Owner inside.
    pub uid: u32,
    /// Group inside.
    pub gid: u32,
    /// Permission bits.
    pub mode: u32,
    /// Never shown to anybody but root.
    pub secret: bool,
    /// What it holds.
    pub contents: Vec<u8>,
}

/// What a workload waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dependency {
    /// Name of the other service.
    pub service: String,
    /// What it must have come to.
    pub condition: Condition,
    /// Without it, this one is not started.
    pub required: bool,
    /// This one is restarted when the other is replaced or restarted by a person.
    pub restart: bool,
}

/// What a dependency must have come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Condition {
    /// `service_started`
    #[default]
    Started,
    /// `service_healthy`
    Healthy,
    /// `service_completed_successfully`
    Completed,
}

impl Dependency {
    /// It is not met by something that nobody watches.
    #[must_use]
    pub fn needs_health(&self) -> bool {
        self.required && self.condition == Condition::Healthy
    }
}

impl App {
    /// The bytes that the ledger and the control socket carry.
    ///
    /// # Errors
    /// [`InvalidApp::TooLarge`] above [`APP_BYTES_MAX`].
    pub fn encode(&self) -> Result<Vec<u8>, InvalidApp> {
        match postcard::to_allocvec(self) {
            Ok(bytes) if bytes.len() <= APP_BYTES_MAX => Ok(bytes),
            // postcard has a form for everything in here, so that only memory could fail.
            Ok(_) | Err(_) => Err(InvalidApp::TooLarge),
        }
    }

    /// The app of these bytes, held to [`App::validate`].
    ///
    /// # Errors
    /// Too many bytes, bytes that are no app, an app that breaks a rule.
    pub fn decode(bytes: &[u8]) -> Result<Self, InvalidApp> {
        if bytes.len() > APP_BYTES_MAX {
            return Err(InvalidApp::TooLarge);
        }
        let app: Self = postcard::from_bytes(bytes).map_err(|_| InvalidApp::Undecodable)?;
        app.validate()?;
        Ok(app)
    }

    /// Name of the container of a replica (from 1) of one of its workloads.
    #[must_use]
    pub fn container_name(&self, workload: &Workload, replica: u16) -> String {
        match &workload.container_name {
            Some(name) => name.clone(),
            None => alloc::format!("{}-{}-{replica}", self.name, workload.service),
        }
    }

    /// The same for one that is made while another still has that name.
    #[must_use]
    pub fn name_beside(&self, workload: &Workload, replica: u16) -> String {
        self.container_name(workload, replica) + BESIDE
    }

    /// Takes over from a version before what the names of images mean, where this version does not know it.
    pub fn keep_images_of(&mut self, before: &Self) {
        for workload in self.workloads.iter_mut().filter(|workload| workload.image_id.is_none()) {
            let same = before
                .workload(&workload.service)
                .filter(|other| (&other.image, &other.platform) == (&workload.image, &workload.platform));
            workload.image_id = same.and_then(|other| other.image_id.clone());
        }
    }

    /// The workload of that name.
    #[must_use]
    pub fn workload(&self, service: &str) -> Option<&Workload> {
        self.workloads.iter().find(|workload| workload.service == service)
    }
}

impl Workload {
    /// One container of this image, with nothing asked for.
    #[must_use]
    pub fn new(service: &str, image: &str) -> Self {
        Self {
            service: service.to_owned(),
            replicas: 1,
            container_name: None,
            image: image.to_owned(),
            pull: Pull::Missing,
            image_id: None,
            platform: None,
            entrypoint: None,
            command: None,
            environment: Vec::new(),
            labels: Vec::new(),
            user: None,
            groups: Vec::new(),
            working_dir: None,
            hostname: None,
            init: false,
            tty: false,
            stdin_open: false,
            read_only: false,
            privileged: false,
            cap_add: Vec::new(),
            cap_drop: Vec::new(),
            no_new_privileges: false,
            seccomp: SeccompRequest::Default,
            sysctls: Vec::new(),
            rlimits: Vec::new(),
            oom_score_adj: None,
            shm_bytes: None,
            stop_signal: None,
            grace: GraceRequest::OfImage,
            network: Network::None,
            userns_host: false,
            cgroup_parent: None,
            mounts: Vec::new(),
            devices: Vec::new(),
            limits: LimitRequest::default(),
            log: LogRequest::default(),
            files: Vec::new(),
            depends_on: Vec::new(),
            restart: RestartPolicy::default(),
            health: HealthOptions::default(),
            update: None,
            rollback: None,
        }
    }

    /// A number that differs when anything differs that a container is made from. The number of replicas, and what a
    /// workload waits for, and how it is replaced, may change without a new container.
    ///
    /// FNV-1a (64 bits) over the postcard form: it tells versions apart, it keeps no attacker out.
    #[must_use]
    pub fn revision(&self) -> u64 {
        let made_of =
            Self { replicas: 1, depends_on: Vec::new(), update: None, rollback: None, ..self.clone() };
        // postcard has a form for everything in here.
        let bytes = postcard::to_allocvec(&made_of).unwrap_or_default();
        // The last two, a byte each, are left out: without them it is the number that it was before there were any.
        crate::record::fnv1a(&bytes[..bytes.len().saturating_sub(2)])
    }
}

/// What a secret holds appears in no log.
impl core::fmt::Debug for AppFile {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("AppFile")
            .field("target", &self.target)
            .field("secret", &self.secret)
            .field("bytes", &self.contents.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
