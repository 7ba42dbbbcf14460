//! The ballast: a file that holds most of the reserve, so that no container can use it up, whatever its ids and the file system.
//!
//! The supervisor makes it as large as it should be while there is room. A record of Limpet's own that finds the disk full
//! takes a little from it, as everybody's last words have to be written: how something ended, and that it was stopped.

use limpet_protocol::disk::{BALLAST, BALLAST_STEP_BYTES, Room};
use rustix::fs::{CWD, FallocateFlags, Mode, OFlags, fallocate, fstat, ftruncate, openat, statfs};
use rustix::io::Errno;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Where free space is memory, none of it is held.
const TMPFS_MAGIC: u64 = 0x0102_1994;
/// Where somebody else was quicker, a record takes from it again, at most so often.
const LOANS_MAX: u32 = 16;

/// What is set aside below this root directory.
#[must_use]
pub fn bytes(root: &Path) -> u64 {
    // In blocks of 512 bytes, whatever those of the disk are (stat(2)).
    root.join(BALLAST).symlink_metadata().map_or(0, |file| file.blocks() * 512)
}

/// Makes it as large as this room asks for: larger only if there is room for all of it.
///
/// # Errors
/// The file system cannot (`EOPNOTSUPP`), or will not.
pub fn keep(root: &Path, room: &Room) -> Result<(), Errno> {
    let in_memory = || Ok::<_, Errno>(u64::try_from(statfs(root)?.f_type) == Ok(TMPFS_MAGIC));
    if room.ballast_is_whole() || room.is_low() || in_memory()? {
        return Ok(());
    }
    let wanted = room.ballast_wanted_bytes();
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = openat(CWD, root.join(BALLAST), flags, Mode::from_raw_mode(0o600))?;
    ftruncate(&file, wanted.min(room.ballast_bytes))?;
    if wanted > room.ballast_bytes {
        fallocate(&file, FallocateFlags::empty(), 0, wanted)?;
    }
    Ok(())
}

/// What `write` gives; as often as it finds the disk full, once more after some of the ballast was given back. `place` lies in
/// the root directory.
///
/// # Errors
/// Those of `write`.
pub fn or_lend<T>(place: &Path, mut write: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    let mut loans = 0;
    loop {
        match write() {
            Err(error) if error.kind() == io::ErrorKind::StorageFull && loans < LOANS_MAX && lend(place) => {
                loans += 1;
            }
            done => return done,
        }
    }
}

/// Gives a little back where the disk has no room at all, for what cannot say that it needs some. Half of what `reserve_bytes`
/// ask for is for records alone: starts may come again and again.
pub fn lend_if_full(root: &Path, reserve_bytes: Option<u64>) {
    let is_full = |room: &Room| room.free_bytes - room.ballast_bytes < BALLAST_STEP_BYTES;
    let has_plenty = |room: &Room| room.ballast_bytes > room.ballast_wanted_bytes() / 2;
    if super::room(root, reserve_bytes).is_ok_and(|room| is_full(&room) && has_plenty(&room)) {
        // Where nothing could be given, whoever needed it says so.
        let _given = lend(root);
    }
}

/// Whether anything was given back. `place` lies in the root directory.
#[must_use]
pub fn lend(place: &Path) -> bool {
    // Whoever writes a record knows its directory alone; no other program's file has this name.
    let given = |root: &Path| {
        let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = openat(CWD, root.join(BALLAST), flags, Mode::empty())?;
        let bytes = u64::try_from(fstat(&file)?.st_size).unwrap_or(0);
        if bytes == 0 {
            return Err(Errno::NOSPC);
        }
        ftruncate(&file, bytes.saturating_sub(BALLAST_STEP_BYTES))
    };
    place.ancestors().find_map(|root| given(root).ok()).is_some()
}

#[cfg(test)]
mod tests;
