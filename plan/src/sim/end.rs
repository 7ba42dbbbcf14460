//! After the faults: the board must come to what is wanted, and stay there.

use super::Broken;
use super::board::{Key, Sim, Work};
use super::hands::heal;
use super::told::Met;
use crate::{Action, Event, Health, Space, State, Wait, report};
use std::format;
use std::string::String;
use std::vec::Vec;

/// Longest time that coming to rest may take, and most steps.
const REST_MS_MAX: u64 = 3_600_000;
const REST_STEPS_MAX: u64 = 40_000;

impl Sim {
    /// Ends the faults and waits; then looks at everything again, and lets a new daemon look: nothing is left to do.
    pub(super) fn come_to_rest(&mut self) -> Result<(), Broken> {
        self.say(|| String::from("--- the faults end"));
        self.quiet = true;
        for container in self.containers.values_mut() {
            if let Some(process) = &mut container.process {
                heal(process, self.now, container.bad);
            }
        }
        self.space = Space::Ample;
        if self.daemon.is_some() {
            self.order(Event::Space(Space::Ample))?;
        }
        if self.daemon.is_some() {
            self.look_for_all()?;
        }
        self.rest()?;
        self.check_truth()?;
        self.say(|| String::from("--- everything is looked at again"));
        let before = self.changes();
        self.order(Event::Missed)?;
        self.rest()?;
        if self.changes() != before {
            return Err(Broken::from("after everything came to rest, a look at it leads to more"));
        }
        self.say(|| String::from("--- a new daemon"));
        self.kill_daemon();
        self.rest()?;
        self.check_truth()
    }

    /// What a shell does that lost something: look at what is known, and for what is not.
    fn look_for_all(&mut self) -> Result<(), Broken> {
        self.order(Event::Missed)?;
        let keys: Vec<Key> = self.containers.keys().copied().collect();
        for key in keys {
            if self.daemon.as_ref().is_some_and(|daemon| !daemon.ids.contains_key(&key)) {
                self.poke(key);
            }
        }
        Ok(())
    }

    /// Everything that a needless action would change.
    fn changes(&self) -> (u64, usize) {
        (self.next_run, self.containers.len())
    }

    fn rest(&mut self) -> Result<(), Broken> {
        let (begun, first) = (self.now, self.steps);
        while let Some(restless) = self.restless() {
            if self.now.since(begun) > REST_MS_MAX || self.steps - first > REST_STEPS_MAX {
                return Err(format!("the board does not come to rest: {restless}"));
            }
            if !self.next(false)? {
                return Err(format!("nothing happens any more, but {restless}"));
            }
        }
        Ok(())
    }

    /// What is still going on, if anything is.
    fn restless(&self) -> Option<String> {
        let Some(daemon) = &self.daemon else { return Some(String::from("there is no daemon")) };
        if !daemon.queue.is_empty() {
            return Some(String::from("events are on their way"));
        }
        if let Some(child) = self.children.iter().find(|child| !matches!(child.work, Work::Probe { .. })) {
            return Some(format!("a child works: {child:?}"));
        }
        if self.containers.values().any(|it| it.process.is_some_and(|process| process.ends.is_some())) {
            return Some(String::from("a process will end"));
        }
        let moving = |app: &super::board::LedgerApp| app.open().is_some_and(|it| it.course.is_moving());
        if let Some((app, ledger)) = self.ledger.iter().find(|(_, app)| moving(app) && !app.leaving) {
            return Some(format!("the update of app {app} goes on: {:?}", ledger.update));
        }
        let report = report(&daemon.world);
        let busy = report.instances.iter().find(|it| {
            let waits = match it.wait {
                None | Some(Wait::Dependency { .. }) => false,
                Some(
                    Wait::Backoff { .. } | Wait::Retry { .. } | Wait::Dependents | Wait::Space | Wait::Hands,
                ) => true,
            };
            let still = match it.state {
                State::Running { .. } => matches!(it.health, Health::Unwatched | Health::Healthy),
                State::Ended | State::Created | State::Restarting => true,
                State::Absent
                | State::Creating
                | State::Starting
                | State::Stopping { .. }
                | State::Clearing
                | State::Removing => false,
            };
            waits || !still
        });
        busy.map(|it| format!("{it:?}"))
    }

