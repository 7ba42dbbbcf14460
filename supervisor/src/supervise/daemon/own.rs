//! Limpet's own file: asked for, and handed to those who try it.

use super::Daemon;
use crate::act::status;
use crate::supervise::fleet::own::{Coming, Own, hex};
use crate::supervise::jobs::{Finished, Purpose};
use crate::supervise::reactor::now;
use limpet_plan::Turn;
use limpet_protocol::fleet::Program;
use limpet_sync::wire::Told;

/// Before a file is asked for again that could not be had.
const AGAIN_MS: u64 = 60_000;
/// How often it is looked whether a watcher is done.
const LOOK_MS: u64 = 2_000;

impl Daemon<'_> {
    fn own_wanted(&self) -> Option<&Program> {
        self.fleet.outline.as_ref()?.state.as_ref()?.program.as_ref()
    }

    /// Whether a change of the file only waits for leave.
    pub(super) fn own_is_ready(&self) -> bool {
        matches!(self.fleet.own, Own::Ready) && self.own_wanted().is_some()
    }

    /// Does what is due about it; `may` it be put in place now?
    pub(super) fn follow_own(&mut self, may: bool) {
        let Some(program) = self.own_wanted().cloned() else {
            self.fleet.own = Own::Unknown;
            return;
        };
        if self.fleet.own_is_of != Some(program.sha256) {
            self.fleet.own_is_of = Some(program.sha256);
            self.fleet.own = Own::Unknown;
        }
        let over = self.fleet.own.deadline().is_some_and(|until| until <= now());
        match &self.fleet.own {
            Own::Unknown => self.ask_own("look", &program),
            Own::Missing { .. } | Own::Begun { .. } if over => self.ask_own("look", &program),
            Own::Ready if may => self.ask_own("go", &program),
            Own::Ready
            | Own::Asking
            | Own::Fetching(_)
            | Own::Missing { .. }
            | Own::Begun { .. }
            | Own::Runs
            | Own::Failed(_) => {}
        }
    }

    fn ask_own(&mut self, may: &str, program: &Program) {
        self.cut.pass();
        self.fleet.own = Own::Asking;
        let words = ["program".to_owned(), may.to_owned(), hex(program)];
        self.order(None, Turn::UNASKED, Purpose::Own, &words);
    }

    /// The child that was asked has ended; `None` if there was none.
    pub(super) fn own_told(&mut self, finished: Option<&Finished>) {
        self.fleet.is_stale = true;
        let said =
            finished.filter(|finished| finished.status == Some(status::DONE)).map(|f| f.stdout.as_str());
        let until = now().after(LOOK_MS);
        self.fleet.own = match said.map(|said| said.split_once(' ').unwrap_or((said, ""))) {
            Some(("runs", _)) => Own::Runs,
            Some(("failed", why)) => Own::Failed(why.to_owned()),
            Some(("fetch", _)) => return self.fetch_own(),
            Some(("ready", _)) => Own::Ready,
            Some(("begun", _)) => Own::Begun { until },
            Some(_) | None => {
                let why = finished.map_or("no process could be started".to_owned(), Finished::said_last);
                Own::Missing { why, until: now().after(AGAIN_MS) }
            }
        };
        self.cut.pass();
    }

    fn fetch_own(&mut self) {
        let Some(program) = self.own_wanted().cloned() else { return };
        if !self.post.is_running() {
            let why = "the board has no connection to its controller".to_owned();
            self.fleet.own = Own::Missing { why, until: now().after(LOOK_MS) };
            return;
        }
        match Coming::begin(&self.fleet.files.program(), program.bytes) {
            Ok(coming) => {
                self.fleet.own = Own::Fetching(coming);
                let (sha256, bytes) = (program.sha256, program.bytes.into());
                self.post.tell(&Told::Fetch { sha256, from_bytes: 0, bytes }, &self.tasks);
            }
            Err(error) => self.own_missing(error.to_string()),
        }
    }

    pub(super) fn own_missing(&mut self, why: String) {
        if matches!(self.fleet.own, Own::Fetching(_) | Own::Asking) {
            self.fleet.own = Own::Missing { why, until: now().after(AGAIN_MS) };
            self.fleet.is_stale = true;
        }
    }

    pub(super) fn own_chunk(&mut self, chunk: &[u8]) {
        if let Own::Fetching(coming) = &mut self.fleet.own
            && let Err(why) = coming.take(chunk)
        {
            self.own_missing(why);
        }
    }

    /// All of it has come: a child says whether it is what was signed.
    pub(super) fn own_whole(&mut self) {
        if matches!(self.fleet.own, Own::Fetching(_)) {
            self.fleet.own = Own::Unknown;
            self.fleet.is_stale = true;
        }
    }
}
