//! What people want: apps that come, change and go, and restarts.

use crate::desired::{Refusal, admit};
use crate::instance::{Again, Goal, Instance, Stage};
use crate::world::{AppEntry, Phase, ServiceEntry, World};
use crate::{Action, Actions, AppId, By, Depends, Desired, Place, Service, ServiceId, Tick, Trial, Updating};
use heapless::Vec;

impl World {
    pub(crate) fn learn_wanted(&mut self, desired: &Desired, by: By, actions: &mut Actions) {
        if let Err(refusal) = admit(desired, self).and_then(|()| self.take_in(desired, by)) {
            actions.push(Action::Refused { app: desired.app, refusal });
        }
        if self.phase != Phase::Waking {
            self.restart_followers_of_renewals();
        }
    }

    /// [`admit`] has seen to it that there is room.
    fn take_in(&mut self, desired: &Desired, by: By) -> Result<(), Refusal> {
        match self.apps.iter_mut().find(|app| app.id == desired.app) {
            Some(app) => (app.leaving, app.updating, app.told) = (false, desired.updating, None),
            None => {
                let updating = desired.updating;
                let app = AppEntry { id: desired.app, leaving: false, updating, told: None };
                self.apps.push(app).map_err(|_| Refusal::TooManyApps)?;
            }
        }
        for service in self.services.iter_mut().filter(|service| service.app == desired.app) {
            service.retired = true;
        }
        let ours = |instance: &&mut Instance| instance.place.is_some_and(|place| place.app == desired.app);
        // It may have to be watched for longer now.
        self.instances.iter_mut().filter(ours).for_each(|instance| instance.looked = false);
        for service in &desired.services {
            self.take_service(desired, service)?;
            for (replica, id) in (1..).zip(&service.replicas) {
                let place = Place { app: desired.app, service: service.id, replica };
                self.take_replica(Instance::absent(*id, Some(place)), by)?;
            }
        }
        self.measure_heights();
        Ok(())
    }

    fn take_service(&mut self, desired: &Desired, service: &Service) -> Result<(), Refusal> {
        let known = |depends: &&Depends| desired.services.iter().any(|other| other.id == depends.on);
        let depends: Vec<Depends, { crate::DEPENDS_MAX }> =
            service.depends.iter().filter(known).copied().collect();
        let entry = ServiceEntry {
            app: desired.app,
            id: service.id,
            revision: service.revision,
            replicas: u16::try_from(service.replicas.len()).map_err(|_| Refusal::TooManyInstances)?,
            depends,
            update: service.update.filter(|_| desired.updating != Updating::No),
            // How long the last one has been well is not known after a start.
            rest_until: match (self.phase, service.update) {
                (Phase::Waking, Some(update)) => self.now.after(u64::from(update.delay_ms)),
                (_, _) => Tick(0),
            },
            height: 1,
            retired: false,
        };
        match self.services.iter_mut().find(|other| other.id == service.id) {
            Some(place) => *place = entry,
            None => self.services.push(entry).map_err(|_| Refusal::TooManyServices)?,
        }
        Ok(())
    }

    fn take_replica(&mut self, new: Instance, by: By) -> Result<(), Refusal> {
        let id = new.id;
        for other in self
            .instances
            .iter_mut()
            .filter(|other| other.id != id && other.place == new.place && !other.beside)
        {
            other.extra = !planted!(SecondsAreKept);
        }
        if self.find(id).is_none() {
            self.instances.push(new).map_err(|_| Refusal::TooManyInstances)?;
        }
        let waking = self.phase == Phase::Waking;
        let Some(instance) = self.find_mut(id) else { return Ok(()) };
        (instance.extra, instance.giving_way) = (false, false);
        match by {
            By::Hand if waking => instance.ordered = true,
            By::Hand => {
                (instance.history.trial, instance.tried_since) = (Trial::Open, Tick(0));
                instance.order();
            }
            By::Ledger => {}
        }
        Ok(())
    }

