//! What must hold of an app that came from outside, beyond that it decodes.

use super::{
    APP_BYTES_MAX, App, AppMountSource, DEPENDS_MAX, FILES_MAX, LIST_MAX, LOG_FILE_BYTES_MIN, LOG_FILES_MAX,
    NAME_BYTES_MAX, OnFailure, PPM, REPLICAS_MAX, SECCOMP_BYTES_MAX, SeccompRequest, TEXT_BYTES_MAX,
    WORKLOADS_MAX, Workload,
};
use crate::health::{HealthChoice, PATH_BYTES_MAX, Probe};
use crate::launch::{MOUNTS_MAX, STRINGS_BYTES_MAX, STRINGS_MAX};
use crate::limits::THROTTLES_MAX;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// What is wrong with a workload that is in a circle.
pub const CIRCLE: &str = "it depends on itself, by way of others or directly";

/// Why an app is not one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidApp {
    /// More bytes than the ledger and the control socket carry.
    #[error("it has more than {} KiB, configs and secrets included", APP_BYTES_MAX / 1024)]
    TooLarge,
    /// Bytes that are no app of this version.
    #[error("it does not decode")]
    Undecodable,
    /// The name of the app itself.
    #[error("app name {0:?} is not valid; use lower-case letters, digits, - and _, at most {NAME_BYTES_MAX}")]
    Name(String),
    /// Too many workloads.
    #[error("it has more than {WORKLOADS_MAX} services")]
    TooManyWorkloads,
    /// Two workloads of one name.
    #[error("service {0} stands in it twice")]
    Twice(String),
    /// A workload that waits for itself.
    #[error("service {0}: {CIRCLE}")]
    Circle(String),
    /// Something about one workload.
    #[error("service {service}: {what}")]
    Workload {
        /// Which.
        service: String,
        /// What.
        what: &'static str,
    },
}

impl App {
    /// Holds the app to the documented maxima and rules.
    ///
    /// # Errors
    /// The first that is broken.
    pub fn validate(&self) -> Result<(), InvalidApp> {
        if !is_app_name(&self.name) {
            return Err(InvalidApp::Name(self.name.chars().take(NAME_BYTES_MAX).collect()));
        }
        if self.workloads.len() > WORKLOADS_MAX || self.volumes.len() > LIST_MAX {
            return Err(InvalidApp::TooManyWorkloads);
        }
        for (at, workload) in self.workloads.iter().enumerate() {
            if self.workloads[..at].iter().any(|earlier| earlier.service == workload.service) {
                return Err(InvalidApp::Twice(workload.service.clone()));
            }
            let service: String = workload.service.chars().take(NAME_BYTES_MAX).collect();
            check(workload).map_err(|what| InvalidApp::Workload { service, what })?;
        }
        self.dependencies()?;
        match self.volumes.iter().all(|name| is_file_name(name)) {
            true => Ok(()),
            false => {
                Err(InvalidApp::Workload { service: "-".to_string(), what: "a volume's name is not valid" })
            }
        }
    }
}

impl App {
    /// Every required dependency is there, and none waits for itself, by whatever way.
    fn dependencies(&self) -> Result<(), InvalidApp> {
        for workload in &self.workloads {
            let there = |name: &str| self.workload(name).is_some();
            if workload.depends_on.iter().any(|on| on.required && !there(&on.service)) {
                let what = "it depends on a service that is not there";
                return Err(InvalidApp::Workload { service: workload.service.clone(), what });
            }
        }
        match self.circle() {
            Some(service) => Err(InvalidApp::Circle(service.to_string())),
            None => Ok(()),
        }
    }

    /// Puts aside whatever waits for none that is left, again and again; what stays waits in a circle.
    fn circle(&self) -> Option<&str> {
        let mut left: Vec<&Workload> = self.workloads.iter().collect();
        loop {
            let waits = |workload: &&Workload| {
                workload.depends_on.iter().any(|on| left.iter().any(|other| other.service == on.service))
            };
            let rest: Vec<&Workload> = left.iter().copied().filter(waits).collect();
            if rest.len() == left.len() {
                return in_circle(&rest);
            }
            left = rest;
        }
    }
}

