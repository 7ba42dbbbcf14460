//! A workload of an app, as the options of a container: the same as a person would have typed.
//!
//! Nothing of a workload is lost here: it is taken apart field by field, so that a new field is an error until it has
//! its place.

#[cfg(test)]
mod tests;

use crate::cli::environment::EnvRule;
use crate::cli::fetching::PullPolicy;
use crate::cli::options::{ContainerOptions, LimitOptions, Source, ThrottleSpec};
use crate::cli::value::capability::{self, CapabilityRules};
use crate::cli::value::mount::{MountSource, MountSpec};
use crate::cli::value::security::SeccompChoice;
use crate::cli::value::time::Grace;
use crate::cli::value::{Invalid, platform};
use crate::failure::Failure;
use limpet_protocol::app::{
    App, AppFile, AppMount, AppMountSource, GraceRequest, LimitRequest, SeccompRequest, Workload,
};
use limpet_protocol::container::Member;

/// docker compose's labels, which tools look for.
const LABELS: [&str; 3] =
    ["com.docker.compose.project", "com.docker.compose.service", "com.docker.compose.container-number"];

/// The options of a replica. Configs, secrets and a seccomp profile are files in the directory `files`.
///
/// # Errors
/// A value that the command line would refuse, too.
pub(super) fn options(
    app: &App,
    workload: &Workload,
    replica: u16,
    files: &str,
) -> Result<ContainerOptions, Failure> {
    let Workload {
        service,
        replicas: _,
        container_name: _,
        image,
        pull: _,
        image_id: _,
        platform,
        entrypoint,
        command,
        environment,
        labels,
        user,
        groups,
        working_dir,
        hostname,
        init,
        tty,
        stdin_open,
        read_only,
        privileged,
        cap_add,
        cap_drop,
        no_new_privileges,
        seccomp,
        sysctls,
        rlimits,
        oom_score_adj,
        shm_bytes,
        stop_signal,
        grace,
        network,
        userns_host,
        cgroup_parent,
        mounts,
        devices,
        limits,
        log,
        files: embedded,
        depends_on: _,
        restart,
        health,
        update: _,
        rollback: _,
    } = workload;
    let named = |what: &'static str| {
        move |invalid: Invalid| {
            Failure::new(format!("app {}, service {service}: {what}: {invalid}", app.name))
        }
    };
    Ok(ContainerOptions {
        source: Source::Image(image.clone()),
        command: command.clone().unwrap_or_default(),
        entrypoint: entrypoint.clone(),
        name: Some(app.container_name(workload, replica)),
        hostname: hostname.clone(),
        labels: [labels.clone(), compose_labels(app, service, replica)].concat(),
        label_files: Vec::new(),
        cidfile: None,
        remove: false,
        interactive: *stdin_open,
        tty: *tty,
        attach: None,
        environment: environment.iter().map(variable).collect(),
        env_files: Vec::new(),
        workdir: working_dir.clone(),
        user: user.clone(),
        groups: groups.clone(),
        init: *init,
        stop_signal: *stop_signal,
        grace: match grace {
            GraceRequest::OfImage => None,
            GraceRequest::Ms(ms) => Some(Grace::Ms(*ms)),
        },
        rlimits: rlimits.clone(),
        umask: None,
        mounts: mounts
            .iter()
            .map(mount)
            .chain(embedded.iter().enumerate().map(|(n, file)| embed(n, file, files)))
            .collect(),
        root_readonly: *read_only,
        shm_bytes: *shm_bytes,
        devices: devices.clone(),
        // Whoever carries this out waits for nobody: images are fetched before.
        pull: PullPolicy::Never,
        pull_quiet: true,
        platform: platform.as_deref().map(platform::parse).transpose().map_err(named("platform"))?,
        network: Some(*network),
        userns_host: *userns_host,
        privileged: *privileged,
        capabilities: CapabilityRules {
            add: capabilities(cap_add).map_err(named("cap_add"))?,
            drop: capabilities(cap_drop).map_err(named("cap_drop"))?,
        },
        no_new_privileges: *no_new_privileges,
        seccomp: match seccomp {
            SeccompRequest::Default => SeccompChoice::Default,
            SeccompRequest::Unconfined => SeccompChoice::Unconfined,
            SeccompRequest::Profile(_) => SeccompChoice::Profile(format!("{files}/{SECCOMP_FILE}")),
        },
        sysctls: sysctls.clone(),
        oom_score_adj: *oom_score_adj,
        cgroup_parent: cgroup_parent.clone(),
        log: *log,
        limits: limit_options(limits),
        restart: *restart,
        health: health.clone(),
        health_for: waiting_for(app, service),
        member: Some(Member {
            app: app.name.clone(),
            service: service.clone(),
            replica,
            revision: workload.revision(),
        }),
    })
}

