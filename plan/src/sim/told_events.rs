//! How events change what was told.

use super::board::Key;
use super::daemon::Daemon;
use super::told::{Entry, Told, ToldApp, ToldService};
use crate::instance::{Doubt, Stage};
use crate::{
    AppId, By, Desired, EXIT_LOST, Effect, Event, Exit, Facts, InstanceId, RunId, ServiceId, Space, Status,
    Tick, Turn, World,
};
use std::vec::Vec;

/// What failed is not tried again before: docker's first pause, less a tenth.
const PAUSE_MS_MIN: u64 = 90;

impl Told {
    /// Takes an event as the decisions are about to take it.
    pub(super) fn event(&mut self, event: &Event, daemon: &Daemon, now: Tick) {
        match event {
            Event::Found { id, turn, facts } if accepts(&daemon.world, *id, *turn) => {
                self.found(key(daemon, *id), facts, now);
            }
            Event::Absent { id, turn } if accepts(&daemon.world, *id, *turn) => {
                self.absent(key(daemon, *id));
            }
            Event::Damaged { id, turn, running, .. } if accepts(&daemon.world, *id, *turn) => {
                self.damaged(key(daemon, *id), *running, now);
            }
            Event::Found { .. } | Event::Absent { .. } | Event::Damaged { .. } => {}
            Event::Settled => self.settled(),
            Event::Missed | Event::Poked { .. } | Event::Woke | Event::Pruned | Event::PruneFailed => {}
            Event::Wanted { desired, by } => self.wanted(desired, *by),
            Event::Updated { app, updating } => {
                if let Some(app) = self.apps.get_mut(&app.0) {
                    app.updating = *updating;
                }
            }
            Event::Unwanted { app } => {
                if let Some(app) = self.apps.get_mut(&app.0) {
                    app.leaving = true;
                }
            }
            Event::Restart { app, service } => self.restart(*app, *service),
            Event::Shutdown { within_ms } => self.shutdown(*within_ms, now),
            Event::Space(space) => self.low = *space == Space::Low,
            Event::Created { id, .. }
            | Event::Started { id, .. }
            | Event::Ended { id, .. }
            | Event::Lost { id, .. }
            | Event::Cleared { id, .. }
            | Event::Removed { id, .. }
            | Event::Failed { id, .. }
            | Event::Probed { id, .. } => self.answer(event, key(daemon, *id), now),
        }
    }

    fn entry(&mut self, key: Key) -> &mut Entry {
        self.entries.entry(key).or_default()
    }

    fn found(&mut self, key: Key, facts: &Facts, now: Tick) {
        let working = self.working;
        let entry = self.entry(key);
        let changed = entry.spec.is_some_and(|spec| spec.restart != facts.spec.restart);
        (entry.exists, entry.damaged, entry.seen) = (true, false, now);
        entry.spec = Some(facts.spec);
        (entry.role, entry.adopting) = (facts.role, entry.adopting.filter(|_| facts.role.is_none()));
        if !working {
            entry.known = facts.history.is_some();
            match &facts.history {
                Some(history) if !entry.exact => entry.adopt(history),
                Some(_) => {}
                None => entry.anew(),
            }
        }
        let lone = facts.role.is_none();
        let starting = matches!(entry.in_flight, Some((Effect::Start, _)));
        let pending = facts.history.is_some_and(|history| history.pending);
        match facts.status {
            Status::Created => {
                (entry.running, entry.lost, entry.fresh) = (None, None, true);
                entry.want &= !lone || starting;
            }
            Status::Running { run, ran_ms, paused } => {
                let new = !working && entry.was != Some(run);
                if new {
                    (entry.again, entry.sick, entry.healthy) = (false, false, None);
                }
                let ours = if working { starting } else { entry.want || !new };
                entry.found_running(run, now.before(ran_ms), paused, ours);
            }
            Status::Ended { run, exit } => {
                let by_hand = working || !pending;
                entry.found_ended(run, exit, facts.held, by_hand, working, lone, now);
            }
            Status::Lost { run } => {
                (entry.running, entry.lost, entry.fresh) = (None, Some(run), false);
            }
        }
        entry.in_flight = None;
        let newly = facts.held && !entry.held;
        entry.held = facts.held;
        if newly && working && !entry.active() {
            entry.hold();
        }
        if changed && lone && working {
            entry.reconsider();
        }
    }

