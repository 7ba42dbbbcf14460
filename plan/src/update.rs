//! Updates of apps: which container is replaced next, whether the new ones are well, and what follows if they are not.
//!
//! Nothing is remembered of how far an update is but what the facts say: a container has the old revision or the new one, and
//! each new one is on [`Trial`] from when it is made. A service is not touched before those that it depends on are through,
//! and of its replicas at most `parallelism` at a time; the next waits `delay` after one was found well. What follows from
//! failures is for the shell to make durable first: until it answers, nothing more is replaced.

use crate::instance::{Doubt, Instance, Stage, Why};
use crate::world::{AppEntry, Phase, ServiceEntry, World};
use crate::{
    Action, Actions, AppId, Effect, Failed, Failure, ServiceId, Tick, Trial, Updating, Verdict, Wrong,
};
use limpet_protocol::app::{OnFailure, PPM, UpdateConfig};

/// A verdict that is not answered is told again after so long.
pub(crate) const TELL_AGAIN_MS: u64 = 5_000;
/// A new container that is neither well nor failed after so long has failed; its start period and `monitor` come on top.
/// (The simulated board probes so often that it would take too many steps.)
pub const LATE_MS: u64 = if cfg!(test) { 30_000 } else { 600_000 };
/// Something that failed so often in a row fails because of what is asked for.
const FAILURES_MAX: u16 = 3;

impl World {
    /// How this instance takes part in an update that is going on.
    pub(crate) fn replacing(&self, instance: &Instance) -> Option<(&AppEntry, &ServiceEntry, UpdateConfig)> {
        let service = self.wanted_by(instance)?;
        let app = self.app(service.app).filter(|app| app.updating == Updating::Going)?;
        Some((app, service, service.update?))
    }

    /// Its app's update was paused: it is kept as it is.
    pub(crate) fn is_paused(&self, service: &ServiceEntry) -> bool {
        service.update.is_some()
            && !planted!(PauseIsIgnored)
            && self.app(service.app).is_some_and(|app| app.updating == Updating::Paused)
    }

    /// It is to be replaced, and it is its turn.
    pub(crate) fn renews_now(&self, instance: &Instance) -> bool {
        self.renews(instance) && (instance.damaged || self.is_its_turn(instance))
    }

    fn is_its_turn(&self, instance: &Instance) -> bool {
        !self.has_follower(instance) && !self.is_to_be_followed(instance) && self.comes_next(instance)
    }

    pub(crate) fn comes_next(&self, instance: &Instance) -> bool {
        let Some((app, service, config)) = self.replacing(instance) else { return true };
        if self.gives_way(instance) {
            return true;
        }
        let rests = config.parallelism > 0 && service.rest_until > self.now && !planted!(DelayIsIgnored);
        if app.told.is_some() || rests {
            return false;
        }
        self.depends_are_through(service) && self.has_turn(instance, service, config)
    }

    fn depends_are_through(&self, service: &ServiceEntry) -> bool {
        service.depends.iter().all(|depends| {
            let on_trial = |replica: &Instance| {
                self.replacing(replica).is_some() && (is_open(replica) || replica.beside)
            };
            !self.all_of(depends.on).any(|replica| self.renews(replica) || on_trial(replica))
        })
    }

    fn has_turn(&self, instance: &Instance, service: &ServiceEntry, config: UpdateConfig) -> bool {
        if config.parallelism == 0 || planted!(ParallelismIsIgnored) {
            return true;
        }
        let of_service = |other: &&Instance| other.place.is_some_and(|place| place.service == service.id);
        let busy = self.instances.iter().filter(of_service).filter(|other| self.is_busy(other)).count();
        let ahead = |other: &&Instance| {
            let waits = self.renews(other) && !self.gives_way(other) && !self.has_follower(other);
            waits && !other.damaged && rank(other) < rank(instance)
        };
        busy + self.replicas(service.id).filter(ahead).count() < usize::from(config.parallelism)
    }

    /// The instances that a service wants, also those that are made beside others.
    fn all_of(&self, service: ServiceId) -> impl Iterator<Item = &Instance> {
        self.instances.iter().filter(move |instance| {
            instance.place.is_some_and(|place| place.service == service) && self.wanted_by(instance).is_some()
        })
    }

