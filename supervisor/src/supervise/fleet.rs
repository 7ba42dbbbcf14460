//! What the supervisor knows of its fleet, in memory: what is wanted, how far each app was handed on, what is under way.
//!
//! In: an [`Outline`], and the records of apps that were begun. What is to be done is decided by [`steps`], when it may be
//! by [`windows`], and what is told by [`report`]; all of them pure. Who acts is the daemon.

pub(crate) mod own;
pub(crate) mod report;
pub(crate) mod steps;
pub(crate) mod windows;

use crate::fleet::{Begun, Files, Outline};
use crate::sorted::SortedMap;
use crate::supervise::clients::Outbox;
use limpet_plan::Tick;
use limpet_protocol::fleet::report::Held;
use own::Own;
use std::collections::VecDeque;

/// First pause after a fetch that failed; it doubles.
const RETRY_MS_MIN: u64 = 5_000;
/// The longest.
const RETRY_MS_MAX: u64 = 600_000;
/// How often it is looked whether what holds changes back is gone.
pub(crate) const LOOK_EVERY_MS: u64 = 2_000;
/// Most that waits to be judged.
const QUEUE_MAX: usize = 8;

/// Documents that are to be judged, and who is told what came of it.
#[derive(Debug, Default)]
pub(crate) struct Delivery {
    /// None only has the outline written anew.
    pub(crate) files: Vec<String>,
    /// Nobody, if it is the supervisor's own wish.
    pub(crate) outbox: Option<Outbox>,
    /// By this it was delivered by the controller, if it was.
    pub(crate) etag: Option<String>,
}

/// A fetch that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failed {
    /// Which version.
    pub(crate) version: u64,
    /// How often in a row.
    pub(crate) times: u32,
    /// When it is tried again.
    pub(crate) at: Tick,
    /// Why, in one line.
    pub(crate) why: String,
}

/// Everything about the fleet.
#[derive(Debug)]
pub(crate) struct Fleet {
    /// Its files.
    pub(crate) files: Files,
    /// What is wanted; nothing is done while that is not known.
    pub(crate) outline: Option<Outline>,
    /// Versions that were handed to the ledger, by app: the apps of the fleet.
    pub(crate) begun: SortedMap<String, Begun>,
    /// Versions whose images are all here.
    pub(crate) ready: SortedMap<String, u64>,
    /// Fetches that failed.
    pub(crate) failed: SortedMap<String, Failed>,
    /// The app that is being fetched.
    pub(crate) fetching: Option<String>,
    /// Limpet's own file.
    pub(crate) own: Own,
    /// Which file that is said of.
    pub(crate) own_is_of: Option<[u8; 32]>,
    /// What is being judged.
    pub(crate) judging: Option<Delivery>,
    waiting: VecDeque<Delivery>,
    /// Why the last document was refused, if it was.
    pub(crate) refused: Option<String>,
    /// Why nothing is begun, if something is to be.
    pub(crate) held: Option<Held>,
    /// When it is looked at again without anything having happened.
    pub(crate) look_at: Option<Tick>,
    /// Something happened since it was looked at.
    pub(crate) is_stale: bool,
}

impl Fleet {
    /// Nothing is known yet.
    #[must_use]
    pub(crate) fn new(files: Files) -> Self {
        Self {
            files,
            outline: None,
            begun: SortedMap::default(),
            ready: SortedMap::default(),
            failed: SortedMap::default(),
            fetching: None,
            own: Own::Unknown,
            own_is_of: None,
            judging: None,
            waiting: VecDeque::new(),
            refused: None,
            held: None,
            look_at: None,
            is_stale: true,
        }
    }

    /// When there is something to do.
    #[must_use]
    pub(crate) fn deadline(&self) -> Option<Tick> {
        [self.look_at, self.own.deadline()].into_iter().flatten().min()
    }

    /// Puts one at the end, unless there is no room.
    pub(crate) fn deliver(&mut self, delivery: Delivery) -> Result<(), Delivery> {
        // One look is as good as two.
        if delivery.files.is_empty() && self.waiting.iter().any(|waiting| waiting.files.is_empty()) {
            return Ok(());
        }
        if self.waiting.len() == QUEUE_MAX {
            return Err(delivery);
        }
        self.waiting.push_back(delivery);
        self.is_stale = true;
        Ok(())
    }

    /// The next one, if none is being judged.
    pub(crate) fn next_delivery(&mut self) -> Option<Vec<String>> {
        if self.judging.is_some() {
            return None;
        }
        let delivery = self.waiting.pop_front()?;
        let files = delivery.files.clone();
        self.judging = Some(delivery);
        Some(files)
    }

    /// A fetch failed. `chance` keeps boards that are alike apart.
    pub(crate) fn fetch_failed(&mut self, app: &str, version: u64, why: String, now: Tick, chance: u64) {
        let before = self.failed.get(app).filter(|failed| failed.version == version);
        let times = before.map_or(0, |failed| failed.times).saturating_add(1);
        let pause_ms = pause_ms(times, chance);
        self.failed.insert(app.to_owned(), Failed { version, times, at: now.after(pause_ms), why });
    }

    /// Whether the app is the fleet's.
    #[must_use]
    pub(crate) fn has(&self, app: &str) -> bool {
        self.begun.contains_key(app)
    }
}

/// The pause after so many failures, up to a quarter longer by chance.
fn pause_ms(times: u32, chance: u64) -> u64 {
    let doubled = RETRY_MS_MIN.saturating_mul(1 << times.saturating_sub(1).min(16));
    let pause_ms = doubled.min(RETRY_MS_MAX);
    pause_ms + chance % (pause_ms / 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fetch_that_fails_is_tried_again_ever_more_rarely() {
        assert_eq!(
            [1, 2, 3, 8, 100].map(|times| pause_ms(times, 0)),
            [5000, 10_000, 20_000, 600_000, 600_000]
        );
        assert!((5000..6250).contains(&pause_ms(1, u64::MAX)));
    }
}
