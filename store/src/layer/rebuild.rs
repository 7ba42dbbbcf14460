//! Writes a layer's tar again, bit by bit, from its tree and its split.

use super::inside;
use super::split::{Piece, SplitReader};
use crate::digest::{Digest, Sha256};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::path::Path;

const COPY_BYTES: usize = 64 * 1024;

/// Why a tar was not written.
#[derive(Debug)]
pub(crate) enum RebuildError {
    Write(io::Error),
    Read(io::Error),
    /// It is not what was loaded.
    Changed,
}

/// A layer directory that is being read.
pub(crate) struct Layer {
    directory: OwnedFd,
}

impl Layer {
    pub(crate) fn open(directory: &Path) -> io::Result<Self> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Self { directory: rustix::fs::open(directory, flags, Mode::empty())? })
    }

    /// Writes the whole tar to `out`, and checks that it is what was loaded: somebody may have changed a file.
    pub(crate) fn write_checked(
        &self,
        diff_id: &Digest,
        tar_bytes: u64,
        out: &mut dyn Write,
    ) -> Result<(), RebuildError> {
        let mut checking = Checking { out, hash: Sha256::new(), left: tar_bytes, failed: false };
        match self.write_tar(&mut checking) {
            Err(error) if checking.failed => return Err(RebuildError::Write(error)),
            Err(error) if error.kind() != io::ErrorKind::FileTooLarge => {
                return Err(RebuildError::Read(error));
            }
            _ => {}
        }
        let same = checking.left == 0 && checking.hash.finish() == *diff_id;
        if same { Ok(()) } else { Err(RebuildError::Changed) }
    }

    fn write_tar(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut split = SplitReader::new(self.file(b"split")?)?;
        let mut buffer = vec![0; COPY_BYTES];
        while let Some(piece) = split.next()? {
            match piece {
                Piece::Bytes(bytes) => out.write_all(&bytes)?,
                Piece::Part { label, path, chunks, .. } => {
                    let file = self.contents(label, &path)?;
                    for (offset, length) in chunks {
                        copy(&file, offset, length, &mut buffer, out)?;
                    }
                }
            }
        }
        Ok(())
    }

    pub(super) fn contents(&self, label: u64, path: &[u8]) -> io::Result<File> {
        match self.file(format!("shadow/{label}").as_bytes()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.file(&[b"tree/", path].concat()),
            found => found,
        }
    }

    pub(super) fn directory(&self, path: &[u8]) -> io::Result<OwnedFd> {
        Ok(inside::open(&self.directory, path, OFlags::RDONLY | OFlags::DIRECTORY)?)
    }

    /// Whether this layer is the one that lies there now.
    pub(crate) fn is_at(&self, path: &Path) -> bool {
        let there = rustix::fs::stat(path).map(|stat| (stat.st_dev, stat.st_ino));
        there.is_ok() && there == rustix::fs::fstat(&self.directory).map(|stat| (stat.st_dev, stat.st_ino))
    }

    /// Opens a plain file, and nothing that only leads to one.
    pub(crate) fn file(&self, path: &[u8]) -> io::Result<File> {
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

/// Hashes what is written, and lets no more pass than was announced.
struct Checking<'a> {
    out: &'a mut dyn Write,
    hash: Sha256,
    left: u64,
    failed: bool,
}

impl Write for Checking<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.left = self.left.checked_sub(bytes.len() as u64).ok_or(io::ErrorKind::FileTooLarge)?;
        self.hash.update(bytes);
        if let Err(error) = self.out.write_all(bytes) {
            self.failed = true;
            return Err(error);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
