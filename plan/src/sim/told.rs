//! What the decisions were told, in a second and simpler account: what is, what is to run by docker's rules, and how
//! often it was started again. [`super::told_events`] keeps it; [`super::told_actions`] holds every action against it.

use super::board::Key;
use crate::{Condition, Depends, Effect, Exit, History, Role, RunId, Spec, Tick, Trial, Turn, Updating};
use limpet_protocol::app::UpdateConfig;
use limpet_protocol::restart::When;
use std::collections::BTreeMap;
use std::vec::Vec;

/// What was told so far.
#[derive(Default)]
pub(super) struct Told {
    pub(super) entries: BTreeMap<Key, Entry>,
    pub(super) apps: BTreeMap<u16, ToldApp>,
    pub(super) low: bool,
    /// [`crate::Event::Settled`] came.
    pub(super) working: bool,
    /// The board goes down: until when, and when everything is killed.
    pub(super) leaving: Option<(Tick, Tick)>,
}

/// An app as it was told.
pub(super) struct ToldApp {
    /// A verdict about its update waits to be made durable; whether it still does, only the decisions know.
    pub(super) verdict: bool,
    pub(super) leaving: bool,
    pub(super) updating: Updating,
    pub(super) services: Vec<ToldService>,
}

/// One of its services.
pub(super) struct ToldService {
    pub(super) id: u16,
    pub(super) revision: u64,
    pub(super) replicas: u16,
    pub(super) depends: Vec<Depends>,
    pub(super) update: Option<UpdateConfig>,
    /// Nothing of it is replaced before.
    pub(super) rest_until: Tick,
}

/// Why the decisions asked for a stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    Shutdown,
    Gone,
    Renew,
    Again,
    Sick,
}

/// How far a dependency is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Met {
    Yes,
    NotYet,
    Never,
}

/// What was told of one container.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) exists: bool,
    pub(super) damaged: bool,
    pub(super) role: Option<Role>,
    pub(super) spec: Option<Spec>,
    pub(super) running: Option<RunId>,
    pub(super) since: Tick,
    /// When the facts about it came last.
    pub(super) seen: Tick,
    pub(super) paused: bool,
    pub(super) lost: Option<RunId>,
    pub(super) in_flight: Option<(Effect, Turn)>,
    /// The effect that failed last, and before when it is not to be tried again.
    pub(super) failed: Option<(Effect, Tick)>,
    pub(super) stop: Option<(Reason, Option<Tick>)>,
    pub(super) probe: Option<(Turn, Tick)>,
    /// It is being started again, and no run has come of that yet.
    pub(super) begun: bool,
    pub(super) failures: u32,
    /// `None` before the first verdict.
    pub(super) healthy: Option<bool>,
    /// Unhealthy, and to be started again for that.
    pub(super) sick: bool,
    pub(super) held: bool,
    pub(super) fresh: bool,
    pub(super) known: bool,
    pub(super) ordered: bool,
    /// What ran when the daemon before this one died.
    pub(super) was: Option<RunId>,
    pub(super) last_run: RunId,
    pub(super) last_exit: Option<Exit>,
    /// It is to run.
    pub(super) want: bool,
    /// It is to be stopped and started.
    pub(super) again: bool,
    pub(super) restarts: u32,
    pub(super) tries: u32,
    pub(super) streak: u32,
    pub(super) not_before: Tick,
    /// The pause that the last judgement allows.
    pub(super) pause: (u64, u64),
    /// Whether it was well when it was new.
    pub(super) trial: Option<bool>,
    /// It came to its end, and the rest after it is counted.
    pub(super) tried: bool,
    /// It is being given the name of its place: whether it has it, only the facts say.
    pub(super) adopting: Option<Turn>,
    /// It was stopped to be replaced.
    pub(super) giving_way: bool,
    /// What is counted here is what the daemon must have counted.
    pub(super) exact: bool,
}

