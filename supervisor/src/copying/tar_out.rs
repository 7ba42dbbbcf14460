//! Entries as a tar: ustar headers, with a pax header before those that do not fit (pax(1)), as docker writes them.
//!
//! Times are whole seconds, so that most files need one header only.

use super::{CopyError, Sink, failed};
use limpet_store::archive::{Entry, Kind};
use std::io::{self, Read, Write};

const BLOCK_BYTES: usize = 512;
const BUFFER_BYTES: usize = 64 * 1024;
/// Bytes of a path or a link in a header.
const NAME_BYTES: usize = 100;
/// What seven octal digits hold.
const ID_MAX: u32 = 0o777_7777;
/// What eleven octal digits hold.
const NUMBER_MAX: u64 = 0o777_7777_7777;

/// A tar that is being written.
pub struct TarWriter<'a> {
    output: &'a mut dyn Write,
}

impl<'a> TarWriter<'a> {
    /// Begins at the next byte of `output`.
    pub fn new(output: &'a mut dyn Write) -> Self {
        Self { output }
    }

    /// Writes the end of the tar.
    ///
    /// # Errors
    /// The output fails.
    pub fn finish(self) -> Result<(), CopyError> {
        let end = self.output.write_all(&[0; 2 * BLOCK_BYTES]).and_then(|()| self.output.flush());
        end.map_err(failed("write", b"the tar"))
    }

    fn write(&mut self, path: &[u8], bytes: &[u8]) -> Result<(), CopyError> {
        self.output.write_all(bytes).map_err(failed("write", path))
    }

    fn pad(&mut self, path: &[u8], length: u64) -> Result<(), CopyError> {
        let block = BLOCK_BYTES as u64;
        let missing = usize::try_from((block - length % block) % block).unwrap_or(0);
        self.write(path, &[0; BLOCK_BYTES][..missing])
    }

    fn pax_header(&mut self, entry: &Entry, records: &[u8]) -> Result<(), CopyError> {
        let mut header = Header::new(b'x', b"pax", 0o644);
        header.number(124, 12, records.len() as u64);
        self.write(&entry.path, &header.sealed())?;
        self.write(&entry.path, records)?;
        self.pad(&entry.path, records.len() as u64)
    }

    /// Exactly as many bytes as the header said: a file that shrank is filled up with zeros.
    fn contents(&mut self, entry: &Entry, contents: &mut dyn Read) -> Result<(), CopyError> {
        let mut left = entry.size_bytes;
        let mut buffer = vec![0; BUFFER_BYTES];
        while left > 0 {
            let wanted = usize::try_from(left).unwrap_or(BUFFER_BYTES).min(BUFFER_BYTES);
            let read = match contents.read(&mut buffer[..wanted]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                read => read.map_err(failed("read", &entry.path))?,
            };
            if read == 0 {
                buffer.fill(0);
            }
            let written = if read == 0 { wanted } else { read };
            self.write(&entry.path, &buffer[..written])?;
            left -= written as u64;
        }
        self.pad(&entry.path, entry.size_bytes)
    }
}

impl Sink for TarWriter<'_> {
    fn put(&mut self, entry: &Entry, contents: &mut dyn Read) -> Result<(), CopyError> {
        let path = written_path(entry);
        let records = records(entry, &path);
        if !records.is_empty() {
            self.pax_header(entry, &records)?;
        }
        self.write(&entry.path, &header(entry, &path))?;
        self.contents(entry, contents)
    }
}

/// A directory's path ends with a slash, and the root of what is written is `./`.
fn written_path(entry: &Entry) -> Vec<u8> {
    let mut path = if entry.path.is_empty() { b".".to_vec() } else { entry.path.clone() };
    if entry.kind == Kind::Directory {
        path.push(b'/');
    }
    path
}