/// One of these, all of which wait for another of them, that is in a circle and does not only wait for one: after so many
/// steps along what each waits for, nothing else is reached.
fn in_circle<'a>(waiting: &[&'a Workload]) -> Option<&'a str> {
    let next = |at: &Workload| {
        waiting.iter().copied().find(|other| at.depends_on.iter().any(|on| on.service == other.service))
    };
    let first = waiting.first().copied();
    let reached = waiting.iter().try_fold(first?, |at, _| next(at))?;
    Some(reached.service.as_str())
}

/// Whether it is one of compose's project names, with at most [`NAME_BYTES_MAX`] bytes.
#[must_use]
pub fn is_app_name(name: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    name.len() <= NAME_BYTES_MAX
        && name.bytes().all(inner)
        && name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
}

/// Whether it is one of docker's names of containers, services and volumes, which become names of files and links: at
/// most twice [`NAME_BYTES_MAX`] bytes.
#[must_use]
pub fn is_file_name(name: &str) -> bool {
    let inner = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    !name.is_empty()
        && name.len() <= 2 * NAME_BYTES_MAX
        && name.bytes().all(inner)
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
}

fn check(workload: &Workload) -> Result<(), &'static str> {
    let rule = |holds: bool, what: &'static str| if holds { Ok(()) } else { Err(what) };
    let named = is_file_name(&workload.service) && workload.service.len() <= NAME_BYTES_MAX;
    rule(named, "a service's name has letters, digits, - _ and ., at most 63")?;
    rule(workload.replicas <= REPLICAS_MAX, "it has more than 64 replicas")?;
    if let Some(name) = &workload.container_name {
        rule(is_file_name(name), "container_name is not valid")?;
        rule(workload.replicas <= 1, "container_name needs replicas to be 1, as names differ")?;
    }
    rule(!workload.image.is_empty(), "it names no image")?;
    rule(workload.image_id.as_deref().is_none_or(is_image_id), "the id of its image is not sha256:HEX")?;
    rule(workload.depends_on.len() <= DEPENDS_MAX, "it depends on more than 16 others")?;
    rule(workload.files.len() <= FILES_MAX, "it has more than 64 configs and secrets")?;
    rule(workload.mounts.len() + workload.files.len() <= MOUNTS_MAX, "it has more than 256 mounts")?;
    rule(workload.limits.throttles.len() <= THROTTLES_MAX, "it has more than 16 rates of devices")?;
    rule(workload.limits.throttles.iter().all(|throttle| throttle.rate > 0), "a rate of a device is 0")?;
    rule(lists_are_bounded(workload), "a list in it has more than 1024 entries")?;
    rule(
        texts_are_bounded(workload),
        "a text in it is longer than 64 KiB, or holds a zero byte, or its seccomp profile is over 1 MiB",
    )?;
    rule(strings_are_bounded(workload), "its command and variables are more than 4096 or over 1 MiB")?;
    rule(
        workload.oom_score_adj.is_none_or(|adj| (-1000..=1000).contains(&adj)),
        "oom_score_adj is not -1000 to 1000",
    )?;
    rule(workload.stop_signal.is_none_or(|signal| (1..=64).contains(&signal)), "its stop signal is none")?;
    kernel(workload)?;
    paths(workload)?;
    updates(workload)?;
    health(workload)
}

fn is_image_id(id: &str) -> bool {
    let hex = id.strip_prefix("sha256:").unwrap_or_default();
    hex.len() == 64 && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// What the kernel would refuse.
fn kernel(workload: &Workload) -> Result<(), &'static str> {
    let rule = |holds: bool, what: &'static str| if holds { Ok(()) } else { Err(what) };
    let rlimits = workload.rlimits.iter().all(|limit| limit.resource < 16 && limit.soft <= limit.hard);
    rule(rlimits, "a resource limit is none, or its soft one is above the hard one")?;
    let mode = |mode: u32| mode <= 0o7777;
    let tmpfs = workload.mounts.iter().all(|mount| match &mount.source {
        AppMountSource::Tmpfs { mode: bits, .. } => mode(*bits),
        AppMountSource::Bind { .. } | AppMountSource::Volume { .. } => true,
    });
    rule(tmpfs && workload.files.iter().all(|file| mode(file.mode)), "a mode is above 07777")?;
    let log = &workload.log;
    let holds = log.files_max.is_none_or(|files| files <= LOG_FILES_MAX)
        && log.file_bytes_max.is_none_or(|bytes| bytes >= LOG_FILE_BYTES_MIN);
    rule(holds, "its log has more than 100 files, or files below 4 KiB")
}

