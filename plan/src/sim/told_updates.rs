//! What an update may do with what was told.

use super::Broken;
use super::board::Key;
use super::daemon::Daemon;
use super::told::{Entry, Reason, Told, ToldService};
use super::told_actions::ensure;
use crate::{AppId, Effect, Tick, Trial, Turn, Updating, Verdict, World};
use limpet_protocol::app::{OnFailure, UpdateConfig};
use std::format;
use std::vec::Vec;

/// What is ill for so long may have been given up.
const LONG_MS: u64 = 100_000;

impl Told {
    /// The service that wants this replica and is being updated.
    fn updated_by(&self, key: Key) -> Option<(&ToldService, UpdateConfig)> {
        let service = self.wants(key)?;
        let (app, _) = self.service(key)?;
        (app.updating == Updating::Going).then_some((service, service.update?))
    }

    pub(super) fn is_paused(&self, key: Key) -> bool {
        let paused = self
            .service(key)
            .is_some_and(|(app, service)| app.updating == Updating::Paused && service.update.is_some());
        paused && self.wants(key).is_some()
    }

    /// Nothing more is replaced before the verdict about it is durable.
    pub(super) fn learn_verdicts(&mut self, world: &World) {
        for (id, app) in &mut self.apps {
            app.verdict = world.app(AppId(*id)).is_some_and(|known| known.told.is_some());
        }
    }

    pub(super) fn awaits_a_verdict(&self, key: Key) -> bool {
        self.service(key).is_some_and(|(app, _)| app.verdict)
    }

    /// It is to be replaced, some time.
    pub(super) fn waits_for_its_turn(&self, key: Key, entry: &Entry) -> bool {
        let removing = matches!(entry.in_flight, Some((Effect::Remove, _)));
        self.updated_by(key).is_some()
            && self.renews(key, entry)
            && !entry.damaged
            && !entry.giving_way
            && !removing
    }

    /// Its restart comes when what it follows is replaced.
    pub(super) fn follows_an_update(&self, key: Key) -> bool {
        let Some(service) = self.wants(key) else { return false };
        let follows = service.depends.iter().filter(|depends| depends.restart);
        follows.map(|depends| depends.on.0).any(|on| {
            let Some((app, ..)) = key.place() else { return false };
            self.updated_by(Key::At(app, on, 1)).is_some() && self.any_renews(key, on)
        })
    }

    /// Whether it may be replaced now.
    pub(super) fn turn(&self, key: Key, entry: &Entry, removes: bool, now: Tick) -> Result<(), Broken> {
        let Some((service, config)) = self.updated_by(key).filter(|_| !entry.damaged) else { return Ok(()) };
        // Its turn came when it was stopped first, or it would not give way.
        if entry.giving_way {
            return Ok(());
        }
        let rests = config.parallelism > 0 && service.rest_until > now;
        ensure(!rests, key, "between two replacements an update rests")?;
        for depends in &service.depends {
            let through = self.replicas(key, depends.on.0).iter().all(|on| self.is_through(*on));
            ensure(through, key, "what it depends on is updated before it")?;
        }
        if config.parallelism > 0 {
            let others = self.replicas(key, service.id).into_iter().filter(|other| *other != key);
            let others: Vec<Key> = others
                .flat_map(|other| [Some(other), self.next_of(other).map(|(next, _)| next)])
                .flatten()
                .collect();
            let busy = others.iter().filter(|other| self.is_busy(**other, config, removes, now)).count();
            let text = format!("at most {} are replaced at a time, not {}", config.parallelism, busy + 1);
            ensure(busy < usize::from(config.parallelism), key, &text)?;
        }
        Ok(())
    }

    fn is_through(&self, key: Key) -> bool {
        if self.updated_by(key).is_none() {
            return true;
        }
        let Some(entry) = self.entries.get(&key) else { return false };
        let gave_up = !entry.exists || entry.running.is_none();
        !self.renews(key, entry) && (entry.trial.is_some() || gave_up || entry.healthy != Some(true))
    }

