//! Updates of apps: what the decisions say of them is made durable here, and carried on.
//!
//! In: an app to come in the place of another, and verdicts. Out: entries of the ledger, each by one rename, so that whoever
//! comes after a cut finds an update that goes on, is paused, is being put back, or is over.

use super::Daemon;
use crate::supervise::desired::desired;
use limpet_plan::{AppId, By, Event, Failed, Updating, Verdict, Wrong, admit};
use limpet_protocol::app::App;
use limpet_protocol::control::{Change, Event as Happened, Reply, UpdateLine};
use limpet_protocol::ledger::{Course, Entry, Phase, Update};
use limpet_runner::keeper::now_ns;

/// Who wants an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// A person.
    Hand,
    /// Whoever keeps many boards alike, and sees none of them.
    Fleet,
}

/// What taking an app in leads to.
#[derive(Debug)]
pub(super) struct Taken {
    /// What is, or would be, done.
    pub(super) changes: Vec<Change>,
    /// It is an update that is judged.
    pub(super) is_update: bool,
}

/// What a fleet is told at once of a version that is on its way or in place, or that was put back before.
pub(super) fn known(app: &App, recorded: Option<&Entry>) -> Option<Result<Taken, String>> {
    let recorded = recorded?;
    let refused = recorded.update.as_ref().filter(|update| {
        matches!(update.course, Course::Reverting | Course::RevertPaused | Course::Reverted)
            && update.version == app.version()
    });
    if let Some(update) = refused {
        let why = &update.why;
        return Some(Err(format!("app {}: this version was rolled back: {why}", app.name)));
    }
    let same = recorded.app == *app && matches!(recorded.phase, Phase::Up { .. });
    same.then(|| Ok(Taken { changes: Vec::new(), is_update: recorded.update.is_some() }))
}

/// The update that such a change is; what is known of the last one, if it is none.
pub(super) fn begun(app: &App, origin: Origin, recorded: Option<&Entry>) -> Option<Update> {
    let last = recorded.and_then(|entry| entry.update.clone());
    let open = last.clone().filter(|update| update.course.is_open());
    let is_first = recorded.is_none_or(|entry| matches!(entry.phase, Phase::Down { .. }));
    if !app.has_update_config() || (is_first && origin == Origin::Hand) {
        return if open.is_some() { None } else { last };
    }
    let mut services = app.changed_since(recorded.map(|entry| &entry.app));
    // What an update before has left half-way is part of this one.
    let left = open.map(|update| update.services).unwrap_or_default();
    services.extend(left.into_iter().filter(|service| app.workload(service).is_some()));
    services.sort();
    services.dedup();
    if services.is_empty() {
        return last;
    }
    Some(Update {
        course: Course::Going,
        version: app.version(),
        services,
        why: String::new(),
        at_ns: now_ns(),
    })
}

