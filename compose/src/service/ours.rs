//! `x-limpet`: what no other tool knows. The fields are named as the flags of `limpet run`.

use super::health::TWO_PROBES;
use super::process::{counted, worded};
use super::{Draft, set};
use crate::fields::{self, Fields};
use crate::node::Node;
use crate::problem::{Outcome, quoted};
use crate::scope::Scope;
use limpet_protocol::health::{HealthChoice, Probe};
use limpet_protocol::words::{health, size};

const FIELDS: Fields<Draft> = Fields {
    known: &[
        ("on-unhealthy", |draft, node, _| {
            set(&mut draft.workload.health.on_unhealthy, worded(node, health::on_unhealthy).map(Some))
        }),
        ("health-http", |draft, node, _| probe(draft, counted(node, health::http)?, node)),
        ("health-tcp", |draft, node, _| probe(draft, counted(node, health::tcp)?, node)),
        ("log-storage", |draft, node, _| match node.text()? {
            "disk" => set(&mut draft.workload.log.disk, Ok(Some(true))),
            "ram" => set(&mut draft.workload.log.disk, Ok(Some(false))),
            other => Err(node.fault(format!("there is no storage {}; write ram or disk", quoted(other)))),
        }),
        ("log-rate", |draft, node, _| {
            let bytes = counted(node, size::parse)?;
            let rate = u32::try_from(bytes).map_err(|_| node.fault("is more than 4 GiB a second"))?;
            set(&mut draft.workload.log.rate_bytes, Ok(Some(rate)))
        }),
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
