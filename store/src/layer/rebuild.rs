//! Writes a layer's tar again, bit by bit, from its tree and its split.

use super::inside;
use super::split::{Piece, SplitReader};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::path::Path;

const COPY_BYTES: usize = 64 * 1024;

/// A layer directory that is being read.
pub(crate) struct Layer {
    directory: OwnedFd,
}

impl Layer {
    pub(crate) fn open(directory: &Path) -> io::Result<Self> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Self { directory: rustix::fs::open(directory, flags, Mode::empty())? })
    }

    /// Writes the whole tar to `out`. The caller checks its digest: somebody may have changed a file.
    pub(crate) fn write_tar(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut split = SplitReader::new(self.file(b"split")?);
        let mut buffer = vec![0; COPY_BYTES];
        while let Some(piece) = split.next()? {
            match piece {
                Piece::Bytes(bytes) => out.write_all(&bytes)?,
                Piece::Part { label, path, chunks } => {
                    let file = self.contents(label, &path)?;
                    for (offset, length) in chunks {
                        copy(&file, offset, length, &mut buffer, out)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn contents(&self, label: u64, path: &[u8]) -> io::Result<File> {
        match self.file(format!("shadow/{label}").as_bytes()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.file(&[b"tree/", path].concat()),
            found => found,
        }
    }

    /// Opens a plain file, and nothing that only leads to one.
    fn file(&self, path: &[u8]) -> io::Result<File> {
        let file = File::from(inside::open(&self.directory, path, OFlags::RDONLY | OFlags::NONBLOCK)?);
        if file.metadata()?.is_file() { Ok(file) } else { Err(Errno::INVAL.into()) }
    }
}

fn copy(file: &File, mut offset: u64, length: u64, buffer: &mut [u8], out: &mut dyn Write) -> io::Result<()> {
    let end = offset + length;
    while offset < end {
        let wanted = usize::try_from(end - offset).unwrap_or(buffer.len()).min(buffer.len());
        let count = file.read_at(&mut buffer[..wanted], offset)?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        out.write_all(&buffer[..count])?;
        offset += count as u64;
    }
    Ok(())
}
