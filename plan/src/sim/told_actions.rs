//! What the decisions may do with what they were told. Every action is held against this before it is carried out.

use super::Broken;
use super::board::Key;
use super::daemon::Daemon;
use super::end::touches;
use super::told::{Entry, Met, Reason, Told};
use super::told_events::key;
use crate::instance::{Instance, Stage, Why};
use crate::{Action, Effect, News, STOP_MARGIN_MS, Tick, Turn};
use std::format;

/// After a kill, the next follows so soon.
const KILL_AGAIN_MS: u64 = 1_000;

pub(super) fn ensure(holds: bool, key: Key, promise: &str) -> Result<(), Broken> {
    if holds { Ok(()) } else { Err(format!("{key:?}: {promise}")) }
}

impl Told {
    pub(super) fn action(&mut self, action: &Action, daemon: &Daemon, now: Tick) -> Result<(), Broken> {
        if !self.working && self.leaving.is_none() && touches(action) {
            return Err(Broken::from("nothing is done before everything was told"));
        }
        match *action {
            Action::Create { id, turn, revision, .. } => {
                self.paused(key(daemon, id), Effect::Create, now)?;
                self.create(key(daemon, id), turn, revision)
            }
            Action::Start { id, turn } => {
                self.paused(key(daemon, id), Effect::Start, now)?;
                self.start(key(daemon, id), turn, now)
            }
            Action::Stop { id, grace_ms, .. } => {
                let renews = daemon.world.find(id).is_some_and(|instance| instance.giving_way);
                self.stop(key(daemon, id), grace_ms, renews, now)
            }
            Action::Update { app, ref verdict } => self.updated(app, verdict, daemon),
            Action::Kill { id, .. } => self.kill(key(daemon, id), now),
            Action::Clear { id, turn } => self.clear(key(daemon, id), turn),
            Action::Remove { id, turn } => self.remove(key(daemon, id), turn, now),
            Action::Probe { id, turn, .. } => self.probe(key(daemon, id), turn, now),
            Action::EndProbe { id, turn } => {
                let judged = !daemon.world.find(id).is_some_and(gives_up_the_watch);
                self.end_probe(key(daemon, id), turn, judged, now)
            }
            Action::Forget { id } => self.forget(key(daemon, id)),
            Action::Dissolved { app } => self.dissolved(app.0),
            Action::Off { clean } => self.off(clean, now),
            Action::Tell { id, news } => self.tell(key(daemon, id), news),
            Action::Adopt { id, turn } => self.adopts(key(daemon, id), turn),
            Action::Look { .. } | Action::Note { .. } | Action::Prune | Action::Refused { .. } => Ok(()),
        }
    }

    /// Takes it out, so that the rest can be asked about it.
    fn take(&mut self, key: Key) -> Entry {
        self.entries.get(&key).cloned().unwrap_or_default()
    }

    /// What failed is not tried again at once.
    fn paused(&self, key: Key, effect: Effect, now: Tick) -> Result<(), Broken> {
        let failed = self.entries.get(&key).and_then(|entry| entry.failed);
        let early = failed.is_some_and(|(failed, until)| failed == effect && now < until);
        ensure(!early, key, "what failed is not tried again without a pause")
    }

    fn create(&mut self, key: Key, turn: Turn, revision: u64) -> Result<(), Broken> {
        let entry = self.take(key);
        ensure(entry.in_flight.is_none(), key, "one effect at a time")?;
        ensure(!entry.exists, key, "never two of one container")?;
        ensure(
            self.leaving.is_none() && !self.low,
            key,
            "no new work while the disk is low or the board goes down",
        )?;
        ensure(entry.want, key, "nothing is made that is not wanted")?;
        let wanted = self.wants(key).is_some_and(|service| service.revision == revision);
        ensure(wanted, key, "only what the ledger wants is made")?;
        let taken = self.entries.iter().any(|(other, it)| {
            *other != key
                && matches!(key, Key::At(..))
                && it.active()
                && it.role.is_some_and(|role| Key::of(role.place) == key)
        });
        ensure(!taken || self.entries.len() > 1, key, "a place has one container")?;
        self.in_flight(key, Effect::Create, turn);
        Ok(())
    }

    fn in_flight(&mut self, key: Key, effect: Effect, turn: Turn) {
        self.entries.entry(key).or_default().in_flight = Some((effect, turn));
    }

