//! What people, programs and the weather do to the board.

use super::Broken;
use super::board::{Container, Key, LedgerApp, Process, Sim};
use super::scenario;
use crate::{AppId, By, Event, Place, Space, Tick, Turn};
use std::format;
use std::string::String;
use std::vec::Vec;

/// Containers made by hand at a time.
const LONE_MAX: usize = 3;

impl Sim {
    /// Something is done to the board; then, after a while, something else.
    pub(super) fn hand(&mut self) -> Result<(), Broken> {
        let pause = self.dice.pick(&[0, 10, 300, 3000]);
        self.next_hand = self.now.after(self.dice.up_to(pause));
        match self.dice.up_to(99) {
            0..=13 => self.up()?,
            14..=16 => self.down()?,
            17..=20 => self.restart_app()?,
            21..=28 => self.run_by_hand(),
            29..=36 => self.stop_by_hand(),
            37..=42 => self.start_by_hand(),
            43..=45 => self.remove_by_hand(),
            46..=49 => self.update_by_hand(),
            50..=53 => self.pause_by_hand(),
            54..=61 => self.process_dies(),
            62..=67 => self.lose_keeper(),
            68..=71 => self.turn_ill(),
            72..=75 => self.jump(),
            76..=79 => self.fill_disk()?,
            80..=81 => self.damage(),
            82 => self.duplicate(),
            83..=84 => self.shut_down()?,
            85 => self.power_cut(),
            86..=89 if self.daemon.is_some() => self.kill_daemon(),
            _ => {}
        }
        Ok(())
    }

    fn up(&mut self) -> Result<(), Broken> {
        let app = u16::try_from(self.dice.up_to(u64::from(scenario::APPS - 1))).unwrap_or(0);
        if self.daemon.is_none() || self.told.leaving.is_some() {
            return Ok(());
        }
        self.next_revision += 1;
        let revision = self.next_revision;
        let mut services = match self.ledger.get(&app).filter(|_| self.dice.permille(700)) {
            Some(known) if self.dice.permille(600) => {
                scenario::changed(&mut self.dice, &known.services, revision)
            }
            Some(known) => known.services.clone(),
            None => scenario::app(&mut self.dice, app, revision, false),
        };
        let spoilt =
            self.containers.iter().any(|(key, it)| it.bad && key.place().is_some_and(|(of, ..)| of == app));
        let next = LedgerApp::after(self.ledger.get(&app), &mut services, revision, spoilt);
        self.say(|| format!("   up {app}: {services:?} {:?}", next.update));
        self.ledger.insert(app, LedgerApp { services, ..next });
        let desired = self.desired(app);
        self.order(Event::Wanted { desired, by: By::Hand })
    }

    fn down(&mut self) -> Result<(), Broken> {
        let apps: Vec<u16> = self.ledger.keys().copied().collect();
        if self.daemon.is_none() || apps.is_empty() {
            return Ok(());
        }
        let app = self.dice.pick(&apps);
        if let Some(ledger) = self.ledger.get_mut(&app) {
            ledger.leaving = true;
        }
        self.order(Event::Unwanted { app: AppId(app) })
    }

    fn restart_app(&mut self) -> Result<(), Broken> {
        let apps: Vec<u16> = self.ledger.keys().copied().collect();
        if self.daemon.is_none() || apps.is_empty() {
            return Ok(());
        }
        let app = self.dice.pick(&apps);
        let services = &self.ledger[&app].services;
        let one = self.dice.permille(600) && !services.is_empty();
        let service = one.then(|| services[self.dice.index(services.len())].id);
        self.order(Event::Restart { app: AppId(app), service })
    }

    fn any(&mut self, which: impl Fn(&Container) -> bool) -> Option<Key> {
        let keys: Vec<Key> =
            self.containers.iter().filter(|(_, it)| which(it)).map(|(key, _)| *key).collect();
        (!keys.is_empty()).then(|| self.dice.pick(&keys))
    }

    /// The verb tells the daemon to look, if it is there. That may get lost.
    pub(super) fn poke(&mut self, key: Key) {
        if self.daemon.is_none() {
            return;
        }
        let known = self.daemon.as_ref().and_then(|daemon| daemon.ids.get(&key).copied());
        match known {
            Some(id) => self.send(Event::Poked { id }),
            None => {
                // Told before anything that the new connection says, or nobody would know what it is about.
                self.connect(key);
                let seen = self.seen(key);
                let (Some(id), now) = (self.name(key), self.now) else { return };
                if let Some(daemon) = &mut self.daemon {
                    daemon.queue.insert(0, (now, seen.event(id, Turn::UNASKED)));
                }
            }
        }
    }

    fn run_by_hand(&mut self) {
        let lone = self.containers.keys().filter(|key| matches!(key, Key::Lone(_))).count();
        if lone >= LONE_MAX {
            return;
        }
        self.next_lone += 1;
        let key = Key::Lone(self.next_lone);
        let mut spec = scenario::spec(&mut self.dice, false);
        if spec.health.is_none() && spec.restart.when == limpet_protocol::restart::When::No {
            spec.restart =
                limpet_protocol::restart::RestartPolicy::plain(limpet_protocol::restart::When::Always);
        }
        self.containers.insert(key, Container::new(None, spec));
        if self.dice.permille(850) {
            self.begin(key);
        }
        self.say(|| format!("   run by hand: {key:?} {spec:?}"));
        self.poke(key);
    }

