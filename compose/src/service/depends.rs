//! `depends_on`.

use super::{Draft, set};
use crate::fields::{self, Fields};
use crate::node::Node;
use crate::problem::{Outcome, quoted};
use crate::scope::Scope;
use limpet_protocol::app::{Condition, DEPENDS_MAX, Dependency};

/// The long form.
struct Long {
    condition: Option<Condition>,
    required: bool,
    restart: bool,
}

const LONG: Fields<Long> = Fields {
    known: &[
        ("condition", |long, node, _| {
            let condition = match node.text()? {
                "service_started" => Condition::Started,
                "service_healthy" => Condition::Healthy,
                "service_completed_successfully" => Condition::Completed,
                other => {
                    return Err(node.fault(format!(
                        "there is no condition {}; there are service_started, service_healthy and \
                         service_completed_successfully",
                        quoted(other)
                    )));
                }
            };
            set(&mut long.condition, Ok(Some(condition)))
        }),
        ("required", |long, node, _| set(&mut long.required, node.boolean())),
        ("restart", |long, node, _| set(&mut long.restart, node.boolean())),
    ],
    refused: &[],
};

pub(super) fn depends_on(draft: &mut Draft, node: &Node, scope: &mut Scope<'_, '_, '_>) -> Outcome {
    scope.each_pair(node, &mut |service, value, scope| {
        let mut long = Long { condition: None, required: true, restart: false };
        if value.is_null() {
            long.condition = Some(Condition::Started);
        } else {
            value.map()?;
            scope.report().enter(service);
            fields::read(&mut long, value, &LONG, scope);
            scope.report().leave();
        }
        let condition =
            long.condition.ok_or_else(|| value.fault("has no condition:, such as service_started"))?;
        if draft.workload.depends_on.len() >= DEPENDS_MAX {
            return Err(value.fault(format!("depends on more than {DEPENDS_MAX} services")));
        }
        let (required, restart) = (long.required, long.restart);
        draft.workload.depends_on.push(Dependency {
            service: service.to_owned(),
            condition,
            required,
            restart,
        });
        draft.depends_at.push(value.at);
        Ok(())
    })
}
