//! The unpacking process: reads one layer, fills one directory, reports, ends.

use super::decompress;
use super::flow::{Capped, is_too_long};
use super::index;
use super::report::{Failure, Instruction, Summary};
use super::split::SplitWriter;
use super::tape::{self, Entry, Kind, Medium, TapeError};
use super::tree::Tree;
use super::walk::{PlaceError, shown};
use crate::digest::{Digest, Hashing, HashingWriter};
use crate::limits::LAYER_ENTRIES_MAX;
use crate::reserve::room_of;
use rustix::fs::{Mode, OFlags};
use std::collections::BTreeSet;
use std::error::Error;
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::os::fd::OwnedFd;

/// How much is read between two looks at the free space.
const SPACE_LOOK_BYTES: u64 = 16 * 1024 * 1024;

/// Why a layer is not taken.
#[derive(Debug, thiserror::Error)]
enum LayerError {
    #[error("cannot unpack it")]
    Unpack(#[source] io::Error),
    #[error(transparent)]
    Tape(#[from] TapeError),
    #[error("entry {path:?}")]
    Place { path: String, source: PlaceError },
    #[error("it has more than {LAYER_ENTRIES_MAX} entries")]
    TooManyEntries,
    #[error("a sparse file is larger than the layer may be")]
    SparseTooLarge,
    #[error("cannot write its record")]
    Record(#[source] io::Error),
}

/// Does what `instruction` says with the layer that `source` gives.
pub(crate) fn carry_out(instruction: Instruction, source: &mut dyn Read) -> Result<Summary, Failure> {
    let mut limited = source.take(instruction.stored_bytes);
    let mut stored = Hashing::new(&mut limited);
    let mut summary = {
        let mut unpacked = decompress::unpacked(Box::new(&mut stored))
            .map_err(|error| failure(&LayerError::Unpack(error)))?;
        let mut capped = Capped::new(&mut *unpacked, instruction.tar_bytes_max);
        let mut tar = Hashing::new(&mut capped);
        let mut summary = Summary::default();
        if instruction.fill {
            fill(&mut tar, &instruction, &mut summary).map_err(|error| failure(&error))?;
        }
        tar.drain().map_err(|error| failure(&LayerError::Unpack(error)))?;
        summary.tar_bytes = tar.count_bytes();
        summary.tar = tar.finish().to_string();
        summary
    };
    stored.drain().map_err(|error| failure(&LayerError::Unpack(error)))?;
    if stored.count_bytes() != instruction.stored_bytes {
        return Err(Failure::Refused("it is cut short".to_owned()));
    }
    summary.stored = stored.finish().to_string();
    Ok(summary)
}

/// Sorts out the failures that the parent words itself, wherever in the chain they lie.
fn failure(error: &LayerError) -> Failure {
    if matches!(error, LayerError::SparseTooLarge) {
        return Failure::TooLong;
    }
    let mut text = error.to_string();
    let mut next: Option<&(dyn Error + 'static)> = error.source();
    while let Some(source) = next {
        if let Some(known) = source.downcast_ref().and_then(known) {
            return known;
        }
        text = format!("{text}: {source}");
        next = source.source();
    }
    Failure::Refused(text)
}

fn known(error: &io::Error) -> Option<Failure> {
    if is_too_long(error) {
        return Some(Failure::TooLong);
    }
    let full = matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    );
    full.then_some(Failure::DiskFull)
}

/// The tar as it flows, with what is kept of it.
struct Tar<'a, 'b> {
    source: &'a mut Hashing<'b>,
    split: SplitWriter,
    disk: OwnedFd,
    reserve_bytes: u64,
    looked_at_bytes: u64,
}

impl Tar<'_, '_> {
    fn look_at_space(&mut self) -> io::Result<()> {
        if self.source.count_bytes() < self.looked_at_bytes {
            return Ok(());
        }
        self.looked_at_bytes = self.source.count_bytes() + SPACE_LOOK_BYTES;
        let disk = rustix::fs::fstatvfs(&self.disk)?;
        if room_of(&disk, Some(self.reserve_bytes)).usable_bytes() == 0 {
            Err(io::ErrorKind::StorageFull.into())
        } else {
            Ok(())
        }
    }

    /// Keeps what is left: padding, and anything behind the end of the archive.
    fn keep_rest(&mut self) -> io::Result<()> {
        let mut buffer = vec![0; 16 * 1024];
        loop {
            let count = self.read(&mut buffer)?;
            if count == 0 {
                return Ok(());
            }
            self.keep(&buffer[..count])?;
        }
    }
}

impl Read for Tar<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.look_at_space()?;
        self.source.read(buffer)
    }
}

impl Medium for Tar<'_, '_> {
    fn keep(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.split.bytes(bytes)
    }

