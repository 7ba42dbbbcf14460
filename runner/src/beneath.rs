//! Paths inside a container's root, resolved so that no link in the image can lead out of it.

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, ResolveFlags, fstat, mkdirat, openat, openat2, unlinkat};
use rustix::io::{Errno, Result};

/// Deepest path that is made for a mount.
const DEPTH_MAX: usize = 64;
const DIRECTORY_MODE: Mode = Mode::from_raw_mode(0o755);

/// Opens `path` as if `root` were `/` (openat2(2), RESOLVE_IN_ROOT).
///
/// # Errors
/// What openat2(2) or, where something is made, mkdirat(2) says.
pub fn open(root: BorrowedFd<'_>, path: &str, flags: OFlags) -> Result<OwnedFd> {
    let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
    let flags = flags | OFlags::CLOEXEC;
    // EAGAIN: something was renamed meanwhile and the kernel could not be sure; it is safe to ask again.
    loop {
        match openat2(root, if path.is_empty() { "." } else { path }, flags, Mode::empty(), resolve) {
            Err(Errno::AGAIN) => {}
            result => return result,
        }
    }
}

/// The directory `path`, made if it is missing, and reached without any link: where a file system of the kernel's own
/// goes, what hides parts of it later must find the same place.
///
/// # Errors
/// `ELOOP` if the image has a link there.
pub(crate) fn plain_directory(root: BorrowedFd<'_>, path: &str) -> Result<OwnedFd> {
    drop(directory(root, path)?);
    let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_SYMLINKS;
    openat2(root, path, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty(), resolve)
}

/// A handle on `path` that serves as a place to mount on.
///
/// # Errors
/// What openat2(2) or, where something is made, mkdirat(2) says.
pub fn locate(root: BorrowedFd<'_>, path: &str) -> Result<OwnedFd> {
    open(root, path, OFlags::PATH)
}

/// The directory `path`; what is missing of it is made.
///
/// # Errors
/// What openat2(2) or, where something is made, mkdirat(2) says.
pub fn directory(root: BorrowedFd<'_>, path: &str) -> Result<OwnedFd> {
    match open(root, path, OFlags::PATH | OFlags::DIRECTORY) {
        Err(Errno::NOENT) => make_directory(root, path),
        result => result,
    }
}

fn make_directory(root: BorrowedFd<'_>, path: &str) -> Result<OwnedFd> {
    let mut depth = 0;
    let mut sofar = String::with_capacity(path.len());
    for name in path.split('/').filter(|name| !name.is_empty()) {
        depth += 1;
        if depth > DEPTH_MAX {
            return Err(Errno::NAMETOOLONG);
        }
        let parent = open(root, &sofar, OFlags::PATH | OFlags::DIRECTORY)?;
        sofar.push('/');
        sofar.push_str(name);
        match open(root, &sofar, OFlags::PATH | OFlags::DIRECTORY) {
            Err(Errno::NOENT) if name != ".." => mkdirat(&parent, name, DIRECTORY_MODE)?,
            Err(error) => return Err(error),
            Ok(_) => {}
        }
    }
    open(root, &sofar, OFlags::PATH | OFlags::DIRECTORY)
}

/// The file `path`; an empty one is made where it is missing.
///
/// # Errors
/// What openat2(2) or, where something is made, mkdirat(2) says.
pub fn file(root: BorrowedFd<'_>, path: &str) -> Result<OwnedFd> {
    match locate(root, path) {
        Err(Errno::NOENT) => {}
        result => return result,
    }
    let (parent, name) = path.trim_end_matches('/').rsplit_once('/').unwrap_or(("", path));
    let parent = directory(root, parent)?;
    let flags = OFlags::CREATE | OFlags::NOFOLLOW | OFlags::RDONLY | OFlags::CLOEXEC;
    openat(&parent, name, flags, Mode::from_raw_mode(0o644))?;
    locate(root, path)
}

/// A new file at `path`, in place of whatever has that name; a link there is not followed.
pub(crate) fn replace(root: BorrowedFd<'_>, path: &str) -> Result<OwnedFd> {
    let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
    let parent = directory(root, parent)?;
    match unlinkat(&parent, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => {}
        Err(errno) => return Err(errno),
    }
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::WRONLY | OFlags::CLOEXEC;
    openat(&parent, name, flags, Mode::from_raw_mode(0o644))
}

/// A place of the same kind as `source` for it to be mounted on; made where it is missing.
///
/// # Errors
/// What openat2(2) or, where something is made, mkdirat(2) says.
pub fn like(root: BorrowedFd<'_>, path: &str, source: BorrowedFd<'_>) -> Result<OwnedFd> {
    if is_directory(source)? { directory(root, path) } else { file(root, path) }
}

/// Whether `file` is a directory.
///
/// # Errors
/// What openat2(2) or, where something is made, mkdirat(2) says.
pub fn is_directory(file: impl AsFd) -> Result<bool> {
    Ok(FileType::from_raw_mode(fstat(file)?.st_mode) == FileType::Directory)
}
