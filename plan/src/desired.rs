//! What an app is to be, and whether it can be taken in.

use crate::world::{APPS_MAX, DEPENDS_MAX, INSTANCES_MAX, Phase, SERVICES_MAX, World};
use crate::{AppId, InstanceId, Place, ServiceId};
use alloc::vec::Vec;
use limpet_protocol::app::UpdateConfig;
use limpet_protocol::health::{OnUnhealthy, Pace};
use limpet_protocol::restart::RestartPolicy;

/// How a container is to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spec {
    /// When it is started again.
    pub restart: RestartPolicy,
    /// When it is probed; `None` without a health check.
    pub health: Option<Pace>,
    /// What follows from being unhealthy.
    pub on_unhealthy: OnUnhealthy,
    /// How long its stop signal may take before SIGKILL; `None` waits for ever.
    pub grace_ms: Option<u32>,
}

/// An app, as the ledger wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desired {
    /// Which.
    pub app: AppId,
    /// Its services, in any order.
    pub services: Vec<Service>,
    /// Whether this is an update that is to be judged.
    pub updating: Updating,
}

/// Whether an app is being updated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Updating {
    /// What is wanted is put in place, whatever comes of it.
    #[default]
    No,
    /// The services that have an [`Service::update`] are replaced as that says, until [`crate::Action::Update`].
    Going,
    /// Too much failed: containers of another revision are kept as they are.
    Paused,
}

/// One service of an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Which.
    pub id: ServiceId,
    /// Digest of the workload's whole specification: another one means that its containers are replaced.
    pub revision: u64,
    /// Its replicas, from the first: numbers that the shell keeps for the same replica.
    pub replicas: Vec<InstanceId>,
    /// What it waits for; at most [`DEPENDS_MAX`].
    pub depends: Vec<Depends>,
    /// How its containers are replaced, if it changes in an update.
    pub update: Option<UpdateConfig>,
}

/// One `depends_on`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Depends {
    /// On which service. One that is not in the app counts only if it is `required`: then the app is refused.
    pub on: ServiceId,
    /// What it must have come to.
    pub condition: Condition,
    /// Without it, the service is not started. If not required, one that cannot come to the condition is passed over.
    pub required: bool,
    /// Restart this service when `on` is replaced or restarted by a person (not when it restarts by itself).
    pub restart: bool,
}

/// What a dependency must have come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// `service_started`: every replica runs, or has run and is not to run again by itself.
    Started,
    /// `service_healthy`: every replica runs and is healthy (without a health check: runs).
    Healthy,
    /// `service_completed_successfully`: every replica ended with status 0 and is not to run again by itself.
    Completed,
}

/// Why an app cannot be taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// More than [`APPS_MAX`] apps.
    #[error("the board keeps at most {APPS_MAX} apps")]
    TooManyApps,
    /// More than [`SERVICES_MAX`] services in all apps, those still being removed included.
    #[error("all apps together have at most {SERVICES_MAX} services")]
    TooManyServices,
    /// More than [`INSTANCES_MAX`] containers, those still being removed included.
    #[error("the supervisor answers for at most {INSTANCES_MAX} containers")]
    TooManyInstances,
    /// More than [`DEPENDS_MAX`] dependencies.
    #[error("a service depends on at most {DEPENDS_MAX} others")]
    TooManyDependencies(ServiceId),
    /// Services wait for each other; this is one of them.
    #[error("services depend on each other in a circle")]
    Cycle(ServiceId),
    /// A required dependency is not in the app.
    #[error("a service depends on one that the app does not have")]
    Missing(ServiceId),
    /// Numbers were given twice, or belong to another app or service.
    #[error("a handle is used twice")]
    Handles,
    /// The board is shutting down.
    #[error("the board is shutting down")]
    ShuttingDown,
}

/// Whether [`crate::step`] would take the app in: to be asked before it is committed to the ledger.
///
/// # Errors
/// The first reason against it.
pub fn admit(desired: &Desired, world: &World) -> Result<(), Refusal> {
    if let Phase::Leaving { .. } | Phase::Off = world.phase {
        return Err(Refusal::ShuttingDown);
    }
    admit_sizes(desired, world)?;
    admit_handles(desired, world)?;
    admit_depends(desired)
}

fn admit_sizes(desired: &Desired, world: &World) -> Result<(), Refusal> {
    let known_app = world.app(desired.app).is_some();
    if !known_app && world.apps.len() >= APPS_MAX {
        return Err(Refusal::TooManyApps);
    }
    let new = desired.services.iter().filter(|service| world.service(service.id).is_none()).count();
    if world.services.len() + new > SERVICES_MAX {
        return Err(Refusal::TooManyServices);
    }
    let replicas = desired.services.iter().flat_map(|service| &service.replicas);
    let new = replicas.filter(|id| world.find(**id).is_none()).count();
    if world.instances.len() + new > INSTANCES_MAX {
        return Err(Refusal::TooManyInstances);
    }
    Ok(())
}

/// No handle is given twice, or belongs to something else.
fn admit_handles(desired: &Desired, world: &World) -> Result<(), Refusal> {
    let mut instances: Vec<InstanceId> = Vec::new();
    for (index, service) in desired.services.iter().enumerate() {
        let twice = desired.services[..index].iter().any(|other| other.id == service.id);
        let foreign = world.service(service.id).is_some_and(|known| known.app != desired.app);
        if twice || foreign {
            return Err(Refusal::Handles);
        }
        for (replica, id) in (1..).zip(&service.replicas) {
            let place = Place { app: desired.app, service: service.id, replica };
            let elsewhere = world.find(*id).is_some_and(|known| known.place != Some(place));
            if elsewhere || instances.contains(id) {
                return Err(Refusal::Handles);
            }
            instances.push(*id);
        }
    }
    Ok(())
}

fn admit_depends(desired: &Desired) -> Result<(), Refusal> {
    let has = |id: ServiceId| desired.services.iter().any(|service| service.id == id);
    for service in &desired.services {
        if service.depends.len() > DEPENDS_MAX {
            return Err(Refusal::TooManyDependencies(service.id));
        }
        if service.depends.iter().any(|depends| depends.required && !has(depends.on)) {
            return Err(Refusal::Missing(service.id));
        }
    }
    find_cycle(desired).map_or(Ok(()), |service| Err(Refusal::Cycle(service)))
}

/// Puts services aside whose dependencies are all aside, until none is left or none can be: then one of a circle.
fn find_cycle(desired: &Desired) -> Option<ServiceId> {
    let mut left: Vec<&Service> = desired.services.iter().collect();
    loop {
        let waits = |service: &&Service| {
            service.depends.iter().any(|depends| left.iter().any(|other| other.id == depends.on))
        };
        let rest: Vec<&Service> = left.iter().copied().filter(waits).collect();
        if rest.len() == left.len() {
            return rest.first().map(|service| service.id);
        }
        left = rest;
    }
}