impl Daemon<'_> {
    /// What has become of the last update of an app: also after a reboot, until the next.
    pub(super) fn outcome(&self, app: AppId) -> Option<UpdateLine> {
        let Update { course, version, ref why, at_ns, .. } = *self.updates.get(&app)?;
        Some(UpdateLine { course, version, why: why.clone(), at_ns })
    }

    /// The ledger has it: now everybody may know.
    pub(super) fn note_update(&mut self, app: AppId, update: Update) {
        let name = self.registry.app_name(app).unwrap_or_default().to_owned();
        let mut attributes = vec![("updatestate.new".to_owned(), update.course.word().to_owned())];
        if !update.why.is_empty() {
            attributes.push(("why".to_owned(), update.why.clone()));
        }
        let (at_ns, action) = (update.at_ns, "update".to_owned());
        self.journal.note(Happened { at_ns, action, container: None, name: name.clone(), attributes });
        self.updates.insert(app, update);
        let Some(line) = self.outcome(app) else { return };
        let reply = Reply::Updated(line);
        if reply.is_last() {
            self.conclude(&name, &reply);
        } else {
            let watchers = self.watchers.iter().filter(|watcher| watcher.app == name);
            watchers.for_each(|watcher| watcher.outbox.put(&reply));
        }
    }

    pub(super) fn conclude_update(&mut self, app: AppId, verdict: Verdict) {
        let Some(name) = self.registry.app_name(app).map(str::to_owned) else { return };
        let concluded = match self.ledger.get(&name) {
            Ok(Some(entry)) => self.carry_on(app, entry, verdict),
            // Somebody took the record away: there is nothing to be judged any more.
            Ok(None) => {
                self.events.push_back(Event::Updated { app, updating: Updating::No });
                Ok(())
            }
            Err(error) => Err(error.into()),
        };
        if let Err(error) = concluded {
            // The decisions say it again.
            let text = format!("note what became of the update of app {name}: {error}");
            self.troubles.retain(|known| *known != text);
            self.trouble(text);
        }
    }

    fn carry_on(
        &mut self,
        app: AppId,
        entry: Entry,
        verdict: Verdict,
    ) -> Result<(), crate::failure::Failure> {
        let Some(update) = entry.update.clone() else {
            self.events.push_back(Event::Updated { app, updating: Updating::No });
            return Ok(());
        };
        let back = update.course == Course::Reverting;
        let (course, failed) = match verdict {
            Verdict::Done { failed } if back => (Course::Reverted, failed),
            Verdict::Done { failed } => (Course::Committed, failed),
            Verdict::Pause { failed } | Verdict::RollBack { failed } if back => {
                (Course::RevertPaused, Some(failed))
            }
            Verdict::Pause { failed } => (Course::Paused, Some(failed)),
            Verdict::RollBack { failed } => (Course::Reverting, Some(failed)),
        };
        let failed = failed.map(|failed| self.why(failed));
        let why = match (back, failed) {
            (true, Some(failed)) => {
                format!("{}; the version before is not well either: {failed}", update.why)
            }
            (true, None) => update.why.clone(),
            (false, failed) => failed.unwrap_or_default(),
        };
        let update = Update { course, why, at_ns: now_ns(), ..update };
        if course == Course::Reverting {
            return self.put_back(app, entry, update);
        }
        self.end_update(app, entry, update)
    }

    /// It is over, or goes on only when somebody asks.
    fn end_update(
        &mut self,
        app: AppId,
        entry: Entry,
        update: Update,
    ) -> Result<(), crate::failure::Failure> {
        let updating = if update.course.is_open() { Updating::Paused } else { Updating::No };
        self.cut.pass();
        let phase = Phase::Up { settled: true };
        self.ledger.put(&Entry { phase, update: Some(update.clone()), ..entry })?;
        self.cut.pass();
        self.unsettled.remove(&app);
        self.note_update(app, update);
        self.events.push_back(Event::Updated { app, updating });
        Ok(())
    }

    /// The ledger has the version before again, and that it is being put back, by one record.
    fn put_back(
        &mut self,
        app: AppId,
        entry: Entry,
        mut update: Update,
    ) -> Result<(), crate::failure::Failure> {
        let name = &entry.app.name;
        let previous = match self.ledger.previous(name) {
            Ok(Some(previous)) => previous.app,
            // Of what the fleet brought first nothing is left: an app without services says why.
            Ok(None) if self.fleet.has(name) => {
                update.why.push_str("; no version before it was well, so none is left");
                App { name: name.clone(), workloads: Vec::new(), volumes: entry.app.volumes.clone() }
            }
            Ok(None) | Err(_) => {
                return self.pause_instead(app, entry, update, "there is no version before to put back");
            }
        };
        update.services.extend(previous.changed_since(Some(&entry.app)));
        update.services.sort();
        update.services.dedup();
        let wanted = desired(&previous, Some(&update), &mut self.registry);
        if admit(&wanted, &self.world).is_err() {
            return self.pause_instead(app, entry, update, "the version before cannot be put back");
        }
        self.cut.pass();
        let phase = Phase::Up { settled: false };
        self.ledger.put(&Entry { app: previous, phase, update: Some(update.clone()) })?;
        self.cut.pass();
        self.unsettled.insert(app, ());
        self.note_update(app, update);
        self.events.push_back(Event::Wanted { desired: wanted, by: By::Hand });
        Ok(())
    }

    fn pause_instead(
        &mut self,
        app: AppId,
        entry: Entry,
        update: Update,
        because: &str,
    ) -> Result<(), crate::failure::Failure> {
        let why = format!("{}; {because}", update.why);
        self.end_update(app, entry, Update { course: Course::Paused, why, ..update })
    }

    /// In one line.
    fn why(&self, failed: Failed) -> String {
        let known = self.registry.get(failed.id).map(|known| known.name.as_str());
        let said = self.errors.get(&failed.id).map(String::as_str);
        let what = match failed.wrong {
            Wrong::Ended { code, started: true } => crate::output::apps::why_ended(code),
            Wrong::Ended { code, started: false } => {
                said.map_or_else(|| format!("it cannot be started (status {code})"), str::to_owned)
            }
            Wrong::Unhealthy => "it is unhealthy".to_owned(),
            Wrong::Failing => said.unwrap_or("it cannot be made or started").to_owned(),
            Wrong::Blocked => "what it depends on does not come to its condition".to_owned(),
            Wrong::Late => "it was not well in time".to_owned(),
            Wrong::Stopped => "it was stopped by hand before it was found well".to_owned(),
        };
        format!("container {}: {what}", known.unwrap_or("?"))
    }
}
