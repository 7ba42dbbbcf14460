//! What the board has durably recorded of its apps, `ROOT/ledger/apps/NAME`.

use crate::app::App;
use serde::{Deserialize, Serialize};

/// One app and what is to become of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The app.
    pub app: App,
    /// What is wanted of it.
    pub phase: Phase,
}

impl Entry {
    /// It came to what was asked for once, and is wanted.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.phase == Phase::Up { settled: true }
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
