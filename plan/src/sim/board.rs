//! What is true: containers on disk and running, the ledger, and children at work. Nothing of it is known to the
//! decisions but by events.

use super::Broken;
use super::daemon::Daemon;
use super::dice::Dice;
use super::scenario::Wanted;
use super::told::Told;
use crate::{Effect, Exit, Facts, History, Place, Role, RunId, ServiceId, Space, Spec, Status, Tick, Turn};
use limpet_protocol::ledger::Course;
use std::collections::BTreeMap;
use std::vec::Vec;

/// What a container is called on this board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    /// Replica of a service: app, service, replica.
    At(u16, u16, u16),
    /// Made beside that, to follow it.
    Next(u16, u16, u16),
    /// Made by hand.
    Lone(u16),
    /// A second one for a place.
    Extra(u16),
}

impl Key {
    /// App, service and replica.
    pub(super) fn place(self) -> Option<(u16, u16, u16)> {
        match self {
            Self::At(app, service, replica) | Self::Next(app, service, replica) => {
                Some((app, service, replica))
            }
            Self::Lone(_) | Self::Extra(_) => None,
        }
    }

    pub(super) fn of(place: Place) -> Self {
        Self::At(place.app.0, place.service.0, place.replica)
    }
}

/// A container on disk.
#[derive(Clone, Debug)]
pub(super) struct Container {
    pub(super) role: Option<Role>,
    pub(super) spec: Spec,
    /// The intent record.
    pub(super) held: bool,
    /// Never started.
    pub(super) fresh: bool,
    /// Its record cannot be read.
    pub(super) damaged: bool,
    /// The exit record.
    pub(super) exit: Option<(RunId, Exit)>,
    /// In RAM: what the daemon noted.
    pub(super) history: Option<History>,
    /// It runs.
    pub(super) process: Option<Process>,
    /// Its keeper is gone, and something may be left in its cgroup.
    pub(super) leftover: Option<RunId>,
    /// It is never well.
    pub(super) bad: bool,
}

/// A container's processes and their keeper.
#[derive(Clone, Copy, Debug)]
pub(super) struct Process {
    pub(super) run: RunId,
    pub(super) since: Tick,
    /// When it ends by itself, and how.
    pub(super) ends: Option<(Tick, u8)>,
    /// When the keeper kills it.
    pub(super) grace_ends: Option<Tick>,
    /// It was asked to stop.
    pub(super) asked: bool,
    /// Does not heed its stop signal.
    pub(super) deaf: bool,
    /// Its keeper forgets to kill.
    pub(super) dull_keeper: bool,
    /// Sleeps in the kernel: nothing ends it before.
    pub(super) stuck_until: Tick,
    /// What a probe would say.
    pub(super) well: bool,
    pub(super) paused: bool,
    /// The daemon that holds a connection to its keeper.
    pub(super) connected: Option<u64>,
}

/// A child of a daemon at work.
#[derive(Clone, Copy, Debug)]
pub(super) struct Child {
    pub(super) daemon: u64,
    pub(super) key: Key,
    pub(super) turn: Turn,
    pub(super) work: Work,
    pub(super) done_at: Tick,
}

/// What a child does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Work {
    Effect(Effect),
    Probe {
        well: bool,
        /// It wakes nobody if it is well and over by then.
        unhurried: Tick,
    },
    Prune,
}

/// An app in the ledger.
#[derive(Clone, Debug)]
pub(super) struct LedgerApp {
    pub(super) services: Vec<Wanted>,
    pub(super) leaving: bool,
    /// Its `up` is not finished.
    pub(super) unfinished: bool,
    /// The version before that was well.
    pub(super) previous: Option<Vec<Wanted>>,
    /// Its last update.
    pub(super) update: Option<Update>,
}

/// An update in the ledger.
#[derive(Clone, Debug)]
pub(super) struct Update {
    pub(super) course: Course,
    pub(super) services: Vec<ServiceId>,
    /// No other update has this number.
    pub(super) number: u64,
}

/// The board, its daemon, and what that was told.
pub(super) struct Sim {
    pub(super) now: Tick,
    pub(super) dice: Dice,
    pub(super) trace: bool,
    pub(super) steps: u64,
    pub(super) containers: BTreeMap<Key, Container>,
    pub(super) ledger: BTreeMap<u16, LedgerApp>,
    pub(super) children: Vec<Child>,
    pub(super) space: Space,
    pub(super) daemon: Option<Daemon>,
    pub(super) daemons: u64,
    /// When the next daemon starts, if there is none.
    pub(super) daemon_at: Tick,
    pub(super) next_run: u64,
    pub(super) next_lone: u16,
    pub(super) next_revision: u64,
    pub(super) next_hand: Tick,
    /// Faults are over.
    pub(super) quiet: bool,
    /// Events get lost in this history.
    pub(super) lossy: bool,
    /// Something was lost: the daemon will have to look.
    pub(super) lost: bool,
    pub(super) told: Told,
    /// How updates ended.
    pub(super) outcomes: BTreeMap<u64, Course>,
    /// Whole steps since the clock last moved: no time passes in an endless loop.
    pub(super) steps_now: u64,
}

