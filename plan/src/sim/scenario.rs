//! What may be wanted of the board: random apps with dependencies, policies and health checks.

use super::dice::Dice;
use crate::{Condition, Depends, ServiceId, Spec};
use limpet_protocol::app::{OnFailure, Order, UpdateConfig};
use limpet_protocol::health::{OnUnhealthy, Pace};
use limpet_protocol::restart::{RestartPolicy, When};
use std::vec::Vec;

/// Most services of one app.
pub(super) const SERVICES: u16 = 4;
/// Most apps.
pub(super) const APPS: u16 = 3;

/// One service as a file would describe it.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) id: ServiceId,
    pub(super) revision: u64,
    pub(super) replicas: u16,
    pub(super) depends: Vec<Depends>,
    pub(super) spec: Spec,
    pub(super) update: Option<UpdateConfig>,
    pub(super) rollback: Option<UpdateConfig>,
    /// Its containers are never well.
    pub(super) bad: bool,
}

impl Wanted {
    /// As the shell has it, see `limpet_protocol::app::Workload`.
    pub(super) fn replacing(&self) -> UpdateConfig {
        self.update.unwrap_or(UpdateConfig { parallelism: 0, ..UpdateConfig::default() })
    }

    pub(super) fn putting_back(&self) -> UpdateConfig {
        let on_failure = Some(OnFailure::Continue);
        let order = self.replacing().order;
        self.rollback.unwrap_or(UpdateConfig { parallelism: 0, on_failure, order, ..UpdateConfig::default() })
    }

    /// Nothing stops half-way because of it: what is never well would stay.
    pub(super) fn never_pause(&mut self) {
        let config = self.replacing();
        let on_failure = match config.on_failure {
            Some(OnFailure::Continue) if !self.bad => config.on_failure,
            _ => Some(OnFailure::Rollback),
        };
        (self.update, self.rollback) = (Some(UpdateConfig { on_failure, ..config }), None);
    }

    /// A version of this that is never well: only where it is rolled back.
    fn spoil(&mut self, dice: &mut Dice) {
        let failures_max_ppm = 0;
        let on_failure = Some(OnFailure::Rollback);
        self.update = Some(UpdateConfig { failures_max_ppm, on_failure, ..config(dice) });
        (self.rollback, self.bad) = (None, true);
    }
}

/// How containers are replaced.
fn config(dice: &mut Dice) -> UpdateConfig {
    let rollback = Some(OnFailure::Rollback);
    UpdateConfig {
        parallelism: dice.pick(&[0, 1, 1, 2]),
        delay_ms: dice.pick(&[0, 0, 50, 3_000]),
        monitor_ms: dice.pick(&[1, 100, 2_000, 10_000]),
        failures_max_ppm: dice.pick(&[0, 0, 400_000]),
        on_failure: dice.pick(&[None, Some(OnFailure::Continue), rollback, rollback]),
        order: dice.pick(&[Order::StopFirst, Order::StartFirst]),
    }
}

fn configs(dice: &mut Dice) -> [Option<UpdateConfig>; 2] {
    let [update, mut rollback] = [0, 1].map(|_| dice.permille(500).then(|| config(dice)));
    for config in rollback.iter_mut().filter(|config| config.on_failure == Some(OnFailure::Rollback)) {
        config.on_failure = Some(OnFailure::Pause);
    }
    [update, rollback]
}

/// A random app. A service depends only on services before it, so there is no circle.
pub(super) fn app(dice: &mut Dice, app: u16, revision: u64, quiet: bool) -> Vec<Wanted> {
    let present: Vec<u16> = (0..SERVICES).filter(|_| dice.permille(750)).collect();
    let mut services: Vec<Wanted> = Vec::new();
    for number in present {
        let depends = depends(dice, &services);
        let [update, rollback] = configs(dice);
        services.push(Wanted {
            id: ServiceId(app * SERVICES + number),
            revision,
            replicas: dice.pick(&[1, 1, 1, 2, 3, 0]),
            depends,
            spec: spec(dice, quiet),
            update,
            rollback,
            bad: false,
        });
    }
    services
}

/// The same app, changed a little: most of it is not to be touched.
pub(super) fn changed(dice: &mut Dice, services: &[Wanted], revision: u64) -> Vec<Wanted> {
    let mut services = services.to_vec();
    for service in &mut services {
        if dice.permille(300) {
            service.revision = revision;
            service.spec = spec(dice, false);
            [service.update, service.rollback] = configs(dice);
            service.bad = false;
            if dice.permille(250) {
                service.spoil(dice);
            }
        }
        if dice.permille(200) {
            service.replicas = dice.pick(&[0, 1, 2, 3]);
        }
    }
    if dice.permille(150) && !services.is_empty() {
        let gone = services.remove(dice.index(services.len()));
        for service in &mut services {
            service.depends.retain(|depends| depends.on != gone.id || !depends.required);
        }
    }
    services
}

fn depends(dice: &mut Dice, before: &[Wanted]) -> Vec<Depends> {
    let mut chosen = Vec::new();
    for service in before {
        if dice.permille(450) {
            chosen.push(Depends {
                on: service.id,
                condition: dice.pick(&[
                    Condition::Started,
                    Condition::Healthy,
                    Condition::Completed,
                    Condition::Healthy,
                ]),
                required: dice.permille(800),
                restart: dice.permille(400),
            });
        }
    }
    chosen
}

/// How a container is kept.
pub(super) fn spec(dice: &mut Dice, quiet: bool) -> Spec {
    let health = dice.permille(400).then(|| Pace {
        interval_ms: dice.pick(&[100, 1000, 3000]),
        timeout_ms: dice.pick(&[20, 200, 1000]),
        start_period_ms: dice.pick(&[0, 0, 400, 5000]),
        start_interval_ms: dice.pick(&[20, 100]),
        retries: dice.pick(&[0, 1, 3]),
    });
    Spec {
        restart: policy(dice),
        health,
        on_unhealthy: if dice.permille(500) { OnUnhealthy::Restart } else { OnUnhealthy::Report },
        grace_ms: if quiet || dice.permille(930) { Some(dice.pick(&[0, 50, 1000, 10_000])) } else { None },
    }
}

/// A restart policy.
pub(super) fn policy(dice: &mut Dice) -> RestartPolicy {
    let when = dice.pick(&[When::No, When::Always, When::UnlessStopped, When::OnFailure, When::Always]);
    let limited = dice.permille(300);
    RestartPolicy {
        when,
        tries_max: limited.then(|| dice.pick(&[1, 2, 5])),
        delay_ms: dice.permille(150).then(|| dice.pick(&[0, 10, 3000])),
        window_ms: (limited && dice.permille(400)).then(|| dice.pick(&[200, 5000])),
    }
}
