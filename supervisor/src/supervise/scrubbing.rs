//! When images are read again for damage: see [`crate::scrub`].

use crate::scrub::{due_in_ms, last};
use crate::supervise::reactor::now;
use limpet_plan::Tick;
use limpet_runner::keeper::now_ns;
use std::path::Path;

/// After the start of a supervisor, and after a scrub that failed.
const REST_MS: u64 = 600_000;

/// Off, unless there is a rate.
#[derive(Debug)]
pub(crate) struct Scrubbing {
    rate_bytes_per_s: Option<u64>,
    every_ms: u64,
    /// `None` while one is under way.
    due: Option<Tick>,
}

impl Scrubbing {
    /// The first is due when the last one is old enough.
    #[must_use]
    pub(crate) fn new(root: &Path, rate_bytes_per_s: Option<u64>, every_ms: u64) -> Self {
        let mut this = Self { rate_bytes_per_s, every_ms, due: None };
        if rate_bytes_per_s.is_some() {
            this.ended(last(root).map(|last| last.finished_ns));
        }
        this
    }

    /// When there is something to do.
    #[must_use]
    pub(crate) fn deadline(&self) -> Option<Tick> {
        self.due
    }

    /// The rate of one that is to begin now.
    pub(crate) fn begin(&mut self, now: Tick) -> Option<u64> {
        let rate = self.rate_bytes_per_s.filter(|_| self.due.is_some_and(|due| due <= now))?;
        self.due = None;
        Some(rate)
    }

    /// One has ended, at this time if it came to its end.
    pub(crate) fn ended(&mut self, at_ns: Option<u64>) {
        let rest_ms = REST_MS.min(self.every_ms);
        self.due = Some(now().after(due_in_ms(at_ns, now_ns(), self.every_ms, rest_ms)));
    }
}
