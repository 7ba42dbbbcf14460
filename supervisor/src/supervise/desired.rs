//! An app of the ledger, in the words and numbers of the decisions.

use crate::supervise::registry::Registry;
use limpet_plan::{Condition, Depends, Desired, Place, Service};
use limpet_protocol::app::{self, App, Workload};

/// What the decisions are to know of an app; its names get their numbers here.
pub(crate) fn desired(app: &App, registry: &mut Registry) -> Desired {
    let id = registry.app(&app.name);
    let services = app.workloads.iter().map(|workload| service(app, workload, id, registry)).collect();
    Desired { app: id, services }
}

fn service(app: &App, workload: &Workload, id: limpet_plan::AppId, registry: &mut Registry) -> Service {
    let service = registry.service(id, &workload.service);
    let replicas = (1..=workload.replicas)
        .map(|replica| {
            let place = Place { app: id, service, replica };
            registry.replica(place, &app.container_name(workload, replica))
        })
        .collect();
    let depends = workload.depends_on.iter().map(|dependency| Depends {
        on: registry.service(id, &dependency.service),
        condition: match dependency.condition {
            app::Condition::Started => Condition::Started,
            app::Condition::Healthy => Condition::Healthy,
            app::Condition::Completed => Condition::Completed,
        },
        required: dependency.required,
        restart: dependency.restart,
    });
    Service { id: service, revision: workload.revision(), replicas, depends: depends.collect() }
}