    /// Being replaced: on its way out, or new and not found well yet; or made beside another for a version that nobody wants any
    /// more, and still there.
    fn is_busy(&self, instance: &Instance) -> bool {
        if self.wanted_by(instance).is_none() {
            instance.beside
        } else if self.renews(instance) {
            self.gives_way(instance)
        } else {
            is_open(instance) || instance.just_failed || instance.beside
        }
    }

    /// It was stopped to be replaced, or is about to be.
    pub(crate) fn gives_way(&self, instance: &Instance) -> bool {
        let going = matches!(
            instance.stage,
            Stage::Stopping { why: Why::Renew, .. }
                | Stage::Lost { why: Some(Why::Renew), .. }
                | Stage::Clearing { why: Some(Why::Renew), .. }
                | Stage::Removing { .. }
        );
        (instance.giving_way || going) && self.renews(instance)
    }

    /// Judges the new containers, as far as time and the facts allow.
    pub(crate) fn settle_trials(&mut self) {
        for index in 0..self.instances.len() {
            let instance = &self.instances[index];
            let on_trial = !self.renews(instance) && self.phase == Phase::Working;
            let Some((_, service, config)) = self.replacing(instance).filter(|_| on_trial) else { continue };
            let (service, delay_ms) = (service.id, u64::from(config.delay_ms));
            let trial = self.tried(instance, config);
            let look = !instance.looked && self.is_well_for_long(instance, config);
            let instance = &mut self.instances[index];
            if instance.tried_since == Tick(0) || self.disk.space == crate::Space::Low {
                instance.tried_since = self.now;
            }
            let was_open = is_open(instance) || core::mem::take(&mut instance.just_failed);
            instance.history.trial = trial;
            if look && trial == Trial::Open {
                instance.looked = true;
                instance.doubt();
            }
            if was_open && !is_open(instance) {
                let rest_until = self.now.after(delay_ms);
                let entry = self.services.iter_mut().find(|entry| entry.id == service);
                entry.into_iter().for_each(|entry| entry.rest_until = entry.rest_until.max(rest_until));
            }
        }
    }

    fn tried(&self, instance: &Instance, config: UpdateConfig) -> Trial {
        if !is_open(instance) {
            return instance.history.trial;
        }
        let late = late_at(instance, config).is_some_and(|at| at <= self.now);
        let fails = instance.retry.is_some_and(|retry| {
            matches!(retry.effect, Effect::Create | Effect::Start)
                && retry.failure == Failure::Other
                && retry.times >= FAILURES_MAX
        });
        let sure = (instance.looked && instance.doubt == Doubt::None) || planted!(NobodyLooks);
        match instance.stage {
            Stage::Running(_) if sure && self.is_well_for_long(instance, config) => Trial::Passed,
            // The board may have slept.
            Stage::Running(_) if instance.well() => Trial::Open,
            // A hand stopped it before anybody could know.
            Stage::Idle if instance.held && !planted!(HandsPass) => Trial::Failed(Wrong::Stopped),
            // It ended as it may.
            Stage::Idle if self.aim(instance) == crate::aim::Aim::Rest => Trial::Passed,
            Stage::Idle if self.blocked(instance) => Trial::Failed(Wrong::Blocked),
            _ if fails => Trial::Failed(Wrong::Failing),
            _ if late => Trial::Failed(Wrong::Late),
            _ => Trial::Open,
        }
    }

    /// As far as is known. That it ended may be on its way, so the facts are looked at before it counts.
    fn is_well_for_long(&self, instance: &Instance, config: UpdateConfig) -> bool {
        let Stage::Running(running) = instance.stage else { return false };
        let over = running.since.after(u64::from(config.monitor_ms)) <= self.now;
        (over || planted!(MonitorIsIgnored)) && instance.well() && self.due(instance).is_none()
    }

