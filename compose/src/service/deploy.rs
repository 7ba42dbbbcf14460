//! `deploy`: replicas, resources, the restart policy and updates, as swarm has them.

use super::process::{counted, milliseconds, worded};
use super::resources::{agree, filled, given_memory, given_pids};
use super::{Draft, replicas, set};
use crate::fields::{self, Fields};
use crate::node::Node;
use crate::problem::{Outcome, quoted};
use crate::scope::Scope;
use limpet_protocol::app::UpdateConfig;
use limpet_protocol::limits::{Memory, Pids};
use limpet_protocol::restart::{RestartPolicy, When};
use limpet_protocol::words::{number, size};

/// What was said.
#[derive(Default)]
pub(super) struct Given {
    replicas: Option<u16>,
    memory: Option<Memory>,
    cpu_millis: Option<u32>,
    pids: Option<Pids>,
    reserved_bytes: Option<u64>,
    reserved_millis: Option<u32>,
    restart: Option<Restart>,
    update: Option<UpdateConfig>,
    rollback: Option<UpdateConfig>,
    /// On which boards of a fleet it may run.
    pub(super) constraints: Vec<String>,
}

/// Most constraints of one service.
const CONSTRAINTS_MAX: usize = 16;

/// The kernel's weight of one CPU that is reserved.
const SHARES_PER_CPU: u64 = 1024;

const FIELDS: Fields<Given> = Fields {
    known: &[
        ("mode", |_, node, _| match filled(node)?.as_str() {
            "replicated" => Ok(()),
            "global" => Err(node.fault("global is not supported: there is one board; leave it out")),
            other => Err(node.fault(format!("{} is not supported; leave it out", quoted(other)))),
        }),
        ("replicas", |given, node, _| set(&mut given.replicas, replicas(node).map(Some))),
        ("resources", |given, node, scope| nested(given, node, &RESOURCES, scope)),
        ("restart_policy", |given, node, scope| {
            let mut restart = Restart { when: When::Always, ..Restart::default() };
            fields::read(&mut restart, node, &RESTART, scope);
            set(&mut given.restart, Ok(Some(restart)))
        }),
        ("update_config", |given, node, scope| {
            set(&mut given.update, Ok(Some(super::update::update(node, scope))))
        }),
        ("rollback_config", |given, node, scope| {
            set(&mut given.rollback, Ok(Some(super::update::rollback(node, scope))))
        }),
        ("placement", |given, node, scope| match scope.for_fleet || node.is_empty() {
            true => nested(given, node, &PLACEMENT, scope),
            false => Err(node.fault("is not supported: there is one board; leave it out")),
        }),
    ],
    refused: &[
        ("labels", "they are of swarm's service, which there is not; write labels: of the service itself"),
        ("endpoint_mode", "it is of swarm's network; leave it out"),
    ],
};

const PLACEMENT: Fields<Given> = Fields {
    known: &[("constraints", |given, node, scope| {
        scope.each(node, &mut |item, _| {
            if given.constraints.len() == CONSTRAINTS_MAX {
                return Err(item.fault(format!("is over {CONSTRAINTS_MAX} constraints")));
            }
            given.constraints.push(item.text()?.to_owned());
            Ok(())
        })
    })],
    refused: &[
        ("preferences", "nothing is spread over boards; leave it out"),
        ("max_replicas_per_node", "replicas are those of each board; leave it out"),
    ],
};

const RESOURCES: Fields<Given> = Fields {
    known: &[
        ("limits", |given, node, scope| nested(given, node, &LIMITS, scope)),
        ("reservations", |given, node, scope| nested(given, node, &RESERVATIONS, scope)),
    ],
    refused: &[],
};

const LIMITS: Fields<Given> = Fields {
    known: &[
        ("cpus", |given, node, _| set(&mut given.cpu_millis, counted(node, number::cpu_millis).map(Some))),
        ("memory", |given, node, _| set(&mut given.memory, worded(node, number::memory).map(Some))),
        ("pids", |given, node, _| set(&mut given.pids, counted(node, number::pids).map(Some))),
    ],
    refused: &[],
};

const RESERVATIONS: Fields<Given> = Fields {
    known: &[
        ("cpus", |given, node, _| {
            set(&mut given.reserved_millis, counted(node, number::cpu_millis).map(Some))
        }),
        ("memory", |given, node, _| {
            set(&mut given.reserved_bytes, worded(node, size::parse_positive).map(Some))
        }),
    ],
    refused: &[
        ("devices", "name the device files below devices: of the service"),
        ("generic_resources", "they are swarm's; leave it out"),
    ],
};

