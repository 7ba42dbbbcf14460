//! The reserve of the disk that the store is on: what loading and pulling leave free.

use limpet_protocol::disk::{BALLAST, Room};
use rustix::fs::{StatVfs, statvfs};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// How much is to stay free.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reserve<'a> {
    /// Where the store lies.
    pub(crate) root: &'a Path,
    /// So many bytes, or the default.
    pub(crate) bytes: Option<u64>,
}

impl Reserve<'_> {
    pub(crate) fn room(&self) -> io::Result<Room> {
        // In blocks of 512 bytes, whatever those of the disk are (stat(2)).
        let ballast_bytes = self.root.join(BALLAST).symlink_metadata().map_or(0, |file| file.blocks() * 512);
        Ok(room_of(&statvfs(self.root)?, self.bytes).with_ballast(ballast_bytes))
    }
}

/// The room on a disk in this state, beside any ballast.
pub(crate) fn room_of(disk: &StatVfs, reserve_bytes: Option<u64>) -> Room {
    let bytes = |blocks: u64| blocks.saturating_mul(disk.f_frsize);
    Room::new(bytes(disk.f_bavail), bytes(disk.f_blocks), reserve_bytes)
}
