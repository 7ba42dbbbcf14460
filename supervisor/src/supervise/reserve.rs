//! The disk's reserve: free space that containers, logs and images are kept from using up.
//!
//! In: statfs(2) of the root directory. Out: [`Space`] when it passes the mark. While the disk is far from its mark it is
//! asked seldom, and asking wakes no disk.

#[cfg(test)]
mod tests;

use crate::supervise::reactor::now;
use limpet_plan::{Space, Tick};
use limpet_protocol::keeper::disk_reserve_bytes;
use rustix::fs::statvfs;

/// How often the disk is asked while there is room, and while there is none.
const AMPLE_MS: u64 = 60_000;
const LOW_MS: u64 = 5_000;

/// What a disk has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Room {
    free_bytes: u64,
    all_bytes: u64,
}

/// The reserve of one disk.
#[derive(Debug)]
pub struct Reserve {
    root: String,
    asked_bytes: Option<u64>,
    space: Space,
    due: Tick,
}

impl Reserve {
    /// Of the disk on which `root` is. `bytes` is what the user wants free; `None` takes the default.
    #[must_use]
    pub fn new(root: &str, bytes: Option<u64>) -> Self {
        Self { root: root.to_owned(), asked_bytes: bytes, space: Space::Ample, due: Tick(0) }
    }

    /// What the user wants free, as `limpet act` is told.
    #[must_use]
    pub fn word(&self) -> String {
        self.asked_bytes.map_or_else(|| "-".to_owned(), |bytes| bytes.to_string())
    }

    /// When the disk is to be asked again.
    #[must_use]
    pub fn deadline(&self) -> Option<Tick> {
        Some(self.due)
    }

    /// Asks the disk if that is due; its space, if it passed the mark.
    pub fn check(&mut self, now: Tick) -> Option<Space> {
        if now < self.due {
            return None;
        }
        let before = self.space;
        // A root that is not there yet has all the room in the world.
        self.space = room(&self.root).map_or(before, |room| judge(room, self.asked_bytes, before));
        self.due = now.after(match self.space {
            Space::Ample => AMPLE_MS,
            Space::Low => LOW_MS,
        });
        (self.space != before).then_some(self.space)
    }
}

/// Whether less is free than may be.
#[must_use]
pub fn is_reached(root: &str, asked_bytes: Option<u64>) -> bool {
    Reserve::new(root, asked_bytes).check(now()) == Some(Space::Low)
}

fn room(root: &str) -> Option<Room> {
    let status = statvfs(root).ok()?;
    let bytes = |blocks: u64| blocks.saturating_mul(status.f_frsize);
    Some(Room { free_bytes: bytes(status.f_bavail), all_bytes: bytes(status.f_blocks) })
}

/// Low below the mark; ample again only an eighth above it, so that one file does not turn it over and over.
fn judge(room: Room, asked_bytes: Option<u64>, before: Space) -> Space {
    let mark = disk_reserve_bytes(room.all_bytes, asked_bytes);
    let needed = match before {
        Space::Ample => mark,
        Space::Low => mark + mark / 8,
    };
    if room.free_bytes < needed { Space::Low } else { Space::Ample }
}
