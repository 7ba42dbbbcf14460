//! The names of a log's files, and what is done to them: rotation for the writer, a list for the reader.

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{self, AtFlags, Mode, OFlags};
use rustix::io::Errno;

/// Most files that one log may have.
pub const FILES_MAX: u16 = limpet_protocol::app::LOG_FILES_MAX;
/// Names in a row that may be missing before the list of files ends: while a rotation runs, one is.
const GAP_MAX: u16 = 3;
/// Readable by root alone: what a container writes may be secret.
const MODE: Mode = Mode::RUSR.union(Mode::WUSR);

type Name = heapless::String<16>;

/// The name of the file that is `age` rotations old.
pub(super) fn name(age: u16) -> Name {
    use core::fmt::Write as _;
    let mut name = Name::new();
    let written = if age == 0 { name.write_str("log") } else { write!(name, "log.{age}") };
    written.expect("log. and five digits fit 16 places");
    name
}

/// Opens, or makes, the file that is written; its size in bytes, which ends with a whole line.
pub(super) fn open_newest(dir: BorrowedFd<'_>) -> Result<(OwnedFd, u64), Errno> {
    let flags = OFlags::RDWR | OFlags::APPEND | OFlags::CREATE | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let file = fs::openat(dir, name(0).as_str(), flags, MODE)?;
    let size = size_bytes(file.as_fd())?;
    let mut last = [b'\n'];
    if size > 0 {
        rustix::io::pread(&file, &mut last, size - 1)?;
    }
    if last == *b"\n" {
        return Ok((file, size));
    }
    // A power cut tore the last line: end it, so that what follows is readable.
    rustix::io::write(&file, b"\n")?;
    Ok((file, size + 1))
}

/// Makes every file one rotation older and removes the oldest, so that the newest name is free.
///
/// The oldest is renamed first: whoever looks from the newest to the oldest meets every file.
pub(super) fn rotate(dir: BorrowedFd<'_>, files_max: u16) -> Result<(), Errno> {
    remove_from(dir, files_max.saturating_sub(1))?;
    for age in (0..files_max.saturating_sub(1)).rev() {
        absent_is_fine(fs::renameat(dir, name(age).as_str(), dir, name(age + 1).as_str()))?;
    }
    Ok(())
}

/// Removes the file that is `age` rotations old and all that are older.
pub(super) fn remove_from(dir: BorrowedFd<'_>, age: u16) -> Result<(), Errno> {
    for age in age..=FILES_MAX {
        match fs::unlinkat(dir, name(age).as_str(), AtFlags::empty()) {
            Err(Errno::NOENT) => return Ok(()),
            result => result?,
        }
    }
    Ok(())
}

fn absent_is_fine(result: Result<(), Errno>) -> Result<(), Errno> {
    match result {
        Err(Errno::NOENT) => Ok(()),
        other => other,
    }
}

/// A file of a log that is held open for reading, so that its inode number stays its own.
#[derive(Debug)]
pub(super) struct LogFile {
    pub(super) fd: OwnedFd,
    pub(super) inode: u64,
}

/// All files, oldest first, each once, whatever a writer does meanwhile (it only makes files older).
pub(super) fn list(dir: BorrowedFd<'_>) -> Result<Vec<LogFile>, Errno> {
    let mut files: Vec<LogFile> = Vec::new();
    let mut missing = 0;
    for age in 0..=FILES_MAX {
        match open_old(dir, age)? {
            None if missing == GAP_MAX => break,
            None => missing += 1,
            Some(file) => {
                missing = 0;
                if files.iter().all(|known| known.inode != file.inode) {
                    files.push(file);
                }
            }
        }
    }
    files.reverse();
    Ok(files)
}

/// The inode number of the newest file, if there is one.
pub(super) fn newest_inode(dir: BorrowedFd<'_>) -> Result<Option<u64>, Errno> {
    match fs::statat(dir, name(0).as_str(), AtFlags::SYMLINK_NOFOLLOW) {
        Err(Errno::NOENT) => Ok(None),
        result => result.map(|stat| Some(stat.st_ino)),
    }
}

fn open_old(dir: BorrowedFd<'_>, age: u16) -> Result<Option<LogFile>, Errno> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let fd = match fs::openat(dir, name(age).as_str(), flags, Mode::empty()) {
        Err(Errno::NOENT) => return Ok(None),
        result => result?,
    };
    let inode = fs::fstat(&fd)?.st_ino;
    Ok(Some(LogFile { fd, inode }))
}

/// The size of a file.
pub(super) fn size_bytes(file: BorrowedFd<'_>) -> Result<u64, Errno> {
    Ok(u64::try_from(fs::fstat(file)?.st_size).unwrap_or(0))
}

impl LogFile {
    /// Reads what is there, up to the size of `buffer`; 0 at the end.
    pub(super) fn read_some_at(&self, buffer: &mut [u8], at: u64) -> Result<usize, Errno> {
        rustix::io::retry_on_intr(|| rustix::io::pread(&self.fd, &mut *buffer, at))
    }

    /// Fills `buffer`; what the file no longer has (its writer cut it off) becomes zeros.
    pub(super) fn read_at(&self, buffer: &mut [u8], at: u64) -> Result<(), Errno> {
        let mut have = 0;
        while have < buffer.len() {
            match self.read_some_at(&mut buffer[have..], at + have as u64)? {
                0 => break,
                count => have += count,
            }
        }
        buffer[have..].fill(0);
        Ok(())
    }
}
