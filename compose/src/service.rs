//! One service: the table of its fields, and what they come to together.

mod depends;
mod deploy;
mod environment;
mod grants;
mod health;
mod isolation;
mod logging;
mod mounts;
mod ours;
mod process;
mod refused;
mod resources;
mod update;

use crate::fields::{self, Fields};
use crate::node::{Entry, Node};
use crate::problem::{At, Fault, Outcome};
use crate::scope::Scope;
use limpet_protocol::app::{App, Dependency, REPLICAS_MAX, Workload};
use limpet_protocol::health::HealthChoice;
use limpet_protocol::launch::Network;
use limpet_protocol::restart::RestartPolicy;
use limpet_protocol::words::text;

/// A service while its fields are read.
pub(crate) struct Draft {
    pub(crate) workload: Workload,
    /// Its name in the file.
    pub(crate) at: At,
    /// From `env_file`; `environment` comes over it.
    file_environment: environment::List,
    environment: environment::List,
    file_labels: Vec<(String, String)>,
    /// What is wrong with an image that is there has been said.
    has_image: bool,
    network: Option<Network>,
    resources: resources::Given,
    deploy: deploy::Given,
    /// From `container_name`, for the message that two have it.
    pub(crate) name_at: At,
    /// Where each dependency stands.
    pub(crate) depends_at: Vec<At>,
}

const FIELDS: Fields<Draft> = Fields {
    known: &[
        ("image", process::image),
        ("command", process::command),
        ("entrypoint", process::entrypoint),
        ("environment", environment::environment),
        ("env_file", environment::env_file),
        ("labels", environment::labels),
        ("label_file", environment::label_file),
        ("user", process::user),
        ("group_add", process::group_add),
        ("working_dir", process::working_dir),
        ("hostname", process::hostname),
        ("init", |draft, node, _| set(&mut draft.workload.init, node.boolean())),
        ("tty", |draft, node, _| set(&mut draft.workload.tty, node.boolean())),
        ("stdin_open", |draft, node, _| set(&mut draft.workload.stdin_open, node.boolean())),
        ("stop_signal", process::stop_signal),
        ("stop_grace_period", process::stop_grace_period),
        ("platform", process::platform),
        ("pull_policy", process::pull_policy),
        ("container_name", container_name),
        ("scale", |draft, node, _| set(&mut draft.resources.scale, replicas(node).map(Some))),
        ("restart", restart),
        ("deploy", deploy::deploy),
        ("depends_on", depends::depends_on),
        ("healthcheck", health::healthcheck),
        ("logging", logging::logging),
        ("volumes", mounts::volumes),
        ("tmpfs", mounts::tmpfs),
        ("devices", isolation::devices),
        ("configs", grants::configs),
        ("secrets", grants::secrets),
        ("network_mode", isolation::network_mode),
        ("userns_mode", isolation::userns_mode),
        ("cgroup", isolation::cgroup),
        ("cgroup_parent", isolation::cgroup_parent),
        ("ipc", isolation::ipc),
        ("privileged", |draft, node, _| set(&mut draft.workload.privileged, node.boolean())),
        ("read_only", |draft, node, _| set(&mut draft.workload.read_only, node.boolean())),
        ("cap_add", isolation::cap_add),
        ("cap_drop", isolation::cap_drop),
        ("security_opt", isolation::security_opt),
        ("sysctls", isolation::sysctls),
        ("ulimits", isolation::ulimits),
        ("shm_size", resources::shm_size),
        ("oom_score_adj", resources::oom_score_adj),
        ("mem_limit", resources::mem_limit),
        ("mem_reservation", resources::mem_reservation),
        ("memswap_limit", resources::memswap_limit),
        ("cpus", resources::cpus),
        ("cpu_shares", resources::cpu_shares),
        ("cpu_period", |draft, node, _| set(&mut draft.resources.period, node.whole(1_000_000).map(Some))),
        ("cpu_quota", resources::cpu_quota),
        ("cpuset", resources::cpuset),
        ("pids_limit", resources::pids_limit),
        ("blkio_config", resources::blkio_config),
        // Both have been seen to by whoever chose and extended services.
        ("profiles", |_, _, _| Ok(())),
        ("extends", |_, _, _| Ok(())),
        ("x-limpet", ours::ours),
    ],
    refused: refused::FIELDS,
};

/// The service of this entry, with what is wrong in the report.
pub(crate) fn read(entry: &Entry, scope: &mut Scope<'_, '_, '_>) -> Draft {
    let mut draft = Draft {
        workload: Workload::new(&entry.key, ""),
        at: entry.at,
        file_environment: environment::List::default(),
        environment: environment::List::default(),
        file_labels: Vec::new(),
        has_image: false,
        network: None,
        resources: resources::Given::default(),
        deploy: deploy::Given::default(),
        name_at: entry.at,
        depends_at: Vec::new(),
    };
    fields::read(&mut draft, &entry.value, &FIELDS, scope);
    for step in
        [finish_image, finish_network, environment::finish, resources::finish, deploy::finish, mounts::finish]
    {
        let outcome = step(&mut draft, scope);
        scope.report().check(outcome);
    }
    draft
}

