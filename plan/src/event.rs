//! What the shell tells: facts, answers to actions, and what people and the board want.

use crate::{AppId, Desired, History, InstanceId, RunId, ServiceId, Spec, Turn, Updating};

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A container is there, and this is known of it.
    Found {
        /// Which.
        id: InstanceId,
        /// Of the [`crate::Action::Look`] that it answers.
        turn: Turn,
        /// What.
        facts: Facts,
    },
    /// There is no such container (any more).
    Absent {
        /// Which.
        id: InstanceId,
        /// Of the [`crate::Action::Look`] that it answers.
        turn: Turn,
    },
    /// There is a container whose record cannot be read.
    Damaged {
        /// Which.
        id: InstanceId,
        /// Of the [`crate::Action::Look`] that it answers.
        turn: Turn,
        /// Whose it is, if its name tells.
        place: Option<Place>,
        /// A keeper holds it: the run, [`RunId`] 0 if that is not known.
        running: Option<RunId>,
    },
    /// At start: every container was told, and every app.
    Settled,
    /// Something may have been told and got lost: look at everything.
    Missed,
    /// A hand did something to this container.
    Poked {
        /// Which.
        id: InstanceId,
    },
    /// The time of [`crate::deadline`] has come.
    Woke,

    /// The ledger wants this app.
    Wanted {
        /// What.
        desired: Desired,
        /// Who says so.
        by: By,
    },
    /// The ledger does not want this app any more: stop and remove its containers.
    Unwanted {
        /// Which.
        app: AppId,
    },
    /// Answer to [`crate::Action::Update`]: it is durable.
    Updated {
        /// Which.
        app: AppId,
        /// How it goes on.
        updating: Updating,
    },
    /// A person wants the containers of an app stopped and started again.
    Restart {
        /// Which.
        app: AppId,
        /// Only of this service, and of those that depend on it with `restart: true`.
        service: Option<ServiceId>,
    },
    /// Stop everything: the board goes down.
    Shutdown {
        /// How long it may take in all.
        within_ms: u64,
    },

    /// Answer to [`crate::Action::Create`].
    Created {
        /// Which.
        id: InstanceId,
        /// The action's.
        turn: Turn,
        /// What it was made from: the action's revision, or a later one if the ledger has one by now.
        revision: u64,
        /// How its record says it is to be kept (the image may have had a say in it).
        spec: Spec,
    },
    /// Answer to [`crate::Action::Start`]: its command was executed, or it ran already.
    Started {
        /// Which.
        id: InstanceId,
        /// The action's.
        turn: Turn,
        /// This run.
        run: RunId,
    },
    /// A run is over, its record is written, and its cgroup is empty.
    Ended {
        /// Which.
        id: InstanceId,
        /// Which run.
        run: RunId,
        /// How.
        exit: Exit,
        /// The intent record says: stopped by hand.
        held: bool,
    },
    /// The keeper of a run is gone without a word.
    Lost {
        /// Which.
        id: InstanceId,
        /// Which run.
        run: RunId,
    },
    /// Answer to [`crate::Action::Clear`]: nothing is left in the cgroup.
    Cleared {
        /// Which.
        id: InstanceId,
        /// The action's.
        turn: Turn,
        /// The intent record says: stopped by hand.
        held: bool,
    },
    /// Answer to [`crate::Action::Remove`].
    Removed {
        /// Which.
        id: InstanceId,
        /// The action's.
        turn: Turn,
    },
    /// An action could not be carried out.
    Failed {
        /// For which instance.
        id: InstanceId,
        /// The action's.
        turn: Turn,
        /// What was tried.
        effect: Effect,
        /// Why not.
        failure: Failure,
    },
    /// Answer to [`crate::Action::Probe`].
    Probed {
        /// Which.
        id: InstanceId,
        /// The action's.
        turn: Turn,
        /// The probe says: well.
        healthy: bool,
    },

    /// The disk's free space passed a mark.
    Space(Space),
    /// Answer to [`crate::Action::Prune`].
    Pruned,
    /// Answer to [`crate::Action::Prune`]: it could not be done.
    PruneFailed,
}

/// Who wants an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The ledger, read at start: each container by its own restart policy.
    Ledger,
    /// `up`: everything is to run, also what was stopped by hand or has ended. Also told at start for an app whose
    /// `up` was committed to the ledger but not finished.
    Hand,
}

/// Which replica of which service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The app.
    pub app: AppId,
    /// The service.
    pub service: ServiceId,
    /// From 1.
    pub replica: u16,
}

/// What a container is in its app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Role {
    /// Which one.
    pub place: Place,
    /// Digest of the workload's whole specification that it was made from.
    pub revision: u64,
    /// It was made beside the one that it is to follow, and has not its name yet.
    pub beside: bool,
}

/// What is known of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// `None` for a container that was made by hand.
    pub role: Option<Role>,
    /// How its own record says it is to be kept.
    pub spec: Spec,
    /// What it does.
    pub status: Status,
    /// The intent record says: stopped by hand.
    pub held: bool,
    /// What the world last noted of it in this boot.
    pub history: Option<History>,
}

/// What a container does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It was never started. (If that cannot be known after a power cut, it is `Ended` with [`crate::EXIT_LOST`].)
    Created,
    /// A keeper holds it.
    Running {
        /// Which run.
        run: RunId,
        /// How long already.
        ran_ms: u64,
        /// Frozen by hand: it is not probed.
        paused: bool,
    },
    /// It ran and ended; its cgroup is empty.
    Ended {
        /// Which run; [`RunId`] 0 if that is not known.
        run: RunId,
        /// How.
        exit: Exit,
    },
    /// Its keeper is gone without a record of how it ended; something may be left in its cgroup.
    Lost {
        /// Which run.
        run: RunId,
    },
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Exit {
    /// As `docker wait` prints it.
    pub code: u8,
    /// Its command was executed; not so if it could not even be started (126, 127).
    pub started: bool,
    /// How long it ran.
    pub ran_ms: u64,
}

/// What was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// [`crate::Action::Create`]
    Create,
    /// [`crate::Action::Start`]
    Start,
    /// [`crate::Action::Stop`]
    Stop,
    /// [`crate::Action::Kill`]
    Kill,
    /// [`crate::Action::Clear`]
    Clear,
    /// [`crate::Action::Remove`]
    Remove,
    /// [`crate::Action::Look`]
    Look,
    /// [`crate::Action::Adopt`]
    Adopt,
}

/// Why an action could not be carried out. The text of the error stays with the shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No space left, or the disk's reserve was reached.
    NoSpace,
    /// Things are not as the world thinks: no such container, it runs already, it is being removed, its lock is held.
    Disagrees,
    /// Anything else.
    Other,
}

/// How full the disk is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Space {
    /// Enough.
    #[default]
    Ample,
    /// The reserve is reached: prune, and take no new work.
    Low,
}
