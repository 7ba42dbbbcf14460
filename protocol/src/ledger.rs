//! What the board has durably recorded of its apps, `ROOT/ledger/apps/NAME`.

use crate::app::App;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// One app and what is to become of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The app.
    pub app: App,
    /// What is wanted of it.
    pub phase: Phase,
    /// Its last change that was a transaction, until the next.
    pub update: Option<Update>,
}

impl Entry {
    /// It came to what was asked for once, and is wanted.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.phase == Phase::Up { settled: true } && self.open_update().is_none()
    }

    /// An update that has not come to its end.
    #[must_use]
    pub fn open_update(&self) -> Option<&Update> {
        self.update.as_ref().filter(|update| update.course.is_open())
    }
}

/// A change of an app that ends in the new version or, by the board alone, in the one before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Update {
    /// How far it is.
    pub course: Course,
    /// [`App::version`] of the new version, also after it was given up.
    pub version: u64,
    /// The services that it changes.
    pub services: Vec<String>,
    /// What failed; empty if nothing did.
    pub why: String,
    /// When it came so far: wall clock, nanoseconds since 1970.
    pub at_ns: u64,
}

/// How far an update is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Course {
    /// The new version takes the place of the old one.
    Going,
    /// It stopped half-way, as too much failed: another `up` goes on.
    Paused,
    /// The new version is in place.
    Committed,
    /// The new version failed; the one before, which the ledger has again, is being put back.
    Reverting,
    /// That stopped half-way, as too much failed.
    RevertPaused,
    /// The version before is in place again. The new one is not tried again unless somebody asks.
    Reverted,
}

impl Course {
    /// It may go on.
    #[must_use]
    pub fn is_open(self) -> bool {
        match self {
            Self::Going | Self::Paused | Self::Reverting | Self::RevertPaused => true,
            Self::Committed | Self::Reverted => false,
        }
    }

    /// It goes on by itself.
    #[must_use]
    pub fn is_moving(self) -> bool {
        matches!(self, Self::Going | Self::Reverting)
    }

    /// docker's word for it (`UpdateStatus` of its services).
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Going => "updating",
            Self::Paused => "paused",
            Self::Committed => "completed",
            Self::Reverting => "rollback_started",
            Self::RevertPaused => "rollback_paused",
            Self::Reverted => "rollback_completed",
        }
    }
}

/// What is wanted of an app. Half-done is a phase, so that it is finished after a power cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// It is to run. `settled`: what `up` asked for was reached once, and since then each container goes by its own
    /// restart policy.
    Up {
        /// See above.
        settled: bool,
    },
    /// It is to be stopped and removed; then this record goes, too.
    Down {
        /// Its named volumes go with it.
        volumes: bool,
    },
}
