//! What came of actions: the ends of children and of runs, told to the decisions.

use super::Daemon;
use crate::act::status;
use crate::supervise::facts::{self, Seen, look};
use crate::supervise::history;
use crate::supervise::jobs::{Finished, Order, Purpose};
use limpet_plan::{AppId, EXIT_LOST, Effect, Event, Failure, InstanceId, RunId, Status, Turn};
use limpet_protocol::container::Intent;
use limpet_protocol::control::{Event as Happened, Reply};
use limpet_protocol::exit::Exit;
use limpet_protocol::id::ContainerId;
use limpet_runner::keeper::now_ns;

impl Daemon<'_> {
    pub(super) fn job_ended(&mut self, finished: &Finished) {
        let Some(order) = self.jobs.end(finished.job) else { return };
        match order.purpose {
            Purpose::Scrub => return self.scrubbed(finished),
            Purpose::Judge => return self.judged(Some(finished)),
            Purpose::Fetch => return self.fetched(Some(finished)),
            Purpose::Own => return self.own_told(Some(finished)),
            Purpose::Create { .. }
            | Purpose::Start
            | Purpose::Kill
            | Purpose::Clear
            | Purpose::Remove
            | Purpose::Adopt
            | Purpose::Probe { .. }
            | Purpose::Prune
            | Purpose::Dissolve(_) => {}
        }
        let done = finished.status == Some(status::DONE);
        if !done && !matches!(order.purpose, Purpose::Probe { .. }) {
            self.keep_error(&order, finished);
        }
        match (done, order.id) {
            (true, Some(id)) => self.done(id, order, finished),
            (true, None) => self.done_for_all(order),
            (false, _) => self.not_done(order, failure(finished.status)),
        }
        if let Some((id, turn)) = order.id.and_then(|id| self.looks.remove(&id).map(|turn| (id, turn))) {
            self.look(id, turn);
        }
    }

    fn keep_error(&mut self, order: &Order, finished: &Finished) {
        let said = finished.said_last();
        match order.id {
            Some(id) => drop(self.errors.insert(id, said)),
            None => self.trouble(said),
        }
    }

    fn done_for_all(&mut self, order: Order) {
        match order.purpose {
            Purpose::Dissolve(app) => self.dissolve_ended(app, &Reply::Done),
            Purpose::Prune
            | Purpose::Create { .. }
            | Purpose::Start
            | Purpose::Kill
            | Purpose::Clear
            | Purpose::Remove
            | Purpose::Adopt
            | Purpose::Scrub
            | Purpose::Judge
            | Purpose::Fetch
            | Purpose::Own
            | Purpose::Probe { .. } => self.events.push_back(Event::Pruned),
        }
    }

    fn dissolve_ended(&mut self, app: AppId, last: &Reply) {
        let Some(name) = self.registry.app_name(app).map(str::to_owned) else { return };
        self.registry.forget_app(app);
        self.unsettled.remove(&app);
        self.updates.remove(&app);
        self.fleet.is_stale = true;
        self.conclude(&name, last);
    }

    fn done(&mut self, id: InstanceId, order: Order, finished: &Finished) {
        let turn = order.turn;
        match order.purpose {
            Purpose::Create { .. } => self.created(id, turn, &finished.stdout),
            Purpose::Start => self.started(id, turn),
            // The keeper tells the end.
            Purpose::Kill => {}
            Purpose::Adopt => {
                self.happened(id, "rename", Vec::new());
                self.events.push_back(Event::Poked { id });
            }
            Purpose::Clear => {
                let held = self.is_held(id);
                self.events.push_back(Event::Cleared { id, turn, held });
            }
            Purpose::Remove => {
                self.happened(id, "destroy", Vec::new());
                if let Some(container) = self.registry.get_mut(id).and_then(|known| known.container.take()) {
                    history::forget(&self.board.home, &container);
                }
                self.events.push_back(Event::Removed { id, turn });
            }
            Purpose::Probe { .. } => self.events.push_back(Event::Probed { id, turn, healthy: true }),
            Purpose::Prune
            | Purpose::Dissolve(_)
            | Purpose::Scrub
            | Purpose::Judge
            | Purpose::Fetch
            | Purpose::Own => {}
        }
    }

    /// The child says which container it made. What that is, its record says.
    fn created(&mut self, id: InstanceId, turn: Turn, said: &str) {
        let Ok(container) = ContainerId::parse(said) else {
            return self.failed(id, turn, Effect::Create, Failure::Other);
        };
        if let Some(known) = self.registry.get_mut(id) {
            known.container = Some(container.clone());
        }
        match look(&self.board.home, &container, self.care) {
            Ok(Seen::Instance(instance)) => {
                self.errors.remove(&id);
                self.happened(id, "create", Vec::new());
                let revision = instance.member.as_ref().map_or(0, |member| member.revision);
                self.events.push_back(Event::Created { id, turn, revision, spec: instance.spec });
            }
            Ok(Seen::Absent | Seen::Unsupervised | Seen::Damaged { .. }) | Err(_) => {
                self.failed(id, turn, Effect::Create, Failure::Disagrees);
            }
        }
    }

    /// It runs, or has run: its records say which.
    fn started(&mut self, id: InstanceId, turn: Turn) {
        let seen = self.registry.container(id).map(|container| look(&self.board.home, container, self.care));
        let Some(Ok(Seen::Instance(instance))) = seen else {
            return self.failed(id, turn, Effect::Start, Failure::Disagrees);
        };
        self.errors.remove(&id);
        self.happened(id, "start", Vec::new());
        self.tell_end(id, &instance.status);
        match instance.status {
            Status::Running { run, .. } => {
                self.events.push_back(Event::Started { id, turn, run });
                self.watch(id, Some(run));
            }
            Status::Ended { run, exit } => {
                let held = instance.held;
                self.events.push_back(Event::Started { id, turn, run });
                self.events.push_back(Event::Ended { id, run, exit, held });
            }
            Status::Lost { run } => {
                self.events.push_back(Event::Started { id, turn, run });
                self.events.push_back(Event::Lost { id, run });
            }
            Status::Created => self.failed(id, turn, Effect::Start, Failure::Disagrees),
        }
    }

    pub(super) fn not_done(&mut self, order: Order, failure: Failure) {
        let Order { id, turn, purpose } = order;
        if failure == Failure::NoSpace {
            self.reserve.doubt();
        }
        let Some(id) = id else {
            return match purpose {
                Purpose::Dissolve(app) => {
                    let why = self.troubles.last().cloned().unwrap_or_default();
                    self.dissolve_ended(app, &Reply::Refused(why));
                }
                Purpose::Scrub => self.scrubbing.ended(None),
                Purpose::Judge => self.judged(None),
                Purpose::Fetch => self.fetched(None),
                Purpose::Own => self.own_told(None),
                _ => self.events.push_back(Event::PruneFailed),
            };
        };
        let effect = match purpose {
            Purpose::Create { .. } => Effect::Create,
            Purpose::Start => return self.not_started(id, turn, failure),
            Purpose::Kill => Effect::Kill,
            Purpose::Clear => Effect::Clear,
            Purpose::Remove => Effect::Remove,
            Purpose::Adopt => Effect::Adopt,
            Purpose::Probe { .. } => {
                return self.events.push_back(Event::Probed { id, turn, healthy: false });
            }
            Purpose::Prune
            | Purpose::Dissolve(_)
            | Purpose::Scrub
            | Purpose::Judge
            | Purpose::Fetch
            | Purpose::Own => {
                return;
            }
        };
        self.failed(id, turn, effect, failure);
    }

    /// A container whose command cannot be executed has had a run, too: a short one, with docker's status for it.
    fn not_started(&mut self, id: InstanceId, turn: Turn, failure: Failure) {
        let exit = match self.registry.container(id).map(|container| self.board.home.exit(container)) {
            Some(Ok(Some(exit))) if exit.started_ns == 0 && failure == Failure::Other => exit,
            _ => return self.failed(id, turn, Effect::Start, failure),
        };
        let held = self.is_held(id);
        let exit = facts::ended(&exit);
        self.events.push_back(Event::Ended { id, run: RunId(0), exit, held });
    }

    /// Who connects to a keeper that is ending may not be heard any more; the end is recorded by then.
    pub(super) fn run_lost(&mut self, id: InstanceId, run: RunId) {
        let seen = self.registry.container(id).map(|container| look(&self.board.home, container, self.care));
        if let Some(Ok(Seen::Instance(instance))) = seen {
            self.tell_end(id, &instance.status);
            if let Status::Ended { run: ended, exit } = instance.status
                && (run.0 == 0 || ended == run)
            {
                self.keepers.forget(id);
                return self.events.push_back(Event::Ended { id, run: ended, exit, held: instance.held });
            }
        }
        self.keepers.forget(id);
        self.events.push_back(Event::Lost { id, run });
    }

    /// The end of a run that its keeper did not tell us, once.
    pub(super) fn tell_end(&mut self, id: InstanceId, status: &Status) {
        match *status {
            Status::Ended { run, exit } if exit.started => self.tell_die(id, run, exit.code, false),
            Status::Lost { run } => self.tell_die(id, run, EXIT_LOST, false),
            Status::Ended { .. } | Status::Running { .. } | Status::Created => {}
        }
    }

    fn tell_die(&mut self, id: InstanceId, run: RunId, code: u8, oom_killed: bool) {
        let Some(known) = self.registry.get_mut(id).filter(|known| known.told != Some(run)) else { return };
        known.told = Some(run);
        let mut attributes = vec![("exitCode".to_owned(), code.to_string())];
        if oom_killed {
            attributes.push(("oomKilled".to_owned(), "true".to_owned()));
        }
        self.happened(id, "die", attributes);
    }

    pub(super) fn run_ended(&mut self, id: InstanceId, exit: &Exit) {
        self.keepers.forget(id);
        self.tell_die(id, RunId(exit.started_ns), exit.code, exit.oom_killed);
        let held = self.is_held(id);
        let run = RunId(exit.started_ns);
        self.events.push_back(Event::Ended { id, run, exit: facts::ended(exit), held });
        // One that was made with --rm is gone by now.
        let gone = self
            .registry
            .container(id)
            .is_some_and(|container| !self.board.home.directory(container).exists());
        if gone {
            self.events.push_back(Event::Poked { id });
        }
    }

    fn is_held(&self, id: InstanceId) -> bool {
        let container = self.registry.container(id);
        container
            .is_some_and(|container| self.board.home.intent(container).is_ok_and(|i| i == Intent::Stopped))
    }

    /// For whoever watches.
    pub(super) fn happened(&mut self, id: InstanceId, action: &str, mut attributes: Vec<(String, String)>) {
        let Some(known) = self.registry.get(id) else { return };
        if let Some(place) = known.place {
            let names = [
                ("app", self.registry.app_name(place.app)),
                ("service", self.registry.service_name(place.service)),
            ];
            attributes
                .extend(names.into_iter().filter_map(|(key, name)| Some((key.to_owned(), name?.to_owned()))));
        }
        self.journal.note(Happened {
            at_ns: now_ns(),
            action: action.to_owned(),
            container: known.container.clone(),
            name: known.name.clone(),
            attributes,
        });
    }
}

/// What a child's exit status means.
fn failure(ended: Option<u8>) -> Failure {
    match ended {
        Some(status::DISAGREES) => Failure::Disagrees,
        Some(status::NO_SPACE) => Failure::NoSpace,
        Some(_) | None => Failure::Other,
    }
}
