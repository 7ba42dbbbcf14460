//! The small numbers by which the shell and the decisions name things to each other, and the time.

use serde::{Deserialize, Serialize};

/// One container that the supervisor answers for: replica N of a service of an app, or a container made by hand.
/// The shell gives it, and may give it again after [`crate::Action::Forget`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct InstanceId(pub u16);

/// One workload of an app. The shell keeps it for the same name of the same app while the world knows that app, and
/// never gives one number to two services of all apps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ServiceId(pub u16);

/// One app. The shell may give it again after [`crate::Action::Dissolved`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AppId(pub u16);

/// One run of a container: `started_ns` of its keeper's records, which no two runs of a container share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RunId(pub u64);

/// Ties an answer to the action that asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Turn(pub u32);

impl Turn {
    /// Of a fact that no action asked for.
    pub const UNASKED: Self = Self(0);
}

/// Milliseconds of `CLOCK_BOOTTIME`: it goes on while the board sleeps, and never back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Tick(pub u64);

impl Tick {
    /// `ms` later.
    #[must_use]
    pub const fn after(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// `ms` earlier, at most at the beginning of time.
    #[must_use]
    pub const fn before(self, ms: u64) -> Self {
        Self(self.0.saturating_sub(ms))
    }

    /// Milliseconds since `earlier`; 0 if that is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}