fn lists_are_bounded(workload: &Workload) -> bool {
    [
        workload.environment.len(),
        workload.labels.len(),
        workload.groups.len(),
        workload.cap_add.len(),
        workload.cap_drop.len(),
        workload.sysctls.len(),
        workload.rlimits.len(),
        workload.devices.len(),
    ]
    .iter()
    .all(|count| *count <= LIST_MAX)
}

fn texts_are_bounded(workload: &Workload) -> bool {
    let optional = [
        &workload.user,
        &workload.working_dir,
        &workload.hostname,
        &workload.platform,
        &workload.cgroup_parent,
        &workload.limits.cpuset_cpus,
    ];
    if let SeccompRequest::Profile(profile) = &workload.seccomp
        && profile.len() > SECCOMP_BYTES_MAX
    {
        return false;
    }
    let mut texts = optional
        .into_iter()
        .flatten()
        .chain([&workload.image])
        .chain(&workload.groups)
        .chain(workload.cap_add.iter().chain(&workload.cap_drop))
        .chain(workload.labels.iter().chain(&workload.sysctls).flat_map(|(name, value)| [name, value]))
        .chain(workload.devices.iter().flat_map(|device| [&device.source, &device.target]))
        .chain(workload.limits.throttles.iter().map(|throttle| &throttle.path))
        .chain(workload.depends_on.iter().map(|on| &on.service));
    texts.all(|text| text.len() <= TEXT_BYTES_MAX && !text.contains('\0'))
}

fn strings_are_bounded(workload: &Workload) -> bool {
    let words = workload.command.iter().chain(&workload.entrypoint).flatten();
    let variables =
        workload.environment.iter().flat_map(|(name, value)| [Some(name), value.as_ref()]).flatten();
    let (mut count, mut bytes) = (0, 0);
    for text in words.chain(variables) {
        if text.contains('\0') {
            return false;
        }
        (count, bytes) = (count + 1, bytes + text.len());
    }
    count <= 2 * STRINGS_MAX && bytes <= STRINGS_BYTES_MAX
}

fn paths(workload: &Workload) -> Result<(), &'static str> {
    let targets = || {
        let mounts = workload.mounts.iter().map(|mount| &mount.target);
        mounts.chain(workload.files.iter().map(|file| &file.target))
    };
    if !targets().all(|target| is_absolute(target) && target != "/") {
        return Err("a path inside is not absolute");
    }
    if targets().enumerate().any(|(at, target)| targets().take(at).any(|earlier| earlier == target)) {
        return Err("two things are mounted at one path");
    }
    for mount in &workload.mounts {
        match &mount.source {
            AppMountSource::Bind { path, .. } if !is_absolute(path) => {
                return Err("a path of the board is not absolute");
            }
            AppMountSource::Volume { name: Some(name), .. } if !is_file_name(name) => {
                return Err("a volume's name is not valid");
            }
            AppMountSource::Bind { .. } | AppMountSource::Volume { .. } | AppMountSource::Tmpfs { .. } => {}
        }
    }
    match workload.working_dir.as_deref().is_none_or(is_absolute) {
        true => Ok(()),
        false => Err("its working directory is not absolute"),
    }
}

fn is_absolute(path: &str) -> bool {
    path.starts_with('/') && path.len() < 4096 && !path.contains('\0')
}

fn updates(workload: &Workload) -> Result<(), &'static str> {
    let shares = [workload.update, workload.rollback].into_iter().flatten();
    let whole = shares.map(|config| config.failures_max_ppm).all(|ppm| ppm <= PPM);
    let back = workload.rollback.and_then(|config| config.on_failure) != Some(OnFailure::Rollback);
    if whole && back { Ok(()) } else { Err("how it is replaced or put back is not valid") }
}

fn health(workload: &Workload) -> Result<(), &'static str> {
    let HealthChoice::Probe(probe) = &workload.health.choice else { return Ok(()) };
    let holds = match probe {
        Probe::Exec(words) => {
            !words.is_empty()
                && words.len() <= crate::health::ARGUMENTS_MAX
                && words.iter().all(|word| word.len() <= TEXT_BYTES_MAX && !word.contains('\0'))
        }
        Probe::Http { port, path } => {
            *port > 0
                && path.starts_with('/')
                && path.len() <= PATH_BYTES_MAX
                && path.bytes().all(|b| b.is_ascii_graphic())
        }
        Probe::Tcp { port } => *port > 0,
    };
    if holds { Ok(()) } else { Err("its health check is not valid") }
}
