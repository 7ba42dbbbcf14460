//! Finding out how things are, at the start: every container, every app.

use super::Daemon;
use crate::supervise::desired::desired;
use crate::supervise::facts::{Care, Instance, Seen, look};
use crate::supervise::history;
use crate::supervise::reactor::now;
use limpet_plan::{By, Event, Facts, InstanceId, Place, Role, RunId, Status, Turn};
use limpet_protocol::container::Member;
use limpet_protocol::id::ContainerId;
use limpet_protocol::ledger::Phase;

impl Daemon<'_> {
    pub(super) fn wake(&mut self) {
        if let Err(error) = self.board.home.finish_removals() {
            self.trouble(error.to_string());
        }
        history::sweep(&self.board.home);
        let ids = self.board.home.ids().unwrap_or_else(|error| {
            self.trouble(error.to_string());
            Vec::new()
        });
        for id in ids {
            // What was over before we came is no news.
            if let Some((id, Status::Ended { run, .. })) = self.discover(&id)
                && let Some(known) = self.registry.get_mut(id)
            {
                known.told = Some(run);
            }
        }
        self.read_ledger();
        self.events.extend(self.reserve.check(now()).map(Event::Space));
        self.events.push_back(Event::Settled);
        self.decide();
        self.wake_fleet();
    }

    /// From here on also those that run and never asked to be kept: they are to end well, too.
    pub(super) fn care_for_all(&mut self) {
        self.care = Care::All;
        let ids = self.board.home.ids().unwrap_or_else(|error| {
            self.trouble(error.to_string());
            Vec::new()
        });
        for id in ids {
            // Where it cannot be told whether it runs, looking says why.
            let runs = self.board.home.is_kept(&id).unwrap_or(true);
            if runs && self.registry.find(&id).is_none() {
                self.discover(&id);
            }
        }
    }

    fn read_ledger(&mut self) {
        let names = self.ledger.names().unwrap_or_else(|error| {
            self.trouble(error.to_string());
            Vec::new()
        });
        for name in names {
            match self.ledger.get(&name) {
                Ok(Some(entry)) => {
                    let open = entry.open_update().filter(|_| !matches!(entry.phase, Phase::Down { .. }));
                    let desired = desired(&entry.app, open, &mut self.registry);
                    let app = desired.app;
                    if let Some(update) = entry.update {
                        self.note_update(app, update);
                    }
                    let by = if entry.phase == (Phase::Up { settled: true }) { By::Ledger } else { By::Hand };
                    self.events.push_back(Event::Wanted { desired, by });
                    match entry.phase {
                        Phase::Up { settled: true } => {}
                        Phase::Up { settled: false } => drop(self.unsettled.insert(app, ())),
                        Phase::Down { .. } => self.events.push_back(Event::Unwanted { app }),
                    }
                }
                Ok(None) => {}
                Err(error) => self.trouble(crate::failure::Failure::from(error).to_string()),
            }
        }
    }

    /// Tells the decisions of a container that they may not know yet; what it does, if that is known.
    pub(super) fn discover(&mut self, container: &ContainerId) -> Option<(InstanceId, Status)> {
        match look(&self.board.home, container, self.care) {
            Ok(Seen::Absent | Seen::Unsupervised) => {}
            Ok(Seen::Damaged { running, error }) => {
                let id = self.registry.found(container, container.short(), None, false);
                self.errors.insert(id, error);
                self.watch(id, running);
                self.events.push_back(Event::Damaged { id, turn: Turn::UNASKED, place: None, running });
            }
            Ok(Seen::Instance(instance)) => {
                let place = instance.member.as_ref().map(|member| self.place(member));
                let id = self.registry.found(container, &instance.name, place, instance.beside);
                let event = self.found(id, Turn::UNASKED, &instance);
                self.events.push_back(event);
                return Some((id, instance.status));
            }
            Err(error) => self.trouble(error.to_string()),
        }
        None
    }

    fn place(&mut self, member: &Member) -> Place {
        let app = self.registry.app(&member.app);
        Place { app, service: self.registry.service(app, &member.service), replica: member.replica }
    }

    /// The event that tells of an instance; if it runs, its keeper is watched from now on.
    pub(super) fn found(&mut self, id: InstanceId, turn: Turn, instance: &Instance) -> Event {
        if let Status::Running { run, .. } = instance.status {
            self.watch(id, Some(run));
        }
        let role = instance.member.as_ref();
        let beside = instance.beside;
        if let Some(known) = self.registry.get_mut(id) {
            known.beside = beside;
        }
        let role = role.map(|member| Role { place: self.place(member), revision: member.revision, beside });
        let Instance { spec, status, held, history, .. } = *instance;
        Event::Found { id, turn, facts: Facts { role, spec, status, held, history } }
    }

    pub(super) fn watch(&mut self, id: InstanceId, run: Option<RunId>) {
        if let (Some(run), Some(container)) = (run, self.registry.container(id)) {
            self.keepers.watch(&self.board.home, container, id, run, &self.tasks);
        }
    }
}
