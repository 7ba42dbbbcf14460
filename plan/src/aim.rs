//! What is to become of each instance: questions to the world that change nothing.

use crate::instance::{Again, Goal, Instance, Stage, Why};
use crate::world::{Phase, ServiceEntry, World};
use crate::{Condition, Depends, ServiceId, Space};

/// What is to become of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aim {
    /// It is to run.
    Run,
    /// It is left alone.
    Rest,
    /// It is to be stopped and removed.
    Gone,
}

/// How far a dependency is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Met {
    /// It came to its condition.
    Yes,
    /// It may come to it by itself.
    NotYet,
    /// It will not come to it unless somebody does something.
    Blocked,
}

impl World {
    /// The service that wants this instance, if any does.
    pub(crate) fn wanted_by(&self, instance: &Instance) -> Option<&ServiceEntry> {
        let place = instance.place?;
        let service = self.service(place.service)?;
        let wanted = !service.retired && place.replica <= service.replicas && !instance.extra;
        let wanted = wanted && self.app(service.app).is_some_and(|app| !app.leaving);
        let turn =
            if instance.beside { self.may_follow(instance, service) } else { !self.is_followed(instance) };
        (wanted && turn).then_some(service)
    }

    /// What is to become of it.
    pub(crate) fn aim(&self, instance: &Instance) -> Aim {
        let kept = match instance.place {
            _ if instance.extra => false,
            Some(place) => self.app(place.app).is_none() || self.wanted_by(instance).is_some(),
            None => instance.stage != Stage::Absent,
        };
        match instance.goal {
            _ if !kept => Aim::Gone,
            Goal::Run => Aim::Run,
            Goal::Rest => Aim::Rest,
        }
    }

    /// It exists, but not as it is wanted.
    pub(crate) fn renews(&self, instance: &Instance) -> bool {
        let exists = !matches!(instance.stage, Stage::Absent | Stage::Creating { .. }) && !instance.beside;
        let Some(service) = self.wanted_by(instance).filter(|_| exists) else { return false };
        if planted!(RevisionsAreIgnored) {
            return false;
        }
        if instance.damaged {
            return !instance.active();
        }
        instance.revision != service.revision && !self.is_paused(service)
    }

    /// No new container is made now.
    pub(crate) fn no_new_work(&self) -> bool {
        (self.disk.space == Space::Low && !planted!(WorksWhileLow)) || self.phase != Phase::Working
    }

    /// Why something that runs is to be stopped.
    pub(crate) fn due(&self, instance: &Instance) -> Option<Why> {
        if let Phase::Leaving { .. } = self.phase {
            return Some(Why::Shutdown);
        }
        if self.aim(instance) == Aim::Gone {
            return Some(Why::Gone);
        }
        if self.renews_now(instance) && !self.no_new_work() {
            return Some(Why::Renew);
        }
        match instance.history.again {
            Again::No => None,
            Again::Asked if self.follows_a_blocked_renewal(instance) => None,
            Again::Asked => Some(Why::Again),
            Again::Unhealthy => Some(Why::Unhealthy),
        }
    }

    /// It is restarted because a dependency is replaced, and that waits for room on the disk or its turn.
    fn follows_a_blocked_renewal(&self, instance: &Instance) -> bool {
        let Some(service) = self.wanted_by(instance) else { return false };
        let waits = |it: &Instance| self.renews(it) && (self.no_new_work() || !self.renews_now(it));
        service
            .depends
            .iter()
            .filter(|depends| depends.restart)
            .any(|depends| self.replicas(depends.on).any(waits))
    }

    /// The instances that a service wants.
    pub(crate) fn replicas(&self, service: ServiceId) -> impl Iterator<Item = &Instance> {
        self.instances.iter().filter(move |instance| {
            let follows = !instance.beside || self.is_in_charge(instance) || !self.is_held(instance);
            let here = follows && instance.place.is_some_and(|place| place.service == service);
            here && self.wanted_by(instance).is_some()
        })
    }

    /// The first dependency that keeps it from being started, and how far that is.
    pub(crate) fn waits_for(&self, instance: &Instance) -> Option<(Depends, Met)> {
        let service = self.wanted_by(instance).filter(|_| !planted!(DependenciesAreIgnored))?;
        let mut worst = None;
        for depends in &service.depends {
            let met = self.met(depends);
            let passed = met == Met::Yes || (met == Met::Blocked && !depends.required);
            if !passed && worst.is_none_or(|(_, known)| known < met) {
                worst = Some((*depends, met));
            }
        }
        worst
    }

    /// How far all replicas of a dependency are: as far as the last of them.
    fn met(&self, depends: &Depends) -> Met {
        self.replicas(depends.on)
            .map(|replica| self.replica_met(replica, depends.condition))
            .max()
            .unwrap_or(Met::Yes)
    }

    fn replica_met(&self, replica: &Instance, condition: Condition) -> Met {
        let resting = replica.stage == Stage::Idle && self.aim(replica) == Aim::Rest && !self.renews(replica);
        match condition {
            Condition::Started if resting => Met::Yes,
            Condition::Healthy if resting => Met::Blocked,
            Condition::Completed if resting => completed(replica),
            Condition::Completed => Met::NotYet,
            Condition::Started if self.serves(replica) => Met::Yes,
            Condition::Healthy if self.serves(replica) && (replica.well() || planted!(RunningIsHealthy)) => {
                Met::Yes
            }
            Condition::Started | Condition::Healthy => Met::NotYet,
        }
    }

    /// It runs and is to go on.
    fn serves(&self, replica: &Instance) -> bool {
        matches!(replica.stage, Stage::Running(_)) && self.due(replica).is_none()
    }

    /// Something that depends on this, and is to be stopped as well, is not stopped yet.
    pub(crate) fn has_dependents_to_stop(&self, instance: &Instance) -> bool {
        let Some(place) = instance.place.filter(|_| !planted!(StopsInAnyOrder)) else { return false };
        self.instances
            .iter()
            .any(|other| other.active() && self.depends_on(other, place.service) && self.due(other).is_some())
    }

    fn depends_on(&self, instance: &Instance, on: ServiceId) -> bool {
        let Some(place) = instance.place else { return false };
        let service = self.service(place.service);
        service.is_some_and(|service| service.depends.iter().any(|depends| depends.on == on))
    }
}

fn completed(replica: &Instance) -> Met {
    match replica.history.last_exit {
        Some(exit) if (exit.code == 0 || planted!(FailureIsCompletion)) && !replica.fresh => Met::Yes,
        Some(_) | None => Met::Blocked,
    }
}
