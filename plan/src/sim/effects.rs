//! What comes of actions: children that work for a while, processes that start and end.

use super::Broken;
use super::board::{Child, Container, Key, LedgerApp, Process, Sim, Work};
use crate::{Action, EXIT_LOST, Effect, Event, Exit, Failure, InstanceId, Place, Role, RunId, Space, Turn};
use limpet_protocol::restart::When;
use std::format;

impl Sim {
    /// Carries one action out, as the shell would.
    pub(super) fn carry_out(&mut self, action: Action) -> Result<(), Broken> {
        match action {
            Action::Create { id, turn, .. } => self.child(id, turn, Effect::Create, 300),
            Action::Start { id, turn } => self.child(id, turn, Effect::Start, 60),
            Action::Clear { id, turn } => self.child(id, turn, Effect::Clear, 100),
            Action::Remove { id, turn } => self.child(id, turn, Effect::Remove, 100),
            Action::Look { id, turn } => self.child(id, turn, Effect::Look, 5),
            Action::Adopt { id, turn } => self.child(id, turn, Effect::Adopt, 20),
            Action::Stop { id, turn, grace_ms } => self.stop(id, turn, grace_ms),
            Action::Kill { id, turn } => self.kill(id, turn),
            Action::Probe { id, turn, unhurried_ms } => self.probe(id, turn, unhurried_ms),
            Action::EndProbe { id, turn } => {
                let key = self.key(id);
                self.children.retain(|child| {
                    child.key != key || child.turn != turn || !matches!(child.work, Work::Probe { .. })
                });
            }
            Action::Note { id, history } => {
                let key = self.key(id);
                match self.containers.get_mut(&key) {
                    Some(container) => container.history = Some(history),
                    None => self.say(|| format!("   (no {key:?} to note of)")),
                }
            }
            Action::Forget { id } => {
                if let Some(daemon) = &mut self.daemon {
                    daemon.ids.retain(|_, known| *known != id);
                }
            }
            Action::Prune => self.prune(),
            Action::Dissolved { app } => {
                self.ledger.remove(&app.0);
            }
            Action::Refused { app, refusal } => return Err(format!("{app:?} was refused: {refusal}")),
            Action::Update { app, verdict } => self.conclude_update(app, verdict)?,
            Action::Tell { .. } => {}
            Action::Off { clean } => return self.off(clean),
        }
        Ok(())
    }

    pub(super) fn key(&self, id: InstanceId) -> Key {
        let daemon = self.daemon.as_ref().expect("a daemon acts");
        let known = daemon.ids.iter().find(|(_, known)| **known == id);
        *known.expect("actions are about instances that the shell named").0
    }

    fn child(&mut self, id: InstanceId, turn: Turn, effect: Effect, most_ms: u64) {
        let hangs = !self.quiet && self.dice.permille(3);
        let lasts = if hangs { 200_000 } else { 1 + self.dice.up_to(most_ms) };
        let key = self.key(id);
        let done_at = self.now.after(lasts);
        self.children.push(Child { daemon: self.daemons, key, turn, work: Work::Effect(effect), done_at });
    }

    fn probe(&mut self, id: InstanceId, turn: Turn, unhurried_ms: u32) {
        let key = self.key(id);
        let process = self.containers.get(&key).and_then(|container| container.process);
        let well = process.is_some_and(|process| process.well) && (self.quiet || !self.dice.permille(100));
        let hangs = !self.quiet && self.dice.permille(50);
        let done_at = self.now.after(1 + if hangs { 100_000 } else { self.dice.up_to(15) });
        let unhurried = self.now.after(unhurried_ms.into());
        let work = Work::Probe { well, unhurried };
        self.children.push(Child { daemon: self.daemons, key, turn, work, done_at });
    }

    fn prune(&mut self) {
        let done_at = self.now.after(1 + self.dice.up_to(500));
        let (key, turn) = (Key::Extra(u16::MAX), Turn::UNASKED);
        self.children.push(Child { daemon: self.daemons, key, turn, work: Work::Prune, done_at });
    }