fn header(entry: &Entry, path: &[u8]) -> [u8; BLOCK_BYTES] {
    let (flag, device) = match entry.kind {
        Kind::File => (b'0', None),
        Kind::Hardlink => (b'1', None),
        Kind::Symlink => (b'2', None),
        Kind::Character(major, minor) => (b'3', Some((major, minor))),
        Kind::Block(major, minor) => (b'4', Some((major, minor))),
        Kind::Directory => (b'5', None),
        Kind::Fifo => (b'6', None),
    };
    let mut header = Header::new(flag, path, entry.mode);
    header.number(108, 8, entry.uid.min(ID_MAX).into());
    header.number(116, 8, entry.gid.min(ID_MAX).into());
    header.number(124, 12, entry.size_bytes.min(NUMBER_MAX));
    header.number(136, 12, seconds(entry).unwrap_or(0));
    header.text(157, &entry.link);
    let (major, minor) = device.unwrap_or((0, 0));
    header.number(329, 8, major.min(ID_MAX).into());
    header.number(337, 8, minor.min(ID_MAX).into());
    header.sealed()
}

fn seconds(entry: &Entry) -> Option<u64> {
    u64::try_from(entry.modified.0).ok().filter(|seconds| *seconds <= NUMBER_MAX)
}

/// What the header cannot say.
fn records(entry: &Entry, path: &[u8]) -> Vec<u8> {
    let mut records = Vec::new();
    if path.len() > NAME_BYTES {
        record(&mut records, b"path", path);
    }
    if entry.link.len() > NAME_BYTES {
        record(&mut records, b"linkpath", &entry.link);
    }
    for (key, id) in [(&b"uid"[..], entry.uid), (b"gid", entry.gid)] {
        if id > ID_MAX {
            record(&mut records, key, id.to_string().as_bytes());
        }
    }
    if entry.size_bytes > NUMBER_MAX {
        record(&mut records, b"size", entry.size_bytes.to_string().as_bytes());
    }
    if seconds(entry).is_none() {
        record(&mut records, b"mtime", entry.modified.0.to_string().as_bytes());
    }
    for (name, value) in &entry.xattrs {
        record(&mut records, &[b"SCHILY.xattr.", name.as_slice()].concat(), value);
    }
    records
}

/// `LENGTH KEY=VALUE\n`, where the length counts its own digits.
fn record(records: &mut Vec<u8>, key: &[u8], value: &[u8]) {
    let rest = key.len() + value.len() + 3;
    let mut length = rest;
    while length != rest + length.to_string().len() {
        length = rest + length.to_string().len();
    }
    records.extend_from_slice(length.to_string().as_bytes());
    for part in [b" ", key, b"=", value, b"\n"] {
        records.extend_from_slice(part);
    }
}

/// One block of a ustar header (pax(1), "ustar Interchange Format").
struct Header([u8; BLOCK_BYTES]);

impl Header {
    fn new(flag: u8, path: &[u8], mode: u32) -> Self {
        let mut header = Self([0; BLOCK_BYTES]);
        header.text(0, path);
        header.number(100, 8, mode.into());
        for (at, width) in [(108, 8), (116, 8), (124, 12), (136, 12)] {
            header.number(at, width, 0);
        }
        header.0[156] = flag;
        header.0[257..265].copy_from_slice(b"ustar\x0000");
        header
    }

    /// As much of a path as fits.
    fn text(&mut self, at: usize, text: &[u8]) {
        let length = text.len().min(NAME_BYTES);
        self.0[at..at + length].copy_from_slice(&text[..length]);
    }

    /// Octal digits and a NUL.
    fn number(&mut self, at: usize, width: usize, number: u64) {
        let digits = format!("{number:0width$o}\0", width = width - 1);
        self.0[at..at + width].copy_from_slice(digits.as_bytes());
    }

    fn sealed(mut self) -> [u8; BLOCK_BYTES] {
        self.0[148..156].fill(b' ');
        let sum: u32 = self.0.iter().map(|byte| u32::from(*byte)).sum();
        self.0[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        self.0
    }
}

#[cfg(test)]
mod tests;
