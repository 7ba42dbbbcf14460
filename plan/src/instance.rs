//! What the world remembers of one container.

use crate::{Effect, Exit, Failure, InstanceId, Place, RunId, Spec, Tick, Turn};
use limpet_protocol::health::OnUnhealthy;
use limpet_protocol::restart::RestartPolicy;
use serde::{Deserialize, Serialize};

/// How well a container is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Health {
    /// It has no health check, or does not run.
    #[default]
    Unwatched,
    /// No probe succeeded yet, and not enough failed.
    Starting,
    /// The last probe succeeded, or too few have failed since.
    Healthy,
    /// As many probes failed in a row as its health check has retries.
    Unhealthy,
}

/// Why a running container is to be started again though it did not end by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Again {
    /// It is not.
    #[default]
    No,
    /// A person asked for it, or what it depends on was replaced or restarted.
    Asked,
    /// It is unhealthy.
    Unhealthy,
}

/// Whether a container was well when it was new: it counts in an update.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Trial {
    /// Not known yet.
    #[default]
    Open,
    /// It was.
    Passed,
    /// It was not.
    Failed(Wrong),
}

/// What was wrong with a new container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wrong {
    /// It ended, or could not even be started.
    Ended {
        /// As `docker wait` prints it.
        code: u8,
        /// Its command was executed.
        started: bool,
    },
    /// Its health check says so.
    Unhealthy,
    /// It cannot be made or started; the shell knows why.
    Failing,
    /// What it depends on does not come to its condition.
    Blocked,
    /// It is neither well nor failed, and that for long.
    Late,
    /// It was stopped by hand before it was found well.
    Stopped,
}

/// What is to survive the daemon, but not a boot: kept by the shell for [`crate::Action::Note`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// Restarts since it was last started by hand, by `up` or at boot.
    pub restarts: u32,
    /// Those of them that count against the policy's `tries_max`.
    pub tries: u32,
    /// Runs in a row that ended early: the number of doublings of the delay.
    pub streak: u16,
    /// When it will be started again, if it waits for that.
    pub next: Option<Tick>,
    /// It is to run: if it does not, it is started as soon as that can be.
    pub pending: bool,
    /// It is being stopped only to be started again.
    pub again: Again,
    /// The run that `again` and `health` are about; 0 if it does not run.
    pub run: RunId,
    /// The last run whose end is known; 0 for none.
    pub last_run: RunId,
    /// How that ended.
    pub last_exit: Option<Exit>,
    /// How well the current run is.
    pub health: Health,
    /// Whether it was well when it was new.
    pub trial: Trial,
}

impl Default for History {
    fn default() -> Self {
        Self {
            restarts: 0,
            tries: 0,
            streak: 0,
            next: None,
            pending: false,
            again: Again::No,
            run: RunId(0),
            last_run: RunId(0),
            last_exit: None,
            health: Health::Unwatched,
            trial: Trial::Open,
        }
    }
}

/// Why it is being stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// To be removed for good.
    Gone,
    /// To be replaced by another revision.
    Renew,
    /// To be started again.
    Again,
    /// To be started again, because it is unhealthy.
    Unhealthy,
    /// The board goes down.
    Shutdown,
}

/// What a container is doing. Half-done is a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// It does not exist.
    Absent,
    /// It is being made.
    Creating { turn: Turn, asked: Tick },
    /// It exists and does not run.
    Idle,
    /// It is being started.
    Starting { turn: Turn, asked: Tick },
    /// It runs.
    Running(Running),
    /// It runs and was asked to stop.
    Stopping { run: RunId, turn: Turn, why: Why, kill_at: Option<Tick> },
    /// Its keeper is gone; something may be left of it.
    Lost { run: RunId, why: Option<Why> },
    /// What is left of it is being ended.
    Clearing { run: RunId, why: Option<Why>, turn: Turn, asked: Tick },
    /// It is being removed.
    Removing { turn: Turn, asked: Tick },
}

/// A container that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Running {
    pub(crate) run: RunId,
    pub(crate) since: Tick,
    pub(crate) paused: bool,
    pub(crate) watch: Watch,
}

/// How its health is being watched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Watch {
    /// Failures in a row that count.
    pub(crate) failures: u32,
    /// When the next probe is due; `None` while one is under way, or without a health check.
    pub(crate) due: Option<Tick>,
    /// The probe under way.
    pub(crate) probe: Option<(Turn, Tick)>,
    /// How long the last probe took of which that is known.
    pub(crate) took_ms: u32,
}

/// Whether the facts must be looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// No.
    #[default]
    None,
    /// As soon as nothing is under way.
    Wanted,
    /// It was asked for.
    Asked { turn: Turn, at: Tick },
}

/// An effect that failed and is to be tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Retry {
    pub(crate) at: Tick,
    pub(crate) effect: Effect,
    pub(crate) failure: Failure,
    pub(crate) times: u16,
}

