//! What the shell is to do.

use crate::{AppId, Health, History, InstanceId, Place, Refusal, Turn, Wrong};
use alloc::vec::Vec;

/// What is to be done. An answer carries the same `turn`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Make the container of a replica, from the app as the ledger has it.
    Create {
        /// Which.
        id: InstanceId,
        /// For the answer.
        turn: Turn,
        /// Whose.
        place: Place,
        /// From this revision.
        revision: u64,
        /// While another has its name: under one of its own. `id` is then new to the shell.
        beside: bool,
    },
    /// What it was made beside is gone: give it the name of its place.
    Adopt {
        /// Which.
        id: InstanceId,
        /// For the answer.
        turn: Turn,
    },
    /// Start it; first remove its intent record.
    Start {
        /// Which.
        id: InstanceId,
        /// For the answer.
        turn: Turn,
    },
    /// Send its stop signal, and after the grace period SIGKILL to its whole cgroup; the keeper does both.
    Stop {
        /// Which.
        id: InstanceId,
        /// For the answer.
        turn: Turn,
        /// `None` waits for ever.
        grace_ms: Option<u32>,
    },
    /// SIGKILL to its whole cgroup, now.
    Kill {
        /// Which.
        id: InstanceId,
        /// For the answer.
        turn: Turn,
    },
    /// Its keeper is gone: end what is left in its cgroup, and prove that it is empty.
    Clear {
        /// Which.
        id: InstanceId,
        /// For the answer.
        turn: Turn,
    },
    /// Remove the container (named volumes stay).
    Remove {
        /// Which.
        id: InstanceId,
        /// For the answer.
        turn: Turn,
    },
    /// Read from disk and keeper what this container is and does, when no child of the shell works on it any more.
    Look {
        /// Which.
        id: InstanceId,
        /// For the answer.
        turn: Turn,
    },
    /// Find out whether it is well.
    Probe {
        /// Which.
        id: InstanceId,
        /// For the answer.
        turn: Turn,
        /// If it turns out to be well within so many milliseconds, that is good news enough for the next time that something
        /// happens: nobody is to be woken for it.
        unhurried_ms: u32,
    },
    /// The probe took too long or is not wanted any more: kill its process group.
    EndProbe {
        /// Which.
        id: InstanceId,
        /// The probe's.
        turn: Turn,
    },
    /// Keep this until the next boot.
    Note {
        /// Of which.
        id: InstanceId,
        /// What.
        history: History,
    },
    /// The world does not hold this instance any more; its number may be given anew.
    Forget {
        /// Which.
        id: InstanceId,
    },
    /// Remove images and layers that nothing refers to.
    Prune,
    /// Nothing is left of this app: its record may go from the ledger (and its volumes, if that was asked).
    Dissolved {
        /// Which.
        app: AppId,
    },
    /// This app cannot be taken in; what ran of it goes on as it was.
    Refused {
        /// Which.
        app: AppId,
        /// Why.
        refusal: Refusal,
    },
    /// What has become of an app's update: to be made durable, then answered.
    Update {
        /// Which.
        app: AppId,
        /// What.
        verdict: Verdict,
    },
    /// For whoever watches (`limpet events`).
    Tell {
        /// Of which.
        id: InstanceId,
        /// What.
        news: News,
    },
    /// Nothing runs any more (`clean`), or the time for the shutdown is over.
    Off {
        /// Everything was proved to have ended.
        clean: bool,
    },
}

/// What has become of an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is through.
    Done {
        /// One that failed all the same.
        failed: Option<Failed>,
    },
    /// Too much failed: nothing more is to be replaced.
    Pause {
        /// One that did.
        failed: Failed,
    },
    /// Too much failed: the version before is to be put back.
    RollBack {
        /// One that did.
        failed: Failed,
    },
}

/// A new container that is not well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failed {
    /// Which.
    pub id: InstanceId,
    /// What is wrong with it.
    pub wrong: Wrong,
}

/// What happened to an instance by decision; events of the kernel the shell knows itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// Its health changed.
    Health(Health),
    /// It will be started again in so many milliseconds.
    Restarts {
        /// From now.
        in_ms: u64,
    },
    /// Its restart policy allows no further try.
    GaveUp,
}

/// What one event leads to: at most [`Actions::MAX`], mostly none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Actions(Vec<Action>);

impl Actions {
    /// Most actions that answer one event: five for each instance, two for each app, and three.
    pub const MAX: usize = 5 * crate::INSTANCES_MAX + 2 * crate::APPS_MAX + 3;

    /// Adds one.
    pub(crate) fn push(&mut self, action: Action) {
        debug_assert!(self.0.len() < Self::MAX, "one event leads to a bounded number of actions");
        self.0.push(action);
    }

    /// Before any verdict: what it puts back must not get a number that is forgotten after it.
    pub(crate) fn forget(&mut self, id: InstanceId) {
        let verdict = self.0.iter().position(|action| matches!(action, Action::Update { .. }));
        self.0.insert(verdict.unwrap_or(self.0.len()), Action::Forget { id });
    }

    /// In the order in which they are to be carried out.
    #[must_use]
    pub fn as_slice(&self) -> &[Action] {
        &self.0
    }
}

impl IntoIterator for Actions {
    type Item = Action;
    type IntoIter = alloc::vec::IntoIter<Action>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