    fn stop(&mut self, id: InstanceId, turn: Turn, grace_ms: Option<u32>) {
        let key = self.key(id);
        let refused = !self.quiet && self.dice.permille(20);
        let soon = self.now.after(1 + self.dice.up_to(40));
        let now = self.now;
        let Some(process) =
            self.containers.get_mut(&key).and_then(|it| it.process.as_mut()).filter(|_| !refused)
        else {
            let failure = Failure::Disagrees;
            return self.send(Event::Failed { id, turn, effect: Effect::Stop, failure });
        };
        process.grace_ends = grace_ms.map(|grace| now.after(u64::from(grace)));
        process.asked = true;
        if !process.deaf {
            process.ends = Some((soon.min(process.ends.map_or(soon, |(at, _)| at)), 143));
        }
    }

    fn kill(&mut self, id: InstanceId, turn: Turn) {
        let key = self.key(id);
        let failed = !self.quiet && self.dice.permille(50);
        let now = self.now;
        let process = self.containers.get_mut(&key).and_then(|it| it.process.as_mut()).filter(|_| !failed);
        match process {
            Some(process) => process.ends = Some((now, 137)),
            None => self.send(Event::Failed { id, turn, effect: Effect::Kill, failure: Failure::Other }),
        }
    }

    /// The daemon is woken when it is done: always, but for a probe that finds what is expected in time.
    pub(super) fn is_heard_of(&self, child: &Child) -> bool {
        let waited_for = match child.work {
            Work::Probe { well, unhurried } => !well || child.done_at >= unhurried,
            Work::Effect(_) | Work::Prune => true,
        };
        waited_for || self.daemon.is_none() || child.daemon != self.daemons
    }

    /// A child is done, unless it has to wait for others.
    pub(super) fn finish_child(&mut self, index: usize) -> Result<(), Broken> {
        let child = self.children[index];
        let look = Work::Effect(Effect::Look);
        let others = |other: &&Child| {
            let works = other.work != look && matches!(other.work, Work::Effect(_));
            other.key == child.key && other.daemon == child.daemon && works
        };
        if child.work == look && self.children.iter().any(|other| others(&other)) {
            let last = self.children.iter().filter(others).map(|other| other.done_at).max();
            // The shell waits a little for its child, then kills it.
            if last.is_some_and(|last| last.since(self.now) < 5_000) {
                self.children[index].done_at = last.unwrap_or(self.now).max(self.now).after(1);
                return Ok(());
            }
            self.children
                .retain(|other| other.key != child.key || other.daemon != child.daemon || other.work == look);
            return Ok(());
        }
        self.children.remove(index);
        self.say(|| format!("   child done: {:?} {:?}", child.key, child.work));
        match child.work {
            Work::Effect(effect) => self.finish_effect(child, effect),
            Work::Probe { well, .. } => {
                self.answer(child, |id, turn| Event::Probed { id, turn, healthy: well });
            }
            Work::Prune => {
                let failed = !self.quiet && self.dice.permille(200);
                if child.daemon == self.daemons {
                    self.send(if failed { Event::PruneFailed } else { Event::Pruned });
                }
            }
        }
        Ok(())
    }

    /// Tells the daemon, if it is the one that asked.
    fn answer(&mut self, child: Child, event: impl FnOnce(InstanceId, Turn) -> Event) {
        let daemon = self.daemon.as_ref().filter(|_| child.daemon == self.daemons);
        if let Some(id) = daemon.and_then(|daemon| daemon.ids.get(&child.key).copied()) {
            self.send(event(id, child.turn));
        }
    }

    fn finish_effect(&mut self, child: Child, effect: Effect) {
        if !self.quiet && self.dice.permille(40) {
            // Some had done their work before they failed.
            if self.dice.permille(400) {
                let _ = self.carry_out_effect(Child { daemon: 0, ..child }, effect);
            }
            let failure = self.dice.pick(&[Failure::NoSpace, Failure::Other, Failure::Disagrees]);
            return self.answer(child, |id, turn| Event::Failed { id, turn, effect, failure });
        }
        if let Err(failure) = self.carry_out_effect(child, effect) {
            self.answer(child, |id, turn| Event::Failed { id, turn, effect, failure });
        }
    }

    /// Daemon 0 is nobody: what its children do is told to nobody.
    fn carry_out_effect(&mut self, child: Child, effect: Effect) -> Result<(), Failure> {
        match effect {
            Effect::Create => self.create(child),
            Effect::Start => self.start(child),
            Effect::Clear => self.clear(child),
            Effect::Remove => self.remove(child),
            Effect::Look => self.look(child),
            Effect::Adopt => self.adopt(child),
            Effect::Stop | Effect::Kill => Ok(()),
        }
    }