/// What is to become of it, as long as it is wanted at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Goal {
    /// It is to run.
    Run,
    /// It has ended, or was stopped, and is left alone.
    Rest,
}

/// One container that the supervisor answers for.
#[derive(Clone, Debug)]
pub(crate) struct Instance {
    pub(crate) id: InstanceId,
    pub(crate) place: Option<Place>,
    /// Of what is on disk.
    pub(crate) revision: u64,
    /// Of what is on disk.
    pub(crate) spec: Spec,
    pub(crate) stage: Stage,
    pub(crate) goal: Goal,
    pub(crate) doubt: Doubt,
    pub(crate) retry: Option<Retry>,
    pub(crate) history: History,
    /// What the shell was last told to keep.
    pub(crate) noted: History,
    /// The last turn that was given.
    pub(crate) turn: Turn,
    /// Stopped by hand.
    pub(crate) held: bool,
    /// It was never started.
    pub(crate) fresh: bool,
    /// Its record cannot be read.
    pub(crate) damaged: bool,
    /// A second container for one place: to be removed.
    pub(crate) extra: bool,
    /// What an earlier daemon of this boot noted of it is known.
    pub(crate) known: bool,
    /// Found at start and not judged yet.
    pub(crate) unjudged: bool,
    /// Before it was settled what is there, `up` said that it is to run.
    pub(crate) ordered: bool,
    /// The policy allows no further try.
    pub(crate) gave_up: bool,
    /// It was made beside the container that it is to follow, which has its name.
    pub(crate) beside: bool,
    /// Since when it is being given its name; [`Turn::UNASKED`] if it is not.
    pub(crate) adopting: (Turn, Tick),
    /// In this run, the facts were asked for before it is found well.
    pub(crate) looked: bool,
    /// It was stopped to be replaced.
    pub(crate) giving_way: bool,
    /// Since when it has been on trial; 0 if that has not begun.
    pub(crate) tried_since: Tick,
    /// Its trial came to its end outside of [`World::settle_trials`](crate::World).
    pub(crate) just_failed: bool,
}

/// How a container is kept whose record cannot be read.
pub(crate) const SPEC_UNKNOWN: Spec = Spec {
    restart: RestartPolicy::NO,
    health: None,
    on_unhealthy: OnUnhealthy::Report,
    grace_ms: Some(10_000),
};

impl Instance {
    /// One that does not exist yet.
    pub(crate) fn absent(id: InstanceId, place: Option<Place>) -> Self {
        Self {
            id,
            place,
            revision: 0,
            spec: SPEC_UNKNOWN,
            stage: Stage::Absent,
            goal: Goal::Run,
            doubt: Doubt::None,
            retry: None,
            history: History::default(),
            noted: History::default(),
            turn: Turn::UNASKED,
            held: false,
            fresh: true,
            damaged: false,
            extra: false,
            known: false,
            unjudged: false,
            ordered: false,
            gave_up: false,
            beside: false,
            adopting: (Turn::UNASKED, Tick(0)),
            looked: false,
            giving_way: false,
            tried_since: Tick(0),
            just_failed: false,
        }
    }

    /// A turn that was never given before.
    pub(crate) fn next_turn(&mut self) -> Turn {
        self.turn = Turn(self.turn.0.wrapping_add(1).max(1));
        self.turn
    }

    /// A child of the shell is at work on it.
    pub(crate) fn in_flight(&self) -> bool {
        match self.stage {
            Stage::Creating { .. }
            | Stage::Starting { .. }
            | Stage::Clearing { .. }
            | Stage::Removing { .. } => true,
            Stage::Absent | Stage::Idle | Stage::Running(_) | Stage::Stopping { .. } | Stage::Lost { .. } => {
                false
            }
        }
    }

    /// Something of it may be running.
    pub(crate) fn active(&self) -> bool {
        match self.stage {
            Stage::Starting { .. }
            | Stage::Running(_)
            | Stage::Stopping { .. }
            | Stage::Lost { .. }
            | Stage::Clearing { .. } => true,
            Stage::Absent | Stage::Creating { .. } | Stage::Idle | Stage::Removing { .. } => false,
        }
    }

    /// Forgets what earlier runs led to: it is started anew by hand, by `up` or at boot.
    pub(crate) fn begin_anew(&mut self) {
        let History { run, last_run, last_exit, health, trial, .. } = self.history;
        self.history = History { run, last_run, last_exit, health, trial, ..History::default() };
        self.gave_up = false;
    }

    /// One that is new is not well.
    pub(crate) fn fail_trial(&mut self, wrong: Wrong) {
        if self.history.trial == Trial::Open {
            self.history.trial = Trial::Failed(wrong);
            self.just_failed = true;
        }
    }

    /// Looks at the facts as soon as that can be done.
    pub(crate) fn doubt(&mut self) {
        self.doubt = Doubt::Wanted;
    }
}
