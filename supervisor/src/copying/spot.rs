//! What a person's path means below a root: a name in an open directory.
//!
//! Links are followed as processes of that root would, and so never lead out of it. From then on nothing follows a link.

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, ResolveFlags, Stat, openat2, readlinkat, statat};
use rustix::io::{Errno, Result};

/// Links followed for one path, as the kernel does.
const LINKS_MAX: usize = 40;

/// A place that may or may not be there.
#[derive(Debug)]
pub struct Spot {
    /// The directory that it is in.
    pub parent: OwnedFd,
    /// Its name there; `.` for a root or what ends with `..`.
    pub name: Vec<u8>,
    /// What is there.
    pub status: Option<Stat>,
}

impl Spot {
    /// What is there, if anything.
    #[must_use]
    pub fn kind(&self) -> Option<FileType> {
        self.status.as_ref().map(|status| FileType::from_raw_mode(status.st_mode))
    }
}

/// Finds `path` below `root`, a leading slash or not. A last component that is a link is followed if asked, also to where
/// nothing is yet.
///
/// # Errors
/// `ENOENT` if the directory that it is in does not exist; `ELOOP` after [`LINKS_MAX`] links.
pub fn find(root: BorrowedFd<'_>, path: &[u8], follow: bool) -> Result<Spot> {
    let mut path = path.to_vec();
    for _ in 0..LINKS_MAX {
        let (directory, name) = split(&path);
        let parent = open(root, directory, OFlags::PATH | OFlags::DIRECTORY)?;
        let status = match statat(&parent, name, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => None,
            status => Some(status?),
        };
        let is_link =
            status.is_some_and(|status| FileType::from_raw_mode(status.st_mode) == FileType::Symlink);
        if !(is_link && follow) {
            return Ok(Spot { parent, name: name.to_vec(), status });
        }
        let target = readlinkat(&parent, name, Vec::new())?.into_bytes();
        path = if target.starts_with(b"/") { target } else { [directory, b"/", &target].concat() };
    }
    Err(Errno::LOOP)
}

/// Opens `path` as if `root` were `/`; an empty path is the root.
///
/// # Errors
/// What openat2(2) says.
pub fn open(root: BorrowedFd<'_>, path: &[u8], flags: OFlags) -> Result<OwnedFd> {
    let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
    again(|| {
        openat2(
            root,
            if path.is_empty() { b"." } else { path },
            flags | OFlags::CLOEXEC,
            Mode::empty(),
            resolve,
        )
    })
}

/// Opens what lies below `directory` with no link and no `..` on the way; an empty path is the directory itself.
///
/// # Errors
/// `ELOOP` for a symbolic link, `EXDEV` for what leads out; else what openat2(2) says.
pub fn open_beneath(directory: impl AsFd, path: &[u8], flags: OFlags) -> Result<OwnedFd> {
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    let path = if path.is_empty() { b"." } else { path };
    again(|| openat2(directory.as_fd(), path, flags | OFlags::CLOEXEC, Mode::empty(), resolve))
}

/// EAGAIN: something was renamed meanwhile and the kernel could not be sure; it is safe to ask again.
fn again<T>(mut act: impl FnMut() -> Result<T>) -> Result<T> {
    loop {
        match act() {
            Err(Errno::AGAIN) => {}
            result => return result,
        }
    }
}

/// The directory and the name in it; slashes at the end mean nothing here.
fn split(path: &[u8]) -> (&[u8], &[u8]) {
    let end = path.iter().rposition(|byte| *byte != b'/').map_or(0, |last| last + 1);
    let path = &path[..end];
    let start = path.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
    match &path[start..] {
        b"" | b"." | b".." => (path, b"."),
        name if start == 0 => (b"", name),
        // The slash stays: it is what an absolute path begins with.
        name => (&path[..start], name),
    }
}

#[cfg(test)]
mod tests;
