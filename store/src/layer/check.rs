//! A layer against its own records.

use super::index;
use super::rebuild::Layer;
use super::sparse::Chunk;
use super::split::{Piece, SplitReader};
use crate::digest::{Digest, Sha256};
use rustix::fs::SeekFrom;
use rustix::io::Errno;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;

const READ_BYTES: usize = 64 * 1024;
/// Told of a path, and what is wrong with it.
pub(crate) type Tell<'a> = &'a mut dyn FnMut(&[u8], &str);

/// Why a check came to no end.
#[derive(Debug)]
pub(crate) enum CheckError {
    Read(io::Error),
    Pace(io::Error),
}

impl Layer {
    /// Names, types, owners, modes, times and so on.
    pub(crate) fn check_tree(&self, tell: Tell<'_>) -> Result<(), CheckError> {
        let compared = self.directory(b"tree").and_then(|root| {
            let mut index = self.file(b"index")?;
            index::compare(&root, &mut index, tell)
        });
        compared.map_err(CheckError::Read)
    }

    /// The contents of every file that the tar has.
    pub(crate) fn check_contents(&self, tell: Tell<'_>, pace: &mut dyn Write) -> Result<(), CheckError> {
        let mut split = self.file(b"split").and_then(SplitReader::new).map_err(CheckError::Read)?;
        let mut buffer = vec![0; READ_BYTES];
        while let Some(piece) = split.next().map_err(CheckError::Read)? {
            let Piece::Part { label, path, chunks, digest } = piece else { continue };
            let whole = match self.contents(label, &path) {
                Ok(file) => is_whole(&file, &chunks, &digest, &mut buffer, pace),
                Err(error) => Err(CheckError::Read(error)),
            };
            match whole {
                Ok(true) => {}
                Ok(false) => tell(&path, "has other contents"),
                Err(CheckError::Read(error)) => tell(&path, &format!("cannot be read: {error}")),
                Err(CheckError::Pace(error)) => return Err(CheckError::Pace(error)),
            }
        }
        Ok(())
    }
}

fn is_whole(
    file: &File,
    chunks: &[Chunk],
    digest: &Digest,
    buffer: &mut [u8],
    pace: &mut dyn Write,
) -> Result<bool, CheckError> {
    let mut hash = Sha256::new();
    for (offset, length) in chunks {
        let whole = read(file, *offset, *length, buffer, &mut |bytes| {
            hash.update(bytes);
            pace.write_all(bytes)
        })?;
        if !whole {
            return Ok(false);
        }
    }
    Ok(hash.finish() == *digest && holes_are_empty(file, chunks, buffer, pace)?)
}

/// Shows `length` bytes from `offset`; false if the file has fewer.
fn read(
    file: &File,
    mut offset: u64,
    length: u64,
    buffer: &mut [u8],
    show: &mut dyn FnMut(&[u8]) -> io::Result<()>,
) -> Result<bool, CheckError> {
    let end = offset.saturating_add(length);
    while offset < end {
        let wanted = usize::try_from(end - offset).unwrap_or(buffer.len()).min(buffer.len());
        let count = file.read_at(&mut buffer[..wanted], offset).map_err(CheckError::Read)?;
        if count == 0 {
            return Ok(false);
        }
        show(&buffer[..count]).map_err(CheckError::Pace)?;
        offset += count as u64;
    }
    Ok(true)
}

/// Between its chunks a sparse file has zeros; what is not on the disk (lseek(2), `SEEK_DATA`) need not be read.
fn holes_are_empty(
    file: &File,
    chunks: &[Chunk],
    buffer: &mut [u8],
    pace: &mut dyn Write,
) -> Result<bool, CheckError> {
    let mut at = 0;
    for (offset, length) in chunks.iter().copied().chain([(u64::MAX, 0)]) {
        while let Some((start, end)) = data_between(file, at, offset).map_err(CheckError::Read)? {
            let mut zeros = true;
            read(file, start, end - start, buffer, &mut |bytes| {
                zeros &= bytes.iter().all(|byte| *byte == 0);
                pace.write_all(bytes)
            })?;
            if !zeros {
                return Ok(false);
            }
            at = end;
        }
        at = offset.saturating_add(length);
    }
    Ok(true)
}

/// The first data of a file in this range.
fn data_between(file: &File, from: u64, to: u64) -> io::Result<Option<(u64, u64)>> {
    if from >= to {
        return Ok(None);
    }
    match rustix::fs::seek(file, SeekFrom::Data(from)) {
        Ok(start) if start < to => {
            let end = rustix::fs::seek(file, SeekFrom::Hole(start))?;
            Ok(Some((start, end.min(to))))
        }
        Ok(_) | Err(Errno::NXIO) => Ok(None),
        Err(errno) => Err(errno.into()),
    }
}
