//! What the shell does about updates: the ledger's side of them.

use super::Broken;
use super::board::{LedgerApp, Sim, Update};
use super::scenario::Wanted;
use crate::{AppId, By, Event, ServiceId, Updating, Verdict};
use limpet_protocol::ledger::Course;
use std::format;
use std::string::String;
use std::vec::Vec;

impl LedgerApp {
    /// An update that is not over.
    pub(super) fn open(&self) -> Option<&Update> {
        self.update.as_ref().filter(|update| update.course.is_open())
    }

    fn is_well(&self) -> bool {
        !self.leaving && !self.unfinished && self.open().is_none()
    }

    /// What the ledger says after an `up` of these services, which are not bad where nothing could be put back. `spoilt`: some
    /// container of the app is never well.
    pub(super) fn after(before: Option<&Self>, services: &mut [Wanted], number: u64, spoilt: bool) -> Self {
        let known = before.filter(|app| !app.leaving);
        let mut previous = match before {
            Some(app) if app.is_well() => Some(app.services.clone()),
            Some(app) => app.previous.clone(),
            None => None,
        };
        let updates = known.is_some() && services.iter().any(|service| service.update.is_some());
        for service in services.iter_mut().filter(|service| service.bad) {
            if !updates || previous.is_none() || service.replicas == 0 {
                (service.bad, service.revision) = (false, number);
            }
        }
        let bad = |services: &[Wanted]| services.iter().any(|service| service.bad);
        if bad(services) || known.is_some_and(|app| bad(&app.services)) || spoilt {
            services.iter_mut().chain(previous.iter_mut().flatten()).for_each(Wanted::never_pause);
        }
        let open = known.and_then(Self::open);
        let left: Vec<ServiceId> = open.map(|update| update.services.clone()).unwrap_or_default();
        let changed = changed(known.map(|app| &app.services[..]).unwrap_or_default(), services);
        let ids = services.iter().map(|service| service.id);
        let mut list: Vec<ServiceId> = ids.filter(|id| changed.contains(id) || left.contains(id)).collect();
        list.dedup();
        let last = known.filter(|_| open.is_none()).and_then(|app| app.update.clone());
        let begun =
            (updates && !list.is_empty()).then_some(Update { course: Course::Going, services: list, number });
        Self { services: Vec::new(), leaving: false, unfinished: true, previous, update: begun.or(last) }
    }
}

/// Services that are new or have other containers.
fn changed(before: &[Wanted], after: &[Wanted]) -> Vec<ServiceId> {
    let same = |service: &&Wanted| {
        !before.iter().any(|known| known.id == service.id && known.revision == service.revision)
    };
    after.iter().filter(same).map(|service| service.id).collect()
}

impl Sim {
    /// Makes a verdict durable and answers it; now and then the disk refuses.
    pub(super) fn conclude_update(&mut self, app: AppId, verdict: Verdict) -> Result<(), Broken> {
        if !self.quiet && self.dice.permille(50) {
            return Ok(());
        }
        let Some(ledger) = self.ledger.get_mut(&app.0) else { return Ok(()) };
        let Some(update) = ledger.update.clone().filter(|update| update.course.is_moving()) else {
            return Err(format!("{app:?} is judged, and there is no update: {verdict:?}"));
        };
        let back = update.course == Course::Reverting;
        let course = match verdict {
            Verdict::Done { .. } if back => Course::Reverted,
            Verdict::Done { .. } => Course::Committed,
            Verdict::Pause { .. } | Verdict::RollBack { .. } if back => Course::RevertPaused,
            Verdict::RollBack { .. } if ledger.previous.is_some() => Course::Reverting,
            Verdict::Pause { .. } | Verdict::RollBack { .. } => Course::Paused,
        };
        let mut services = update.services.clone();
        if course == Course::Reverting {
            let previous = ledger.previous.clone().unwrap_or_default();
            services.extend(changed(&ledger.services, &previous));
            ledger.services = previous;
        }
        ledger.unfinished = course == Course::Reverting;
        if course == Course::Committed && ledger.services.iter().any(|service| service.bad) {
            return Err(String::from("a version that is never well is committed"));
        }
        ledger.update = Some(Update { course, services, number: update.number });
        self.outcome(update.number, course)?;
        let event = match course {
            Course::Reverting => Event::Wanted { desired: self.desired(app.0), by: By::Hand },
            Course::Paused | Course::RevertPaused => Event::Updated { app, updating: Updating::Paused },
            Course::Going | Course::Committed | Course::Reverted => {
                Event::Updated { app, updating: Updating::No }
            }
        };
        if let Some(daemon) = &mut self.daemon {
            daemon.owed.push_back(event);
        }
        Ok(())
    }

    /// An update is committed or put back, and never both.
    fn outcome(&mut self, number: u64, course: Course) -> Result<(), Broken> {
        let before = self.outcomes.insert(number, course);
        let right = match (before, course) {
            (None, Course::Committed | Course::Reverting | Course::Paused)
            | (Some(Course::Reverting), Course::Reverted | Course::RevertPaused) => true,
            (_, _) => false,
        };
        if right { Ok(()) } else { Err(format!("update {number} is {course:?} after {before:?}")) }
    }
}
