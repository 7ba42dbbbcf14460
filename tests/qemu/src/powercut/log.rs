//! What a disk was told, in order: the log that QEMU's `blklogwrites` driver writes, in the form of the kernel's
//! dm-log-writes (Documentation/admin-guide/device-mapper/log-writes.rst).
//!
//! In: such a log. Out: what of it is on the disk after the power was cut, [`survivors`], and the disk itself,
//! [`replay`].

#[cfg(test)]
mod tests;

use super::random::Random;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

const MAGIC: u64 = 0x6a_7366_7773_6872;
/// Of the log, and of the disk.
pub(super) const SECTOR: u64 = 512;
const FLUSH: u64 = 1;
/// The write itself is on the disk when it is done.
const FUA: u64 = 2;
const DISCARD: u64 = 4;

/// One thing that the disk was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    sector: u64,
    sectors: u64,
    flags: u64,
    /// Where in the log its data is.
    data_at: u64,
}

/// What a disk does with what it was told to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disk {
    /// A flush means that everything before it is kept. This is what ext4 builds on, and what honest disks do.
    Honest,
    /// A flush means nothing: to see that the checks notice a missing sync.
    Forgetful,
}

/// Everything that the log holds, in order. The count in its head is written after each entry; what comes later was
/// being written when QEMU was killed.
pub(super) fn entries(log: &File) -> io::Result<Vec<Entry>> {
    let [magic, _version, count] = numbers(log, 0)?;
    if magic != MAGIC {
        return Err(io::Error::other(format!("not a log of writes: it begins with {magic:#x}")));
    }
    let mut at = SECTOR;
    let mut entries = Vec::new();
    for _ in 0..count {
        let [sector, sectors, flags] = numbers(log, at)?;
        at += SECTOR;
        entries.push(Entry { sector, sectors, flags, data_at: at });
        if flags & DISCARD == 0 {
            at += sectors * SECTOR;
        }
    }
    Ok(entries)
}

/// How many entries a log that is being written has by now; none before its head is there.
pub(super) fn count_at(path: &Path) -> usize {
    let count = File::open(path).and_then(|log| numbers(&log, 0)).map_or(0, |[_, _, count]| count);
    usize::try_from(count).unwrap_or(0)
}

fn numbers(log: &File, at: u64) -> io::Result<[u64; 3]> {
    let mut bytes = [0; 24];
    log.read_exact_at(&mut bytes, at)?;
    let number = |index: usize| {
        let bytes = bytes[index * 8..].first_chunk::<8>().expect("24 bytes are three times eight");
        u64::from_le_bytes(*bytes)
    };
    Ok([number(0), number(1), number(2)])
}

/// What is on the disk after a cut: everything up to the last flush, and of the later writes some, each whole or torn
/// between two sectors. Of two unflushed writes either may survive, whichever came first.
pub(super) fn survivors(entries: &[Entry], disk: Disk, random: &mut Random) -> Vec<Entry> {
    let last_flush = entries.iter().rposition(|entry| entry.flags & FLUSH != 0);
    let kept = match disk {
        Disk::Honest => last_flush.map_or(0, |at| at + 1),
        Disk::Forgetful => 0,
    };
    let percent = *random.pick(&[0, 25, 50, 75, 100]);
    let mut survivors = entries[..kept].to_vec();
    for entry in &entries[kept..] {
        if entry.flags & FUA != 0 && disk == Disk::Honest {
            survivors.push(*entry);
        } else if random.chance(percent) {
            survivors.push(torn(*entry, random));
        }
    }
    survivors
}

fn torn(entry: Entry, random: &mut Random) -> Entry {
    if entry.sectors > 1 && random.chance(30) {
        Entry { sectors: random.below(entry.sectors), ..entry }
    } else {
        entry
    }
}

/// Writes what survived on `disk`, a copy of what was there before.
pub(super) fn replay(log: &File, survivors: &[Entry], disk: &Path) -> io::Result<()> {
    let disk = OpenOptions::new().write(true).open(disk)?;
    for entry in survivors {
        let length = usize::try_from(entry.sectors * SECTOR).map_err(io::Error::other)?;
        let mut bytes = vec![0; length];
        // What is discarded reads as zeros, as QEMU's disks have it.
        if entry.flags & DISCARD == 0 {
            log.read_exact_at(&mut bytes, entry.data_at)?;
        }
        disk.write_all_at(&bytes, entry.sector * SECTOR)?;
    }
    Ok(())
}