    /// Says what has become of each update.
    pub(crate) fn settle_updates(&mut self, actions: &mut Actions) {
        for index in 0..self.apps.len() {
            let app = self.apps[index];
            let waits = app.told.is_some_and(|told| self.now.since(told) < TELL_AGAIN_MS);
            if app.updating != Updating::Going || app.leaving || waits || self.phase != Phase::Working {
                continue;
            }
            let verdict = self.verdict(app.id);
            // What was told and not made durable may have lost its reason: the update goes on.
            self.apps[index].told = verdict.map(|_| self.now);
            if let Some(verdict) = verdict {
                actions.push(Action::Update { app: app.id, verdict });
            }
        }
    }

    fn verdict(&self, app: AppId) -> Option<Verdict> {
        let of_app = |service: &&ServiceEntry| service.app == app && !service.retired;
        let mut failed = None;
        for service in self.services.iter().filter(of_app) {
            let Some((config, first, count)) = self.failures(service) else { continue };
            failed = failed.or(Some(first));
            let most = u64::from(config.failures_max_ppm) * u64::from(service.replicas);
            if count * u64::from(PPM) <= most {
                continue;
            }
            match config.on_failure.unwrap_or(OnFailure::Pause) {
                OnFailure::Continue => {}
                _ if planted!(FailuresAreIgnored) => {}
                OnFailure::Pause => return Some(Verdict::Pause { failed: first }),
                OnFailure::Rollback => return Some(Verdict::RollBack { failed: first }),
            }
        }
        let ours = |instance: &&Instance| instance.place.is_some_and(|place| place.app == app);
        let through = |instance: &Instance| match self.replacing(instance) {
            Some(_) => !self.renews(instance) && !is_open(instance) && !instance.beside,
            None => self.aim(instance) != crate::aim::Aim::Gone,
        };
        let done = self.instances.iter().filter(ours).all(through) || planted!(CommitsTooEarly);
        done.then_some(Verdict::Done { failed })
    }

    /// The first new container of a service that failed, and how many did.
    fn failures(&self, service: &ServiceEntry) -> Option<(UpdateConfig, Failed, u64)> {
        let config = service.update?;
        let mut failed = self.all_of(service.id).filter(|it| !self.renews(it)).filter_map(|instance| {
            match instance.history.trial {
                Trial::Failed(wrong) => Some(Failed { id: instance.id, wrong }),
                Trial::Open | Trial::Passed => None,
            }
        });
        let first = failed.next()?;
        Some((config, first, 1 + failed.count() as u64))
    }

    /// The shell has made a verdict durable.
    pub(crate) fn learn_updated(&mut self, app: AppId, updating: Updating) {
        if let Some(app) = self.apps.iter_mut().find(|known| known.id == app) {
            (app.updating, app.told) = (updating, None);
        }
    }

    /// When something about an update is due.
    pub(crate) fn update_times(&self) -> impl Iterator<Item = Tick> {
        let told = self.apps.iter().filter_map(|app| Some(app.told?.after(TELL_AGAIN_MS)));
        let rests = self.services.iter().map(|service| service.rest_until);
        let trials = self.instances.iter().filter(|instance| is_open(instance)).filter_map(|instance| {
            let (_, _, config) = self.replacing(instance)?;
            let late = late_at(instance, config);
            let over = match instance.stage {
                Stage::Running(running) => Some(running.since.after(u64::from(config.monitor_ms))),
                _ => None,
            };
            over.filter(|at| *at > self.now).or(late)
        });
        told.chain(rests).chain(trials)
    }
}

pub(crate) fn is_open(instance: &Instance) -> bool {
    instance.history.trial == Trial::Open
}

/// What does not run is replaced first: of two that are stopped one after the other only one is, whatever comes between.
fn rank(instance: &Instance) -> (bool, Option<u16>, u16) {
    let runs = matches!(instance.stage, Stage::Running(_));
    (runs, instance.place.map(|place| place.replica), instance.id.0)
}

fn late_at(instance: &Instance, config: UpdateConfig) -> Option<Tick> {
    let start_ms = instance.spec.health.map_or(0, |pace| pace.start_period_ms);
    let ms = LATE_MS + u64::from(config.monitor_ms) + u64::from(start_ms);
    (instance.tried_since != Tick(0)).then(|| instance.tried_since.after(ms))
}
