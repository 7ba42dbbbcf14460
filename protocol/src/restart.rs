//! When a container that has ended is started again: docker's restart policies and compose's `deploy.restart_policy`.

use serde::{Deserialize, Serialize};

/// First pause before a restart; it doubles with each failure in a row.
pub const DELAY_MS_FIRST: u32 = 100;
/// Longest pause before a restart.
pub const DELAY_MS_MAX: u32 = 60_000;
/// How long a container must have run for its failures to be forgotten.
pub const WINDOW_MS: u32 = 10_000;

/// Which ends are answered by a start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum When {
    /// `no`: none.
    #[default]
    No,
    /// `on-failure`: those with a status other than 0. Not started because the board starts.
    OnFailure,
    /// `always`: all, also after a stop by hand once the board or the supervisor starts anew.
    Always,
    /// `unless-stopped`: all, until it is stopped by hand.
    UnlessStopped,
}

/// A container's restart policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestartPolicy {
    /// Which ends count.
    pub when: When,
    /// Most restarts in a row (`on-failure:3`, `max_attempts`); `None` has no end.
    pub tries_max: Option<u32>,
    /// A fixed pause (`delay`) instead of the growing one.
    pub delay_ms: Option<u32>,
    /// How long it must run for a start to have worked (`window`); `None` is [`WINDOW_MS`].
    pub window_ms: Option<u32>,
}

impl RestartPolicy {
    /// The policy that `--restart` names, without more.
    #[must_use]
    pub fn of(when: When) -> Self {
        Self { when, ..Self::default() }
    }

    /// How long it must run for its failures to be forgotten.
    #[must_use]
    pub fn window_ms(&self) -> u32 {
        self.window_ms.unwrap_or(WINDOW_MS)
    }
}