    fn absent(&mut self, key: Key) {
        if let Some(entry) = self.entries.get_mut(&key) {
            *entry = Entry::default();
        }
    }

    fn damaged(&mut self, key: Key, running: Option<RunId>, now: Tick) {
        let working = self.working;
        let entry = self.entry(key);
        (entry.exists, entry.damaged, entry.adopting) = (true, true, None);
        entry.spec = Some(crate::instance::SPEC_UNKNOWN);
        if !working {
            entry.anew();
        }
        match running {
            Some(run) => entry.found_running(run, now, false, !working),
            None => (entry.running, entry.lost, entry.stop, entry.probe) = (None, None, None, None),
        }
        entry.in_flight = None;
        entry.want &= !matches!(key, Key::Lone(_));
    }

    fn settled(&mut self) {
        self.working = true;
        for entry in self.entries.values_mut().filter(|entry| !entry.exists) {
            *entry = Entry { ordered: entry.ordered, ..Entry::default() };
        }
        for (key, entry) in &mut self.entries {
            if core::mem::take(&mut entry.ordered) || matches!(key, Key::Next(..)) {
                entry.order();
                continue;
            }
            if entry.active() || !entry.exists {
                continue;
            }
            if entry.fresh {
                entry.want = !matches!(key, Key::Lone(_));
            } else if entry.starts_with_the_daemon() {
                if entry.not_before == Tick(0) {
                    entry.anew();
                }
                entry.want = true;
            } else if entry.held || !entry.known {
                (entry.want, entry.not_before) = (false, Tick(0));
            }
            if matches!(key, Key::Lone(_)) && !entry.begun {
                entry.reconsider();
            }
        }
        self.followers_of_renewals();
    }

    fn wanted(&mut self, desired: &Desired, by: By) {
        let has = |id: ServiceId| desired.services.iter().any(|service| service.id == id);
        let services = desired.services.iter().map(|service| ToldService {
            id: service.id.0,
            revision: service.revision,
            replicas: u16::try_from(service.replicas.len()).unwrap_or(0),
            depends: service.depends.iter().filter(|it| has(it.on)).copied().collect(),
            update: service.update,
            rest_until: Tick(0),
        });
        let told = ToldApp {
            verdict: false,
            leaving: false,
            updating: desired.updating,
            services: services.collect(),
        };
        let keys: Vec<Key> = told
            .services
            .iter()
            .flat_map(|service| {
                (1..=service.replicas).map(|replica| Key::At(desired.app.0, service.id, replica))
            })
            .collect();
        self.apps.insert(desired.app.0, told);
        let working = self.working;
        for key in keys {
            let entry = self.entry(key);
            entry.giving_way = false;
            if by == By::Hand && working {
                (entry.trial, entry.tried) = (None, false);
                entry.order();
            } else if by == By::Hand {
                entry.ordered = true;
            }
        }
        if working {
            self.followers_of_renewals();
        }
    }

    fn restart(&mut self, app: AppId, service: Option<ServiceId>) {
        let Some(told) = self.apps.get(&app.0) else { return };
        let ids = told.services.iter().map(|known| known.id);
        let named: Vec<u16> = ids.filter(|id| service.is_none_or(|service| service.0 == *id)).collect();
        let all = self.with_followers(app.0, named);
        let ours =
            |key: &Key| key.place().is_some_and(|(of, service, _)| of == app.0 && all.contains(&service));
        for (_, entry) in self.entries.iter_mut().filter(|(key, _)| ours(key)) {
            entry.order();
            entry.again |= entry.active();
        }
    }

    /// What depends with `restart: true` on what is being replaced is to be restarted.
    fn followers_of_renewals(&mut self) {
        let apps: Vec<u16> = self.apps.keys().copied().collect();
        for app in apps {
            let renewed = self.renewed(app);
            let all = self.with_followers(app, renewed.clone());
            let follows = |key: &Key| {
                let ours =
                    |(of, service, _)| of == app && all.contains(&service) && !renewed.contains(&service);
                key.place().is_some_and(ours)
            };
            for (_, entry) in self.entries.iter_mut().filter(|(key, _)| follows(key)) {
                entry.again |= entry.active();
            }
        }
    }

    fn renewed(&self, app: u16) -> Vec<u16> {
        let services = self.apps[&app].services.iter().map(|service| service.id);
        let renews = |service: &u16| {
            self.replicas(Key::At(app, *service, 1), *service)
                .into_iter()
                .filter(|key| !self.is_taken_over(*key))
                .any(|key| self.entries.get(&key).is_some_and(|entry| self.renews(key, entry)))
        };
        services.filter(renews).collect()
    }

