//! Carrying out actions: each becomes a child, a word to a keeper, or a record.

use super::{Daemon, End};
use crate::supervise::facts::{Seen, look};
use crate::supervise::history;
use crate::supervise::jobs::{Order, Purpose};
use limpet_plan::{Action, AppId, Effect, Event, Failure, History, InstanceId, News, Place, Turn};
use limpet_protocol::control::Reply;

impl Daemon<'_> {
    pub(super) fn carry_out(&mut self, action: Action) {
        self.cut.pass();
        match action {
            Action::Create { id, turn, place, revision, beside } => {
                self.create(id, turn, (place, beside), revision);
            }
            Action::Adopt { id, turn } => self.adopt(id, turn),
            Action::Start { id, turn } => self.act("start", id, turn, Purpose::Start),
            Action::Stop { id, turn, grace_ms } => self.stop(id, turn, grace_ms),
            Action::Kill { id, turn } => self.act("kill", id, turn, Purpose::Kill),
            Action::Clear { id, turn } => self.act("clear", id, turn, Purpose::Clear),
            Action::Remove { id, turn } => self.act("remove", id, turn, Purpose::Remove),
            Action::Look { id, turn } => self.look(id, turn),
            Action::Probe { id, turn, unhurried_ms } => self.probe(id, turn, unhurried_ms),
            Action::EndProbe { id, turn } => self.jobs.end_probe(id, turn),
            Action::Note { id, history } => self.note(id, &history),
            Action::Forget { id } => self.forget(id),
            Action::Prune => self.order(None, Turn::UNASKED, Purpose::Prune, &["prune".to_owned()]),
            Action::Dissolved { app } => self.dissolved(app),
            Action::Refused { app, refusal } => self.refused(app, &refusal.to_string()),
            Action::Update { app, verdict } => self.conclude_update(app, verdict),
            Action::Tell { id, news } => self.tell(id, news),
            Action::Off { clean } => self.off(clean),
        }
        self.cut.pass();
    }

    fn create(&mut self, id: InstanceId, turn: Turn, (place, beside): (Place, bool), revision: u64) {
        match beside {
            true => self.registry.follow(id, place),
            false => self.registry.inherit(id),
        }
        let (app, service) = (self.registry.app_name(place.app), self.registry.service_name(place.service));
        let (Some(app), Some(service)) = (app, service) else {
            return self.failed(id, turn, Effect::Create, Failure::Disagrees);
        };
        let mut words = ["create", app, service, &place.replica.to_string()].map(str::to_owned).to_vec();
        words.extend(beside.then(|| "beside".to_owned()));
        self.order(Some(id), turn, Purpose::Create { revision }, &words);
    }

    fn adopt(&mut self, id: InstanceId, turn: Turn) {
        let known = self.registry.get(id).and_then(|known| known.place.zip(known.container.as_ref()));
        let words = known.and_then(|(place, container)| {
            let app = self.registry.app_name(place.app)?;
            let service = self.registry.service_name(place.service)?;
            Some(["adopt", app, service, &place.replica.to_string(), container.as_str()].map(str::to_owned))
        });
        match words {
            Some(words) => self.order(Some(id), turn, Purpose::Adopt, &words),
            None => self.failed(id, turn, Effect::Adopt, Failure::Disagrees),
        }
    }

    fn act(&mut self, verb: &str, id: InstanceId, turn: Turn, purpose: Purpose) {
        match self.registry.container(id) {
            Some(container) => {
                let words = [verb.to_owned(), container.as_str().to_owned()];
                self.order(Some(id), turn, purpose, &words);
            }
            None => self.not_done(Order { id: Some(id), turn, purpose }, Failure::Disagrees),
        }
    }

    fn probe(&mut self, id: InstanceId, turn: Turn, unhurried_ms: u32) {
        let purpose = Purpose::Probe { unhurried: unhurried_ms > 0 };
        let Some(container) = self.registry.container(id) else {
            return self.not_done(Order { id: Some(id), turn, purpose }, Failure::Disagrees);
        };
        let mut words = vec!["probe".to_owned(), container.as_str().to_owned()];
        if unhurried_ms > 0 {
            words.push(unhurried_ms.to_string());
        }
        self.order(Some(id), turn, purpose, &words);
    }

    /// Starts the child of an effect.
    pub(super) fn order(&mut self, id: Option<InstanceId>, turn: Turn, purpose: Purpose, words: &[String]) {
        let globals = &self.board.globals;
        let mut line = [crate::act::VERB, &globals.root, &globals.state].map(str::to_owned).to_vec();
        line.extend_from_slice(words);
        let order = Order { id, turn, purpose };
        if let Err(error) = self.jobs.start(order, &line, &self.tasks) {
            self.trouble(format!("start a process to {}: {error}", words[0]));
            self.not_done(order, Failure::Other);
        }
    }

    pub(super) fn failed(&mut self, id: InstanceId, turn: Turn, effect: Effect, failure: Failure) {
        self.events.push_back(Event::Failed { id, turn, effect, failure });
    }

    fn stop(&mut self, id: InstanceId, turn: Turn, grace_ms: Option<u32>) {
        if !self.keepers.stop(id, grace_ms) {
            self.failed(id, turn, Effect::Stop, Failure::Disagrees);
        }
    }

    /// The truth is told only when no child changes it any more.
    pub(super) fn look(&mut self, id: InstanceId, turn: Turn) {
        if self.jobs.at_work(id) {
            self.looks.insert(id, turn);
            return;
        }
        let Some(container) = self.registry.container(id).cloned() else {
            return self.events.push_back(Event::Absent { id, turn });
        };
        match look(&self.board.home, &container, self.care) {
            Ok(Seen::Absent | Seen::Unsupervised) => {
                history::forget(&self.board.home, &container);
                if let Some(known) = self.registry.get_mut(id) {
                    known.container = None;
                }
                self.keepers.forget(id);
                self.events.push_back(Event::Absent { id, turn });
            }
            Ok(Seen::Damaged { running, error }) => {
                self.errors.insert(id, error);
                self.watch(id, running);
                let place = self.registry.get(id).and_then(|known| known.place);
                self.events.push_back(Event::Damaged { id, turn, place, running });
            }
            Ok(Seen::Instance(instance)) => {
                if let Some(known) = self.registry.get_mut(id) {
                    known.name.clone_from(&instance.name);
                }
                self.tell_end(id, &instance.status);
                let event = self.found(id, turn, &instance);
                self.events.push_back(event);
            }
            Err(error) => {
                self.errors.insert(id, error.to_string());
                self.failed(id, turn, Effect::Look, Failure::Other);
            }
        }
    }

    fn note(&mut self, id: InstanceId, noted: &History) {
        let Some(container) = self.registry.container(id) else { return };
        if let Err(error) = history::write(&self.board.home, container, noted) {
            let name = container.short().to_owned();
            self.trouble(format!("keep the history of container {name}: {error}"));
        }
    }

    fn forget(&mut self, id: InstanceId) {
        self.keepers.forget(id);
        self.errors.remove(&id);
        self.looks.remove(&id);
        self.registry.forget(id);
    }

    /// Nothing is left of an app but its record, which goes last: a cut before that finds it again.
    fn dissolved(&mut self, app: AppId) {
        let Some(name) = self.registry.app_name(app).map(str::to_owned) else { return };
        self.order(None, Turn::UNASKED, Purpose::Dissolve(app), &["dissolve".to_owned(), name]);
    }

    pub(super) fn refused(&mut self, app: AppId, why: &str) {
        let Some(name) = self.registry.app_name(app).map(str::to_owned) else { return };
        self.unsettled.remove(&app);
        let text = format!("app {name}: {why}");
        self.conclude(&name, &Reply::Refused(text.clone()));
        self.trouble(text);
    }

    fn tell(&mut self, id: InstanceId, news: News) {
        let (action, attributes) = match news {
            News::Health(health) => {
                (format!("health_status: {}", super::shown::health_word(health)), Vec::new())
            }
            News::Restarts { in_ms } => {
                ("restart_scheduled".to_owned(), vec![("in_ms".to_owned(), in_ms.to_string())])
            }
            News::GaveUp => ("gave_up".to_owned(), Vec::new()),
        };
        self.happened(id, &action, attributes);
    }

    fn off(&mut self, clean: bool) {
        let last = if clean {
            Reply::Done
        } else {
            Reply::Refused("time was over before every container was proved to have ended".to_owned())
        };
        for outbox in self.shutting_down.drain(..) {
            outbox.put(&last);
        }
        self.end = Some(End::Off { clean });
    }
}