impl Default for Entry {
    fn default() -> Self {
        Self {
            exists: false,
            damaged: false,
            role: None,
            spec: None,
            running: None,
            since: Tick(0),
            seen: Tick(0),
            paused: false,
            lost: None,
            in_flight: None,
            failed: None,
            stop: None,
            probe: None,
            begun: false,
            failures: 0,
            healthy: None,
            sick: false,
            held: false,
            fresh: true,
            known: false,
            ordered: false,
            was: None,
            last_run: RunId(0),
            last_exit: None,
            want: true,
            again: false,
            restarts: 0,
            tries: 0,
            streak: 0,
            not_before: Tick(0),
            pause: (0, 0),
            trial: None,
            tried: false,
            adopting: None,
            giving_way: false,
            exact: true,
        }
    }
}

impl Entry {
    /// Something of it may be running.
    pub(super) fn active(&self) -> bool {
        let starting = matches!(self.in_flight, Some((Effect::Start, _)));
        self.running.is_some() || self.lost.is_some() || starting
    }

    /// Started by a person, by `up` or at boot: nothing is held against it.
    pub(super) fn anew(&mut self) {
        (self.restarts, self.tries, self.streak) = (0, 0, 0);
        self.not_before = Tick(0);
        self.again = false;
        self.exact = true;
    }

    /// "The container always starts on daemon startup"; "isn't restarted even after Docker daemon restarts".
    pub(super) fn starts_with_the_daemon(&self) -> bool {
        match self.spec.map_or(When::No, |spec| spec.restart.when) {
            When::Always => true,
            When::UnlessStopped => !self.held,
            When::No | When::OnFailure => false,
        }
    }

    /// A run ended.
    pub(super) fn exit(&mut self, run: RunId, exit: Exit, held: bool, now: Tick) {
        let stop = self.stop.take();
        let sick = core::mem::take(&mut self.sick) || matches!(stop, Some((Reason::Sick, _)));
        (self.running, self.lost, self.probe, self.healthy) = (None, None, None, None);
        self.fresh = false;
        self.held |= held;
        if run.0 != 0 && run == self.last_run {
            return;
        }
        (self.last_run, self.last_exit, self.begun) = (run, Some(exit), false);
        match stop.map(|(reason, _)| reason) {
            Some(Reason::Shutdown | Reason::Gone | Reason::Renew) => self.again = false,
            Some(Reason::Again | Reason::Sick) | None if held => self.hold(),
            Some(Reason::Again) => (self.want, self.again) = (true, false),
            Some(Reason::Sick) | None if self.again => (self.want, self.again) = (true, false),
            Some(Reason::Sick) | None => {
                self.judge(exit, sick, now);
                self.sick = sick && self.want;
            }
        }
    }

    pub(super) fn hold(&mut self) {
        (self.held, self.want, self.again, self.not_before) = (true, false, false, Tick(0));
    }

    /// docker's rules for the end of a run.
    fn judge(&mut self, exit: Exit, sick: bool, now: Tick) {
        let policy = self.spec.map(|spec| spec.restart).unwrap_or_default();
        if policy.window_ms.is_some_and(|window| exit.ran_ms >= u64::from(window)) {
            self.tries = self.tries.saturating_sub(1);
        }
        if exit.ran_ms >= 10_000 && !sick {
            self.streak = 0;
        }
        let asks = match policy.when {
            When::No => false,
            When::Always | When::UnlessStopped => true,
            When::OnFailure => exit.code != 0,
        };
        self.not_before = Tick(0);
        if exit.code != 0 || asks || sick {
            self.trial = self.trial.or(Some(false));
        }
        self.want = (asks || sick) && policy.tries_max.is_none_or(|most| self.tries < most);
        if self.want {
            let doubled = (0..self.streak.min(20)).fold(100, |pause: u64, _| (pause * 2).min(60_000));
            self.pause = match policy.delay_ms {
                Some(delay) => (u64::from(delay).max(100), u64::from(delay).max(100)),
                None => (doubled - doubled / 10, (doubled + doubled / 10).min(60_000)),
            };
            self.not_before = now.after(self.pause.0);
            (self.restarts, self.tries, self.streak) = (self.restarts + 1, self.tries + 1, self.streak + 1);
        }
    }

