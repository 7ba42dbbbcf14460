//! Files that are replaced in one step: whoever reads one, also after a power cut, finds the one before or the new one, whole.
//!
//! In: paths and bytes. Out: nothing, or an error that names the path. What is new is written to `NAME.new` beside it and
//! renamed; what lies there after a power cut counts for nothing.

#[cfg(test)]
mod tests;
mod tree;

use crate::reserve::ballast::or_lend;
use rustix::fd::OwnedFd;
use rustix::fs::{CWD, FlockOperation, Mode, OFlags, flock, fsync, openat};
use rustix::io::Errno;
use std::fs::{self, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// What the name of a file ends with that is being written.
pub const ASIDE: &str = ".new";
/// For root alone.
pub const PRIVATE: u32 = 0o600;

/// What a file system refused. A single word, as nearly every call that could return it succeeds.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct FileError(Box<Refused>);

#[derive(Debug, thiserror::Error)]
#[error("{doing} {}: {}", .path.display(), reason(.error))]
struct Refused {
    doing: &'static str,
    path: PathBuf,
    error: io::Error,
}

fn reason(error: &io::Error) -> String {
    match Errno::from_io_error(error) {
        Some(Errno::NOSPC | Errno::DQUOT) => "the disk is full; free some space and try again".to_owned(),
        Some(Errno::ACCESS) => "permission denied; ask with sudo".to_owned(),
        Some(errno) => crate::failure::reason(errno),
        None => error.to_string(),
    }
}

/// Makes the error of what was being done to `path`.
pub fn failed<E: Into<io::Error>>(doing: &'static str, path: &Path) -> impl FnOnce(E) -> FileError {
    move |error| refused(doing, path, error.into())
}

fn refused(doing: &'static str, path: &Path, error: io::Error) -> FileError {
    FileError(Box::new(Refused { doing, path: path.to_owned(), error }))
}

/// Replaces a file, durably: when this returns, a power cut does not undo it. `mode` holds whatever the umask.
///
/// # Errors
/// The file system refuses; the file before is as it was then.
pub fn replace(path: &Path, mode: u32, bytes: &[u8]) -> Result<(), FileError> {
    put(path, |file| fill(file, mode, bytes).and_then(|()| file.sync_all()))?;
    sync_directory(directory_of(path))
}

/// Replaces a file that need not outlive a power cut.
///
/// # Errors
/// As above.
pub fn replace_volatile(path: &Path, mode: u32, bytes: &[u8]) -> Result<(), FileError> {
    put(path, |file| fill(file, mode, bytes))
}

fn put(path: &Path, fill: impl Fn(&mut fs::File) -> io::Result<()>) -> Result<(), FileError> {
    let mut aside = path.as_os_str().to_owned();
    aside.push(ASIDE);
    let aside = PathBuf::from(aside);
    let put = or_lend(directory_of(path), || {
        let mut file = open_alone(&aside)?;
        let done = fill(&mut file).and_then(|()| fs::rename(&aside, path));
        if done.is_err() {
            // While nobody else has it; the first error is the one to tell.
            fs::remove_file(&aside).ok();
        }
        done
    });
    put.map_err(failed("write", path))
}

/// The file of this name, which nobody else writes as long as it is open: of two writers, one waits for the other's rename.
fn open_alone(path: &Path) -> io::Result<fs::File> {
    // A link would be followed, and never be the file that was opened.
    let no_link = i32::try_from(OFlags::NOFOLLOW.bits()).unwrap_or(0);
    loop {
        // It may be another's: it is emptied under the lock.
        let file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(PRIVATE)
            .custom_flags(no_link)
            .open(path)?;
        flock(&file, FlockOperation::LockExclusive)?;
        let own = file.metadata()?.ino();
        if fs::symlink_metadata(path).is_ok_and(|now| now.ino() == own) {
            return Ok(file);
        }
    }
}

fn fill(file: &mut fs::File, mode: u32, bytes: &[u8]) -> io::Result<()> {
    file.set_len(0)?;
    file.write_all(bytes)?;
    // Not before it is whole: half a program should not be one that can be run.
    file.set_permissions(Permissions::from_mode(mode))
}

/// Removes a file, durably; none is as good.
///
/// # Errors
/// The file system refuses.
pub fn remove(path: &Path) -> Result<(), FileError> {
    if unlink(path)? { sync_directory(directory_of(path)) } else { Ok(()) }
}

/// The same where a power cut may bring it back.
///
/// # Errors
/// As above.
pub fn remove_volatile(path: &Path) -> Result<(), FileError> {
    unlink(path).map(drop)
}

/// Whether it was there.
fn unlink(path: &Path) -> Result<bool, FileError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        result => result.map(|()| true).map_err(failed("remove", path)),
    }
}

/// Removes a directory with all in it, likewise, however deep it is.
///
/// # Errors
/// As above.
pub fn remove_tree(path: &Path) -> Result<(), FileError> {
    tree::remove(path).map_err(failed("remove", path))
}

/// Makes a directory with all above it.
///
/// # Errors
/// The file system refuses.
pub fn make_directory(path: &Path, mode: u32) -> Result<(), FileError> {
    fs::DirBuilder::new().recursive(true).mode(mode).create(path).map_err(failed("make the directory", path))
}

/// Opens a directory.
///
/// # Errors
/// It is none, or the file system refuses.
pub fn open_directory(path: &Path) -> Result<OwnedFd, FileError> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    openat(CWD, path, flags, Mode::empty()).map_err(failed("open", path))
}

/// Makes the names in a directory durable.
///
/// # Errors
/// The file system refuses.
pub fn sync_directory(path: &Path) -> Result<(), FileError> {
    fsync(open_directory(path)?).map_err(failed("sync", path))
}

/// The one that holds `path`.
fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => path,
    }
}