    /// Counts, for each service, how many must stop one after another from it downwards.
    fn measure_heights(&mut self) {
        for service in self.services.iter_mut() {
            service.height = 1;
        }
        // Services do not depend on each other in a circle, so each round settles at least one more.
        let mut rounds = self.services.len();
        while rounds > 0 && self.raise_heights() {
            rounds -= 1;
        }
    }

    fn raise_heights(&mut self) -> bool {
        let mut raised = false;
        for index in 0..self.services.len() {
            let below = self.services[index].depends.iter();
            let highest =
                below.filter_map(|depends| self.service(depends.on)).map(|service| service.height).max();
            let height = highest.map_or(1, |height| height.saturating_add(1));
            raised |= self.services[index].height != height;
            self.services[index].height = height;
        }
        raised
    }

    pub(crate) fn learn_unwanted(&mut self, app: AppId) {
        match self.apps.iter_mut().find(|known| known.id == app) {
            Some(known) => known.leaving = true,
            // Told without having been wanted: what is found of it goes. Without room for one more app it stays.
            None => {
                let entry = AppEntry { id: app, leaving: true, updating: Updating::No, told: None };
                self.turned_away = self.turned_away.saturating_add(u32::from(self.apps.push(entry).is_err()));
            }
        }
    }

    pub(crate) fn learn_restart(&mut self, app: AppId, service: Option<ServiceId>) {
        let named: Vec<ServiceId, { crate::SERVICES_MAX }> = self
            .services
            .iter()
            .filter(|entry| entry.app == app && !entry.retired)
            .filter(|entry| service.is_none_or(|service| service == entry.id))
            .map(|entry| entry.id)
            .collect();
        for service in self.with_followers(named) {
            self.restart_service(service, true);
        }
    }

    /// What depends with `restart: true` on a service that is being replaced is restarted.
    pub(crate) fn restart_followers_of_renewals(&mut self) {
        let renewed: Vec<ServiceId, { crate::SERVICES_MAX }> = self
            .services
            .iter()
            .filter(|service| self.replicas(service.id).any(|replica| self.renews(replica)))
            .map(|service| service.id)
            .collect();
        let first_follower = renewed.len();
        let all = self.with_followers(renewed);
        for service in all.into_iter().skip(first_follower) {
            self.restart_service(service, false);
        }
    }

    /// These services, then all that follow one of them with `restart: true`.
    fn with_followers(
        &self,
        mut chosen: Vec<ServiceId, { crate::SERVICES_MAX }>,
    ) -> Vec<ServiceId, { crate::SERVICES_MAX }> {
        let mut next = 0;
        while let Some(on) = chosen.get(next).copied() {
            let follows = |entry: &&ServiceEntry| {
                !planted!(FollowersAreLeft)
                    && !entry.retired
                    && entry.depends.iter().any(|depends| depends.restart && depends.on == on)
            };
            for entry in self.services.iter().filter(follows) {
                if !chosen.contains(&entry.id) {
                    // There is room for every service.
                    let _ = chosen.push(entry.id);
                }
            }
            next += 1;
        }
        chosen
    }

    /// By a person: also what does not run is started.
    fn restart_service(&mut self, service: ServiceId, by_hand: bool) {
        for instance in self.instances.iter_mut() {
            if instance.place.is_none_or(|place| place.service != service) {
                continue;
            }
            if by_hand {
                instance.order();
            }
            if instance.active() {
                instance.history.again = Again::Asked;
            }
        }
    }
}

impl Instance {
    /// A person wants it to run.
    pub(crate) fn order(&mut self) {
        self.goal = Goal::Run;
        self.retry = None;
        match self.stage {
            Stage::Running(_) => {}
            Stage::Lost { .. } | Stage::Clearing { .. } => {
                self.begin_anew();
                self.history.again = Again::Asked;
            }
            Stage::Absent
            | Stage::Creating { .. }
            | Stage::Idle
            | Stage::Starting { .. }
            | Stage::Stopping { .. }
            | Stage::Removing { .. } => {
                let again = self.history.again;
                self.begin_anew();
                self.history.again = again;
            }
        }
    }
}
