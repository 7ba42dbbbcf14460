//! The disk's reserve: free space that containers, logs and images are kept from using up.
//!
//! In: statfs(2) of the root directory. Out: [`Space`] when it passes the mark. While the disk is far from its mark it is
//! asked seldom, and asking wakes no disk.

#[cfg(test)]
mod tests;

use limpet_plan::{Space, Tick};
use limpet_protocol::disk::Room;
use limpet_runner::reserve::{ballast, room};
use rustix::io::Errno;
use std::path::Path;

/// How often the disk is asked while there is room, and while there is none.
const AMPLE_MS: u64 = 60_000;
const LOW_MS: u64 = 5_000;

/// The reserve of one disk.
#[derive(Debug)]
pub struct Reserve {
    root: String,
    asked_bytes: Option<u64>,
    space: Space,
    due: Tick,
    /// The file system knows no fallocate(2): nothing is set aside on it, as `doctor` says.
    cannot: bool,
}

impl Reserve {
    /// Of the disk on which `root` is. `bytes` is what the user wants free; `None` takes the default.
    #[must_use]
    pub fn new(root: &str, bytes: Option<u64>) -> Self {
        Self { root: root.to_owned(), asked_bytes: bytes, space: Space::Ample, due: Tick(0), cannot: false }
    }

    /// The disk is asked at the next [`Reserve::check`]: somebody wants room now.
    pub fn doubt(&mut self) {
        self.due = Tick(0);
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
        if let Ok(room) = room(Path::new(&self.root), self.asked_bytes) {
            self.space = judge(room, before);
            self.set_aside(&room);
        }
        self.due = now.after(match self.space {
            Space::Ample => AMPLE_MS,
            Space::Low => LOW_MS,
        });
        (self.space != before).then_some(self.space)
    }

    /// Nothing of that is written again as long as it is as it should be.
    fn set_aside(&mut self, room: &Room) {
        if self.space == Space::Ample && !self.cannot {
            // Whatever else is in the way may be gone at the next check; meanwhile `doctor` says how much is set aside.
            self.cannot = ballast::keep(Path::new(&self.root), room) == Err(Errno::OPNOTSUPP);
        }
    }
}

/// Low below the mark; ample again only an eighth above it, so that one file does not turn it over and over.
fn judge(room: Room, before: Space) -> Space {
    let needed = match before {
        Space::Ample => room.reserve_bytes,
        Space::Low => room.reserve_bytes.saturating_add(room.reserve_bytes / 8),
    };
    if room.free_bytes < needed { Space::Low } else { Space::Ample }
}