    fn create(&mut self, child: Child) -> Result<(), Failure> {
        let Some((app, service, replica)) = child.key.place() else { return Err(Failure::Other) };
        let beside = matches!(child.key, Key::Next(..));
        if self.containers.contains_key(&child.key) {
            return Err(Failure::Disagrees);
        }
        if self.space == Space::Low && self.dice.permille(300) {
            return Err(Failure::NoSpace);
        }
        let wanted = self
            .ledger
            .get(&app)
            .and_then(|app: &LedgerApp| app.services.iter().find(|it| it.id.0 == service));
        let wanted = wanted.ok_or(Failure::Other)?;
        let place = Place { app: crate::AppId(app), service: wanted.id, replica };
        let (revision, spec) = (wanted.revision, wanted.spec);
        let bad = wanted.bad;
        let container = Container { bad, ..Container::new(Some(Role { place, revision, beside }), spec) };
        self.containers.insert(child.key, container);
        self.answer(child, |id, turn| Event::Created { id, turn, revision, spec });
        Ok(())
    }

    fn start(&mut self, child: Child) -> Result<(), Failure> {
        let container = self.containers.get(&child.key).ok_or(Failure::Disagrees)?;
        if container.leftover.is_some() || container.damaged {
            return Err(Failure::Disagrees);
        }
        if container.process.is_none() {
            self.begin(child.key);
        }
        let container = &self.containers[&child.key];
        let (run, exit, held) = match (container.process, container.exit) {
            (Some(process), _) => (process.run, None, false),
            (None, Some((run, exit))) => (run, Some(exit), container.held),
            (None, None) => return Err(Failure::Other),
        };
        if child.daemon == self.daemons {
            self.connect(child.key);
        }
        self.answer(child, |id, turn| match exit {
            None => Event::Started { id, turn, run },
            Some(exit) => Event::Ended { id, run, exit, held },
        });
        Ok(())
    }

    /// It gets the name of its place.
    fn adopt(&mut self, child: Child) -> Result<(), Failure> {
        let (Key::Next(app, service, replica), key) = (child.key, child.key) else { return Ok(()) };
        let at = Key::At(app, service, replica);
        if self.containers.contains_key(&at) {
            return Err(Failure::Other);
        }
        let Some(mut container) = self.containers.remove(&key) else { return Err(Failure::Disagrees) };
        if let Some(role) = &mut container.role {
            role.beside = false;
        }
        self.containers.insert(at, container);
        let works = self.children.iter_mut().filter(|other| other.key == key);
        works.for_each(|other| other.key = at);
        self.told.renamed(key, at);
        if let Some(daemon) = &mut self.daemon
            && let Some(id) = daemon.ids.remove(&key)
        {
            daemon.ids.insert(at, id);
        }
        self.answer(Child { key: at, ..child }, |id, _| Event::Poked { id });
        Ok(())
    }

    /// The current daemon holds a connection to the keeper from now on.
    pub(super) fn connect(&mut self, key: Key) {
        let daemon = self.daemon.is_some().then_some(self.daemons);
        if let Some(process) = self.containers.get_mut(&key).and_then(|it| it.process.as_mut()) {
            process.connected = daemon;
        }
    }

    /// Starts a container, whoever asked for it.
    pub(super) fn begin(&mut self, key: Key) {
        let run = self.new_run();
        let process = self.new_process(run, key);
        let fails = !self.quiet && self.dice.permille(30);
        let now = self.now;
        let Some(container) = self.containers.get_mut(&key) else { return };
        container.held = false;
        container.fresh = false;
        container.exit = None;
        if fails {
            container.exit = Some((run, Exit { code: 127, started: false, ran_ms: 0 }));
        } else {
            container.process = Some(Process { since: now, ..process });
        }
    }

