//! Walks the headers of a tar: one [`Entry`] at a time, with every extension applied.
//!
//! What comes in: a [`Medium`] of 512-byte blocks. What goes out: entries whose contents the caller reads or skips.
//! The order of precedence (which other readers may see differently) is Go's archive/tar, as docker's: pax records,
//! then GNU long names, then the header; links, directories and devices have no contents whatever their size says.

use super::flow::read_full;
use super::pax;
use super::sparse::{MapReader, PaxSparse, Sparse};
use crate::limits::EXTENDED_HEADER_BYTES_MAX;
use std::io::{self, Read};
use tar::{EntryType, GnuExtSparseHeader, Header};

pub(crate) const BLOCK_BYTES: usize = 512;

/// What a tar is read from.
pub(crate) trait Medium: Read {
    /// Told of all bytes that are not the contents of an entry.
    fn keep(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Passes over contents that nobody wants.
    fn skip(&mut self, length: u64) -> io::Result<()>;
}

/// Why a tar cannot be read on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TapeError {
    #[error("cannot read it")]
    Read(#[source] io::Error),
    #[error("it is cut short")]
    Truncated,
    #[error("it is not a tar archive, or damaged: {0}")]
    Malformed(&'static str),
    #[error("an extended header is over {EXTENDED_HEADER_BYTES_MAX} bytes")]
    ExtendedTooLong,
}

impl From<io::Error> for TapeError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof { Self::Truncated } else { Self::Read(error) }
    }
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    Directory,
    Symlink,
    Hardlink,
    Character {
        major: u32,
        minor: u32,
    },
    Block {
        major: u32,
        minor: u32,
    },
    Fifo,
    /// Passed over, as docker does.
    Other,
}

/// Seconds since 1970, and nanoseconds.
pub(crate) type Time = (i64, u32);

/// One entry.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) kind: Kind,
    pub(crate) path: Vec<u8>,
    pub(crate) link: Vec<u8>,
    pub(crate) mode: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) mtime: Time,
    pub(crate) atime: Option<Time>,
    pub(crate) xattrs: Vec<(Vec<u8>, Vec<u8>)>,
    /// Bytes of contents that follow in the tar, without padding.
    pub(crate) stored_bytes: u64,
    /// Where they belong, in a sparse file.
    pub(crate) sparse: Option<Sparse>,
}

/// What extended headers say about the entry that follows.
#[derive(Default)]
struct Extensions {
    long_path: Option<Vec<u8>>,
    long_link: Option<Vec<u8>>,
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<u64>,
    uid: Option<u64>,
    gid: Option<u64>,
    mtime: Option<Time>,
    atime: Option<Time>,
    xattrs: Vec<(Vec<u8>, Vec<u8>)>,
    sparse_path: Option<Vec<u8>>,
    sparse: PaxSparse,
}

/// Reads the next entry; `None` at the end of the archive.
///
/// The caller then takes exactly `stored_bytes` from the medium and calls [`end_contents`].
pub(crate) fn next_entry(medium: &mut dyn Medium) -> Result<Option<Entry>, TapeError> {
    let mut extensions = Extensions::default();
    let mut extended_bytes = 0;
    loop {
        let Some(block) = next_header(medium)? else { return Ok(None) };
        let header = Header::from_byte_slice(&block);
        let size = header.entry_size().map_err(|_| TapeError::Malformed("an entry's size"))?;
        let kind = header.entry_type();
        if !is_extension(kind) {
            return entry(medium, header, size, extensions).map(Some);
        }
        extended_bytes += size;
        if size > EXTENDED_HEADER_BYTES_MAX || extended_bytes > EXTENDED_HEADER_BYTES_MAX {
            return Err(TapeError::ExtendedTooLong);
        }
        let data = contents(medium, size)?;
        extensions.take(kind, data)?;
    }
}

fn is_extension(kind: EntryType) -> bool {
    kind.is_gnu_longname()
        || kind.is_gnu_longlink()
        || kind.is_pax_local_extensions()
        || kind.is_pax_global_extensions()
}

/// The padding after an entry's contents.
pub(crate) fn end_contents(medium: &mut dyn Medium, stored_bytes: u64) -> Result<(), TapeError> {
    let mut padding = Vec::with_capacity(BLOCK_BYTES);
    let length = stored_bytes.wrapping_neg() % BLOCK_BYTES as u64;
    (&mut *medium).take(length).read_to_end(&mut padding)?;
    if (padding.len() as u64) < length {
        return Err(TapeError::Truncated);
    }
    Ok(medium.keep(&padding)?)
}