/// `restart_policy`.
#[derive(Clone, Copy, Default)]
struct Restart {
    when: When,
    tries_max: Option<u32>,
    delay_ms: Option<u32>,
    window_ms: Option<u32>,
}

const RESTART: Fields<Restart> = Fields {
    known: &[
        ("condition", |restart, node, _| {
            let when = match node.text()? {
                "none" => When::No,
                "on-failure" => When::OnFailure,
                "any" => When::Always,
                other => {
                    let other = quoted(other);
                    return Err(node.fault(format!(
                        "there is no condition {other}; there are none, on-failure and any"
                    )));
                }
            };
            set(&mut restart.when, Ok(when))
        }),
        ("delay", |restart, node, _| set(&mut restart.delay_ms, milliseconds(node).map(Some))),
        ("window", |restart, node, _| set(&mut restart.window_ms, milliseconds(node).map(Some))),
        ("max_attempts", |restart, node, _| {
            let tries = u32::try_from(node.whole(u64::from(u32::MAX))?).unwrap_or(u32::MAX);
            set(&mut restart.tries_max, Ok((tries > 0).then_some(tries)))
        }),
    ],
    refused: &[],
};

pub(super) fn deploy(draft: &mut Draft, node: &Node, scope: &mut Scope<'_, '_, '_>) -> Outcome {
    nested(&mut draft.deploy, node, &FIELDS, scope)
}

fn nested(
    given: &mut Given,
    node: &Node,
    fields: &'static Fields<Given>,
    scope: &mut Scope<'_, '_, '_>,
) -> Outcome {
    if !node.is_null() {
        fields::read(given, node, fields, scope);
    }
    Ok(())
}

/// Lays the limits over those that the service's own fields give.
pub(super) fn limits(draft: &mut Draft) -> Outcome {
    let (own, deploy) = (&draft.workload.limits, &draft.deploy);
    let memory = agree(
        draft,
        given_memory(own.memory),
        deploy.memory,
        "mem_limit and deploy.resources.limits.memory",
    )?;
    let cpus = agree(draft, own.cpu_millis, deploy.cpu_millis, "cpus and deploy.resources.limits.cpus")?;
    let pids =
        agree(draft, given_pids(own.pids), deploy.pids, "pids_limit and deploy.resources.limits.pids")?;
    let reserved = agree(
        draft,
        own.memory_reservation_bytes,
        deploy.reserved_bytes,
        "mem_reservation and deploy.resources.reservations.memory",
    )?;
    let shares = deploy.reserved_millis.map(shares_of);
    let shares = agree(
        draft,
        own.cpu_shares,
        shares,
        "cpu_shares and deploy.resources.reservations.cpus (1024 each)",
    )?;
    let limits = &mut draft.workload.limits;
    limits.memory = memory.unwrap_or_default();
    limits.pids = pids.unwrap_or_default();
    (limits.cpu_millis, limits.memory_reservation_bytes, limits.cpu_shares) = (cpus, reserved, shares);
    Ok(())
}

/// A reserved CPU weighs as much as a container that says nothing: under pressure, CPUs are shared in that proportion.
fn shares_of(millis: u32) -> u32 {
    let shares = u64::from(millis) * SHARES_PER_CPU / 1000;
    let shares = u32::try_from(shares).unwrap_or(u32::MAX);
    shares.clamp(number::CPU_SHARES_MIN, number::CPU_SHARES_MAX)
}

/// Replicas, the restart policy, and how containers are replaced.
pub(super) fn finish(draft: &mut Draft, _: &mut Scope<'_, '_, '_>) -> Outcome {
    if let Some(restart) = draft.deploy.restart {
        // As in docker compose, it counts more than restart:.
        let Restart { when, tries_max, delay_ms, window_ms } = restart;
        draft.workload.restart = RestartPolicy { when, tries_max, delay_ms, window_ms };
    }
    let replicas = agree(draft, draft.resources.scale, draft.deploy.replicas, "scale and deploy.replicas")?;
    draft.workload.replicas = replicas.unwrap_or(1);
    (draft.workload.update, draft.workload.rollback) = (draft.deploy.update, draft.deploy.rollback);
    match draft.workload.container_name.is_some() && draft.workload.replicas > 1 {
        true => Err(draft.name_at.fault("container_name needs one replica, as names differ; leave it out")),
        false => Ok(()),
    }
}
