//! Cuts for tests: `LIMPET_CUT=N` ends the supervisor by SIGKILL at its N-th boundary, counted from 1.
//!
//! A boundary is before and after each effect and each write to the ledger. A test that goes through all N has tried a
//! crash between any two things that the supervisor does.

use rustix::process::{Signal, getpid, kill_process};
use std::cell::Cell;

/// Names the boundary in the environment.
pub(crate) const VARIABLE: &str = "LIMPET_CUT";

/// How many boundaries are left.
#[derive(Debug)]
pub(crate) struct Cut(Cell<Option<u64>>);

impl Cut {
    /// As the environment says: usually never.
    #[must_use]
    pub(crate) fn from_environment() -> Self {
        let at = std::env::var(VARIABLE).ok().and_then(|number| number.parse().ok());
        Self(Cell::new(at))
    }

    /// Passes a boundary, or does not come back.
    pub(crate) fn pass(&self) {
        let Some(left) = self.0.get() else { return };
        if left <= 1 {
            // SIGKILL to oneself does not fail and is not waited for.
            kill_process(getpid(), Signal::KILL).ok();
            loop {
                std::thread::park();
            }
        }
        self.0.set(Some(left - 1));
    }
}
