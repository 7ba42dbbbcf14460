//! The children that PID 1 keeps: when each is to be started, and started again. Nothing here acts.
//!
//! In: which process started, which ended, and the time. Out: who is due, and when to look again. A child that ends is
//! started again after a pause that doubles from [`PAUSE_MS_MIN`] to [`PAUSE_MS_MAX`], and begins anew once it has lived
//! for [`HEALTHY_MS`]: a crash loop must neither take the board's CPU nor be given up.

#[cfg(test)]
mod tests;

use rustix::process::Pid;

/// Pause before a child that ended is started again, for the first time.
pub(super) const PAUSE_MS_MIN: u64 = 100;
/// The longest such pause.
pub(super) const PAUSE_MS_MAX: u64 = 10_000;
/// Who has lived so long starts with the shortest pause again.
pub(super) const HEALTHY_MS: u64 = 60_000;

/// What a child is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// The program on the console.
    Console,
    /// `limpet uplink`
    Uplink,
    /// `limpet supervise`
    Supervisor,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Due { at_ms: u64 },
    Running { pid: Pid, since_ms: u64 },
    Over,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Service {
    /// What it is for.
    pub(super) role: Role,
    restart: bool,
    pause_ms: u64,
    state: State,
}

impl Service {
    /// One that is due at once, and again whenever it ends if `restart`.
    pub(super) fn new(role: Role, restart: bool) -> Self {
        Self { role, restart, pause_ms: PAUSE_MS_MIN, state: State::Due { at_ms: 0 } }
    }

    /// Whether it is to be started now.
    pub(super) fn is_due(&self, now_ms: u64) -> bool {
        matches!(self.state, State::Due { at_ms } if at_ms <= now_ms)
    }

    /// When it is to be started, if it waits for that.
    pub(super) fn due_at_ms(&self) -> Option<u64> {
        match self.state {
            State::Due { at_ms } => Some(at_ms),
            State::Running { .. } | State::Over => None,
        }
    }

    /// Its process.
    pub(super) fn pid(&self) -> Option<Pid> {
        match self.state {
            State::Running { pid, .. } => Some(pid),
            State::Due { .. } | State::Over => None,
        }
    }

    /// It runs as `pid`.
    pub(super) fn started(&mut self, pid: Pid, now_ms: u64) {
        self.state = State::Running { pid, since_ms: now_ms };
    }

    /// It has ended, or could not be started.
    pub(super) fn ended(&mut self, now_ms: u64) {
        let since_ms = match self.state {
            State::Running { since_ms, .. } => since_ms,
            State::Due { .. } | State::Over => now_ms,
        };
        if now_ms.saturating_sub(since_ms) >= HEALTHY_MS {
            self.pause_ms = PAUSE_MS_MIN;
        }
        self.state = if self.restart { State::Due { at_ms: now_ms + self.pause_ms } } else { State::Over };
        self.pause_ms = (self.pause_ms * 2).min(PAUSE_MS_MAX);
    }
}