    fn is_busy(&self, key: Key, config: UpdateConfig, removes: bool, now: Tick) -> bool {
        let Some(entry) = self.entries.get(&key) else { return false };
        if let Key::Next(app, service, replica) = key {
            let late = self.is_new(Key::At(app, service, replica));
            return (entry.exists || entry.in_flight.is_some()) && !late && !entry.damaged;
        }
        let followed = self.next_of(key).is_some() && !self.is_new(key);
        if entry.damaged || !entry.exists || followed {
            return false;
        }
        if self.renews(key, entry) {
            let idle = !entry.active() && entry.in_flight.is_none();
            return !self.waits_for_its_turn(key, entry) || (idle && !removes);
        }
        let lenient = config.on_failure == Some(OnFailure::Continue) || config.failures_max_ppm > 0;
        let known = entry.running.is_some() && now.since(entry.since) < LONG_MS;
        entry.trial.is_none() && (known || !lenient)
    }

    /// It is of the version that is wanted: what is beside it comes too late.
    fn is_new(&self, key: Key) -> bool {
        let entry = self.entries.get(&key).filter(|entry| entry.exists && !entry.damaged);
        entry.is_some_and(|entry| self.wants(key).is_some() && !self.renews(key, entry))
    }

    /// New containers that the decisions find well are, by what was told.
    pub(super) fn settle_trials(&mut self, daemon: &Daemon, now: Tick) -> Result<(), Broken> {
        if !self.working || self.leaving.is_some() {
            return Ok(());
        }
        for (key, id) in &daemon.ids {
            let Some((_, config)) = self.updated_by(*key) else { continue };
            let Some(entry) = self.entries.get(key).filter(|entry| !self.renews(*key, entry)) else {
                continue;
            };
            let found = daemon.world.find(*id).map(|instance| instance.history.trial);
            if found == Some(Trial::Passed) && entry.trial.is_none() {
                let passes = self.passes(*key, entry, config, now);
                ensure(
                    passes,
                    *key,
                    &format!(
                        "it is well when it has been for as long as it is watched: {entry:?} {:?}",
                        self.reason(*key, entry)
                    ),
                )?;
            }
            let ended = found.is_some_and(|trial| trial != Trial::Open) && !entry.tried;
            let Some(entry) = self.entries.get_mut(key).filter(|_| ended) else { continue };
            (entry.trial, entry.tried) = (entry.trial.or(Some(found == Some(Trial::Passed))), true);
            let Some((app, service, _)) = key.place() else { continue };
            let services = self.apps.get_mut(&app).into_iter().flat_map(|app| &mut app.services);
            for service in services.filter(|known| known.id == service) {
                service.rest_until = service.rest_until.max(now.after(u64::from(config.delay_ms)));
            }
        }
        Ok(())
    }

    /// What is, or is being, made beside it.
    pub(super) fn next_of(&self, key: Key) -> Option<(Key, &Entry)> {
        let Key::At(app, service, replica) = key else { return None };
        let next = Key::Next(app, service, replica);
        let entry = self.entries.get(&next).filter(|entry| entry.exists || entry.in_flight.is_some())?;
        Some((next, entry))
    }

    /// What is beside it came through, and is what is wanted.
    pub(super) fn is_taken_over(&self, key: Key) -> bool {
        self.next_of(key).is_some_and(|(at, next)| {
            let leaves = matches!(next.in_flight, Some((Effect::Remove, _)))
                || matches!(next.stop, Some((Reason::Gone, _)));
            // What follows from a failure is decided first.
            let decided = next.exists && next.tried && !self.awaits_a_verdict(key);
            let counts = next.trial == Some(true) || (next.trial == Some(false) && decided);
            self.wants(at).is_some() && counts && !leaves
        })
    }