    /// Contents that become no file are kept as they are.
    fn skip(&mut self, mut length: u64) -> io::Result<()> {
        let mut buffer = vec![0; 16 * 1024];
        while length > 0 {
            let wanted = usize::try_from(length).unwrap_or(buffer.len()).min(buffer.len());
            let count = self.read(&mut buffer[..wanted])?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.keep(&buffer[..count])?;
            length -= count as u64;
        }
        Ok(())
    }
}

fn fill(
    source: &mut Hashing<'_>,
    instruction: &Instruction,
    summary: &mut Summary,
) -> Result<(), LayerError> {
    let Instruction { tar_bytes_max: file_bytes_max, reserve_bytes, .. } = *instruction;
    let place = |source| LayerError::Place { path: "/".to_owned(), source };
    let open = |flags: OFlags| rustix::fs::open(".", flags | OFlags::CLOEXEC, Mode::empty());
    let work = open(OFlags::RDONLY | OFlags::DIRECTORY).map_err(|errno| LayerError::Record(errno.into()))?;
    let disk = work.try_clone().map_err(LayerError::Record)?;
    let index = File::create("index").map_err(LayerError::Record)?;
    let split = File::create("split").and_then(SplitWriter::new).map_err(LayerError::Record)?;
    let mut tar = Tar { source, split, disk, reserve_bytes, looked_at_bytes: 0 };
    let mut tree = Tree::new(work).map_err(place)?;
    entries(&mut tar, &mut tree, file_bytes_max, summary)?;
    tar.keep_rest().map_err(LayerError::Unpack)?;
    summary.split = tar.split.finish().map_err(LayerError::Record)?.hex();
    summary.xattrs_skipped = tree.xattrs_skipped;
    let (root, opaque) = tree.finish().map_err(place)?;
    summary.index = write_index(&root, &opaque, index).map_err(LayerError::Record)?.hex();
    summary.opaque = opaque.into_iter().collect();
    Ok(())
}

fn write_index(root: &OwnedFd, opaque: &BTreeSet<Vec<u8>>, file: File) -> io::Result<Digest> {
    let mut out = HashingWriter::new(BufWriter::new(file));
    index::write(root, opaque, &mut out)?;
    let (mut out, digest) = out.finish();
    out.flush()?;
    Ok(digest)
}

fn entries(
    tar: &mut Tar<'_, '_>,
    tree: &mut Tree,
    file_bytes_max: u64,
    summary: &mut Summary,
) -> Result<(), LayerError> {
    let mut count = 0;
    while let Some(entry) = tape::next_entry(tar)? {
        count += 1;
        if count > LAYER_ENTRIES_MAX {
            return Err(LayerError::TooManyEntries);
        }
        // Holes take no room, but whoever copies the file would fill them.
        if entry.sparse.as_ref().is_some_and(|sparse| sparse.size_bytes > file_bytes_max) {
            return Err(LayerError::SparseTooLarge);
        }
        one_entry(tar, tree, &entry, summary)?;
    }
    Ok(())
}

fn one_entry(
    tar: &mut Tar<'_, '_>,
    tree: &mut Tree,
    entry: &Entry,
    summary: &mut Summary,
) -> Result<(), LayerError> {
    let place = |source| LayerError::Place { path: shown(&entry.path), source };
    let stored = match entry.kind {
        Kind::Other => None,
        _ => tree.place(entry, tar).map_err(place)?,
    };
    match stored {
        Some(stored) => {
            summary.file_bytes = summary.file_bytes.saturating_add(stored.size_bytes);
            tar.split
                .part(stored.label, &stored.path, &stored.chunks, &stored.digest)
                .map_err(LayerError::Record)?;
        }
        None => tar.skip(entry.stored_bytes).map_err(TapeError::from)?,
    }
    Ok(tape::end_contents(tar, entry.stored_bytes)?)
}
