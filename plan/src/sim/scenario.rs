//! What may be wanted of the board: random apps with dependencies, policies and health checks.

use super::dice::Dice;
use crate::{Condition, Depends, ServiceId, Spec};
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
}

/// A random app. A service depends only on services before it, so there is no circle.
pub(super) fn app(dice: &mut Dice, app: u16, revision: u64, quiet: bool) -> Vec<Wanted> {
    let present: Vec<u16> = (0..SERVICES).filter(|_| dice.permille(750)).collect();
    let mut services: Vec<Wanted> = Vec::new();
    for number in present {
        let depends = depends(dice, &services);
        services.push(Wanted {
            id: ServiceId(app * SERVICES + number),
            revision,
            replicas: dice.pick(&[1, 1, 1, 2, 3, 0]),
            depends,
            spec: spec(dice, quiet),
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