/// On which boards it runs, if it says so.
pub(crate) fn placement(draft: &mut Draft) -> Option<(String, Vec<String>)> {
    let constraints = std::mem::take(&mut draft.deploy.constraints);
    let service = draft.workload.service.clone();
    (!constraints.is_empty()).then_some((service, constraints))
}

fn finish_image(draft: &mut Draft, _: &mut Scope<'_, '_, '_>) -> Outcome {
    match draft.has_image {
        true => Ok(()),
        false => Err(draft.at.fault("names no image; write image: NAME")),
    }
}

fn finish_network(draft: &mut Draft, scope: &mut Scope<'_, '_, '_>) -> Outcome {
    draft.workload.network = draft.network.unwrap_or(Network::None);
    if draft.network.is_none() {
        let remark = "says no network_mode and gets none: a loopback and nothing else; write network_mode: host for \
                      the board's network, or none to silence this";
        scope.report().remark_together(&draft.at.fault(remark));
    }
    let net = draft.workload.sysctls.iter().find(|(name, _)| name.starts_with("net."));
    match (net, draft.workload.network) {
        (Some((name, _)), Network::Host) => Err(draft.at.fault(format!(
            "the sysctl {name} would change the board, whose network network_mode: host shares; leave it out"
        ))),
        (Some(_), Network::None) | (None, _) => Ok(()),
    }
}

fn container_name(draft: &mut Draft, node: &Node, _: &mut Scope<'_, '_, '_>) -> Outcome {
    let name = text::name(node.text()?).map_err(|why| node.at.invalid(&why))?;
    draft.workload.container_name = Some(name);
    draft.name_at = node.at;
    Ok(())
}

fn restart(draft: &mut Draft, node: &Node, _: &mut Scope<'_, '_, '_>) -> Outcome {
    let letters = node.letters().ok_or_else(|| node.wanted("text"))?;
    let policy = RestartPolicy::parse(letters).map_err(|why| node.fault(why.to_string()))?;
    set(&mut draft.workload.restart, Ok(policy))
}

fn replicas(node: &Node) -> Result<u16, Fault> {
    let count = node.whole(u64::from(REPLICAS_MAX))?;
    Ok(u16::try_from(count).unwrap_or(REPLICAS_MAX))
}

/// Puts a value in its place, if it could be read.
fn set<T>(place: &mut T, value: Result<T, Fault>) -> Outcome {
    *place = value?;
    Ok(())
}

/// Lets every dependency be on a service of the app: one that is not needed and not there is left out.
pub(crate) fn resolve_dependencies(drafts: &mut [Draft], all: &Node, scope: &mut Scope<'_, '_, '_>) {
    let active: Vec<String> = drafts.iter().map(|draft| draft.workload.service.clone()).collect();
    let unwatched = |draft: &&Draft| draft.workload.health.choice == HealthChoice::Disabled;
    let unwatched: Vec<String> =
        drafts.iter().filter(unwatched).map(|draft| draft.workload.service.clone()).collect();
    for draft in drafts {
        let places = std::mem::take(&mut draft.depends_at);
        let depends = std::mem::take(&mut draft.workload.depends_on);
        for (dependency, at) in depends.into_iter().zip(places) {
            if active.contains(&dependency.service) {
                if dependency.needs_health() && unwatched.contains(&dependency.service) {
                    scope.report().enter(&draft.workload.service);
                    scope.report().add(&never_healthy(&dependency, at));
                    scope.report().leave();
                }
                draft.workload.depends_on.push(dependency);
            } else if dependency.required {
                scope.report().enter(&draft.workload.service);
                scope.report().add(&absent(&dependency, all, at));
                scope.report().leave();
            }
        }
    }
}

/// What nobody watches would count as healthy at once. Whether an image has a check is known when it is there.
fn never_healthy(dependency: &Dependency, at: At) -> Fault {
    let service = crate::problem::quoted(&dependency.service);
    at.fault(format!(
        "waits for {service} to be healthy, which turns its health check off; write condition: service_started, or \
         give {service} a healthcheck"
    ))
}

fn absent(dependency: &Dependency, all: &Node, at: At) -> Fault {
    let service = crate::problem::quoted(&dependency.service);
    match all.get(&dependency.service) {
        Some(_) => at.fault(format!(
            "depends on {service}, whose profiles are not active; activate one, or write required: false"
        )),
        None => at.fault(format!("depends on {service}, and there is no such service")),
    }
}

/// Two services with one container name.
pub(crate) fn check_names(app: &App, places: &[At], scope: &mut Scope<'_, '_, '_>) {
    for (index, (workload, at)) in app.workloads.iter().zip(places).enumerate() {
        let Some(name) = &workload.container_name else { continue };
        let twice = app.workloads[..index].iter().any(|other| other.container_name.as_ref() == Some(name));
        if twice {
            scope.report().add(&at.fault(format!("the container_name {name} is another service's too")));
        }
    }
}

/// Every field that is known, supported or not.
#[cfg(test)]
pub(crate) fn field_names() -> impl Iterator<Item = &'static str> {
    let refused = FIELDS.refused.iter().map(|(name, _)| *name);
    FIELDS.known.iter().map(|(name, _)| *name).chain(refused)
}