    /// What is, is what is wanted.
    fn check_truth(&self) -> Result<(), Broken> {
        for (key, container) in &self.containers {
            let told = self.told.entries.get(key).ok_or_else(|| format!("{key:?} is not known"))?;
            let runs = container.process.map(|process| process.run);
            if told.running != runs || container.leftover.is_some() {
                return Err(format!("{key:?}: {:?} is known to run, {runs:?} does", told.running));
            }
            self.check_one(*key)?;
        }
        self.check_apps()?;
        self.check_counts()
    }

    fn check_one(&self, key: Key) -> Result<(), Broken> {
        let (container, told) = (&self.containers[&key], &self.told.entries[&key]);
        let runs = container.process.is_some();
        if let Key::Extra(_) = key {
            let known = container.role.is_some_and(|role| self.told.apps.contains_key(&role.place.app.0));
            return if known { Err(format!("{key:?} is one too many")) } else { Ok(()) };
        }
        if let Key::Next(..) = key {
            return Err(format!("{key:?} is still beside another"));
        }
        if !self.told.stays(key) {
            return Err(format!("{key:?} is not wanted, and still there"));
        }
        if container.damaged && key_is_lone(key) {
            return Ok(());
        }
        if runs && !told.want {
            return Err(format!("{key:?} runs, and should not"));
        }
        if !runs && told.want && self.told.met(key) == Met::Yes {
            return Err(format!("{key:?} does not run, and should"));
        }
        if runs && (told.again || told.sick) {
            return Err(format!("{key:?} was to be restarted, and was not"));
        }
        Ok(())
    }

    fn check_apps(&self) -> Result<(), Broken> {
        for (app, ledger) in &self.ledger {
            if ledger.leaving {
                return Err(format!("app {app} was taken down, and is still there"));
            }
            for service in &ledger.services {
                for replica in 1..=service.replicas {
                    let key = Key::At(*app, service.id.0, replica);
                    let container = self.containers.get(&key).ok_or_else(|| format!("{key:?} is missing"))?;
                    let paused = ledger.open().is_some_and(|update| update.services.contains(&service.id));
                    let right =
                        paused || container.role.is_some_and(|role| role.revision == service.revision);
                    if container.bad {
                        return Err(format!("{key:?} is of a version that is never well"));
                    }
                    if !right || (container.damaged && container.process.is_none()) {
                        return Err(format!("{key:?} is not as it is wanted"));
                    }
                }
            }
        }
        Ok(())
    }

    fn check_counts(&self) -> Result<(), Broken> {
        let Some(daemon) = &self.daemon else { return Ok(()) };
        for it in report(&daemon.world).instances {
            let key = super::told_events::key(daemon, it.id);
            let Some(told) = self.told.entries.get(&key).filter(|told| told.exact) else { continue };
            if told.restarts != it.restarts {
                return Err(format!("{key:?} was restarted {} times, not {}", told.restarts, it.restarts));
            }
        }
        Ok(())
    }
}

fn key_is_lone(key: Key) -> bool {
    matches!(key, Key::Lone(_))
}

/// Whether an action changes the board.
pub(super) fn touches(action: &Action) -> bool {
    match action {
        Action::Create { .. }
        | Action::Start { .. }
        | Action::Stop { .. }
        | Action::Kill { .. }
        | Action::Clear { .. }
        | Action::Adopt { .. }
        | Action::Remove { .. }
        | Action::Prune
        | Action::Dissolved { .. }
        | Action::Off { .. } => true,
        Action::Look { .. }
        | Action::Probe { .. }
        | Action::EndProbe { .. }
        | Action::Note { .. }
        | Action::Forget { .. }
        | Action::Refused { .. }
        | Action::Update { .. }
        | Action::Tell { .. } => false,
    }
}