    /// What the daemon noted counts, as what it did since was lost with it.
    pub(super) fn adopt(&mut self, history: &History) {
        self.restarts = history.restarts;
        self.tries = history.tries;
        self.streak = u32::from(history.streak);
        self.want = history.pending;
        self.again = history.again == crate::Again::Asked;
        self.sick = history.again == crate::Again::Unhealthy;
        self.not_before = history.next.unwrap_or_default();
        self.trial = match history.trial {
            Trial::Open => None,
            Trial::Passed => Some(true),
            Trial::Failed(_) => Some(false),
        };
        self.tried = self.trial.is_some();
        self.was = Some(history.run);
        self.last_run = history.last_run;
        self.last_exit = history.last_exit;
        self.begun = history.run == RunId(0) && history.last_exit.is_some_and(|exit| exit.started);
        self.healthy = match history.health {
            crate::Health::Unwatched | crate::Health::Starting => None,
            crate::Health::Healthy => Some(true),
            crate::Health::Unhealthy => Some(false),
        };
        self.exact = true;
    }
}

impl Told {
    pub(super) fn daemon_died(&mut self) {
        if !self.working {
            // Nothing is noted before everything was told.
            self.entries.values_mut().for_each(|entry| entry.exact = false);
        }
        self.apps.clear();
        (self.low, self.working, self.leaving) = (false, false, None);
        for entry in self.entries.values_mut() {
            (entry.in_flight, entry.stop, entry.probe, entry.failures) = (None, None, None, 0);
            entry.failed = None;
            (entry.giving_way, entry.adopting) = (false, None);
            if entry.exists {
                entry.was = entry.running;
            }
            (entry.running, entry.lost, entry.exists, entry.damaged) = (None, None, false, false);
            entry.ordered = false;
        }
    }

    pub(super) fn power_cut(&mut self) {
        for entry in self.entries.values_mut() {
            let Entry { exists, role, spec, held, .. } = *entry;
            *entry = Entry { exists, role, spec, held, want: false, ..Entry::default() };
        }
    }

    /// A note was lost with the daemon.
    pub(super) fn inexact(&mut self, key: Key) {
        if let Some(entry) = self.entries.get_mut(&key) {
            entry.exact = false;
        }
    }

    pub(super) fn service(&self, key: Key) -> Option<(&ToldApp, &ToldService)> {
        let (app, service, _) = key.place()?;
        let app = self.apps.get(&app)?;
        Some((app, app.services.iter().find(|known| known.id == service)?))
    }

    /// The app wants this replica.
    pub(super) fn wants(&self, key: Key) -> Option<&ToldService> {
        let (_, _, replica) = key.place()?;
        let (app, service) = self.service(key)?;
        let entry = self.entries.get(&key);
        let revision = entry.and_then(|entry| entry.role).map(|role| role.revision);
        let adopting = entry.is_some_and(|entry| entry.adopting.is_some());
        let damaged = entry.is_some_and(|entry| entry.damaged);
        let follows = !damaged && (adopting || revision.is_none_or(|it| it == service.revision));
        let right = matches!(key, Key::At(..)) || follows;
        (!app.leaving && replica <= service.replicas && right).then_some(service)
    }

    /// It may stay on the board.
    pub(super) fn stays(&self, key: Key) -> bool {
        match key {
            Key::Lone(_) => true,
            Key::At(app, ..) | Key::Next(app, ..) => {
                !self.apps.contains_key(&app) || self.wants(key).is_some()
            }
            Key::Extra(_) => false,
        }
    }

