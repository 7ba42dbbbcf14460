//! The reserve of the disk, for every process of an instance.
//!
//! How much is to stay free the supervisor says (`--reserve`) in a file of the state directory, so that commands and keepers
//! go by the same mark, also without a supervisor. Without that file the default counts.

pub mod ballast;

use crate::files::{FileError, remove_volatile, replace_volatile};
use limpet_protocol::disk::Room;
use rustix::fs::{StatVfs, statvfs};
use rustix::io::Errno;
use std::fs;
use std::path::Path;

/// In the state directory: bytes, in decimal.
const NAME: &str = "reserve";

/// What the supervisor of this state directory was asked to keep free; `None` for the default.
#[must_use]
pub fn asked(state: &Path) -> Option<u64> {
    fs::read_to_string(state.join(NAME)).ok()?.trim_end().parse().ok()
}

/// Says it, to whoever comes from now on.
///
/// # Errors
/// The file system refuses.
pub fn ask(state: &Path, bytes: Option<u64>) -> Result<(), FileError> {
    let path = state.join(NAME);
    match bytes {
        Some(bytes) => replace_volatile(&path, 0o644, format!("{bytes}\n").as_bytes()),
        None => remove_volatile(&path),
    }
}

/// The room on the disk that the root directory is on.
///
/// # Errors
/// It is not there.
pub fn room(root: &Path, asked_bytes: Option<u64>) -> Result<Room, Errno> {
    Ok(room_of(&statvfs(root)?, asked_bytes).with_ballast(ballast::bytes(root)))
}

/// The room on a disk in this state, beside any ballast.
#[must_use]
pub fn room_of(disk: &StatVfs, asked_bytes: Option<u64>) -> Room {
    let bytes = |blocks: u64| blocks.saturating_mul(disk.f_frsize);
    Room::new(bytes(disk.f_bavail), bytes(disk.f_blocks), asked_bytes)
}

/// What the file system at `path` keeps for the board's root, in bytes. Containers with ids of their own cannot take it: what they
/// write is written with their ids (overlayfs takes those of the process that mounted it, which is in their user namespace).
///
/// # Errors
/// It is not there.
pub fn kept(path: &Path) -> Result<u64, Errno> {
    let disk = statvfs(path)?;
    Ok(disk.f_bfree.saturating_sub(disk.f_bavail).saturating_mul(disk.f_frsize))
}

#[cfg(test)]
mod tests;