fn next_header(medium: &mut dyn Medium) -> Result<Option<[u8; BLOCK_BYTES]>, TapeError> {
    let Some(block) = read_block(medium)? else { return Ok(None) };
    if block.iter().any(|b| *b != 0) {
        return if checksum_matches(&block) {
            Ok(Some(block))
        } else {
            Err(TapeError::Malformed("a header's checksum"))
        };
    }
    match read_block(medium)? {
        Some(second) if second.iter().any(|b| *b != 0) => Err(TapeError::Malformed("a lone block of zeros")),
        _ => Ok(None),
    }
}

fn read_block(medium: &mut dyn Medium) -> Result<Option<[u8; BLOCK_BYTES]>, TapeError> {
    let mut block = [0; BLOCK_BYTES];
    match read_full(medium, &mut block)? {
        0 => Ok(None),
        BLOCK_BYTES => {
            medium.keep(&block)?;
            Ok(Some(block))
        }
        _ => Err(TapeError::Truncated),
    }
}

/// The sum of all bytes, its own field counted as spaces; old writers summed signed bytes (tar(5)).
fn checksum_matches(block: &[u8; BLOCK_BYTES]) -> bool {
    let Ok(wanted) = Header::from_byte_slice(block).cksum() else { return false };
    let bytes = || block.iter().enumerate().map(|(i, b)| if (148..156).contains(&i) { b' ' } else { *b });
    let unsigned: u32 = bytes().map(u32::from).sum();
    let signed: i32 = bytes().map(|b| i32::from(b.cast_signed())).sum();
    wanted == unsigned || i64::from(wanted) == i64::from(signed)
}

/// The contents of an extended header.
fn contents(medium: &mut dyn Medium, size: u64) -> Result<Vec<u8>, TapeError> {
    let mut data = Vec::new();
    (&mut *medium).take(size).read_to_end(&mut data)?;
    if data.len() as u64 != size {
        return Err(TapeError::Truncated);
    }
    medium.keep(&data)?;
    end_contents(medium, size)?;
    Ok(data)
}

impl Extensions {
    fn take(&mut self, kind: EntryType, data: Vec<u8>) -> Result<(), TapeError> {
        if kind.is_gnu_longname() {
            self.long_path = Some(until_nul(data));
        } else if kind.is_gnu_longlink() {
            self.long_link = Some(until_nul(data));
        } else if kind.is_pax_local_extensions() {
            let records = pax::records(&data).map_err(|_| TapeError::Malformed("a pax extended header"))?;
            for (key, value) in records {
                self.record(key, value).ok_or(TapeError::Malformed("a value in a pax extended header"))?;
            }
        }
        Ok(())
    }

    fn record(&mut self, key: &[u8], value: &[u8]) -> Option<()> {
        if let Some(name) = key.strip_prefix(b"SCHILY.xattr.") {
            self.xattrs.push((name.to_vec(), value.to_vec()));
            return Some(());
        }
        if key == b"GNU.sparse.name" {
            self.sparse_path = Some(value.to_vec());
            return Some(());
        }
        if let Some(key) = key.strip_prefix(b"GNU.sparse.") {
            return self.sparse.take(key, value);
        }
        // An empty value takes an earlier one back (pax(1)).
        let given = !value.is_empty();
        match key {
            b"path" => self.path = given.then(|| value.to_vec()),
            b"linkpath" => self.link = given.then(|| value.to_vec()),
            b"size" => self.size = optional(value, pax::number)?,
            b"uid" => self.uid = optional(value, pax::number)?,
            b"gid" => self.gid = optional(value, pax::number)?,
            b"mtime" => self.mtime = optional(value, pax::time)?,
            b"atime" => self.atime = optional(value, pax::time)?,
            _ => {}
        }
        Some(())
    }
}

fn optional<T>(value: &[u8], parse: fn(&[u8]) -> Option<T>) -> Option<Option<T>> {
    if value.is_empty() { Some(None) } else { parse(value).map(Some) }
}

fn until_nul(mut data: Vec<u8>) -> Vec<u8> {
    let end = data.iter().position(|b| *b == 0).unwrap_or(data.len());
    data.truncate(end);
    data
}