    fn start(&mut self, key: Key, turn: Turn, now: Tick) -> Result<(), Broken> {
        let entry = self.take(key);
        ensure(entry.in_flight.is_none(), key, "one effect at a time")?;
        ensure(entry.exists && !entry.damaged, key, "only what is there is started")?;
        ensure(!entry.active(), key, "nothing is started twice, or before it is proved to have ended")?;
        ensure(self.leaving.is_none(), key, "nothing is started while the board goes down")?;
        ensure(entry.want, key, "nothing is started that is not to run")?;
        ensure(now >= entry.not_before, key, "no restart before its pause is over")?;
        ensure(
            self.stays(key)
                && (!self.renews(key, &entry)
                    || self.waits_for_its_turn(key, &entry)
                    || self.awaits_a_verdict(key)),
            key,
            "only what is wanted, as it is wanted, is started",
        )?;
        ensure(self.met(key) == Met::Yes, key, "nothing is started before its dependencies")?;
        let entry = self.entries.entry(key).or_default();
        (entry.again, entry.sick) = (false, false);
        entry.begun = entry.last_exit.is_some_and(|exit| exit.started);
        self.in_flight(key, Effect::Start, turn);
        Ok(())
    }

    /// `renews`: of one that waits for its turn only the decisions can say whether this is it.
    fn stop(&mut self, key: Key, grace_ms: Option<u32>, renews: bool, now: Tick) -> Result<(), Broken> {
        let entry = self.take(key);
        ensure(entry.running.is_some(), key, "only what runs is stopped")?;
        ensure(entry.stop.is_none(), key, "it is asked to stop once")?;
        let reason = match self.waits_for_its_turn(key, &entry) && !self.low && self.leaving.is_none() {
            true if renews => Some(Reason::Renew),
            true | false => self.reason(key, &entry).or(entry.again.then_some(Reason::Again)),
        };
        let reason = reason.or_else(|| self.goes(key).then_some(Reason::Gone));
        let Some(reason) = reason else {
            return ensure(false, key, &format!("what needs not be touched is not touched: {entry:?}"));
        };
        self.dependents_first(key)?;
        if reason == Reason::Gone {
            self.is_followed_well(key)?;
        }
        if reason == Reason::Renew {
            self.turn(key, &entry, false, now)?;
        }
        let own = entry.spec.and_then(|spec| spec.grace_ms);
        let due = grace_ms.map(|grace| now.after(u64::from(grace) + STOP_MARGIN_MS));
        match self.leaving {
            None => ensure(own == grace_ms, key, "it has its own grace period")?,
            Some((_, kill_at)) => {
                let left = kill_at.since(now);
                let fits = grace_ms.is_some_and(|grace| u64::from(grace) <= left);
                let own_kept = own.is_none_or(|own| grace_ms.is_some_and(|grace| grace <= own));
                ensure(fits && own_kept, key, "a grace period is cut to the time that is left")?;
            }
        }
        let due = match (due, self.leaving) {
            (Some(due), Some((_, kill_at))) => Some(due.min(kill_at)),
            (due, _) => due,
        };
        let entry = self.entries.entry(key).or_default();
        entry.stop = Some((reason, due));
        entry.healthy = None;
        entry.giving_way = reason == Reason::Renew;
        Ok(())
    }

    /// What depends on it and is to stop, too, has stopped.
    fn dependents_first(&self, key: Key) -> Result<(), Broken> {
        let Some((app, service, _)) = key.place() else { return Ok(()) };
        for (other, entry) in &self.entries {
            let same_app = other.place().is_some_and(|(of, ..)| of == app);
            let depends = self
                .service(*other)
                .is_some_and(|(_, known)| known.depends.iter().any(|depends| depends.on.0 == service));
            if same_app && depends && entry.active() {
                let stays = self.reason(*other, entry).is_none();
                ensure(stays, key, &format!("it is stopped after {other:?}, which depends on it"))?;
            }
        }
        Ok(())
    }

    fn kill(&mut self, key: Key, now: Tick) -> Result<(), Broken> {
        let entry = self.take(key);
        let board = self.leaving.is_some_and(|(_, kill_at)| kill_at <= now);
        let due = matches!(entry.stop, Some((_, Some(due))) if due <= now);
        ensure(due || (board && entry.active()), key, "nothing is killed before its grace period is over")?;
        let reason = entry.stop.map_or(Reason::Shutdown, |(reason, _)| reason);
        let entry = self.entries.entry(key).or_default();
        entry.stop = Some((reason, Some(now.after(KILL_AGAIN_MS))));
        if let Some((Effect::Start, _)) = entry.in_flight {
            entry.in_flight = None;
            entry.running = entry.running.or(Some(crate::RunId(0)));
        }
        Ok(())
    }

    fn clear(&mut self, key: Key, turn: Turn) -> Result<(), Broken> {
        let entry = self.take(key);
        ensure(entry.in_flight.is_none(), key, "one effect at a time")?;
        ensure(entry.lost.is_some(), key, "only what lost its keeper is cleared")?;
        self.in_flight(key, Effect::Clear, turn);
        Ok(())
    }

    fn remove(&mut self, key: Key, turn: Turn, now: Tick) -> Result<(), Broken> {
        let entry = self.take(key);
        ensure(entry.in_flight.is_none(), key, "one effect at a time")?;
        ensure(entry.exists && !entry.active(), key, "only what is proved to have ended is removed")?;
        ensure(self.leaving.is_none(), key, "nothing is removed while the board goes down")?;
        let renews = self.renews(key, &entry);
        let goes = self.goes(key);
        ensure(!self.stays(key) || renews || goes, key, "what is wanted is not removed")?;
        ensure(!self.stays(key) || !self.low || goes, key, "nothing is replaced while the disk is low")?;
        if self.stays(key) && !goes {
            self.turn(key, &entry, true, now)?;
        }
        self.in_flight(key, Effect::Remove, turn);
        Ok(())
    }

