//! The shell around the decisions: the queue of events, the handles, and what dies with the daemon.

use super::Broken;
use super::board::{Container, Key, Sim};
use super::scenario::Wanted;
use crate::{
    Action, Actions, AppId, By, Desired, Event, Facts, InstanceId, Place, RunId, Service, ServiceId, Space,
    Tick, Turn, Updating, World, deadline, report, step,
};
use limpet_protocol::ledger::Course;
use std::boxed::Box;
use std::collections::{BTreeMap, VecDeque};
use std::format;
use std::string::String;
use std::vec::Vec;

/// One daemon, from its start to its death.
pub(super) struct Daemon {
    pub(super) world: Box<World>,
    /// Events on their way, with the time of their arrival.
    pub(super) queue: Vec<(Tick, Event)>,
    pub(super) ids: BTreeMap<Key, InstanceId>,
    /// What the shell tells of itself, before it hears anybody else.
    pub(super) owed: VecDeque<Event>,
}

impl Daemon {
    /// When it has something to do.
    pub(super) fn next(&self) -> Option<Tick> {
        self.queue.iter().map(|(at, _)| *at).chain(deadline(&self.world)).min()
    }

    /// The handle of a container: its own, or one that is free.
    fn id(&mut self, key: Key) -> InstanceId {
        if let Some(id) = self.ids.get(&key) {
            return *id;
        }
        let free = (0..).map(InstanceId).find(|id| !self.ids.values().any(|taken| taken == id));
        let id = free.expect("there are enough handles");
        self.ids.insert(key, id);
        id
    }

    /// What was to be beside another, and is made in its place.
    fn rename_heirs(&mut self, actions: &Actions) {
        for action in actions.as_slice() {
            let Action::Create { id: heir, beside: false, .. } = action else { continue };
            let known = self.ids.iter().find(|(_, id)| *id == heir).map(|(key, _)| *key);
            if let Some(key @ Key::Next(app, service, replica)) = known {
                self.ids.remove(&key);
                self.ids.insert(Key::At(app, service, replica), *heir);
            }
        }
    }
}

/// What a look at a container shows.
pub(super) enum Seen {
    Found(Facts),
    Absent,
    Damaged { place: Option<Place>, running: Option<RunId> },
}

impl Seen {
    pub(super) fn event(self, id: InstanceId, turn: Turn) -> Event {
        match self {
            Self::Found(facts) => Event::Found { id, turn, facts },
            Self::Absent => Event::Absent { id, turn },
            Self::Damaged { place, running } => Event::Damaged { id, turn, place, running },
        }
    }
}

impl Sim {
    /// An event is on its way to the daemon. It may be late, and it may be lost.
    pub(super) fn send(&mut self, event: Event) {
        let lost = self.lossy && !self.quiet && self.dice.permille(15);
        let wild = !self.quiet;
        let delay = match self.dice.up_to(99) {
            0..=2 if wild => self.dice.up_to(5_000),
            3..=15 if wild => self.dice.up_to(300),
            _ => self.dice.up_to(3),
        };
        let missed = self.now.after(self.dice.up_to(5_000));
        let at = self.now.after(delay);
        self.say(|| format!("   {} {event:?}", if lost { "LOST" } else { "sent" }));
        let Some(daemon) = &mut self.daemon else { return };
        daemon.queue.push(if lost { (missed, Event::Missed) } else { (at, event) });
        self.lost |= lost;
    }

    /// An order from the control socket or a measurement: at once, in order, never lost.
    pub(super) fn order(&mut self, event: Event) -> Result<(), Broken> {
        self.handle(event)
    }

    pub(super) fn daemon_is_due(&self) -> bool {
        self.daemon.as_ref().and_then(Daemon::next).is_some_and(|at| at <= self.now)
    }

    pub(super) fn run_daemon(&mut self) -> Result<(), Broken> {
        let now = self.now;
        let Some(daemon) = &mut self.daemon else { return Ok(()) };
        let first =
            daemon.queue.iter().enumerate().filter(|(_, (at, _))| *at <= now).min_by_key(|(_, (at, _))| *at);
        let event = match first.map(|(index, _)| index) {
            Some(index) => daemon.queue.remove(index).1,
            None => Event::Woke,
        };
        self.handle(event)
    }

