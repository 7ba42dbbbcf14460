//! Scrubbing: all images are read again, slowly and when nobody else wants the disk, so that damage is known before it is
//! needed. It repairs nothing: what a repair fetches, and when, is for a person to say (`limpet image verify --repair`).
//!
//! In: how fast. Out: `ROOT/scrubbed`, written once at the end of each.

#[cfg(test)]
mod tests;

use crate::act::status;
use crate::board::Board;
use crate::failure::Failure;
use crate::screen;
use crate::verbs::verify::{Pace, told};
use limpet_protocol::record::Kind;
use limpet_protocol::scrub::{DAMAGE_LINE_BYTES_MAX, DAMAGE_LINES_MAX, Scrub};
use limpet_runner::home::{read_record, write_record};
use limpet_runner::keeper::now_ns;
use rustix::fs::{CWD, FlockOperation, Mode, OFlags, flock, openat};
use std::path::Path;

const FILE: &str = "scrubbed";

/// What the last one found; `None` if there was none, or its record cannot be read.
#[must_use]
pub fn last(root: &Path) -> Option<Scrub> {
    read_record(&root.join(FILE), Kind::Scrub).ok().flatten()
}

/// How long after `now_ns` the next one is due, if the last one ended at `last_ns`: not before `rest_ms`, so that a
/// board that starts has its disk for itself. An end in the future is from another clock, and counts as now.
#[must_use]
pub fn due_in_ms(last_ns: Option<u64>, now_ns: u64, every_ms: u64, rest_ms: u64) -> u64 {
    let age_ms = last_ns.map_or(u64::MAX, |last_ns| now_ns.saturating_sub(last_ns) / 1_000_000);
    every_ms.saturating_sub(age_ms).max(rest_ms)
}

/// `limpet act ROOT STATE scrub RATE`: says on standard output what is damaged.
///
/// # Errors
/// The store cannot be read, or the end not be recorded.
pub(crate) fn carry_out(board: &Board, rate: &str) -> Result<u8, Failure> {
    limpet_sys::process::be_idle();
    let rate = rate.parse().map_err(|_| Failure::new("act scrub: no rate"))?;
    let root = Path::new(&board.globals.root);
    let store = board.store()?;
    // One that a supervisor before left is as good.
    let directory = openat(CWD, root, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    if flock(&directory, FlockOperation::NonBlockingLockExclusive).is_err() {
        return Ok(status::DISAGREES);
    }
    let ids: Vec<_> = store.images()?.iter().map(|image| image.id).collect();
    let mut damaged = store.verify_names()?;
    damaged.extend(store.verify(&ids, &mut Pace::new(Some(rate)))?);
    let lines: Vec<String> = damaged.iter().flat_map(told).collect();
    let scrub = Scrub {
        finished_ns: now_ns(),
        images: u32::try_from(ids.len()).unwrap_or(u32::MAX),
        pieces: u32::try_from(damaged.len()).unwrap_or(u32::MAX),
        damage: lines.iter().take(DAMAGE_LINES_MAX).map(|line| short(line)).collect(),
    };
    record(root, &scrub)?;
    scrub.damage.iter().for_each(|line| screen::line(line));
    Ok(if damaged.is_empty() { status::DONE } else { status::UNWELL })
}

fn short(line: &str) -> String {
    let fits = |(at, c): &(usize, char)| at + c.len_utf8() <= DAMAGE_LINE_BYTES_MAX;
    line.char_indices().take_while(fits).map(|(_, c)| c).collect()
}

/// All images were read by a person, and nothing is damaged any more. Where nothing is ever scrubbed, nothing is written.
///
/// # Errors
/// The disk refuses.
pub(crate) fn found_well(root: &Path, images: usize) -> Result<(), Failure> {
    if last(root).is_none_or(|last| last.pieces == 0) {
        return Ok(());
    }
    let images = u32::try_from(images).unwrap_or(u32::MAX);
    record(root, &Scrub { finished_ns: now_ns(), images, ..Scrub::default() })
}

fn record(root: &Path, scrub: &Scrub) -> Result<(), Failure> {
    Ok(write_record(root, FILE, Kind::Scrub, scrub, true)?)
}
