//! An app of the ledger, in the words and numbers of the decisions.

use crate::supervise::registry::Registry;
use limpet_plan::{Condition, Depends, Desired, Place, Service, Updating};
use limpet_protocol::app::{self, App, UpdateConfig, Workload};
use limpet_protocol::ledger::{Course, Update};

/// What the decisions are to know of an app and its update; its names get their numbers here.
pub(crate) fn desired(app: &App, update: Option<&Update>, registry: &mut Registry) -> Desired {
    let id = registry.app(&app.name);
    let services = app.workloads.iter().map(|workload| Service {
        update: update.and_then(|update| replacing(workload, update)),
        ..service(app, workload, id, registry)
    });
    let services = services.collect();
    let updating = match update.map(|update| update.course) {
        None | Some(Course::Committed | Course::Reverted) => Updating::No,
        Some(Course::Going | Course::Reverting) => Updating::Going,
        Some(Course::Paused | Course::RevertPaused) => Updating::Paused,
    };
    Desired { app: id, services, updating }
}

/// How the containers of a workload are replaced, if it changes.
fn replacing(workload: &Workload, update: &Update) -> Option<UpdateConfig> {
    let changes = update.services.contains(&workload.service);
    match update.course {
        Course::Going | Course::Paused | Course::Committed => changes.then(|| workload.replacing()),
        Course::Reverting | Course::RevertPaused | Course::Reverted => {
            changes.then(|| workload.putting_back())
        }
    }
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
    Service { id: service, revision: workload.revision(), replicas, depends: depends.collect(), update: None }
}