    /// Whatever wakes the daemon, it first takes what probes have to say that wake nobody.
    fn handle(&mut self, event: Event) -> Result<(), Broken> {
        while let Some(index) =
            self.children.iter().position(|child| child.done_at <= self.now && !self.is_heard_of(child))
        {
            let child = self.children.remove(index);
            let known = self.daemon.as_ref().and_then(|daemon| daemon.ids.get(&child.key).copied());
            if let Some(id) = known {
                self.decide(Event::Probed { id, turn: child.turn, healthy: true })?;
            }
        }
        self.decide(event)
    }

    /// One step of the decisions, checked, and then carried out as far as the daemon lives.
    fn decide(&mut self, event: Event) -> Result<(), Broken> {
        self.say(|| format!("{event:?}{}", self.names()));
        if event == Event::Missed {
            self.lost = false;
        }
        let now = self.now;
        let Some(daemon) = &mut self.daemon else { return Ok(()) };
        self.told.event(&event, daemon, now);
        let actions = step(&mut daemon.world, event, now);
        self.told.learn_verdicts(&daemon.world);
        self.steps += 1;
        // Numbers that the decisions gave themselves.
        let mut begun = Vec::new();
        for instance in daemon.world.instances.iter().filter(|instance| instance.beside) {
            let Some(place) = instance.place else { continue };
            if !daemon.ids.values().any(|id| *id == instance.id) {
                let key = Key::Next(place.app.0, place.service.0, place.replica);
                daemon.ids.insert(key, instance.id);
                begun.push(key);
            }
        }
        daemon.rename_heirs(&actions);
        self.check_step(&actions, &begun)?;
        self.finish_ups();
        self.act(actions)
    }

    /// Which handle is which container.
    fn names(&self) -> String {
        let ids = self.daemon.iter().flat_map(|daemon| &daemon.ids);
        ids.map(|(key, id)| format!(" {}={key:?}", id.0)).collect()
    }

    fn check_step(&mut self, actions: &Actions, begun: &[Key]) -> Result<(), Broken> {
        let Some(daemon) = &self.daemon else { return Ok(()) };
        if let Some(at) = deadline(&daemon.world).filter(|at| *at <= self.now) {
            return Err(format!("the deadline {at:?} is not after now, {:?}", self.now));
        }
        self.told.settle_trials(daemon, self.now)?;
        let wakes_at = deadline(&daemon.world);
        for key in begun {
            self.told.follows(*key, self.now)?;
        }
        for action in actions.as_slice() {
            self.say(|| format!(" -> {action:?}"));
            self.told.action(action, daemon, self.now)?;
        }
        self.told.after_step(self.now, wakes_at)
    }

    /// Carries actions out; between any two the daemon or the board may die.
    fn act(&mut self, actions: Actions) -> Result<(), Broken> {
        let mut actions = actions.into_iter();
        while let Some(action) = actions.next() {
            if !self.quiet && self.dice.permille(2) {
                self.say(|| format!("   the daemon dies before {action:?}"));
                self.unnoted(action);
                actions.for_each(|action| self.unnoted(action));
                self.kill_daemon();
                return Ok(());
            }
            if !self.quiet && self.dice.permille(1) {
                self.power_cut();
                return Ok(());
            }
            self.carry_out(action)?;
            if self.daemon.is_none() {
                return Ok(());
            }
        }
        match self.daemon.as_mut().and_then(|daemon| daemon.owed.pop_front()) {
            Some(event) => self.handle(event),
            None => Ok(()),
        }
    }

    /// What was counted is lost with a note that was not kept.
    fn unnoted(&mut self, action: Action) {
        if let Action::Note { id, .. } = action {
            let key = self.key(id);
            self.told.inexact(key);
        }
    }

    /// An `up` is over when each container is what it is to be, or cannot become it.
    fn finish_ups(&mut self) {
        if !self.ledger.values().any(|app| app.unfinished) {
            return;
        }
        let Some(daemon) = &self.daemon else { return };
        let over = report(&daemon.world).apps.into_iter().filter(|app| app.settled + app.stuck >= app.wanted);
        for app in over {
            if let Some(ledger) = self.ledger.get_mut(&app.app.0).filter(|ledger| ledger.open().is_none()) {
                ledger.unfinished = false;
            }
        }
    }

