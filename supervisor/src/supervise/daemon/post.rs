//! What the controller delivers, and what it is told.

use super::Daemon;
use crate::failure::Failure;
use crate::supervise::fleet::Delivery;
use crate::supervise::post::{Heard, Link};
use crate::supervise::reactor::now;
use limpet_plan::Tick;
use limpet_protocol::fleet::report::{REPORT_BYTES_MAX, Report, Stamp};
use limpet_sync::wire::Told;

/// At most one report in this time.
const CALM_MS: u64 = 1_000;
/// A report, though nothing has changed.
const HEARTBEAT_MS: u64 = 6 * 3_600_000;

/// How a trouble begins that the next connection takes back.
const LINK: &str = "the fleet's controller does not answer: ";

/// What was told, and when there may be more.
#[derive(Debug, Default)]
pub(super) struct Telling {
    /// The last one, without its time.
    last: Option<Report>,
    /// When it was told.
    at: Option<Tick>,
    /// The controller has it.
    arrived: bool,
    /// It is time to look whether something has changed.
    look_at: Option<Tick>,
}

impl Telling {
    /// When it is to be looked whether there is something to tell.
    pub(super) fn deadline(&self) -> Option<Tick> {
        self.look_at
    }

    /// Something may have changed.
    fn doubt(&mut self) {
        let earliest = self.at.map_or(now(), |at| at.after(CALM_MS));
        self.look_at = Some(self.look_at.map_or(earliest, |at| at.min(earliest)));
    }
}

impl Daemon<'_> {
    /// The files say with whom to speak.
    pub(super) fn look_at_post(&mut self) {
        if let Err(error) = self.post.look() {
            self.trouble(format!("fleet: {}", Failure::from(error)));
        }
    }

    /// Starts who speaks to the controller, and tells it what is new.
    pub(super) fn mind_post(&mut self) {
        match self.post.start_if_due(self.jobs.outside(), &self.tasks) {
            Ok(false) => {}
            Ok(true) => {
                // Nor does it know of a file that the one before was fetching.
                self.own_missing("the connection was begun anew".to_owned());
                // The one before may have taken the last report with it.
                if !self.telling.arrived {
                    self.telling.last = None;
                }
                self.telling.doubt();
            }
            Err(error) => self.trouble(format!("fleet: start limpet sync: {error}")),
        }
        if self.post.is_running() && self.telling.look_at.is_some_and(|at| at <= now()) {
            self.telling.look_at = None;
            self.tell_fleet();
        }
    }

    /// Something happened that may be worth telling.
    pub(super) fn doubt_telling(&mut self) {
        if self.post.is_wanted() {
            self.telling.doubt();
        }
    }

    fn tell_fleet(&mut self) {
        let Some(mut report) = self.fleet_report() else { return };
        let still = without_time(report.clone());
        let beat = self.telling.at.map(|at| at.after(HEARTBEAT_MS));
        if self.telling.last.as_ref() == Some(&still) && beat.is_some_and(|beat| beat > now()) {
            self.telling.look_at = beat;
            return;
        }
        let urgent = is_urgent(self.telling.last.as_ref(), &still);
        let sequence = now().0;
        report.sequence = sequence;
        // Of 64 apps with texts of 256 bytes each it has 40 KiB at most.
        let Ok(bytes) = postcard::to_allocvec(&report) else { return };
        if bytes.len() > REPORT_BYTES_MAX {
            return self.trouble("fleet: the report to the controller is too long".to_owned());
        }
        self.telling = Telling {
            last: Some(still),
            at: Some(now()),
            arrived: false,
            look_at: Some(now().after(HEARTBEAT_MS)),
        };
        self.post.tell(&Told::Report { sequence, urgent, bytes }, &self.tasks);
    }

    pub(super) fn hear_post(&mut self) {
        while let Some(heard) = self.post.hear(&self.tasks) {
            match heard {
                Heard::Delivered { files, etag } => {
                    let delivery = Delivery { files, outbox: None, etag: Some(etag) };
                    if self.fleet.deliver(delivery).is_err() {
                        self.post.not_seen();
                    }
                }
                Heard::Reported(sequence) => {
                    self.telling.arrived |= self.telling.at == Some(Tick(sequence));
                }
                Heard::Chunk(chunk) => self.own_chunk(&chunk),
                Heard::Whole => self.own_whole(),
                Heard::Missing(why) => self.own_missing(why),
                Heard::Link => self.note_link(),
            }
        }
    }

    /// For `limpet doctor`, until the controller answers again.
    fn note_link(&mut self) {
        self.troubles.retain(|text| !text.starts_with(LINK));
        if let Link::Failing(why) = &self.post.link {
            self.trouble(format!("{LINK}{why}"));
        }
    }

    pub(super) fn flush_post(&mut self) {
        self.post.flush(&self.tasks);
    }
}

/// What differs in every report.
fn without_time(report: Report) -> Report {
    Report {
        sequence: 0,
        at: Stamp { seconds: 0, synchronised: report.at.synchronised },
        uptime_s: 0,
        ..report
    }
}

/// Whether somebody may wait for it: everything but counts of restarts.
fn is_urgent(before: Option<&Report>, now: &Report) -> bool {
    let quiet = |report: &Report| {
        let mut report = report.clone();
        report.apps.iter_mut().for_each(|app| app.restarts = 0);
        report
    };
    before.is_none_or(|before| quiet(before) != quiet(now))
}