fn entry(
    medium: &mut dyn Medium,
    header: &Header,
    size: u64,
    extensions: Extensions,
) -> Result<Entry, TapeError> {
    let Extensions { long_path, long_link, path, link, sparse_path, xattrs, .. } = extensions;
    let path = sparse_path.or(path).or(long_path).unwrap_or_else(|| header.path_bytes().into_owned());
    let link =
        link.or(long_link).or_else(|| header.link_name_bytes().map(|l| l.into_owned())).unwrap_or_default();
    let mut entry = Entry {
        kind: kind(header, &path)?,
        path,
        link,
        mode: header.mode().map_err(|_| TapeError::Malformed("an entry's mode"))? & 0o7777,
        uid: owner(extensions.uid.map_or_else(|| header.uid(), Ok))?,
        gid: owner(extensions.gid.map_or_else(|| header.gid(), Ok))?,
        mtime: match extensions.mtime {
            Some(time) => time,
            // Negative numbers come as two's complement in GNU's binary form.
            None => (header.mtime().map_err(|_| TapeError::Malformed("an entry's time"))?.cast_signed(), 0),
        },
        atime: extensions.atime,
        xattrs,
        stored_bytes: extensions.size.unwrap_or(size),
        sparse: None,
    };
    match entry.kind {
        Kind::File => set_sparse(medium, header, &extensions.sparse, &mut entry)?,
        Kind::Other => {}
        _ => entry.stored_bytes = 0,
    }
    Ok(entry)
}

fn owner(id: io::Result<u64>) -> Result<u32, TapeError> {
    // (uid_t) -1 means "leave it" to chown(2), so nobody can have it.
    id.ok()
        .and_then(|id| u32::try_from(id).ok())
        .filter(|id| *id != u32::MAX)
        .ok_or(TapeError::Malformed("an entry's owner"))
}

fn kind(header: &Header, path: &[u8]) -> Result<Kind, TapeError> {
    let device =
        || -> Option<(u32, u32)> { Some((header.device_major().ok()??, header.device_minor().ok()??)) };
    let device = || device().ok_or(TapeError::Malformed("a device's number"));
    Ok(match header.entry_type() {
        // Before POSIX a directory was a file whose name ends in a slash.
        EntryType::Regular if path.ends_with(b"/") && header.as_old().linkflag[0] == 0 => Kind::Directory,
        EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => Kind::File,
        EntryType::Directory => Kind::Directory,
        EntryType::Symlink => Kind::Symlink,
        EntryType::Link => Kind::Hardlink,
        EntryType::Fifo => Kind::Fifo,
        EntryType::Char => device().map(|(major, minor)| Kind::Character { major, minor })?,
        EntryType::Block => device().map(|(major, minor)| Kind::Block { major, minor })?,
        _ => Kind::Other,
    })
}

/// Finds out where the data of a sparse file belongs, and checks that the tar holds exactly that much.
fn set_sparse(
    medium: &mut dyn Medium,
    header: &Header,
    pax: &PaxSparse,
    entry: &mut Entry,
) -> Result<(), TapeError> {
    const MALFORMED: TapeError = TapeError::Malformed("the map of a sparse file");
    let sparse = if header.entry_type().is_gnu_sparse() {
        gnu_sparse(medium, header)?
    } else if pax.map_in_data {
        data_sparse(medium, pax.size_bytes.ok_or(MALFORMED)?, &mut entry.stored_bytes)?
    } else if pax.size_bytes.is_some() {
        pax.shape().ok_or(MALFORMED)?
    } else {
        return Ok(());
    };
    if sparse.data_bytes() != entry.stored_bytes {
        return Err(MALFORMED);
    }
    entry.sparse = Some(sparse);
    Ok(())
}

fn gnu_sparse(medium: &mut dyn Medium, header: &Header) -> Result<Sparse, TapeError> {
    const MALFORMED: TapeError = TapeError::Malformed("the header of a sparse file");
    let gnu = header.as_gnu().ok_or(MALFORMED)?;
    let mut sparse = Sparse { size_bytes: gnu.real_size().map_err(|_| MALFORMED)?, chunks: Vec::new() };
    sparse.push_gnu(&gnu.sparse).ok_or(MALFORMED)?;
    let mut more = gnu.is_extended();
    let mut blocks = 0;
    while more {
        let mut block = GnuExtSparseHeader::new();
        medium.read_exact(block.as_mut_bytes())?;
        medium.keep(block.as_bytes())?;
        sparse.push_gnu(block.sparse()).ok_or(MALFORMED)?;
        more = block.is_extended();
        blocks += 1;
        if blocks > EXTENDED_HEADER_BYTES_MAX / BLOCK_BYTES as u64 {
            return Err(TapeError::ExtendedTooLong);
        }
    }
    Ok(sparse)
}

fn data_sparse(
    medium: &mut dyn Medium,
    size_bytes: u64,
    stored_bytes: &mut u64,
) -> Result<Sparse, TapeError> {
    const MALFORMED: TapeError = TapeError::Malformed("the map of a sparse file");
    let mut map = MapReader::new(size_bytes);
    loop {
        *stored_bytes = stored_bytes.checked_sub(BLOCK_BYTES as u64).ok_or(MALFORMED)?;
        let block = read_block(medium)?.ok_or(TapeError::Truncated)?;
        if map.block(&block).ok_or(MALFORMED)? {
            return Ok(map.finish());
        }
    }
}

#[cfg(test)]
mod tests;