    pub(super) fn kill_daemon(&mut self) {
        self.say(|| String::from("   the daemon is dead"));
        self.daemon = None;
        self.daemon_at = self.now.after(self.dice.up_to(3_000));
        self.lost = false;
        self.told.daemon_died();
    }

    pub(super) fn power_cut(&mut self) {
        self.kill_daemon();
        self.say(|| String::from("   the power is cut"));
        self.children.clear();
        for container in self.containers.values_mut() {
            container.process = None;
            container.leftover = None;
            container.history = None;
        }
        self.told.power_cut();
    }

    /// Starts a daemon, once no child of an earlier one is at work.
    pub(super) fn start_daemon(&mut self) -> Result<(), Broken> {
        if let Some(last) = self.children.iter().map(|child| child.done_at).max() {
            self.daemon_at = last.after(1);
            return Ok(());
        }
        self.daemons += 1;
        self.say(|| format!("   daemon {} starts", self.daemons));
        let seed = self.dice.up_to(u64::MAX - 1);
        self.daemon = Some(Daemon {
            world: World::new(seed),
            queue: Vec::new(),
            ids: BTreeMap::new(),
            owed: VecDeque::new(),
        });
        let mut events = self.facts_at_start();
        while !events.is_empty() && self.daemon.is_some() {
            let index = self.dice.index(events.len());
            for event in events.swap_remove(index) {
                self.handle(event)?;
            }
        }
        if self.daemon.is_some() { self.handle(Event::Settled) } else { Ok(()) }
    }

    fn facts_at_start(&mut self) -> Vec<Vec<Event>> {
        let mut keys: Vec<Key> = self.containers.keys().copied().collect();
        let mut events = Vec::new();
        while !keys.is_empty() {
            let key = keys.swap_remove(self.dice.index(keys.len()));
            self.connect(key);
            let seen = self.seen(key);
            let Some(id) = self.name(key) else { continue };
            events.push(Vec::from([seen.event(id, Turn::UNASKED)]));
        }
        let apps: Vec<u16> = self.ledger.keys().copied().collect();
        for app in apps {
            let unfinished = self.ledger[&app].unfinished;
            let by = if unfinished { By::Hand } else { By::Ledger };
            let mut told = Vec::from([Event::Wanted { desired: self.desired(app), by }]);
            if self.ledger[&app].leaving {
                told.push(Event::Unwanted { app: AppId(app) });
            }
            events.push(told);
        }
        if self.space == Space::Low {
            events.push(Vec::from([Event::Space(Space::Low)]));
        }
        events
    }

    /// Gives a container its handle.
    pub(super) fn name(&mut self, key: Key) -> Option<InstanceId> {
        self.daemon.as_mut().map(|daemon| daemon.id(key))
    }

    pub(super) fn desired(&mut self, app: u16) -> Desired {
        let ledger = &self.ledger[&app];
        let wanted: Vec<Wanted> = ledger.services.clone();
        let open = ledger.open().cloned();
        let updating = match open.as_ref().map(|update| update.course) {
            Some(course) if course.is_moving() => Updating::Going,
            Some(_) => Updating::Paused,
            None => Updating::No,
        };
        let update = |service: &Wanted| {
            let update = open.as_ref().filter(|update| update.services.contains(&service.id))?;
            let back = matches!(update.course, Course::Reverting | Course::RevertPaused);
            Some(if back { service.putting_back() } else { service.replacing() })
        };
        let services = wanted.into_iter().map(|service| Service {
            update: update(&service),
            id: service.id,
            revision: service.revision,
            replicas: self.name_replicas(app, service.id, service.replicas),
            depends: service.depends,
        });
        let services = services.collect();
        Desired { app: AppId(app), services, updating }
    }

    fn name_replicas(&mut self, app: u16, service: ServiceId, replicas: u16) -> Vec<InstanceId> {
        (1..=replicas).filter_map(|replica| self.name(Key::At(app, service.0, replica))).collect()
    }

    pub(super) fn seen(&self, key: Key) -> Seen {
        match self.containers.get(&key) {
            None => Seen::Absent,
            Some(container) if container.damaged => {
                Seen::Damaged { place: container.role.map(|role| role.place), running: running(container) }
            }
            Some(container) => Seen::Found(self.facts(container)),
        }
    }
}

fn running(container: &Container) -> Option<RunId> {
    container.process.map(|process| process.run)
}
