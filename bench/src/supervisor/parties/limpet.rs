//! `limpet supervise`, with keepers.

use super::{Party, strs};
use native_tests::{Limpet, Supervisor};
use std::process::Command;

/// Ours.
pub(crate) struct LimpetParty<'a> {
    limpet: &'a Limpet,
    supervisor: Option<Supervisor<'a>>,
}

impl<'a> LimpetParty<'a> {
    /// One that has the image.
    pub(crate) fn new(limpet: &'a Limpet) -> Self {
        Self { limpet, supervisor: None }
    }
}

impl Party for LimpetParty<'_> {
    fn name(&self) -> String {
        "limpet supervise".to_owned()
    }

    fn command(&self) -> Command {
        self.limpet.command(&[])
    }

    fn run_flags(&self) -> Vec<String> {
        Vec::new()
    }

    fn launch(&mut self) {
        self.supervisor = Some(Supervisor::launch(self.limpet, &[], &[]));
    }

    fn start(&mut self) {
        self.supervisor = Some(Supervisor::start(self.limpet));
    }

    /// SIGTERM leaves containers running, so they are killed then. Not by `kill`, which does not wait for their keepers: a
    /// supervisor that finds one at its end takes it for stopped by hand under its eyes, and leaves it so.
    fn halt(&mut self, names: &[String]) {
        if let Some(supervisor) = self.supervisor.take() {
            supervisor.leave();
        }
        if !names.is_empty() {
            self.limpet.ok(&[&["stop", "-t", "0"], &*strs(names)].concat());
        }
    }

    fn daemon(&self) -> Vec<i32> {
        self.supervisor.iter().filter_map(|supervisor| i32::try_from(supervisor.pid()).ok()).collect()
    }
}
