//! Reading all images again, in a child that has time, and what is said of damage.

use super::Daemon;
use crate::act::status;
use crate::supervise::jobs::{Finished, Purpose};
use crate::supervise::reactor::now;
use limpet_plan::Turn;
use limpet_protocol::control::Event as Happened;
use limpet_runner::keeper::now_ns;

impl Daemon<'_> {
    /// Begins one that is due.
    pub(super) fn scrub(&mut self) {
        if let Some(rate) = self.scrubbing.begin(now()) {
            self.order(None, Turn::UNASKED, Purpose::Scrub, &["scrub".to_owned(), rate.to_string()]);
        }
    }

    pub(super) fn scrubbed(&mut self, finished: &Finished) {
        self.troubles.retain(|text| !text.starts_with(SCRUB));
        let ended = matches!(finished.status, Some(status::DONE | status::UNWELL));
        self.scrubbing.ended(ended.then(now_ns));
        match finished.status {
            Some(status::DONE) => self.note_scrub("scrub", Vec::new()),
            Some(status::UNWELL) => {
                let first = finished.stdout.lines().next().unwrap_or_default().to_owned();
                self.note_scrub("scrub_damaged", vec![("damage".to_owned(), first.clone())]);
                self.trouble(format!("{SCRUB}{first}; fetch it again: limpet image verify --repair"));
            }
            // A person or a supervisor before had begun one.
            Some(status::DISAGREES) => {}
            Some(_) | None => {
                let said = finished.stderr.lines().last().unwrap_or("the process that read them was killed");
                let said = said.strip_prefix("limpet: ").unwrap_or(said);
                self.trouble(format!("{SCRUB}not done: {said}"));
            }
        }
    }

    fn note_scrub(&mut self, action: &str, attributes: Vec<(String, String)>) {
        let (action, name) = (action.to_owned(), "images".to_owned());
        self.journal.note(Happened { at_ns: now_ns(), action, container: None, name, attributes });
    }
}

/// How troubles begin that the next scrub takes back.
const SCRUB: &str = "scrub of images: ";