    /// One of two at a place goes: the old one when it is followed, the new one when the old one is there.
    pub(super) fn goes(&self, key: Key) -> bool {
        match key {
            Key::Next(app, service, replica) => {
                let there = |entry: &Entry| entry.exists || entry.in_flight.is_some();
                self.entries.get(&Key::At(app, service, replica)).is_some_and(there)
            }
            Key::At(..) => {
                let revision = self.wants(key).map(|service| service.revision);
                let old = self
                    .entries
                    .get(&key)
                    .is_some_and(|entry| entry.damaged || entry.role.map(|role| role.revision) != revision);
                old && self.next_of(key).is_some()
            }
            Key::Lone(_) | Key::Extra(_) => false,
        }
    }

    /// Before the old one goes, the new one was found well.
    pub(super) fn is_followed_well(&self, key: Key) -> Result<(), Broken> {
        let (Some((_, next)), true) = (self.next_of(key), self.stays(key)) else { return Ok(()) };
        let config = self.service(key).and_then(|(_, service)| service.update);
        let lenient = config.is_none_or(|config| {
            config.on_failure == Some(OnFailure::Continue) || config.failures_max_ppm > 0
        });
        ensure(lenient || next.trial == Some(true), key, "it is not stopped before the new one is well")
    }

    /// One that is started first is begun when it is its turn.
    pub(super) fn follows(&self, key: Key, now: Tick) -> Result<(), Broken> {
        let Key::Next(app, service, replica) = key else {
            return ensure(false, key, "it has a name of its own");
        };
        let at = Key::At(app, service, replica);
        let entry = self.entries.get(&at).cloned().unwrap_or_default();
        ensure(self.renews(at, &entry) || !entry.exists, key, "nothing is made beside what is not replaced")?;
        self.turn(at, &entry, false, now)
    }

    pub(super) fn adopts(&mut self, key: Key, turn: Turn) -> Result<(), Broken> {
        let Key::Next(app, service, replica) = key else {
            return ensure(false, key, "only what is beside another is given its name");
        };
        let held = self.entries.get(&Key::At(app, service, replica)).is_some_and(|entry| entry.exists);
        ensure(!held, key, "a name is given when it is free")?;
        self.entries.entry(key).or_default().adopting = Some(turn);
        Ok(())
    }

    pub(super) fn renamed(&mut self, from: Key, to: Key) {
        if let Some(mut entry) = self.entries.remove(&from) {
            if let Some(role) = &mut entry.role {
                role.beside = false;
            }
            self.entries.insert(to, entry);
        }
    }

    fn passes(&self, key: Key, entry: &Entry, config: UpdateConfig, now: Tick) -> bool {
        let well = entry.spec.is_none_or(|spec| spec.health.is_none()) || entry.healthy == Some(true);
        let end = entry.since.after(u64::from(config.monitor_ms));
        // Word of its end may be on its way, so it is looked at after that.
        let over = end <= now && end <= entry.seen;
        let runs = entry.running.is_some() && entry.stop.is_none() && self.reason(key, entry).is_none();
        let rests = entry.exists && !entry.active() && entry.in_flight.is_none() && !entry.want;
        (runs && well && over) || rests
    }

    /// A verdict is not too early.
    pub(super) fn updated(&mut self, app: AppId, verdict: &Verdict, daemon: &Daemon) -> Result<(), Broken> {
        let Verdict::Done { .. } = verdict else { return Ok(()) };
        for (key, entry) in &self.entries {
            if key.place().is_none_or(|(of, ..)| of != app.0) {
                continue;
            }
            let single = matches!(key, Key::At(..)) || !entry.exists;
            ensure(single, *key, "an update is over when nothing is beside another")?;
            let stays = self.stays(*key) || !entry.exists;
            ensure(stays, *key, "an update is over when what it does not want is gone")?;
            let through = self.updated_by(*key).is_none() || !self.renews(*key, entry);
            ensure(through, *key, "an update is over when everything is replaced")?;
            let open = entry.running.is_some() && entry.trial.is_none() && self.updated_by(*key).is_some();
            // Why it was given up before it ran, only the decisions know.
            let known = daemon.ids.get(key).and_then(|id| daemon.world.find(*id));
            let failed = known.is_some_and(|known| matches!(known.history.trial, Trial::Failed(_)));
            ensure(!open || failed, *key, "an update is over when nothing is on trial")?;
        }
        Ok(())
    }
}
