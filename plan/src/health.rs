//! The watch over a running container's health: docker's rules for HEALTHCHECK.
//!
//! The first probe comes one interval after the start, the next one interval after the end of the one before; within
//! the start period, as long as none succeeded, the start interval counts instead, and failures of probes that began in
//! it are not counted.
//!
//! What is well stays well at most times, and nobody needs to be woken for that: the answer of such a probe is taken when the
//! next is due ([`Action::Probe`], `unhurried_ms`). It is then reckoned to have taken as long as the last one that was watched.

use crate::instance::{Again, Health, Instance, Running, Stage, Watch};
use crate::policy;
use crate::{Action, Actions, News, Tick, Turn, Wrong};
use limpet_protocol::health::{OnUnhealthy, Pace};

/// A probe may take so much longer than the one before, and still be over when the next one is due.
const PROBE_MARGIN_MS: u64 = 50;

impl Instance {
    /// Its health is as it should be, as far as anybody looks.
    pub(crate) fn well(&self) -> bool {
        match self.history.health {
            Health::Unwatched | Health::Healthy => true,
            Health::Starting | Health::Unhealthy => false,
        }
    }

    /// Begins to watch a run that began at `since`; `known` is what an earlier daemon knew of it.
    pub(crate) fn watch(&mut self, since: Tick, known: Health, now: Tick, actions: &mut Actions) -> Watch {
        let Some(pace) = self.spec.health else {
            self.set_health(Health::Unwatched, actions);
            return Watch::default();
        };
        let health = if known == Health::Unwatched { Health::Starting } else { known };
        self.set_health(health, actions);
        Watch { due: Some(now.after(pause_ms(&pace, health, since, now))), ..Watch::default() }
    }

    /// Takes the outcome of a probe that began at `began`.
    pub(crate) fn probed(&mut self, turn: Turn, healthy: bool, now: Tick, actions: &mut Actions) {
        let (Stage::Running(mut running), Some(pace)) = (self.stage, self.spec.health) else { return };
        let Some((_, began)) = running.watch.probe.filter(|(asked, _)| *asked == turn) else { return };
        let before = self.history.health;
        let unhurried = self.unhurried_ms() > 0;
        let in_start_period =
            before == Health::Starting && began.since(running.since) < u64::from(pace.start_period_ms);
        if healthy {
            running.watch.failures = 0;
            self.gave_up = false;
            if self.history.again == Again::Unhealthy {
                self.history.again = Again::No;
            }
            self.set_health(Health::Healthy, actions);
        } else if !in_start_period || planted!(StartPeriodIsIgnored) {
            running.watch.failures = running.watch.failures.saturating_add(1);
            if running.watch.failures >= pace.retries.max(1) {
                self.became_unhealthy(before, actions);
            }
        }
        let ended = if unhurried && healthy {
            began.after(running.watch.took_ms.into()).min(now)
        } else {
            running.watch.took_ms = u32::try_from(now.since(began)).unwrap_or(u32::MAX);
            now
        };
        running.watch.probe = None;
        running.watch.due = Some(ended.after(pause_ms(&pace, self.history.health, running.since, now)));
        self.stage = Stage::Running(running);
    }

    fn became_unhealthy(&mut self, before: Health, actions: &mut Actions) {
        self.set_health(Health::Unhealthy, actions);
        self.fail_trial(Wrong::Unhealthy);
        match self.spec.on_unhealthy {
            OnUnhealthy::Report => {}
            OnUnhealthy::Restart if planted!(UnhealthyIsLeft) => {}
            OnUnhealthy::Restart if policy::allows(&self.spec.restart, &self.history) => {
                if self.history.again == Again::No {
                    self.history.again = Again::Unhealthy;
                }
            }
            OnUnhealthy::Restart => {
                self.gave_up = true;
                if before != Health::Unhealthy {
                    actions.push(Action::Tell { id: self.id, news: News::GaveUp });
                }
            }
        }
    }

    fn set_health(&mut self, health: Health, actions: &mut Actions) {
        if self.history.health != health {
            self.history.health = health;
            actions.push(Action::Tell { id: self.id, news: News::Health(health) });
        }
    }

    /// Nobody watches it any more.
    pub(crate) fn unwatch(&mut self, actions: &mut Actions) {
        if let Stage::Running(Running { watch: Watch { probe: Some((turn, _)), .. }, .. }) = self.stage {
            actions.push(Action::EndProbe { id: self.id, turn });
        }
        self.history.health = Health::Unwatched;
    }
}

impl Instance {
    /// How long an answer "well" of a probe may take without anybody being woken for it: one interval, if nothing but that is
    /// expected; 0 if it is waited for.
    pub(crate) fn unhurried_ms(&self) -> u32 {
        match (&self.stage, self.spec.health) {
            (Stage::Running(running), Some(pace))
                if self.history.health == Health::Healthy && running.watch.failures == 0 =>
            {
                pace.interval_ms
            }
            _ => 0,
        }
    }

    /// When a probe that began at `began` is looked after: one that is waited for when its time is over; any other when the next
    /// would be due, with some time for this one, and if it is not over then, when its time is.
    pub(crate) fn probe_times(&self, running: &Running, began: Tick, now: Tick) -> [Tick; 2] {
        let timeout_ms = self.spec.health.map_or(0, |pace| u64::from(pace.timeout_ms.max(1)));
        let unhurried_ms = u64::from(self.unhurried_ms());
        if unhurried_ms == 0 {
            return [began.after(timeout_ms); 2];
        }
        if planted!(NewsIsSlept) {
            return [began.after(1 << 40); 2];
        }
        // The board may have slept while the last one was under way.
        let took = (2 * u64::from(running.watch.took_ms)).min(unhurried_ms);
        let next = unhurried_ms + took + PROBE_MARGIN_MS;
        [began.after(next), began.after(next.max(timeout_ms)).max(now.after(1))]
    }
}

/// How long to wait for the next probe.
fn pause_ms(pace: &Pace, health: Health, since: Tick, now: Tick) -> u64 {
    let starting = health == Health::Starting && now.since(since) < u64::from(pace.start_period_ms);
    u64::from(if starting { pace.start_interval_ms } else { pace.interval_ms }.max(1))
}