    /// It exists, but from another specification.
    pub(super) fn renews(&self, key: Key, entry: &Entry) -> bool {
        let Some(service) = self.wants(key).filter(|_| entry.exists) else { return false };
        if entry.damaged {
            !entry.active()
        } else {
            let stays = entry.adopting.is_some() || self.is_paused(key);
            !stays && entry.role.is_some_and(|role| role.revision != service.revision)
        }
    }

    /// Why it is to be stopped, if it is.
    pub(super) fn reason(&self, key: Key, entry: &Entry) -> Option<Reason> {
        if self.leaving.is_some() {
            return Some(Reason::Shutdown);
        }
        if !self.stays(key) {
            return Some(Reason::Gone);
        }
        if self.renews(key, entry) && !self.low && !self.waits_for_its_turn(key, entry) {
            return Some(Reason::Renew);
        }
        let follows = |depends: &&Depends| depends.restart;
        let blocked = self.low
            && self.wants(key).is_some_and(|service| {
                service.depends.iter().filter(follows).any(|depends| self.any_renews(key, depends.on.0))
            });
        match (entry.again, entry.sick) {
            (true, _) if blocked || self.follows_an_update(key) => None,
            (true, _) => Some(Reason::Again),
            (false, true) => Some(Reason::Sick),
            (false, false) => None,
        }
    }

    pub(super) fn any_renews(&self, of: Key, service: u16) -> bool {
        self.replicas(of, service)
            .into_iter()
            .any(|key| self.entries.get(&key).is_some_and(|entry| self.renews(key, entry)))
    }

    /// The replicas of a service of the same app.
    pub(super) fn replicas(&self, of: Key, service: u16) -> Vec<Key> {
        let Some((app, ..)) = of.place() else { return Vec::new() };
        let known = self.service(Key::At(app, service, 1)).map_or(0, |(_, service)| service.replicas);
        (1..=known).map(|replica| Key::At(app, service, replica)).collect()
    }

    /// How far the worst of its dependencies is.
    pub(super) fn met(&self, key: Key) -> Met {
        let Some(service) = self.wants(key) else { return Met::Yes };
        let each = service.depends.iter().map(|depends| self.depends_met(key, depends));
        each.max().unwrap_or(Met::Yes)
    }

    fn depends_met(&self, key: Key, depends: &Depends) -> Met {
        let replicas = self.replicas(key, depends.on.0);
        // Of two at a place either may be in charge.
        let each = replicas.into_iter().map(|key| {
            let next = self.next_of(key).map(|(next, _)| self.one_met(next, depends.condition));
            let met = self.one_met(key, depends.condition);
            (met, next.unwrap_or(met))
        });
        let each: Vec<(Met, Met)> = each.collect();
        let never = |(old, new): &(Met, Met)| *old == Met::Never || *new == Met::Never;
        match each.iter().map(|(old, new)| *old.min(new)).max().unwrap_or(Met::Yes) {
            _ if !depends.required && each.iter().any(never) => Met::Yes,
            met => met,
        }
    }

    fn one_met(&self, key: Key, condition: Condition) -> Met {
        let Some(entry) = self.entries.get(&key).filter(|entry| entry.exists) else { return Met::NotYet };
        let idle = !entry.active() && entry.in_flight.is_none();
        let rests = idle && !entry.want && !self.renews(key, entry);
        let serves = entry.running.is_some() && entry.stop.is_none() && self.reason(key, entry).is_none();
        let well = entry.spec.is_none_or(|spec| spec.health.is_none()) || entry.healthy == Some(true);
        let succeeded = !entry.fresh && entry.last_exit.is_some_and(|exit| exit.code == 0);
        let met = match condition {
            Condition::Started => serves || rests,
            Condition::Healthy => serves && well,
            Condition::Completed => rests && succeeded,
        };
        match (met, rests) {
            (true, _) => Met::Yes,
            (false, true) => Met::Never,
            (false, false) => Met::NotYet,
        }
    }
}
