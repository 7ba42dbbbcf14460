//! `container prune`, `image prune`, `system prune`: remove what nothing uses.
//!
//! A container is looked at again under its lock before it goes, and images go under the lock of the store, so nothing
//! that another command is about to use is taken from it. Volumes without a name go with their container.

#[cfg(test)]
mod tests;

use super::images::has_labels;
use super::lifecycle;
use super::ps::{has_label, own_bytes};
use crate::board::Board;
use crate::census::{Census, Listed};
use crate::cli::command::PruneArgs;
use crate::cli::value::filter::Filter;
use crate::cli::value::time;
use crate::control;
use crate::failure::{Failure, Outcome};
use crate::image_users::ImageUsers;
use crate::output::size;
use crate::screen;
use limpet_protocol::control::Did;
use limpet_protocol::id::ContainerId;
use limpet_runner::home::HomeError;
use limpet_runner::keeper::now_ns;
use limpet_store::collect::Removed;
use limpet_store::{Digest, Store};
use std::io::{self, BufRead, Write};

/// Longest answer that is read.
const ANSWER_BYTES_MAX: u64 = 64;

/// `container prune`
pub(super) fn containers(board: &Board, args: &PruneArgs) -> Outcome {
    let wanted = Wanted::of(&args.filters)?;
    if !confirmed(args, "every container that does not run")? {
        return Ok(0);
    }
    let pruned = prune_containers(board, &wanted)?;
    Ok(pruned.told())
}

/// `image prune`
pub(super) fn images(board: &Board, args: &PruneArgs) -> Outcome {
    let wanted = Wanted::of(&args.filters)?;
    if !confirmed(args, images_at_stake(args.all))? {
        return Ok(0);
    }
    let pruned = prune_images(board, args.all, &wanted)?;
    Ok(pruned.told())
}

/// `system prune`
pub(super) fn system(board: &Board, args: &PruneArgs) -> Outcome {
    let wanted = Wanted::of(&args.filters)?;
    if !confirmed(args, &format!("every container that does not run, and {}", images_at_stake(args.all)))? {
        return Ok(0);
    }
    let mut pruned = prune_containers(board, &wanted)?;
    let images = prune_images(board, args.all, &wanted)?;
    pruned.bytes += images.bytes;
    pruned.paragraphs.extend(images.paragraphs);
    Ok(pruned.told())
}

fn images_at_stake(all: bool) -> &'static str {
    if all { "every image that no container and no app needs" } else { "every image without a name" }
}

/// Asks, unless that is not wanted.
fn confirmed(args: &PruneArgs, what: &str) -> Result<bool, Failure> {
    if args.force { Ok(true) } else { agreed("prune", &format!("This removes {what}.")) }
}

