//! What taking an app in would change: for `up --dry-run` and `app diff`.

use crate::aim::Aim;
use crate::instance::{Instance, Stage};
use crate::world::World;
use crate::{Desired, InstanceId, Place, Service};
use alloc::vec::Vec;

/// What would be done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    /// One for each container that is or would be; at most [`crate::INSTANCES_MAX`] of either.
    pub changes: Vec<Change>,
}

/// What would be done about one container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// Which.
    pub id: InstanceId,
    /// Where.
    pub place: Place,
    /// What.
    pub kind: Kind,
}

/// What would be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Made and started.
    Add,
    /// Stopped, removed, made anew from the changed specification and started.
    Replace,
    /// Started: it is there, but does not run.
    Start,
    /// Stopped and started, because what it depends on is replaced (`restart: true`).
    Restart,
    /// Stopped and removed.
    Remove,
    /// Not touched.
    Keep,
}

impl Diff {
    /// Nothing would be touched.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.iter().all(|change| change.kind == Kind::Keep)
    }
}

/// Compares what an app is to be with what there is. The handles of `desired` are those that the shell would give to
/// [`crate::step`]; those of replicas that do not exist yet may be any that are free.
#[must_use]
pub fn diff(desired: &Desired, world: &World) -> Diff {
    let mut changes = Vec::new();
    for service in &desired.services {
        let follows = follows_a_renewal(service, desired, world, &mut Vec::new());
        for (replica, id) in (1..).zip(&service.replicas) {
            let place = Place { app: desired.app, service: service.id, replica };
            let kind = kind(service, find(world, place), follows, world);
            changes.push(Change { id: *id, place, kind });
        }
    }
    let of_app = |instance: &&Instance| instance.stage != Stage::Absent;
    for instance in world.instances.iter().filter(of_app) {
        let Some(place) = instance.place.filter(|place| place.app == desired.app) else { continue };
        if instance.extra || !is_wanted(desired, place) {
            changes.push(Change { id: instance.id, place, kind: Kind::Remove });
        }
    }
    Diff { changes }
}

fn find(world: &World, place: Place) -> Option<&Instance> {
    let here = |instance: &&Instance| instance.place == Some(place) && !instance.extra && !instance.beside;
    world.instances.iter().find(here).filter(|instance| instance.stage != Stage::Absent)
}

fn is_wanted(desired: &Desired, place: Place) -> bool {
    let service = desired.services.iter().find(|service| service.id == place.service);
    service.is_some_and(|service| (1..=service.replicas.len()).contains(&usize::from(place.replica)))
}

fn kind(service: &Service, instance: Option<&Instance>, follows: bool, world: &World) -> Kind {
    let Some(instance) = instance else { return Kind::Add };
    if instance.revision != service.revision || (instance.damaged && !instance.active()) {
        return Kind::Replace;
    }
    match instance.active() && world.aim(instance) != Aim::Gone {
        true if follows => Kind::Restart,
        true => Kind::Keep,
        false => Kind::Start,
    }
}

/// Something that it follows with `restart: true` is replaced or follows in its turn. `seen` keeps a circle, which
/// [`crate::admit`] refuses, from going on for ever.
fn follows_a_renewal<'a>(
    service: &Service,
    desired: &'a Desired,
    world: &World,
    seen: &mut Vec<&'a Service>,
) -> bool {
    let on = |service: &&Service, id| service.id == id;
    service.depends.iter().filter(|depends| depends.restart).any(|depends| {
        let Some(below) = desired.services.iter().find(|below| on(below, depends.on)) else { return false };
        if seen.contains(&below) {
            return false;
        }
        seen.push(below);
        is_replaced(below, desired, world) || follows_a_renewal(below, desired, world, seen)
    })
}

fn is_replaced(service: &Service, desired: &Desired, world: &World) -> bool {
    (1..).zip(&service.replicas).any(|(replica, _)| {
        let place = Place { app: desired.app, service: service.id, replica };
        find(world, place).is_some_and(|instance| instance.revision != service.revision)
    })
}