    fn probe(&mut self, key: Key, turn: Turn, now: Tick) -> Result<(), Broken> {
        let entry = self.take(key);
        ensure(entry.running.is_some() && entry.stop.is_none(), key, "only what runs is probed")?;
        ensure(entry.probe.is_none(), key, "one probe at a time")?;
        ensure(!entry.paused, key, "what is frozen is not probed")?;
        ensure(entry.spec.is_some_and(|spec| spec.health.is_some()), key, "only with a health check")?;
        self.entries.entry(key).or_default().probe = Some((turn, now));
        Ok(())
    }

    fn end_probe(&mut self, key: Key, turn: Turn, judged: bool, now: Tick) -> Result<(), Broken> {
        let entry = self.entries.entry(key).or_default();
        let Some((_, began)) = entry.probe.filter(|(asked, _)| *asked == turn) else { return Ok(()) };
        let pace = entry.spec.and_then(|spec| spec.health);
        let late = pace.is_some_and(|pace| now.since(began) >= u64::from(pace.timeout_ms));
        if late && judged {
            entry.probed(turn, false, now);
        }
        entry.probe = None;
        Ok(())
    }

    fn forget(&mut self, key: Key) -> Result<(), Broken> {
        let entry = self.entries.remove(&key).unwrap_or_default();
        ensure(!entry.exists, key, "what is there is not forgotten")
    }

    fn dissolved(&mut self, app: u16) -> Result<(), Broken> {
        let of_app = |key: &Key| key.place().is_some_and(|(of, ..)| of == app);
        let left = self.entries.iter().find(|(key, entry)| of_app(key) && entry.exists);
        let leaving = self.apps.remove(&app).is_none_or(|app| app.leaving);
        match left {
            Some((key, _)) => ensure(false, *key, "an app is dissolved when nothing of it is left"),
            None => ensure(leaving, Key::At(app, 0, 0), "an app that is wanted is not dissolved"),
        }
    }

    fn off(&mut self, clean: bool, now: Tick) -> Result<(), Broken> {
        let Some((deadline, _)) = self.leaving.take() else {
            return Err(Broken::from("the board goes off unasked"));
        };
        let active = self.entries.iter().find(|(_, entry)| entry.active());
        match active {
            Some((key, _)) if clean => ensure(false, *key, "the board is not clean while it runs"),
            Some(_) | None if !clean => {
                if now >= deadline {
                    Ok(())
                } else {
                    Err(Broken::from("the board goes off too early"))
                }
            }
            Some(_) | None => Ok(()),
        }
    }

    fn tell(&mut self, key: Key, news: News) -> Result<(), Broken> {
        let entry = self.take(key);
        match news {
            News::Restarts { in_ms } => {
                let (least, most) = entry.pause;
                ensure(entry.want, key, "a restart is announced only if there is one")?;
                let kept = (least..=most).contains(&in_ms);
                ensure(kept, key, &format!("the pause before a restart is {least} to {most} ms, not {in_ms}"))
            }
            News::Health(_) | News::GaveUp => Ok(()),
        }
    }

    /// What should have been done by now.
    pub(super) fn after_step(&self, now: Tick, wakes_at: Option<Tick>) -> Result<(), Broken> {
        for (key, entry) in &self.entries {
            if let (Some(_), Some((_, Some(due)))) = (entry.running, entry.stop) {
                ensure(due > now, *key, "at the end of its grace period it is killed")?;
            }
            let over = self.leaving.is_some_and(|(_, kill_at)| kill_at <= now);
            ensure(
                !over || entry.running.is_none() || entry.stop.is_some(),
                *key,
                "at the end everything is killed",
            )?;
            ensure(
                wakes_at.is_none_or(|at| entry.probe_lasts_to(at, now)),
                *key,
                "a probe is looked for in time",
            )?;
        }
        match self.leaving {
            Some((deadline, _)) if deadline <= now => {
                Err(Broken::from("the shutdown takes longer than it may"))
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// It is stopped for another reason than its health: what a probe of it would have said is not looked at any more.
fn gives_up_the_watch(instance: &Instance) -> bool {
    matches!(instance.stage, Stage::Stopping { why, .. } if why != Why::Unhealthy)
}

impl Entry {
    /// A probe that is under way is looked for some time.
    fn probe_lasts_to(&self, at: Tick, now: Tick) -> bool {
        const NEVER_MS: u64 = 1 << 30;
        let under_way = self.probe.is_some() && self.running.is_some() && self.stop.is_none() && !self.paused;
        !under_way || at.since(now) < NEVER_MS
    }
}