/// Whether a person agrees to it. Without an answer nothing is done, and a script is told how to go on.
pub(super) fn agreed(verb: &str, what: &str) -> Result<bool, Failure> {
    screen::print(&format!("{what} Continue? [y/N] "));
    io::stdout().flush()?;
    let mut answer = String::new();
    io::Read::take(io::stdin().lock(), ANSWER_BYTES_MAX).read_line(&mut answer)?;
    if answer.is_empty() {
        screen::line("");
        return Err(Failure::new(format!("{verb}: nobody answered; use -f to go on without asking")));
    }
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// What was removed, and what it freed.
#[derive(Debug, Default)]
struct Pruned {
    paragraphs: Vec<String>,
    bytes: u64,
    status: u8,
}

impl Pruned {
    fn add(&mut self, heading: &str, lines: &[String]) {
        if !lines.is_empty() {
            self.paragraphs.push(format!("{heading}:\n{}\n", lines.join("\n")));
        }
    }

    fn told(&self) -> u8 {
        for paragraph in &self.paragraphs {
            screen::line(paragraph);
        }
        screen::line(&format!("Total reclaimed space: {}", size::decimal(self.bytes)));
        self.status
    }
}

fn prune_containers(board: &Board, wanted: &Wanted<'_>) -> Result<Pruned, Failure> {
    lifecycle::finish_removals(board);
    let mut pruned = Pruned::default();
    let mut ids = Vec::new();
    for listed in Census::take_supervised(board)?.complaining() {
        if listed.status.running().is_some() || listed.is_on_its_way() || !wanted.has_container(&listed) {
            continue;
        }
        let id = &listed.container.keep.launch.id;
        match remove_idle(board, id) {
            Ok(Some(bytes)) => {
                pruned.bytes += bytes;
                ids.push(id.to_string());
            }
            Ok(None) => {}
            Err(failure) => {
                screen::complain(&failure.to_string());
                pruned.status = failure.exit_code();
            }
        }
    }
    pruned.add("Deleted Containers", &ids);
    Ok(pruned)
}

/// The bytes that it had written; `None` if it runs by now, or is gone.
fn remove_idle(board: &Board, id: &ContainerId) -> Result<Option<u64>, Failure> {
    let _lock = match board.home.lock(id) {
        Err(HomeError::NotFound(_)) => return Ok(None),
        lock => lock?,
    };
    if board.home.is_kept(id)? || board.status(id)?.running().is_some() {
        return Ok(None);
    }
    // Read again: it may have been renamed.
    let container = board.home.load(id)?;
    let bytes = own_bytes(&container)?;
    lifecycle::clear_group(&container.keep.launch.cgroup)?;
    board.home.remove_durably(id, &container.name)?;
    control::tell(board, &container, Did::Destroy);
    Ok(Some(bytes))
}

/// Removes images without a name that no container uses, and what a command that was cut off left; the bytes of it.
pub(crate) fn unreferenced(board: &Board) -> Result<u64, Failure> {
    prune_images(board, false, &Wanted::default()).map(|pruned| pruned.bytes)
}

fn prune_images(board: &Board, all: bool, wanted: &Wanted<'_>) -> Result<Pruned, Failure> {
    let store = board.store()?;
    let users = ImageUsers::of(board);
    let stays = |id: &Digest| users.uses(&id.to_string()) || !wanted.has_image(&store, id);
    let removed = store.prune(all, &stays)?;
    // Asked at the end, for an error that made every image stay.
    users.user("")?;
    let mut pruned = Pruned::default();
    let lines: Vec<String> = removed.iter().map(told).collect();
    pruned.bytes = removed.iter().map(freed_bytes).sum();
    pruned.add("Deleted Images", &lines);
    Ok(pruned)
}

fn told(removed: &Removed) -> String {
    match removed {
        Removed::Untagged(reference) => format!("untagged: {}", reference.familiar()),
        Removed::Deleted(digest) | Removed::Layer(digest, _) => format!("deleted: {digest}"),
    }
}

fn freed_bytes(removed: &Removed) -> u64 {
    match removed {
        Removed::Layer(_, bytes) => *bytes,
        Removed::Untagged(_) | Removed::Deleted(_) => 0,
    }
}

/// `--filter` of a prune, understood.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wanted<'a> {
    labels: Vec<&'a str>,
    no_labels: Vec<&'a str>,
    /// Only what was made before this moment, nanoseconds since 1970.
    until_ns: Option<u64>,
}

impl<'a> Wanted<'a> {
    fn of(filters: &'a [Filter]) -> Result<Self, Failure> {
        let mut wanted = Self::default();
        for filter in filters {
            match filter.key {
                "label" => wanted.labels.push(&filter.value),
                "label!" => wanted.no_labels.push(&filter.value),
                "until" => {
                    let moment = time::moment(&filter.value);
                    let moment = moment
                        .map_err(|error| Failure::new(format!("--filter until={}: {error}", filter.value)))?;
                    wanted.until_ns = Some(moment.resolve(now_ns()));
                }
                _ => {}
            }
        }
        Ok(wanted)
    }

    fn has_container(&self, listed: &Listed) -> bool {
        self.has_age(listed.container.created_ns) && self.has_labels(&listed.container.labels)
    }

    fn has_labels(&self, labels: &[(String, String)]) -> bool {
        self.labels.iter().all(|label| has_label(labels, label))
            && !self.no_labels.iter().any(|label| has_label(labels, label))
    }

    fn has_age(&self, created_ns: u64) -> bool {
        self.until_ns.is_none_or(|until_ns| created_ns < until_ns)
    }

    /// An image that cannot be read has no labels and no age.
    fn has_image(&self, store: &Store, id: &Digest) -> bool {
        if *self == Self::default() {
            return true;
        }
        let created_s = store.image(id).ok().and_then(|image| image.config.created_s());
        let created_ns =
            created_s.and_then(|s| u64::try_from(s).ok()).unwrap_or(0).saturating_mul(1_000_000_000);
        self.has_age(created_ns) && has_labels(store, id, &self.labels, &self.no_labels)
    }
}
