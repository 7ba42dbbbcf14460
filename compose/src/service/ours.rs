//! `x-limpet`: what no other tool knows. The fields are named as the flags of `limpet run`.

use super::health::TWO_PROBES;
use super::process::{counted, worded};
use super::{Draft, set};
use crate::fields::{self, Fields};
use crate::node::Node;
use crate::problem::Outcome;
use crate::scope::Scope;
use limpet_protocol::health::{HealthChoice, Probe};
use limpet_protocol::words::{health, log};

const FIELDS: Fields<Draft> = Fields {
    known: &[
        ("on-unhealthy", |draft, node, _| {
            set(&mut draft.workload.health.on_unhealthy, worded(node, health::on_unhealthy).map(Some))
        }),
        ("health-http", |draft, node, _| probe(draft, counted(node, health::http)?, node)),
        ("health-tcp", |draft, node, _| probe(draft, counted(node, health::tcp)?, node)),
        ("log-storage", |draft, node, _| {
            set(&mut draft.workload.log.disk, worded(node, log::is_on_disk).map(Some))
        }),
        ("log-rate", |draft, node, _| set(&mut draft.workload.log.rate, counted(node, log::rate).map(Some))),
    ],
    refused: &[],
};

pub(super) fn ours(draft: &mut Draft, node: &Node, scope: &mut Scope<'_, '_, '_>) -> Outcome {
    fields::read(draft, node, &FIELDS, scope);
    Ok(())
}

fn probe(draft: &mut Draft, probe: Probe, node: &Node) -> Outcome {
    match draft.workload.health.choice {
        HealthChoice::OfImage => set(&mut draft.workload.health.choice, Ok(HealthChoice::Probe(probe))),
        HealthChoice::Disabled | HealthChoice::Probe(_) => Err(node.fault(TWO_PROBES)),
    }
}
