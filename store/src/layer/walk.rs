//! Walks to a directory of the layer, one component at a time.
//!
//! The kernel follows nothing here. A symbolic link of the same layer is followed by hand, as docker does in its
//! chroot, but only to what the layer itself has: absolute targets begin at the layer's root, and a link that climbs
//! out of it, leads nowhere, or stands for the root directory itself is refused.

use crate::limits::{LINKS_FOLLOWED_MAX, PATH_BYTES_MAX, PATH_DEPTH_MAX};
use rustix::fs::{self, AtFlags, Mode, OFlags};
use rustix::io::Errno;
use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

pub(super) const PATH_FLAGS: OFlags =
    OFlags::PATH.union(OFlags::NOFOLLOW).union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// Why an entry cannot be put in place.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlaceError {
    #[error("its path climbs out of the layer")]
    Climbs,
    #[error("its path leads through the symbolic link {0:?} to where the layer has nothing")]
    DanglingParent(String),
    #[error("its path leads through the symbolic link {0:?} to the root directory")]
    RootByLink(String),
    #[error("its path leads through too many symbolic links")]
    TooManyLinks,
    #[error("its path is empty, too long or too deep, or has a NUL byte")]
    BadPath,
    #[error("its path leads through {0:?}, which is not a directory")]
    NotDirectory(String),
    #[error("it replaces the layer's root")]
    ReplacesRoot,
    #[error("it is a hard link to {0:?}, which this layer does not have")]
    NoLinkTarget(String),
    #[error("it is a whiteout of nothing")]
    BadWhiteout,
    #[error("cannot {0}")]
    Kernel(&'static str, #[source] io::Error),
    #[error("cannot read its contents")]
    Read(#[source] io::Error),
}

pub(super) fn kernel(operation: &'static str) -> impl Fn(Errno) -> PlaceError {
    move |errno| PlaceError::Kernel(operation, errno.into())
}

/// A directory below the tree, and its path there without symbolic links.
pub(super) struct Parent {
    pub(super) fd: OwnedFd,
    pub(super) path: Vec<Vec<u8>>,
}

/// The link whose target is being walked.
struct Link {
    name: String,
    absolute: bool,
    /// Components that are left when its target is done.
    until: usize,
}

/// Walks from `root`; `None` if the directory is not there and not to be made.
pub(super) fn resolve(root: &OwnedFd, path: Vec<Vec<u8>>, make: bool) -> Result<Option<Parent>, PlaceError> {
    let mut at = Parent::root(root)?;
    let mut left: VecDeque<Vec<u8>> = path.into();
    let mut link: Option<Link> = None;
    let mut followed = 0;
    while let Some(name) = left.pop_front() {
        if link.as_ref().is_some_and(|link| left.len() < link.until) {
            at.end_link(link.take())?;
        }
        if name == b".." {
            at.go_up(root)?;
            continue;
        }
        match fs::openat(&at.fd, &*name, PATH_FLAGS, Mode::empty()) {
            Ok(fd) => at.enter(fd, name)?,
            Err(Errno::NOENT) => match link {
                Some(link) => return Err(PlaceError::DanglingParent(link.name)),
                None if !make => return Ok(None),
                None => at.make(name)?,
            },
            Err(Errno::NOTDIR | Errno::LOOP) => {
                followed += 1;
                let target = at.read_link(&name, followed)?;
                let absolute = target.starts_with(b"/");
                link = Some(Link { name: shown(&name), absolute, until: left.len() });
                if absolute {
                    at = Parent::root(root)?;
                }
                split(&target).rev().for_each(|component| left.push_front(component.to_vec()));
            }
            Err(errno) => return Err(kernel("open a directory on its path")(errno)),
        }
    }
    at.end_link(link)?;
    Ok(Some(at))
}

impl Parent {
    fn root(root: &OwnedFd) -> Result<Self, PlaceError> {
        Ok(Self { fd: clone(root.as_fd())?, path: Vec::new() })
    }

    pub(super) fn duplicate(&self) -> Result<Self, PlaceError> {
        Ok(Self { fd: clone(self.fd.as_fd())?, path: self.path.clone() })
    }

    /// Nothing that is meant for the layer is written through a link to `/`: it aims at the machine.
    fn end_link(&self, link: Option<Link>) -> Result<(), PlaceError> {
        match link {
            Some(link) if link.absolute && self.path.is_empty() => Err(PlaceError::RootByLink(link.name)),
            _ => Ok(()),
        }
    }

    /// `..` in a symbolic link's target.
    fn go_up(&mut self, root: &OwnedFd) -> Result<(), PlaceError> {
        self.path.pop().ok_or(PlaceError::Climbs)?;
        let mut fd = clone(root.as_fd())?;
        for name in &self.path {
            fd = fs::openat(&fd, &**name, PATH_FLAGS, Mode::empty())
                .map_err(kernel("open a directory on its path"))?;
        }
        self.fd = fd;
        Ok(())
    }

    fn enter(&mut self, fd: OwnedFd, name: Vec<u8>) -> Result<(), PlaceError> {
        self.fd = fd;
        self.path.push(name);
        let too_long = self.path.iter().map(|c| c.len() + 1).sum::<usize>() > PATH_BYTES_MAX;
        if self.path.len() > PATH_DEPTH_MAX || too_long { Err(PlaceError::BadPath) } else { Ok(()) }
    }

    fn make(&mut self, name: Vec<u8>) -> Result<(), PlaceError> {
        fs::mkdirat(&self.fd, &*name, Mode::from(0o755)).map_err(kernel("make a directory on its path"))?;
        let fd = fs::openat(&self.fd, &*name, PATH_FLAGS, Mode::empty())
            .map_err(kernel("open a directory on its path"))?;
        self.enter(fd, name)
    }

    fn read_link(&self, name: &[u8], followed: usize) -> Result<Vec<u8>, PlaceError> {
        if followed > LINKS_FOLLOWED_MAX {
            return Err(PlaceError::TooManyLinks);
        }
        match fs::readlinkat(&self.fd, name, Vec::new()) {
            Ok(target) => Ok(target.into_bytes()),
            Err(Errno::INVAL) => Err(PlaceError::NotDirectory(shown(name))),
            Err(errno) => Err(kernel("read a symbolic link on its path")(errno)),
        }
    }
}

fn split(path: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    path.split(|b| *b == b'/').filter(|component| !matches!(*component, b"" | b"."))
}

/// The components of a path in a tar; a leading slash means the layer's root, as docker takes it.
pub(super) fn components(path: &[u8]) -> Result<Vec<Vec<u8>>, PlaceError> {
    if path.len() >= PATH_BYTES_MAX || path.contains(&0) {
        return Err(PlaceError::BadPath);
    }
    let parts: Vec<_> = split(path).map(<[u8]>::to_vec).collect();
    if parts.iter().any(|component| component == b"..") {
        return Err(PlaceError::Climbs);
    }
    if parts.len() > PATH_DEPTH_MAX { Err(PlaceError::BadPath) } else { Ok(parts) }
}

pub(super) fn joined(path: &[Vec<u8>], name: Option<&[u8]>) -> Vec<u8> {
    path.iter().map(Vec::as_slice).chain(name).collect::<Vec<_>>().join(&b'/')
}

/// What stands under a name, if anything.
pub(super) fn look(parent: &OwnedFd, name: &[u8]) -> Result<Option<fs::Stat>, PlaceError> {
    match fs::statat(parent, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(Some(stat)),
        Err(Errno::NOENT) => Ok(None),
        Err(errno) => Err(kernel("look at its place")(errno)),
    }
}

pub(super) fn clone(fd: BorrowedFd<'_>) -> Result<OwnedFd, PlaceError> {
    rustix::io::fcntl_dupfd_cloexec(fd, 0).map_err(kernel("keep a directory open"))
}

/// Bytes for people: never a control character.
pub(crate) fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes)
        .chars()
        .take(200)
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

#[cfg(test)]
mod tests;
