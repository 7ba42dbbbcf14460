//! What a new container is to be: from typed options and an image's configuration to its whole record.
//!
//! In: [`ContainerOptions`], what was read of the system for them ([`Materials`]), and the kernel's features. Out: a
//! [`Container`], or a line that names the option. Pure: everything that had to be looked up is in the materials.

mod health;
mod standard;
#[cfg(test)]
mod tests;

use crate::cli::options::{ContainerOptions, LimitOptions};
use crate::cli::value::time::Grace;
use crate::cli::value::{mount::MountSource, mount::MountSpec, signal};
use limpet_protocol::container::{Container, ImageUse};
use limpet_protocol::id::ContainerId;
use limpet_protocol::keeper::{Keep, Stop};
use limpet_protocol::launch::{
    Device, FileContents, LAYERS_MAX, Launch, MOUNTS_MAX, Mount, MountFlags, MountKind, Network, Process,
    Root, RootFile, STRINGS_BYTES_MAX, STRINGS_MAX, Seccomp, UserNamespace, WindowSize,
};
use limpet_protocol::limits::{Limits, Throttle};
use limpet_runner::features::Features;
use limpet_runner::{capabilities, seccomp};
use limpet_store::config::ImageConfig;

/// docker's stop signal where neither the user nor the image names one.
const SIGTERM: u8 = 15;
/// docker's grace period.
const GRACE_MS: u32 = 10_000;

/// What was looked up for the options.
pub struct Materials {
    /// The new id.
    pub id: ContainerId,
    /// The new name.
    pub name: String,
    /// Wall clock, nanoseconds since 1970.
    pub now_ns: u64,
    /// Where it will live: `ROOT/containers/ID` and `STATE/containers/ID`.
    pub directory: String,
    /// See [`Materials::directory`].
    pub state: String,
    /// The image.
    pub image: ImageMaterials,
    /// Variables of files, flags and the caller, merged: `NAME=value`, or a bare `NAME` to take one away.
    pub environment: Vec<crate::cli::environment::Variable>,
    /// Labels of files and flags.
    pub labels: Vec<(String, String)>,
    /// Host directory of each mount of the options, in their order; empty for a tmpfs.
    pub sources: Vec<String>,
    /// The devices of the options, with their numbers.
    pub devices: Vec<Device>,
    /// The throttles of the options, with the numbers of their devices.
    pub throttles: Vec<Throttle>,
    /// The user's own seccomp profile.
    pub profile: Option<Vec<u8>>,
    /// The board's host name.
    pub board: String,
    /// Size of the user's terminal.
    pub window: Option<WindowSize>,
    /// The kernel's highest capability.
    pub last_capability: u8,
}

/// What an image brings.
pub struct ImageMaterials {
    /// As typed, and its id.
    pub image: ImageUse,
    /// What it says of itself.
    pub config: ImageConfig,
    /// Its layers, the topmost first.
    pub layers: Vec<String>,
    /// Host directories of the volumes that it declares and no option covers: target and source.
    pub volumes: Vec<(String, String)>,
}

