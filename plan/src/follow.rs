//! `start-first`: a new container is made beside the one that it is to follow, under a name of its own; when it is well, the old
//! one goes, and the new one gets its name.
//!
//! Which of two is which the facts say, by name and revision, so that a cut anywhere leaves the one or the other in charge.

use crate::instance::{Instance, Stage, Why};
use crate::update::is_open;
use crate::world::{INSTANCES_MAX, ServiceEntry, World};
use crate::{Effect, InstanceId, Trial, Turn, Updating};
use limpet_protocol::app::Order;

/// From here on the decisions give numbers themselves, which the shell never does.
const OWN_NUMBERS: u16 = 0x8000;

impl World {
    /// The one that is made beside this to follow it.
    fn follower(&self, instance: &Instance) -> Option<&Instance> {
        if instance.beside || instance.extra {
            return None;
        }
        let service = instance.place.and_then(|place| self.service(place.service))?;
        let follows = |other: &&Instance| {
            other.beside && other.place == instance.place && self.may_follow(other, service)
        };
        self.instances.iter().find(follows)
    }

    pub(crate) fn has_follower(&self, instance: &Instance) -> bool {
        self.follower(instance).is_some()
    }

    /// The one beside it has taken over: this one goes.
    pub(crate) fn is_followed(&self, instance: &Instance) -> bool {
        let service = instance.place.and_then(|place| self.service(place.service));
        let old = service.is_some_and(|service| instance.revision != service.revision || instance.damaged);
        let gone = matches!(instance.stage, Stage::Absent);
        let takes_over = |follower: &Instance| self.is_in_charge(follower) || gone;
        (old || gone) && self.follower(instance).is_some_and(takes_over)
    }

    /// It was found well, or as well as this update asks for.
    pub(crate) fn is_in_charge(&self, follower: &Instance) -> bool {
        let going = follower
            .place
            .and_then(|place| self.app(place.app))
            .is_some_and(|app| app.updating == Updating::Going && app.told.is_none());
        match follower.history.trial {
            Trial::Open => planted!(OldGoesFirst),
            Trial::Passed => true,
            // What follows from that is decided first; and nothing goes for one that could not even be made.
            Trial::Failed(_) => {
                let made = !matches!(follower.stage, Stage::Absent | Stage::Creating { .. });
                going && made && !follower.just_failed
            }
        }
    }

    /// It is of the version that is wanted, and may still take over.
    pub(crate) fn may_follow(&self, instance: &Instance, service: &ServiceEntry) -> bool {
        let app = self.app(service.app);
        let going = app.is_some_and(|app| app.updating == Updating::Going) && service.update.is_some();
        let mut holders = self
            .instances
            .iter()
            .filter(|other| other.place == instance.place && !other.beside && !other.extra && !other.damaged);
        if instance.extra || instance.damaged {
            return false;
        }
        if instance.adopting.0 != Turn::UNASKED && instance.stage != Stage::Absent {
            // It may have its name by now: the facts will say.
            return true;
        }
        match instance.stage {
            Stage::Absent => {
                let runs = |holder: &Instance| matches!(holder.stage, Stage::Running(_));
                let starts_first = service.update.is_some_and(|config| config.order == Order::StartFirst);
                let mut old = holders.filter(|holder| holder.revision != service.revision);
                going && starts_first && old.any(runs)
            }
            Stage::Creating { .. } => going,
            _ => {
                let is_there =
                    |holder: &Instance| !matches!(holder.stage, Stage::Absent | Stage::Creating { .. });
                let is_late = holders.any(|holder| is_there(holder) && holder.revision == service.revision);
                let passed = instance.history.trial == Trial::Passed;
                instance.revision == service.revision
                    && !is_late
                    && !is_leaving(instance)
                    && (passed || going || !self.is_held(instance))
            }
        }
    }

    /// Another container has its place. (One too many only goes.)
    pub(crate) fn is_held(&self, instance: &Instance) -> bool {
        let holds = |other: &Instance| {
            let there = !other.beside && !other.extra && !matches!(other.stage, Stage::Absent);
            there && other.place == instance.place
        };
        self.instances.iter().any(holds)
    }

    /// It is replaced by one that is started first. (Not where there is no room for one more.)
    pub(crate) fn is_to_be_followed(&self, instance: &Instance) -> bool {
        let Some((_, _, config)) = self.replacing(instance) else { return false };
        config.order == Order::StartFirst
            && !instance.beside
            && matches!(instance.stage, Stage::Running(_))
            && !instance.damaged
            && self.renews(instance)
            && self.instances.len() < INSTANCES_MAX
    }

    /// Makes room for those whose turn it is to be followed.
    pub(crate) fn begin_followers(&mut self) {
        for index in 0..self.instances.len() {
            let instance = &self.instances[index];
            // One whose record is damaged may have the follower's name: it goes first.
            let in_the_way =
                |other: &Instance| (other.beside || other.damaged) && other.place == instance.place;
            let turn = self.is_to_be_followed(instance) && !self.instances.iter().any(in_the_way);
            if !turn || self.no_new_work() || !self.comes_next(instance) {
                continue;
            }
            let free = (OWN_NUMBERS..).map(InstanceId).find(|id| self.find(*id).is_none());
            let Some(id) = free else { return };
            let follower = Instance { beside: true, ..Instance::absent(id, instance.place) };
            // There is room: that was asked.
            let _ = self.instances.push(follower);
        }
    }

    /// What it was to follow is gone, and it is of no use either: its place is left to it, to be filled like any other.
    pub(crate) fn inherits(&self, instance: &Instance) -> bool {
        let alone = |place| !self.is_taken(place, instance.id, false);
        instance.beside
            && !instance.extra
            && (instance.stage == Stage::Absent || instance.damaged)
            && instance.place.is_some_and(alone)
    }

    /// What it follows is gone.
    pub(crate) fn is_to_be_adopted(&self, instance: &Instance) -> bool {
        let made = matches!(instance.stage, Stage::Idle | Stage::Running(_));
        instance.beside
            && made
            && self.phase == crate::world::Phase::Working
            && !self.instances.iter().any(|other| other.place == instance.place && !other.beside)
            && self.wanted_by(instance).is_some()
            && !self.waits_to_retry(instance, Effect::Adopt)
            && !(is_open(instance) && planted!(OldGoesFirst))
    }
}

/// It is on its way out for good: nothing may count on it any more.
fn is_leaving(instance: &Instance) -> bool {
    matches!(
        instance.stage,
        Stage::Removing { .. }
            | Stage::Stopping { why: Why::Gone, .. }
            | Stage::Lost { why: Some(Why::Gone), .. }
            | Stage::Clearing { why: Some(Why::Gone), .. }
    )
}