    fn with_followers(&self, app: u16, mut chosen: Vec<u16>) -> Vec<u16> {
        loop {
            let services = self.apps[&app].services.iter();
            let new: Vec<u16> = services
                .filter(|service| !chosen.contains(&service.id))
                .filter(|service| service.depends.iter().any(|it| it.restart && chosen.contains(&it.on.0)))
                .map(|service| service.id)
                .collect();
            if new.is_empty() {
                return chosen;
            }
            chosen.extend(new);
        }
    }

    fn shutdown(&mut self, within_ms: u64, now: Tick) {
        let deadline = now.after(within_ms);
        let kill_at = deadline.before(3_000.min(within_ms / 4));
        if self.leaving.is_none_or(|(earlier, _)| deadline < earlier) {
            self.leaving = Some((deadline, kill_at));
        }
        for entry in self.entries.values_mut() {
            if let Some((_, due)) = &mut entry.stop {
                *due = Some(due.map_or(kill_at, |due| due.min(kill_at)));
            }
        }
    }

    /// An answer, or the word of a keeper.
    fn answer(&mut self, event: &Event, key: Key, now: Tick) {
        let entry = self.entry(key);
        let waits = |effect: Effect, turn: Turn| entry.in_flight == Some((effect, turn));
        match *event {
            Event::Created { turn, revision, spec, .. } if waits(Effect::Create, turn) => {
                (entry.exists, entry.fresh, entry.spec) = (true, true, Some(spec));
                entry.in_flight = None;
                entry.role = super::hands::place(key).map(|place| {
                    let beside = matches!(key, Key::Next(..));
                    crate::Role { place, revision, beside }
                });
            }
            Event::Started { turn, run, .. } if waits(Effect::Start, turn) => {
                entry.in_flight = None;
                entry.held = false;
                entry.found_running(run, now, false, true);
            }
            Event::Ended { run, exit, held, .. } if run != entry.last_run => {
                let starting = matches!(entry.in_flight, Some((Effect::Start, _)));
                if entry.running.is_some_and(|known| known == run || known.0 == 0) || starting {
                    if starting {
                        entry.in_flight = None;
                    }
                    entry.exit(run, exit, held, now);
                }
            }
            // A run whose start was not answered for has no number yet.
            Event::Lost { run, .. } if entry.running.is_some_and(|known| known == run || known.0 == 0) => {
                (entry.running, entry.lost, entry.probe, entry.healthy) = (None, Some(run), None, None);
                entry.stop = entry.stop.map(|(reason, _)| (reason, None));
            }
            Event::Cleared { turn, held, .. } if waits(Effect::Clear, turn) => {
                // Its start had not failed, whatever was said.
                (entry.in_flight, entry.failed) = (None, None);
                let exit = Exit { code: EXIT_LOST, started: true, ran_ms: 0 };
                entry.exit(entry.lost.unwrap_or(RunId(0)), exit, held, now);
            }
            Event::Removed { turn, .. } if waits(Effect::Remove, turn) => *entry = Entry::default(),
            Event::Failed { turn, effect, .. } if waits(effect, turn) => {
                entry.in_flight = None;
                entry.failed = Some((effect, now.after(PAUSE_MS_MIN)));
            }
            Event::Failed { turn, effect: Effect::Adopt, .. } if entry.adopting == Some(turn) => {
                entry.adopting = None;
            }
            Event::Probed { turn, healthy, .. } => entry.probed(turn, healthy, now),
            // Late, or about nothing that is awaited.
            Event::Created { .. }
            | Event::Started { .. }
            | Event::Ended { .. }
            | Event::Lost { .. }
            | Event::Cleared { .. }
            | Event::Removed { .. }
            | Event::Failed { .. } => {}
            // Not answers; [`Self::event`] has them.
            Event::Found { .. }
            | Event::Absent { .. }
            | Event::Damaged { .. }
            | Event::Settled
            | Event::Missed
            | Event::Poked { .. }
            | Event::Woke
            | Event::Wanted { .. }
            | Event::Updated { .. }
            | Event::Unwanted { .. }
            | Event::Restart { .. }
            | Event::Shutdown { .. }
            | Event::Space(_)
            | Event::Pruned
            | Event::PruneFailed => {}
        }
    }
}

