//! Reads a tar of anybody's making, for others than the store: entries with every extension applied.
//!
//! In: bytes that nobody vouches for. Out: one [`Entry`] at a time, and its contents by [`Read`] on the reader itself.
//! Paths are as they were written: whoever puts an entry somewhere must not trust them.

use crate::layer::sparse::{Chunk, Sparse};
use crate::layer::tape::{self, Medium, TapeError, end_contents, next_entry};
use std::io::{self, Read};

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link to [`Entry::link`].
    Symlink,
    /// Another name of the entry [`Entry::link`].
    Hardlink,
    /// A character device, by its major and minor number.
    Character(u32, u32),
    /// A block device, by its major and minor number.
    Block(u32, u32),
    /// A named pipe.
    Fifo,
}

/// One entry of a tar, or one file that could be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it is.
    pub kind: Kind,
    /// Where it is, as written.
    pub path: Vec<u8>,
    /// Where it leads, for both kinds of links.
    pub link: Vec<u8>,
    /// Permission bits, set-user-ID and its like included.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// When it was changed: seconds since 1970, and nanoseconds.
    pub modified: (i64, u32),
    /// Extended attributes: names and values.
    pub xattrs: Vec<(Vec<u8>, Vec<u8>)>,
    /// Bytes of contents; 0 for all but files.
    pub size_bytes: u64,
}

/// Why a tar cannot be read on.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct ArchiveError(#[from] TapeError);

/// A tar that is being read.
pub struct Reader<'a> {
    input: Input<'a>,
    contents: Contents,
}

/// What is left of the contents of the entry that was read last.
#[derive(Default)]
struct Contents {
    chunks: std::vec::IntoIter<Chunk>,
    chunk: Chunk,
    at: u64,
    size_bytes: u64,
    stored_left: u64,
    stored_bytes: u64,
}

struct Input<'a>(&'a mut dyn Read);

impl Read for Input<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Medium for Input<'_> {
    fn keep(&mut self, _: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn skip(&mut self, length: u64) -> io::Result<()> {
        let passed = io::copy(&mut self.0.take(length), &mut io::sink())?;
        if passed == length { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }
}

impl<'a> Reader<'a> {
    /// Reads from `input`, which is at its first header.
    pub fn new(input: &'a mut dyn Read) -> Self {
        Self { input: Input(input), contents: Contents::default() }
    }

    /// The next entry; `None` at the end. What the caller did not read of the last one's contents is passed over.
    ///
    /// # Errors
    /// It is no tar, is cut short, or cannot be read.
    pub fn next_entry(&mut self) -> Result<Option<Entry>, ArchiveError> {
        loop {
            self.finish_contents()?;
            let Some(entry) = next_entry(&mut self.input)? else { return Ok(None) };
            self.contents = Contents::of(entry.sparse.as_ref(), entry.stored_bytes);
            if let Some(kind) = kind(entry.kind) {
                let size_bytes = self.contents.size_bytes;
                return Ok(Some(public(entry, kind, size_bytes)));
            }
        }
    }

    fn finish_contents(&mut self) -> Result<(), TapeError> {
        let Contents { stored_left, stored_bytes, .. } = std::mem::take(&mut self.contents);
        self.input.skip(stored_left)?;
        end_contents(&mut self.input, stored_bytes)
    }
}

/// Contents of the last entry; the holes of a sparse file are read as zeros.
impl Read for Reader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let contents = &mut self.contents;
        while contents.at == contents.chunk.0 + contents.chunk.1 && contents.at < contents.size_bytes {
            contents.chunk = contents.chunks.next().unwrap_or((contents.size_bytes, 0));
            if contents.chunk == (contents.size_bytes, 0) {
                break;
            }
        }
        let in_hole = contents.at < contents.chunk.0;
        let end = if in_hole { contents.chunk.0 } else { contents.chunk.0 + contents.chunk.1 };
        let length = usize::try_from(end - contents.at).unwrap_or(usize::MAX).min(buffer.len());
        let read = if in_hole {
            buffer[..length].fill(0);
            length
        } else {
            let read = self.input.read(&mut buffer[..length])?;
            if read == 0 && length > 0 {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it is cut short"));
            }
            contents.stored_left -= read as u64;
            read
        };
        contents.at += read as u64;
        Ok(read)
    }
}

impl Contents {
    fn of(sparse: Option<&Sparse>, stored_bytes: u64) -> Self {
        let (size_bytes, chunks) = match sparse {
            Some(sparse) => (sparse.size_bytes, sparse.chunks.clone()),
            None => (stored_bytes, vec![(0, stored_bytes)]),
        };
        Self {
            chunks: chunks.into_iter(),
            chunk: (0, 0),
            at: 0,
            size_bytes,
            stored_left: stored_bytes,
            stored_bytes,
        }
    }
}

fn kind(kind: tape::Kind) -> Option<Kind> {
    Some(match kind {
        tape::Kind::File => Kind::File,
        tape::Kind::Directory => Kind::Directory,
        tape::Kind::Symlink => Kind::Symlink,
        tape::Kind::Hardlink => Kind::Hardlink,
        tape::Kind::Character { major, minor } => Kind::Character(major, minor),
        tape::Kind::Block { major, minor } => Kind::Block(major, minor),
        tape::Kind::Fifo => Kind::Fifo,
        tape::Kind::Other => return None,
    })
}

fn public(entry: tape::Entry, kind: Kind, size_bytes: u64) -> Entry {
    Entry {
        kind,
        path: entry.path,
        link: entry.link,
        mode: entry.mode,
        uid: entry.uid,
        gid: entry.gid,
        modified: entry.mtime,
        xattrs: entry.xattrs,
        size_bytes: if kind == Kind::File { size_bytes } else { 0 },
    }
}

#[cfg(test)]
mod tests;