/// Why the options do not make a container.
#[derive(Debug, thiserror::Error)]
pub enum MakeError {
    /// Neither says what to run.
    #[error("image {0} names no command, and none was given; write one after the image")]
    NoCommand(String),
    /// Too much of something.
    #[error("{what}: {count} are more than the {max} that a container may have")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How much.
        count: usize,
        /// How much may be.
        max: usize,
    },
    /// The image's stop signal.
    #[error("image's stop signal {0} is no signal; give one with --stop-signal")]
    StopSignal(String),
    /// The image's health check.
    #[error(
        "image's health check is not valid: {0}; turn it off with --no-healthcheck, or give --health-cmd"
    )]
    Health(&'static str),
    /// Something waits for it to be healthy, and nobody would ever say so.
    #[error(
        "service {service} has no health check, neither in the file nor in image {image}, and {waits} waits for it \
         to be healthy; give {service} a healthcheck, or write condition: service_started"
    )]
    Unwatched {
        /// Which.
        service: String,
        /// As typed.
        image: String,
        /// A service that depends on it.
        waits: String,
    },
    /// A capability that this kernel lacks.
    #[error(transparent)]
    Capability(#[from] capabilities::CapabilityError),
    /// The seccomp profile.
    #[error("--security-opt seccomp={path}")]
    Profile {
        /// Where it was read.
        path: String,
        /// What is wrong with it.
        source: seccomp::ProfileError,
    },
    /// Two options that contradict each other.
    #[error("{0}")]
    Conflict(&'static str),
}

/// The whole record of the new container.
///
/// # Errors
/// See [`MakeError`].
pub fn make(
    options: &ContainerOptions,
    materials: Materials,
    features: &Features,
) -> Result<Container, MakeError> {
    let stop = stop(options, &materials.image.config)?;
    let entrypoint_args = entrypoint_args(options, &materials.image.config);
    let launch = launch(options, &materials, features)?;
    check_counts(&launch)?;
    let health = options.health.over(health::of_image(&materials.image.config)?.as_ref());
    if let (None, Some(waits)) = (&health, &options.health_for) {
        return Err(MakeError::Unwatched {
            service: options.member.as_ref().map(|member| member.service.clone()).unwrap_or_default(),
            image: materials.image.image.reference,
            waits: waits.clone(),
        });
    }
    let mut labels = materials.image.config.labels;
    for (name, value) in materials.labels {
        labels.retain(|(existing, _)| *existing != name);
        labels.push((name, value));
    }
    let keep = Keep {
        launch,
        stop,
        log: options.log.limits(),
        remove: options.remove,
        directory: materials.directory,
        state: materials.state,
    };
    Ok(Container {
        name: materials.name,
        image: Some(materials.image.image),
        created_ns: materials.now_ns,
        labels,
        keep,
        entrypoint_args,
        restart: options.restart,
        health,
        member: options.member.clone(),
    })
}

fn launch(
    options: &ContainerOptions,
    materials: &Materials,
    features: &Features,
) -> Result<Launch, MakeError> {
    let network = options.network.unwrap_or(Network::None);
    let hostname = hostname(options, materials, network);
    let shown = |paths: &[&str]| -> Vec<String> {
        if options.privileged { Vec::new() } else { paths.iter().map(|path| (*path).to_owned()).collect() }
    };
    Ok(Launch {
        id: materials.id.clone(),
        root: Root::Overlay {
            lower: materials.image.layers.clone(),
            upper: format!("{}/upper", materials.directory),
            work: format!("{}/work", materials.directory),
        },
        root_readonly: options.root_readonly,
        process: process(options, materials, &hostname, features)?,
        files: files(options, &hostname, network),
        hostname: Some(hostname),
        network,
        user_namespace: user_namespace(options, network, features),
        cgroup_namespace: true,
        mounts: mounts(options, materials),
        devices: materials.devices.clone(),
        all_devices: options.privileged,
        masked_paths: shown(standard::MASKED_PATHS),
        readonly_paths: shown(standard::READONLY_PATHS),
        sysctls: sysctls(options, network),
        init: options.init,
        limits: limits(&options.limits, materials.throttles.clone()),
        cgroup: cgroup(options.cgroup_parent.as_deref(), &materials.id),
    })
}

/// The board's network belongs to the board's root: who shares it keeps the board's ids, so that `--network host`
/// can do what it does under docker (ports below 1024).
fn user_namespace(options: &ContainerOptions, network: Network, features: &Features) -> UserNamespace {
    let host = options.userns_host || options.privileged || network == Network::Host;
    if host || !features.id_mapped_overlay { UserNamespace::Host } else { UserNamespace::Own }
}

fn hostname(options: &ContainerOptions, materials: &Materials, network: Network) -> String {
    match (&options.hostname, network) {
        (Some(name), _) => name.clone(),
        (None, Network::Host) => materials.board.clone(),
        (None, Network::None) => materials.id.short().to_owned(),
    }
}

fn process(
    options: &ContainerOptions,
    materials: &Materials,
    hostname: &str,
    features: &Features,
) -> Result<Process, MakeError> {
    let config = &materials.image.config;
    let bounding = bounding_set(options, materials.last_capability)?;
    let cwd = options.workdir.clone().unwrap_or_else(|| config.working_dir.clone());
    Ok(Process {
        args: command(options, config, &materials.image.image.reference)?,
        env: environment(options, materials, hostname),
        cwd: if cwd.is_empty() { "/".to_owned() } else { cwd },
        user: options.user.clone().unwrap_or_else(|| config.user.clone()),
        groups: options.groups.clone(),
        terminal: options.tty.then(|| materials.window.unwrap_or(WindowSize { rows: 24, columns: 80 })),
        stdin_open: options.interactive,
        capabilities: capabilities::sets(bounding, true),
        no_new_privileges: options.no_new_privileges,
        rlimits: options.rlimits.clone(),
        oom_score_adj: options.oom_score_adj,
        umask: options.umask,
        seccomp: filter(options, materials.profile.as_deref(), bounding, features)?,
    })
}

fn bounding_set(options: &ContainerOptions, last: u8) -> Result<u64, MakeError> {
    let rules = &options.capabilities;
    Ok(capabilities::resolve(options.privileged, &rules.add, &rules.drop, last)?)
}

fn filter(
    options: &ContainerOptions,
    profile: Option<&[u8]>,
    bounding: u64,
    features: &Features,
) -> Result<Seccomp, MakeError> {
    use crate::cli::value::security::SeccompChoice;
    let compile = |path: &str, profile: &[u8]| {
        let filter = seccomp::from_json(profile, bounding, features.kernel);
        filter.map(Seccomp::Filter).map_err(|source| MakeError::Profile { path: path.to_owned(), source })
    };
    Ok(match (&options.seccomp, profile) {
        (SeccompChoice::Unconfined, _) => Seccomp::Unconfined,
        (SeccompChoice::Profile(path), Some(profile)) => compile(path, profile)?,
        _ if options.privileged => Seccomp::Unconfined,
        _ => Seccomp::Filter(seccomp::default_filter(bounding, features.kernel)),
    })
}

/// How many of the arguments that [`command`] gives are the entrypoint's. Counts are checked later.
fn entrypoint_args(options: &ContainerOptions, config: &ImageConfig) -> u16 {
    let count = match &options.entrypoint {
        Some(entrypoint) => usize::from(!entrypoint.is_empty()),
        None => config.entrypoint.as_ref().map_or(0, Vec::len),
    };
    u16::try_from(count).unwrap_or(u16::MAX)
}

/// docker's rules: an entrypoint of the user's own forgets the image's command.
fn command(options: &ContainerOptions, config: &ImageConfig, image: &str) -> Result<Vec<String>, MakeError> {
    let given = (!options.command.is_empty()).then(|| options.command.clone());
    let (mut args, cmd) = match &options.entrypoint {
        Some(entrypoint) => (entrypoint.clone(), given),
        None => (config.entrypoint.clone().unwrap_or_default(), given.or_else(|| config.cmd.clone())),
    };
    args.extend(cmd.unwrap_or_default());
    if args.is_empty() { Err(MakeError::NoCommand(image.to_owned())) } else { Ok(args) }
}

fn environment(options: &ContainerOptions, materials: &Materials, hostname: &str) -> Vec<String> {
    let mut base =
        vec![format!("PATH={}", limpet_runner::process::DEFAULT_PATH), format!("HOSTNAME={hostname}")];
    if options.tty {
        base.push("TERM=xterm".to_owned());
    }
    for entry in &materials.image.config.env {
        let name = entry.split('=').next().unwrap_or(entry);
        base.retain(|existing| existing.split('=').next() != Some(name));
        base.push(entry.clone());
    }
    crate::cli::environment::merge(&base, &materials.environment)
}

fn mounts(options: &ContainerOptions, materials: &Materials) -> Vec<Mount> {
    let covered = |target: &str| options.mounts.iter().any(|mount| mount.target == target);
    let mut mounts: Vec<Mount> = standard::mounts(options.shm_bytes, options.privileged);
    mounts.retain(|mount| !covered(&mount.target));
    for (target, source) in &materials.image.volumes {
        mounts.push(bind(target, source, true, false));
    }
    mounts.extend(options.mounts.iter().zip(&materials.sources).map(|(spec, source)| mount(spec, source)));
    // A mount below another must come after it.
    mounts.sort_by_key(|mount| mount.target.matches('/').count());
    mounts
}

fn mount(spec: &MountSpec, source: &str) -> Mount {
    match &spec.source {
        MountSource::Bind { id_mapped, .. } => bind(&spec.target, source, *id_mapped, spec.readonly),
        MountSource::Volume { .. } => bind(&spec.target, source, true, spec.readonly),
        MountSource::Tmpfs { size_bytes, mode, exec, suid, dev } => Mount {
            target: spec.target.clone(),
            kind: MountKind::Tmpfs { size_bytes: *size_bytes, mode: *mode },
            flags: MountFlags { readonly: spec.readonly, nosuid: !suid, nodev: !dev, noexec: !exec },
        },
    }
}

fn bind(target: &str, source: &str, id_mapped: bool, readonly: bool) -> Mount {
    Mount {
        target: target.to_owned(),
        kind: MountKind::Bind { source: source.to_owned(), recursive: true, id_mapped },
        flags: MountFlags { readonly, ..MountFlags::default() },
    }
}

/// In a network namespace of its own a container may use every port and ping, whoever it is, as under docker.
fn sysctls(options: &ContainerOptions, network: Network) -> Vec<(String, String)> {
    let mut sysctls = Vec::new();
    if network == Network::None {
        let given = |name: &str| options.sysctls.iter().any(|(given, _)| given == name);
        let defaults = standard::SYSCTLS.iter().filter(|(name, _)| !given(name));
        sysctls.extend(defaults.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    }
    sysctls.extend(options.sysctls.iter().cloned());
    sysctls
}

fn cgroup(parent: Option<&str>, id: &ContainerId) -> String {
    format!("{}/{id}", parent.unwrap_or(standard::CGROUP_PARENT))
}

/// The cgroup of a container that was given no parent for it.
#[must_use]
pub fn default_cgroup(id: &ContainerId) -> String {
    cgroup(None, id)
}

/// The limits of a new container.
#[must_use]
pub fn limits(options: &LimitOptions, throttles: Vec<Throttle>) -> Limits {
    let mut limits = Limits::default();
    options.apply(&mut limits, throttles);
    limits
}

fn stop(options: &ContainerOptions, config: &ImageConfig) -> Result<Stop, MakeError> {
    let signal = match options.stop_signal {
        Some(signal) => signal,
        None if config.stop_signal.is_empty() => SIGTERM,
        None => signal::parse(&config.stop_signal)
            .map_err(|_| MakeError::StopSignal(config.stop_signal.clone()))?,
    };
    let image_ms = config.stop_timeout_s.and_then(|seconds| u32::try_from(seconds.saturating_mul(1000)).ok());
    let grace_ms = match options.grace {
        Some(Grace::Ms(ms)) => Some(ms),
        Some(Grace::Forever) => None,
        None => Some(image_ms.unwrap_or(GRACE_MS)),
    };
    Ok(Stop { signal, grace_ms })
}

/// The files by which a container knows names. Who shares the board's network shares its names.
fn files(options: &ContainerOptions, hostname: &str, network: Network) -> Vec<RootFile> {
    let covered = |path: &str| options.mounts.iter().any(|mount| mount.target == path);
    let hosts = format!("127.0.0.1\tlocalhost {hostname}\n::1\tlocalhost ip6-localhost ip6-loopback\n");
    let own = |text: &str| match network {
        Network::Host => FileContents::OfBoard,
        Network::None => FileContents::Text(text.to_owned()),
    };
    let files = [
        ("hostname", FileContents::Text(format!("{hostname}\n"))),
        ("hosts", own(&hosts)),
        ("resolv.conf", own("")),
    ];
    let files = files.map(|(name, contents)| RootFile { path: format!("/etc/{name}"), contents });
    files.into_iter().filter(|file| !covered(&file.path)).collect()
}

fn check_counts(launch: &Launch) -> Result<(), MakeError> {
    let strings = launch.process.args.iter().chain(&launch.process.env);
    let layers = match &launch.root {
        Root::Overlay { lower, .. } => lower.len(),
        Root::Directory(_) => 0,
    };
    for (what, count, max) in [
        ("mounts", launch.mounts.len(), MOUNTS_MAX),
        ("image layers", layers, LAYERS_MAX),
        ("arguments and environment variables", strings.clone().count(), STRINGS_MAX),
        ("bytes of arguments and environment", strings.map(String::len).sum(), STRINGS_BYTES_MAX),
    ] {
        if count > max {
            return Err(MakeError::TooMany { what, count, max });
        }
    }
    Ok(())
}