impl Entry {
    fn found_running(&mut self, run: RunId, since: Tick, paused: bool, ours: bool) {
        if run.0 != 0 && run == self.last_run {
            return;
        }
        self.paused = paused;
        if self.running == Some(run) {
            if let Some((_, None)) = self.stop {
                (self.stop, self.since, self.failures) = (None, since, 0);
            }
            return;
        }
        if !ours {
            self.anew();
            self.sick = false;
        }
        if self.running.is_some() || !ours {
            self.healthy = None;
        }
        (self.running, self.lost, self.stop, self.probe) = (Some(run), None, None, None);
        (self.since, self.failures, self.not_before) = (since, 0, Tick(0));
        (self.want, self.fresh, self.failed, self.begun) = (true, false, None, false);
    }

    #[expect(clippy::too_many_arguments, reason = "each is one fact about how the run was found")]
    fn found_ended(
        &mut self,
        run: RunId,
        exit: Exit,
        held: bool,
        by_hand: bool,
        working: bool,
        lone: bool,
        now: Tick,
    ) {
        if run == self.last_run {
            (self.running, self.lost, self.fresh) = (None, None, false);
            return;
        }
        if self.active() {
            return self.exit(run, exit, held, now);
        }
        if !working && !self.known {
            (self.last_run, self.last_exit, self.fresh) = (run, Some(exit), false);
            return;
        }
        if by_hand {
            self.anew();
            (self.want, self.sick) = (true, false);
        }
        if by_hand && !exit.started && lone {
            (self.want, self.last_run, self.last_exit, self.fresh) = (false, run, Some(exit), false);
        } else {
            self.exit(run, exit, held, now);
        }
    }

    fn reconsider(&mut self) {
        use limpet_protocol::restart::When;
        if self.active() || self.not_before == Tick(0) || self.sick {
            return;
        }
        let when = self.spec.map_or(When::No, |spec| spec.restart.when);
        let failed = self.last_exit.is_some_and(|exit| exit.code != 0);
        if when == When::No || (when == When::OnFailure && !failed) {
            (self.want, self.not_before) = (false, Tick(0));
        }
    }

    /// A person wants it to run.
    fn order(&mut self) {
        self.failed = None;
        if self.running.is_none() || self.stop.is_some() {
            let again = self.again && self.active();
            self.anew();
            self.again = again || self.lost.is_some();
        }
        (self.want, self.not_before) = (true, Tick(0));
    }

    /// docker's rules for the outcome of a probe.
    pub(super) fn probed(&mut self, turn: Turn, healthy: bool, now: Tick) {
        let Some(spec) = self.spec else { return };
        let Some(pace) = spec.health.filter(|_| self.running.is_some() && self.stop.is_none()) else {
            return;
        };
        let Some((_, began)) = self.probe.filter(|(asked, _)| *asked == turn) else { return };
        let _ = now;
        self.probe = None;
        if healthy {
            (self.healthy, self.failures, self.sick) = (Some(true), 0, false);
            return;
        }
        if self.healthy.is_none() && began.since(self.since) < u64::from(pace.start_period_ms) {
            return;
        }
        self.failures += 1;
        if self.failures >= pace.retries.max(1) {
            self.healthy = Some(false);
            self.trial = self.trial.or(Some(false));
            let restarts = spec.on_unhealthy == limpet_protocol::health::OnUnhealthy::Restart;
            let allowed = spec.restart.tries_max.is_none_or(|most| self.tries < most);
            self.sick |= restarts && allowed;
        }
    }
}

pub(super) fn key(daemon: &Daemon, id: InstanceId) -> Key {
    let known = daemon.ids.iter().find(|(_, known)| **known == id).map(|(key, _)| *key);
    known.unwrap_or(Key::Extra(u16::MAX))
}

/// Whether the decisions take these facts or ask again; which they do is not for this account to judge.
fn accepts(world: &World, id: InstanceId, turn: Turn) -> bool {
    let Some(instance) = world.find(id) else { return turn == Turn::UNASKED };
    let waking = world.phase == crate::Phase::Waking;
    match instance.doubt {
        Doubt::Asked { turn: asked, .. } => asked == turn,
        Doubt::Wanted => false,
        Doubt::None => {
            let idle = !matches!(
                instance.stage,
                Stage::Creating { .. }
                    | Stage::Starting { .. }
                    | Stage::Clearing { .. }
                    | Stage::Removing { .. }
            );
            turn == Turn::UNASKED && (waking || idle)
        }
    }
}