    fn new_process(&mut self, run: RunId, key: Key) -> Process {
        let policy = self.containers.get(&key).map_or(When::No, |container| container.spec.restart.when);
        let bad = self.containers.get(&key).is_some_and(|container| container.bad);
        let ill = bad && self.containers[&key].spec.health.is_some();
        let job = matches!(policy, When::No | When::OnFailure);
        let most = if self.quiet { 3 } else { 6 };
        let lasts = self.dice.pick(&[0, 20, 900, 4000, 12_000, 60_000][..most]);
        let lasts = if bad { 0 } else { lasts + self.dice.up_to(lasts) };
        let code = if bad {
            1
        } else if self.quiet {
            0
        } else {
            self.dice.pick(&[0, 0, 1, 1, 137])
        };
        let ends = if bad {
            !ill
        } else if self.quiet {
            job && self.dice.permille(500)
        } else {
            self.dice.permille(700)
        };
        Process {
            run,
            since: self.now,
            ends: ends.then(|| (self.now.after(lasts), code)),
            grace_ends: None,
            asked: false,
            deaf: !self.quiet && self.dice.permille(200),
            dull_keeper: !self.quiet && self.dice.permille(100),
            // One that is never well and cannot end either would look well for as long as it is watched.
            stuck_until: self.now.after(if !self.quiet && self.dice.permille(20) && !bad {
                30_000
            } else {
                0
            }),
            well: !bad && (self.quiet || self.dice.permille(750)),
            paused: false,
            connected: None,
        }
    }

    fn clear(&mut self, child: Child) -> Result<(), Failure> {
        let container = self.containers.get_mut(&child.key).ok_or(Failure::Disagrees)?;
        if container.process.is_some() {
            return Err(Failure::Disagrees);
        }
        if let Some(run) = container.leftover.take() {
            container.exit = Some((run, Exit { code: EXIT_LOST, started: true, ran_ms: 0 }));
        }
        let held = container.held;
        self.answer(child, |id, turn| Event::Cleared { id, turn, held });
        Ok(())
    }

    fn remove(&mut self, child: Child) -> Result<(), Failure> {
        let container = self.containers.get(&child.key).ok_or(Failure::Disagrees)?;
        if container.process.is_some() || container.leftover.is_some() {
            return Err(Failure::Disagrees);
        }
        self.containers.remove(&child.key);
        self.answer(child, |id, turn| Event::Removed { id, turn });
        Ok(())
    }

    fn look(&mut self, child: Child) -> Result<(), Failure> {
        if child.daemon == self.daemons {
            self.connect(child.key);
        }
        let seen = self.seen(child.key);
        self.answer(child, |id, turn| seen.event(id, turn));
        Ok(())
    }

    /// A process reached its end.
    pub(super) fn end_process(&mut self, key: Key) {
        let now = self.now;
        let Some(container) = self.containers.get_mut(&key) else { return };
        let Some(process) = container.process.take() else { return };
        let by_itself = process.ends.filter(|(at, _)| *at <= now).map(|(_, code)| code);
        let exit = Exit { code: by_itself.unwrap_or(137), started: true, ran_ms: now.since(process.since) };
        container.exit = Some((process.run, exit));
        let held = container.held;
        self.say(|| format!("   {key:?} ended: {exit:?} held {held}"));
        self.tell_of(key, process, |id| Event::Ended { id, run: process.run, exit, held });
    }

    /// The keeper's connection says something, if the daemon holds it.
    pub(super) fn tell_of(&mut self, key: Key, process: Process, event: impl FnOnce(InstanceId) -> Event) {
        let daemon = self.daemon.as_ref().filter(|_| process.connected == Some(self.daemons));
        if let Some(id) = daemon.and_then(|daemon| daemon.ids.get(&key).copied()) {
            self.send(event(id));
        }
    }

    fn off(&mut self, clean: bool) -> Result<(), Broken> {
        let runs = self.containers.iter().find(|(_, it)| it.process.is_some() || it.leftover.is_some());
        let unknown = self.daemon.as_ref().is_some_and(|daemon| !daemon.queue.is_empty()) || self.lost;
        if let (true, Some((key, _)), false) = (clean, runs, unknown) {
            return Err(format!("the board goes off as clean while {key:?} runs"));
        }
        self.power_cut();
        Ok(())
    }
}

impl Container {
    pub(super) fn new(role: Option<Role>, spec: crate::Spec) -> Self {
        Self {
            role,
            spec,
            held: false,
            fresh: true,
            damaged: false,
            exit: None,
            history: None,
            process: None,
            leftover: None,
            bad: false,
        }
    }
}
