//! What an image is loaded from: an OCI layout in a directory, or an archive (OCI layout or docker-archive in a tar).
//!
//! An archive is indexed once and then read at offsets. What cannot be sought in, or is packed as a whole, is first
//! spooled into the staging directory.

use crate::layer::decompress::{Packing, unpacked};
use crate::layer::flow::{Capped, is_too_long, read_full};
use crate::layer::tape::{self, Kind, Medium, TapeError};
use crate::limits::ARCHIVE_ENTRIES_MAX;
use crate::reserve::Reserve;
use limpet_protocol::disk::Room;
use rustix::fs::{Mode, OFlags};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

const LINKS_MAX: usize = 8;

/// Why an input cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// It cannot be opened or read.
    #[error("cannot read it")]
    Read(#[source] io::Error),
    /// It cannot be copied to where it can be sought in.
    #[error("cannot copy it into the store")]
    Spool(#[source] io::Error),
    /// More than may be taken.
    #[error("it has more than {0} bytes; raise --max-size if you trust it")]
    TooLong(u64),
    /// No room for a copy.
    #[error("the disk is full: {0}: free some space (see: limpet system df) and try again")]
    DiskFull(Room),
    /// Not an archive.
    #[error("{0}")]
    Archive(String),
    /// More files than an image has.
    #[error("it has more than {ARCHIVE_ENTRIES_MAX} entries")]
    TooManyEntries,
}

/// Where an input that cannot be sought in is copied to.
pub(crate) struct Spool<'a> {
    pub(crate) directory: &'a Path,
    pub(crate) reserve: Reserve<'a>,
}

/// An input that can be read at any place.
pub(crate) enum Source {
    Directory(PathBuf),
    Archive { file: File, items: HashMap<String, Item> },
}

/// One entry of an archive.
pub(crate) enum Item {
    Bytes {
        offset: u64,
        length: u64,
    },
    /// docker's archives link equal layers to one another.
    Link(String),
}

impl Source {
    /// Opens a path.
    pub(crate) fn open_path(path: &Path, spool: &Spool<'_>, bytes_max: u64) -> Result<Self, SourceError> {
        let file = File::open(path).map_err(SourceError::Read)?;
        if file.metadata().map_err(SourceError::Read)?.is_dir() {
            return Ok(Self::Directory(path.to_owned()));
        }
        Self::open_file(file, spool, bytes_max)
    }

    /// Takes an open file, a pipe or a socket.
    pub(crate) fn open_file(mut file: File, spool: &Spool<'_>, bytes_max: u64) -> Result<Self, SourceError> {
        let plain = file.metadata().map_err(SourceError::Read)?.is_file();
        if plain && Packing::of(&start(&mut file)?) == Packing::Plain {
            return Self::index(file);
        }
        Self::index(spool_into(&mut file, spool, bytes_max)?)
    }

    fn index(mut file: File) -> Result<Self, SourceError> {
        file.rewind().map_err(SourceError::Read)?;
        let mut seeker = Seeker { file, position: 0 };
        let items = index(&mut seeker)?;
        Ok(Self::Archive { file: seeker.file, items })
    }

    /// The entry `name`, positioned at its first byte, and its length; `None` if there is no such entry.
    pub(crate) fn open(&self, name: &str) -> io::Result<Option<(File, u64)>> {
        match self {
            Self::Directory(directory) => open_below(directory, name),
            Self::Archive { file, items } => {
                let Some((offset, length)) = find(items, name) else { return Ok(None) };
                let mut file = file.try_clone()?;
                file.seek(SeekFrom::Start(offset))?;
                Ok(Some((file, length)))
            }
        }
    }

    /// The whole entry, if it has at most `bytes_max`.
    pub(crate) fn read(&self, name: &str, bytes_max: u64) -> io::Result<Option<Vec<u8>>> {
        let Some((file, length)) = self.open(name)? else { return Ok(None) };
        if length > bytes_max {
            return Err(io::Error::other(format!("it has more than {bytes_max} bytes")));
        }
        let mut bytes = Vec::new();
        file.take(length).read_to_end(&mut bytes)?;
        if bytes.len() as u64 != length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(Some(bytes))
    }
}