    fn stop_by_hand(&mut self) {
        let Some(key) = self.any(|it| !it.damaged) else { return };
        self.say(|| format!("   stopped by hand: {key:?}"));
        let soon = self.now.after(self.dice.up_to(200));
        let Some(container) = self.containers.get_mut(&key) else { return };
        container.held = true;
        if let Some(process) = &mut container.process {
            process.ends = Some((soon, 143));
        }
        self.poke(key);
    }

    fn start_by_hand(&mut self) {
        let Some(key) = self.any(|it| it.process.is_none() && it.leftover.is_none() && !it.damaged) else {
            return;
        };
        if self.children.iter().any(|child| child.key == key) {
            return; // They hold its lock.
        }
        self.say(|| format!("   started by hand: {key:?}"));
        self.begin(key);
        self.poke(key);
    }

    fn remove_by_hand(&mut self) {
        let Some(key) = self.any(|_| true) else { return };
        self.say(|| format!("   removed by hand: {key:?}"));
        let process = self.containers.remove(&key).and_then(|container| container.process);
        if let Some(process) = process {
            self.tell_of(key, process, |id| Event::Lost { id, run: process.run });
        }
        self.poke(key);
    }

    fn update_by_hand(&mut self) {
        let Some(key) = self.any(|it| it.role.is_none() && !it.damaged) else { return };
        let policy = scenario::policy(&mut self.dice);
        self.say(|| format!("   updated by hand: {key:?} {policy:?}"));
        if let Some(container) = self.containers.get_mut(&key) {
            container.spec.restart = policy;
        }
        self.poke(key);
    }

    fn pause_by_hand(&mut self) {
        let Some(key) = self.any(|it| it.process.is_some()) else { return };
        self.say(|| format!("   paused or resumed by hand: {key:?}"));
        if let Some(process) = self.containers.get_mut(&key).and_then(|it| it.process.as_mut()) {
            process.paused = !process.paused;
        }
        self.poke(key);
    }

    fn process_dies(&mut self) {
        let Some(key) = self.any(|it| it.process.is_some()) else { return };
        let code = self.dice.pick(&[0, 1, 139]);
        let now = self.now;
        let Some(container) = self.containers.get_mut(&key) else { return };
        // What is never well does not end well either.
        let code = if container.bad { code.max(1) } else { code };
        if let Some(process) = &mut container.process {
            process.ends = Some((now, code));
        }
    }

    fn lose_keeper(&mut self) {
        let Some(key) = self.any(|it| it.process.is_some()) else { return };
        self.say(|| format!("   the keeper of {key:?} is killed"));
        let Some(container) = self.containers.get_mut(&key) else { return };
        let Some(process) = container.process.take() else { return };
        container.leftover = Some(process.run);
        self.tell_of(key, process, |id| Event::Lost { id, run: process.run });
    }

    fn turn_ill(&mut self) {
        let Some(key) = self.any(|it| it.process.is_some() && !it.bad) else { return };
        if let Some(process) = self.containers.get_mut(&key).and_then(|it| it.process.as_mut()) {
            process.well = !process.well;
        }
    }

    /// The board slept.
    fn jump(&mut self) {
        let most = self.dice.pick(&[500, 20_000, 4_000_000]);
        self.now = Tick(self.now.0 + self.dice.up_to(most));
        self.next_hand = self.next_hand.max(self.now);
        self.say(|| String::from("   the clock jumped"));
    }

    fn fill_disk(&mut self) -> Result<(), Broken> {
        self.space = if self.space == Space::Low { Space::Ample } else { Space::Low };
        let space = self.space;
        if self.daemon.is_some() { self.order(Event::Space(space)) } else { Ok(()) }
    }

    fn damage(&mut self) {
        let Some(key) = self.any(|it| it.process.is_none() && it.leftover.is_none()) else { return };
        self.say(|| format!("   the record of {key:?} is damaged"));
        if let Some(container) = self.containers.get_mut(&key) {
            container.damaged = true;
        }
        self.poke(key);
    }

    /// A second container for a place turns up while nobody looks.
    fn duplicate(&mut self) {
        if self.daemon.is_some() {
            return;
        }
        let single = |it: &Container| it.role.is_some_and(|role| !role.beside);
        let Some(key) = self.any(|it| single(it) && !it.damaged && it.process.is_none()) else {
            return;
        };
        let mut copy = self.containers[&key].clone();
        copy.history = None;
        self.next_lone += 1;
        self.containers.insert(Key::Extra(self.next_lone), copy);
    }

    fn shut_down(&mut self) -> Result<(), Broken> {
        let within_ms = self.dice.pick(&[0, 500, 5_000, 60_000]);
        if self.daemon.is_some() { self.order(Event::Shutdown { within_ms }) } else { Ok(()) }
    }
}

/// Faults that a process was born with are over.
pub(super) fn heal(process: &mut Process, now: Tick, bad: bool) {
    process.deaf = false;
    process.well = !bad;
    process.paused = false;
    process.stuck_until = now;
    process.dull_keeper = false;
    process.ends = process.ends.map(|(at, code)| (at.min(now.after(5_000)), code));
    if process.asked && process.ends.is_none() {
        process.ends = Some((now, 143));
    }
}

/// Where a container is, for the messages.
pub(super) fn place(key: Key) -> Option<Place> {
    match key {
        Key::At(app, service, replica) | Key::Next(app, service, replica) => {
            Some(Place { app: AppId(app), service: crate::ServiceId(service), replica })
        }
        Key::Lone(_) | Key::Extra(_) => None,
    }
}