impl Sim {
    pub(super) fn new(seed: u64, trace: bool) -> Self {
        let mut dice = Dice::new(seed);
        let lossy = dice.permille(300);
        Self {
            now: Tick(1000),
            dice,
            trace,
            steps: 0,
            containers: BTreeMap::new(),
            ledger: BTreeMap::new(),
            children: Vec::new(),
            space: Space::Ample,
            daemon: None,
            daemons: 0,
            daemon_at: Tick(1000),
            next_run: 1,
            next_lone: 0,
            next_revision: 1,
            next_hand: Tick(1001),
            quiet: false,
            lossy,
            lost: false,
            told: Told::default(),
            outcomes: BTreeMap::new(),
            steps_now: 0,
        }
    }

    /// The part of the history in which everything goes wrong.
    pub(super) fn trouble(&mut self) -> Result<(), Broken> {
        let turns = 300 + self.dice.up_to(2_000);
        for _ in 0..turns {
            self.next(true)?;
        }
        Ok(())
    }

    /// Lets the next thing happen. False if nothing would ever happen any more.
    pub(super) fn next(&mut self, hands: bool) -> Result<bool, Broken> {
        let processes =
            self.containers.values().filter_map(|container| container.process).filter_map(|it| it.next());
        let children =
            self.children.iter().filter(|child| self.is_heard_of(child)).map(|child| child.done_at);
        let hand = hands.then_some(self.next_hand);
        let daemon = match &self.daemon {
            Some(daemon) => daemon.next(),
            None => Some(self.daemon_at),
        };
        let Some(at) = processes.chain(children).chain(hand).chain(daemon).min() else { return Ok(false) };
        if at > self.now {
            self.now = at;
            self.steps_now = 0;
        }
        self.steps_now += 1;
        if self.steps_now > 2000 {
            return Err(Broken::from("no time passes: the daemon is busy without end"));
        }
        self.happen(hands)?;
        Ok(true)
    }

    fn happen(&mut self, hands: bool) -> Result<(), Broken> {
        let due = |process: &Process| process.next().is_some_and(|at| at <= self.now);
        let ended =
            self.containers.iter().find(|(_, it)| it.process.as_ref().is_some_and(due)).map(|(key, _)| *key);
        if let Some(key) = ended {
            self.end_process(key);
            return Ok(());
        }
        let done = |child: &Child| child.done_at <= self.now && self.is_heard_of(child);
        if let Some(index) = self.children.iter().position(done) {
            return self.finish_child(index);
        }
        if self.daemon.is_none() {
            if self.daemon_at <= self.now {
                return self.start_daemon();
            }
        } else if self.daemon_is_due() {
            return self.run_daemon();
        }
        if hands && self.next_hand <= self.now { self.hand() } else { Ok(()) }
    }

    /// A number that no run had before.
    pub(super) fn new_run(&mut self) -> RunId {
        self.next_run += 1;
        RunId(self.next_run)
    }

    /// What is true of a container.
    pub(super) fn facts(&self, container: &Container) -> Facts {
        let status = match (container.process, container.leftover, container.exit) {
            (Some(process), _, _) => Status::Running {
                run: process.run,
                ran_ms: self.now.since(process.since),
                paused: process.paused,
            },
            (None, Some(run), _) => Status::Lost { run },
            (None, None, _) if container.fresh => Status::Created,
            (None, None, Some((run, exit))) => Status::Ended { run, exit },
            (None, None, None) => {
                let exit = Exit { code: crate::EXIT_LOST, started: true, ran_ms: 0 };
                Status::Ended { run: RunId(0), exit }
            }
        };
        let Container { role, spec, held, history, .. } = *container;
        Facts { role, spec, status, held, history }
    }

    pub(super) fn say(&self, text: impl FnOnce() -> std::string::String) {
        if self.trace {
            std::println!("{:>9} {}", self.now.0, text());
        }
    }
}

impl Process {
    fn next(&self) -> Option<Tick> {
        let ends = self.ends.map(|(at, _)| at);
        let killed = if self.dull_keeper { None } else { self.grace_ends };
        let at = ends.into_iter().chain(killed).min()?;
        Some(at.max(self.stuck_until))
    }
}
