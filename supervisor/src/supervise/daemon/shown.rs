//! The world in names, for clients.

use super::Daemon;
use crate::supervise::reactor::now;
use limpet_plan::{
    Condition, Course, Diff, Health, InstanceReport, Kind, State, Tick, Trouble, Wait, report,
};
use limpet_protocol::app::App;
use limpet_protocol::control::{self, AppLine, Change, ChangeKind, Instance, Report};

impl Daemon<'_> {
    /// Everything that the decisions know, in names.
    pub(super) fn shown(&self) -> Report {
        let world = report(&self.world);
        let name = |app| self.registry.app_name(app).unwrap_or_default().to_owned();
        let apps = world.apps.iter().map(|app| AppLine {
            name: name(app.app),
            leaving: app.leaving,
            wanted: app.wanted,
            running: app.running,
            settled: app.settled,
            stuck: app.stuck,
            update: self.outcome(app.app),
        });
        Report {
            apps: apps.collect(),
            instances: world.instances.iter().map(|instance| self.instance(instance)).collect(),
            disk_is_low: world.space == limpet_plan::Space::Low,
            turned_away: world.turned_away,
            troubles: self.troubles.clone(),
        }
    }

    fn instance(&self, report: &InstanceReport) -> Instance {
        let known = self.registry.get(report.id);
        let member = report.place.map(|place| {
            let app = self.registry.app_name(place.app).unwrap_or_default();
            let service = self.registry.service_name(place.service).unwrap_or_default();
            (app.to_owned(), service.to_owned(), place.replica)
        });
        Instance {
            container: known.and_then(|known| known.container.clone()),
            name: known.map(|known| known.name.clone()).unwrap_or_default(),
            member,
            state: state(report.state),
            health: health(report.health),
            held: report.held,
            restarts: report.restarts,
            last_code: report.last_exit.map(|exit| exit.code),
            wait: report.wait.map(|wait| self.wait(wait, now())),
            trouble: self.trouble_of(report),
            failures: match report.trouble {
                Some(Trouble::Fails { times, .. }) => times,
                Some(Trouble::Damaged | Trouble::Extra | Trouble::GaveUp) | None => 0,
            },
            course: course(report.course),
        }
    }

    fn trouble_of(&self, report: &InstanceReport) -> Option<String> {
        let said = self.errors.get(&report.id).cloned();
        let text = match report.trouble? {
            Trouble::Damaged => said.unwrap_or_else(|| "its record is damaged".to_owned()),
            Trouble::Extra => "another container has its place in the app; it is being removed".to_owned(),
            Trouble::Fails { times, .. } => {
                let what = said.unwrap_or_else(|| "something fails".to_owned());
                format!("{what} (tried {times} times)")
            }
            Trouble::GaveUp => said.unwrap_or_else(|| {
                format!("its restart policy allows no further try after {} restarts", report.restarts)
            }),
        };
        Some(text)
    }

    fn wait(&self, wait: Wait, now: Tick) -> control::Wait {
        match wait {
            Wait::Backoff { until } | Wait::Retry { until, .. } => {
                control::Wait::Pause { in_ms: until.since(now) }
            }
            Wait::Dependency { on, condition, blocked } => control::Wait::Dependency {
                service: self.registry.service_name(on).unwrap_or_default().to_owned(),
                condition: condition_word(condition).to_owned(),
                blocked,
            },
            Wait::Dependents => control::Wait::Dependents,
            Wait::Space => control::Wait::Space,
            Wait::Hands => control::Wait::Hands,
        }
    }

    /// What an `up` would do, in names.
    pub(super) fn changes(&self, diff: &Diff, before: Option<&App>, app: &App) -> Vec<Change> {
        let because = |service: &str| {
            let of = |app: &App| app.workload(service).cloned();
            let both = before.and_then(of).zip(of(app));
            both.map_or_else(Vec::new, |(before, after)| before.differences(&after))
        };
        let named = diff.changes.iter().map(|change| Change {
            name: self.registry.get(change.id).map(|known| known.name.clone()).unwrap_or_default(),
            service: self.registry.service_name(change.place.service).unwrap_or_default().to_owned(),
            because: match change.kind {
                Kind::Replace => {
                    because(self.registry.service_name(change.place.service).unwrap_or_default())
                }
                Kind::Add | Kind::Start | Kind::Restart | Kind::Remove | Kind::Keep => Vec::new(),
            },
            kind: match change.kind {
                Kind::Add => ChangeKind::Add,
                Kind::Replace => ChangeKind::Replace,
                Kind::Start => ChangeKind::Start,
                Kind::Restart => ChangeKind::Restart,
                Kind::Remove => ChangeKind::Remove,
                Kind::Keep => ChangeKind::Keep,
            },
        });
        named.collect()
    }
}

fn state(state: State) -> control::State {
    match state {
        State::Absent => control::State::Absent,
        State::Creating => control::State::Creating,
        State::Created => control::State::Created,
        State::Starting => control::State::Starting,
        State::Running { .. } => control::State::Running,
        State::Stopping { .. } => control::State::Stopping,
        State::Restarting => control::State::Restarting,
        State::Ended => control::State::Ended,
        State::Clearing => control::State::Clearing,
        State::Removing => control::State::Removing,
    }
}

fn course(course: Course) -> control::Course {
    match course {
        Course::Unwanted => control::Course::Unwanted,
        Course::Going => control::Course::Going,
        Course::Settled => control::Course::Settled,
        Course::Stuck => control::Course::Stuck,
    }
}

fn health(health: Health) -> control::Health {
    match health {
        Health::Unwatched => control::Health::Unwatched,
        Health::Starting => control::Health::Starting,
        Health::Healthy => control::Health::Healthy,
        Health::Unhealthy => control::Health::Unhealthy,
    }
}

/// docker's word.
pub(super) fn health_word(health: Health) -> &'static str {
    match health {
        Health::Unwatched => "none",
        Health::Starting => "starting",
        Health::Healthy => "healthy",
        Health::Unhealthy => "unhealthy",
    }
}

fn condition_word(condition: Condition) -> &'static str {
    match condition {
        Condition::Started => "service_started",
        Condition::Healthy => "service_healthy",
        Condition::Completed => "service_completed_successfully",
    }
}
