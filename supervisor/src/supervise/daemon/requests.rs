//! What clients of the control socket ask for.

use super::updates::{self, Origin, Taken, known};
use super::{Daemon, End, Watcher};
use crate::failure::Failure;
use crate::supervise::clients::{Asked, Outbox};
use crate::supervise::desired::desired;
use crate::supervise::metrics::{self, Usage};
use crate::supervise::reactor::now;
use limpet_plan::{AppId, By, Event, InstanceId, admit, diff, report};
use limpet_protocol::app::App;
use limpet_protocol::control::{Did, Event as Happened, Instance, Reply, Request};
use limpet_protocol::id::ContainerId;
use limpet_protocol::ledger::{Entry, Phase};
use limpet_runner::cgroup;
use limpet_runner::keeper::now_ns;

impl Daemon<'_> {
    pub(super) fn serve(&mut self, asked: Asked) {
        let Asked { request, outbox } = asked;
        match request {
            Request::Ping => outbox.put(&Reply::Done),
            Request::Report => {
                outbox.put(&Reply::Report(self.shown()));
                outbox.put(&Reply::Done);
            }
            Request::Up { app, dry_run } => self.up(app, Origin::Hand, dry_run, outbox),
            Request::Update { app } => self.up(app, Origin::Fleet, false, outbox),
            Request::Down { app, volumes } => self.down(&app, volumes, outbox),
            Request::Restart { app, service } => self.restart(&app, service.as_deref(), outbox),
            Request::Look { id, did, name } => {
                self.poked(&id, did, name);
                outbox.put(&Reply::Done);
            }
            Request::Events { follow } => self.journal.listen(outbox, follow),
            Request::Shutdown { within_ms } => {
                self.shutting_down.push(outbox);
                self.shut_down(within_ms);
            }
            Request::Upgrade { program } => {
                outbox.put(&Reply::Done);
                self.end = Some(End::Upgrade { program });
            }
            Request::Apply { files } => self.apply(files, outbox),
            Request::Fleet => {
                self.look_at_fleet();
                outbox.put(&Reply::Fleet(self.fleet_report().map(Box::new), self.post.line()));
                outbox.put(&Reply::Done);
            }
            Request::Metrics => {
                let (room, driver) = (crate::room::of(self.board), cgroup::detect());
                let text = metrics::text(
                    self.shown(),
                    (room, self.post.line()),
                    self.tasks.reactor.wakeups(),
                    |instance| self.usage(driver.as_deref().ok()?, instance),
                );
                outbox.put(&Reply::Text(text));
                outbox.put(&Reply::Done);
            }
        }
    }

    /// By the container's cgroup: memory of the kernel's own, which no disk holds up.
    fn usage(&self, driver: &dyn cgroup::CgroupDriver, instance: &Instance) -> Option<Usage> {
        let path = self.board.home.load(instance.container.as_ref()?).ok()?.keep.launch.cgroup;
        let group = driver.open(&path).ok()?;
        let stats = group.stats().ok()?;
        Some(Usage {
            memory_bytes: stats.memory_usage_bytes,
            memory_limit_bytes: stats.memory_limit_bytes,
            cpu_ns: stats.cpu_usage_ns,
            oom_kills: group.oom_kills().unwrap_or(0),
        })
    }

    /// The ledger has the app before anything is done about it.
    fn up(&mut self, app: App, origin: Origin, dry_run: bool, outbox: Outbox) {
        let name = app.name.clone();
        if let Some(why) = self.is_fleets(&name).filter(|_| origin == Origin::Hand && !dry_run) {
            return outbox.put(&Reply::Refused(why));
        }
        let taken = match self.take_in(app, origin, dry_run) {
            Ok(taken) => taken,
            Err(why) => return outbox.put(&Reply::Refused(why)),
        };
        outbox.put(&Reply::Diff(taken.changes));
        if dry_run {
            return outbox.put(&Reply::Done);
        }
        let update = self.registry.find_app(&name).and_then(|app| self.outcome(app));
        match update.filter(|update| taken.is_update || update.course.is_moving()) {
            Some(update) if update.course.is_moving() => outbox.put(&Reply::Updated(update)),
            Some(update) => return outbox.put(&Reply::Updated(update)),
            None if origin == Origin::Fleet => return outbox.put(&Reply::Done),
            None => {}
        }
        self.watchers.push(Watcher { app: name, outbox, told: None });
    }

    /// Takes an app in whose images are there, durably; what then comes of it, the decisions see to. This is what
    /// everybody calls who wants an app.
    ///
    /// # Errors
    /// Why not, in one line.
    pub(super) fn take_in(&mut self, mut app: App, origin: Origin, dry_run: bool) -> Result<Taken, String> {
        let name = app.name.clone();
        // What is new begins with the disk as it is now.
        self.reserve.doubt();
        self.events.extend(self.reserve.check(now()).map(Event::Space));
        // A damaged record tells nothing of what was; the app is taken in all the same.
        let recorded = self.ledger.get(&name).ok().flatten();
        if let Some(recorded) = &recorded {
            app.keep_images_of(&recorded.app);
        }
        if origin == Origin::Fleet {
            app.roll_back_by_default();
            if let Some(known) = known(&app, recorded.as_ref()) {
                return known;
            }
        }
        let update = updates::begun(&app, origin, recorded.as_ref());
        let open = update.as_ref().filter(|update| update.course.is_open());
        let before = self.registry.find_app(&name);
        let admitted = app.validate().map_err(Failure::from).and_then(|()| {
            let desired = desired(&app, open, &mut self.registry);
            admit(&desired, &self.world)?;
            Ok(desired)
        });
        let desired = admitted.map_err(|error| {
            self.forget_unknown(before, &name);
            format!("app {name}: {error}")
        })?;
        let before_app = recorded.as_ref().map(|entry| &entry.app);
        let changes = self.changes(&diff(&desired, &self.world), before_app, &app);
        let taken = Taken { changes, is_update: open.is_some() };
        if dry_run {
            self.forget_unknown(before, &name);
            return Ok(taken);
        }
        self.cut.pass();
        let was_well = recorded.is_some_and(|entry| entry.is_well() && entry.app != app);
        let kept = if was_well { self.ledger.keep_as_previous(&name) } else { Ok(()) };
        let entry = Entry { app, phase: Phase::Up { settled: false }, update };
        kept.and_then(|()| self.ledger.put(&entry)).map_err(|error| {
            self.forget_unknown(before, &name);
            Failure::from(error).to_string()
        })?;
        self.cut.pass();
        self.unsettled.insert(desired.app, ());
        if let Some(update) = entry.update.filter(|_| taken.is_update) {
            self.note_update(desired.app, update);
        }
        self.events.push_back(Event::Wanted { desired, by: By::Hand });
        Ok(taken)
    }

    /// The numbers of what was only asked about are given back.
    pub(super) fn forget_unknown(&mut self, before: Option<AppId>, name: &str) {
        let world = report(&self.world);
        let known = |id: InstanceId| world.instances.iter().any(|instance| instance.id == id);
        let unknown: Vec<InstanceId> = self
            .registry
            .instances()
            .filter(|(id, instance)| instance.container.is_none() && !known(*id))
            .map(|(id, _)| id)
            .collect();
        unknown.into_iter().for_each(|id| self.registry.forget(id));
        if let (None, Some(app)) = (before, self.registry.find_app(name)) {
            self.registry.forget_app(app);
        }
    }

    fn down(&mut self, name: &str, volumes: bool, outbox: Outbox) {
        if let Some(why) = self.is_fleets(name) {
            return outbox.put(&Reply::Refused(why));
        }
        let entry = match self.ledger.get(name) {
            Ok(Some(entry)) => entry,
            Ok(None) => return outbox.put(&Reply::NoSuchApp),
            Err(error) => return self.down_damaged(name, &error.into(), &outbox),
        };
        self.cut.pass();
        let down = Entry { phase: Phase::Down { volumes }, update: None, ..entry };
        if let Err(error) = self.ledger.put(&down) {
            return outbox.put(&Reply::Refused(Failure::from(error).to_string()));
        }
        self.cut.pass();
        let app = self.registry.app(name);
        self.unsettled.remove(&app);
        self.updates.remove(&app);
        self.watchers.push(Watcher { app: name.to_owned(), outbox, told: None });
        self.events.push_back(Event::Unwanted { app });
    }

    /// A damaged record can be given up: its containers are then removed by hand.
    fn down_damaged(&mut self, name: &str, error: &Failure, outbox: &Outbox) {
        let text = match self.ledger.remove(name) {
            Ok(()) => format!("{error}; the record was removed, its containers are left: see limpet ps -a"),
            Err(worse) => format!("{error}; and it cannot be removed: {}", Failure::from(worse)),
        };
        outbox.put(&Reply::Refused(text));
    }

    fn restart(&mut self, name: &str, service: Option<&str>, outbox: Outbox) {
        let Ok(Some(entry)) = self.ledger.get(name) else {
            return outbox.put(&Reply::NoSuchApp);
        };
        if let Some(unknown) = service.filter(|service| entry.app.workload(service).is_none()) {
            return outbox.put(&Reply::Refused(format!("app {name} has no service {unknown}")));
        }
        let app = self.registry.app(name);
        let service = service.map(|service| self.registry.service(app, service));
        self.unsettled.insert(app, ());
        self.events.push_back(Event::Restart { app, service });
        self.watchers.push(Watcher { app: name.to_owned(), outbox, told: None });
    }

    fn poked(&mut self, container: &ContainerId, did: Did, name: String) {
        let discovered = match self.registry.find(container) {
            Some(id) => {
                self.events.push_back(Event::Poked { id });
                None
            }
            None => self.discover(container),
        };
        self.journal.note(Happened {
            at_ns: now_ns(),
            action: did.word().to_owned(),
            container: Some(container.clone()),
            name,
            attributes: Vec::new(),
        });
        if let Some((id, status)) = discovered {
            self.tell_end(id, &status);
        }
    }

    /// An `up` that has come to what was asked for is noted as reached.
    pub(super) fn settle(&mut self) {
        if self.unsettled.is_empty() {
            return;
        }
        let world = report(&self.world);
        let reached = |app: &AppId| {
            world
                .apps
                .iter()
                .any(|line| line.app == *app && !line.leaving && line.settled + line.stuck == line.wanted)
        };
        // Of an update the decisions say when it is through.
        let updating = |app: &AppId| self.updates.get(app).is_some_and(|update| update.course.is_open());
        let reached = |app: &AppId| !updating(app) && reached(app);
        let reached: Vec<AppId> = self.unsettled.keys().copied().filter(reached).collect();
        for app in reached {
            self.unsettled.remove(&app);
            let Some(name) = self.registry.app_name(app).map(str::to_owned) else { continue };
            if let Err(error) = self.note_settled(&name) {
                self.trouble(format!("note that app {name} runs: {error}"));
            }
        }
    }

    fn note_settled(&mut self, name: &str) -> Result<(), Failure> {
        let Some(entry) = self.ledger.get(name)? else { return Ok(()) };
        if entry.phase != (Phase::Up { settled: false }) {
            return Ok(());
        }
        self.cut.pass();
        self.ledger.put(&Entry { phase: Phase::Up { settled: true }, ..entry })?;
        self.cut.pass();
        Ok(())
    }

    /// Tells those who wait for an app what is new, and when it is done.
    pub(super) fn tell_watchers(&mut self) {
        if self.watchers.is_empty() || !self.events.is_empty() {
            return;
        }
        let shown = self.shown();
        let mut watchers = std::mem::take(&mut self.watchers);
        watchers.retain(|watcher| !watcher.outbox.is_closed());
        for watcher in &mut watchers {
            let of_app = |instance: &&Instance| {
                instance.member.as_ref().is_some_and(|(app, _, _)| *app == watcher.app)
            };
            let now: Vec<_> = shown.instances.iter().filter(of_app).cloned().collect();
            if watcher.told.as_ref() != Some(&now) {
                watcher.outbox.put(&Reply::Progress(now.clone()));
                watcher.told = Some(now);
            }
        }
        watchers.retain(|watcher| !watcher.outbox.is_closed());
        self.watchers = watchers;
    }

    /// Ends what those are told who wait for this app.
    pub(super) fn conclude(&mut self, app: &str, last: &Reply) {
        for watcher in self.watchers.extract_if(.., |watcher| watcher.app == app) {
            watcher.outbox.put(last);
        }
    }
}