fn open_below(directory: &Path, name: &str) -> io::Result<Option<(File, u64)>> {
    // A pipe in somebody's directory must not make us wait.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = match rustix::fs::open(directory.join(name), flags, Mode::empty()) {
        Ok(fd) => File::from(fd),
        Err(rustix::io::Errno::NOENT) => return Ok(None),
        Err(errno) => return Err(errno.into()),
    };
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file"));
    }
    Ok(Some((file, metadata.len())))
}

fn find(items: &HashMap<String, Item>, name: &str) -> Option<(u64, u64)> {
    let mut name = name.to_owned();
    for _ in 0..LINKS_MAX {
        match items.get(&normal(&name)?)? {
            Item::Bytes { offset, length } => return Some((*offset, *length)),
            Item::Link(target) => name = target.clone(),
        }
    }
    None
}

/// A path without `.` and `..`; `None` if it climbs out.
fn normal(path: &str) -> Option<String> {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

fn start(file: &mut File) -> Result<[u8; 6], SourceError> {
    let mut bytes = [0; 6];
    file.rewind()
        .and_then(|()| read_full(file, &mut bytes))
        .and_then(|_| file.rewind())
        .map_err(SourceError::Read)?;
    Ok(bytes)
}

/// Copies, unpacking on the way.
fn spool_into(input: &mut File, spool: &Spool<'_>, bytes_max: u64) -> Result<File, SourceError> {
    let room = spool.reserve.room().map_err(SourceError::Spool)?;
    let allowed_bytes = bytes_max.min(room.usable_bytes());
    let path = spool.directory.join("spool");
    let file =
        File::options().read(true).write(true).create_new(true).open(path).map_err(SourceError::Spool)?;
    let mut plain = unpacked(Box::new(input)).map_err(SourceError::Read)?;
    let mut capped = Capped::new(&mut *plain, allowed_bytes);
    let mut out = BufWriter::with_capacity(64 * 1024, &file);
    let copied = io::copy(&mut capped, &mut out).and_then(|_| out.flush());
    drop(out);
    match copied {
        Ok(()) => Ok(file),
        Err(error) if is_too_long(&error) && allowed_bytes == bytes_max => {
            Err(SourceError::TooLong(bytes_max))
        }
        Err(error) if is_too_long(&error) || error.kind() == io::ErrorKind::StorageFull => {
            Err(SourceError::DiskFull(room))
        }
        Err(error) => Err(SourceError::Read(error)),
    }
}

/// A file that is read header by header.
struct Seeker {
    file: File,
    position: u64,
}

impl Read for Seeker {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.position += count as u64;
        Ok(count)
    }
}

impl Medium for Seeker {
    fn keep(&mut self, _: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn skip(&mut self, length: u64) -> io::Result<()> {
        let end = self.position.checked_add(length).ok_or(io::ErrorKind::UnexpectedEof)?;
        if end > self.file.metadata()?.len() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.position = self.file.seek(SeekFrom::Start(end))?;
        Ok(())
    }
}

fn index(seeker: &mut Seeker) -> Result<HashMap<String, Item>, SourceError> {
    let mut items = HashMap::new();
    let mut count = 0;
    while let Some(entry) = tape::next_entry(seeker).map_err(archive)? {
        count += 1;
        if count > ARCHIVE_ENTRIES_MAX {
            return Err(SourceError::TooManyEntries);
        }
        let name = std::str::from_utf8(&entry.path).ok().and_then(normal);
        let directory =
            name.as_deref().and_then(|name| name.rsplit_once('/')).map_or("", |(directory, _)| directory);
        let link = || String::from_utf8_lossy(&entry.link).into_owned();
        let item = match entry.kind {
            Kind::File if entry.sparse.is_none() => {
                Some(Item::Bytes { offset: seeker.position, length: entry.stored_bytes })
            }
            Kind::Hardlink => Some(Item::Link(link())),
            Kind::Symlink => Some(Item::Link(format!("{directory}/{}", link()))),
            _ => None,
        };
        if let (Some(name), Some(item)) = (name, item) {
            items.insert(name, item);
        }
        seeker.skip(entry.stored_bytes).map_err(|error| archive(error.into()))?;
        tape::end_contents(seeker, entry.stored_bytes).map_err(archive)?;
    }
    Ok(items)
}

fn archive(error: TapeError) -> SourceError {
    match error {
        TapeError::Read(error) => SourceError::Read(error),
        other => SourceError::Archive(other.to_string()),
    }
}

#[cfg(test)]
mod tests;