/// A service that waits for this one to be healthy.
fn waiting_for(app: &App, service: &str) -> Option<String> {
    let waits = |workload: &&Workload| {
        workload.depends_on.iter().any(|on| on.needs_health() && on.service == service)
    };
    app.workloads.iter().find(waits).map(|workload| workload.service.clone())
}

/// Name of a workload's own seccomp profile among its files.
pub(super) const SECCOMP_FILE: &str = "seccomp.json";

fn compose_labels(app: &App, service: &str, replica: u16) -> Vec<(String, String)> {
    let values = [app.name.clone(), service.to_owned(), replica.to_string()];
    LABELS.iter().map(|label| (*label).to_owned()).zip(values).collect()
}

/// The process that makes the container has no variables of its own, so a name without a value takes the image's away.
fn variable((name, value): &(String, Option<String>)) -> EnvRule {
    match value {
        Some(value) => EnvRule::Set(name.clone(), value.clone()),
        None => EnvRule::Copy(name.clone()),
    }
}

fn capabilities(names: &[String]) -> Result<Vec<String>, Invalid> {
    names.iter().map(|name| capability::parse(name)).collect()
}

fn mount(mount: &AppMount) -> MountSpec {
    let source = match &mount.source {
        AppMountSource::Bind { path, create, id_mapped } => {
            MountSource::Bind { path: path.clone(), create: *create, id_mapped: *id_mapped, relabel: false }
        }
        AppMountSource::Volume { name, copy } => MountSource::Volume { name: name.clone(), copy: *copy },
        AppMountSource::Tmpfs { size_bytes, mode, exec, suid, dev } => {
            MountSource::Tmpfs { size_bytes: *size_bytes, mode: *mode, exec: *exec, suid: *suid, dev: *dev }
        }
    };
    MountSpec { target: mount.target.clone(), source, readonly: mount.read_only }
}

/// The number of a config or secret among the workload's files is its name.
fn embed(number: usize, file: &AppFile, files: &str) -> MountSpec {
    let path = format!("{files}/{number}");
    let source = MountSource::Bind { path, create: false, id_mapped: true, relabel: false };
    MountSpec { target: file.target.clone(), source, readonly: true }
}

fn limit_options(limits: &LimitRequest) -> LimitOptions {
    let LimitRequest {
        memory,
        memory_reservation_bytes,
        swap,
        cpu_millis,
        cpu_shares,
        cpuset_cpus,
        pids,
        throttles,
    } = limits;
    let throttle = |throttle: &limpet_protocol::app::ThrottleRequest| ThrottleSpec {
        kind: throttle.kind,
        path: throttle.path.clone(),
        rate: throttle.rate,
    };
    LimitOptions {
        memory: *memory,
        memory_reservation_bytes: *memory_reservation_bytes,
        swap: *swap,
        cpu_millis: *cpu_millis,
        cpu_shares: *cpu_shares,
        cpuset_cpus: cpuset_cpus.clone(),
        cpuset_mems: None,
        pids: *pids,
        throttles: throttles.iter().map(throttle).collect(),
    }
}
