//! Entries into a directory, which others may be changing at the same time.
//!
//! Nothing is ever followed: a link where a directory should be is an error, a link where a file should be is replaced.
//! Attributes go through the descriptor of what was made. A directory that is there already keeps its own.

use super::owners::Owners;
use super::spot::open_beneath;
use super::{CopyError, DEPTH_MAX, Sink, failed, refused, xattrs};
use limpet_store::archive::{Entry, Kind};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{
    AtFlags, FileType, Gid, Mode, OFlags, Timespec, Timestamps, Uid, chownat, fchmod, fchown, futimens,
    linkat, makedev, mkdirat, mknodat, openat, statat, symlinkat, unlinkat, utimensat,
};
use rustix::io::Errno;
use std::fs::File;
use std::io::{Read, Write};

const BUFFER_BYTES: usize = 64 * 1024;

/// Who owns what is placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Belongs {
    /// Whom the entry says.
    AsWritten,
    /// The root of where it goes.
    ToRoot,
}

/// A directory that is being filled.
pub struct Placer {
    base: OwnedFd,
    owners: Owners,
    belongs: Belongs,
    /// Directories that were made and are not finished, the innermost last, with their times.
    open: Vec<(Vec<u8>, Timestamps)>,
    /// Extended attributes that the file system does not take.
    pub xattrs_skipped: u64,
}

impl Placer {
    /// Fills the directory `base`. From here on the process masks no permissions of what it makes.
    #[must_use]
    pub fn new(base: OwnedFd, owners: Owners, belongs: Belongs) -> Self {
        rustix::process::umask(Mode::empty());
        Self { base, owners, belongs, open: Vec::new(), xattrs_skipped: 0 }
    }

    /// Gives the base itself the attributes of `entry`.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn put_base(&mut self, entry: &Entry) -> Result<(), CopyError> {
        let base = open_beneath(&self.base, b"", OFlags::RDONLY | OFlags::DIRECTORY)
            .map_err(refused("open", b""))?;
        self.open.push((Vec::new(), timestamps(entry)));
        self.attributes(base.as_fd(), entry)
    }

    /// Sets the times of the directories that are still open.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn finish(&mut self) -> Result<(), CopyError> {
        while !self.open.is_empty() {
            self.close_last()?;
        }
        Ok(())
    }

    fn close_all_but_above(&mut self, path: &[u8]) -> Result<(), CopyError> {
        while self.open.last().is_some_and(|(directory, _)| !is_below(path, directory)) {
            self.close_last()?;
        }
        Ok(())
    }

    fn close_last(&mut self) -> Result<(), CopyError> {
        let Some((path, times)) = self.open.pop() else { return Ok(()) };
        match open_beneath(&self.base, &path, OFlags::RDONLY | OFlags::DIRECTORY) {
            Ok(directory) => futimens(&directory, &times).map_err(refused("set the times of", &path)),
            // Somebody replaced it meanwhile; its times are theirs to know.
            Err(Errno::NOENT | Errno::LOOP | Errno::NOTDIR) => Ok(()),
            Err(errno) => Err(refused("open", &path)(errno)),
        }
    }

    fn parent(&self, path: &[u8]) -> Result<OwnedFd, CopyError> {
        let flags = OFlags::PATH | OFlags::DIRECTORY;
        match open_beneath(&self.base, path, flags) {
            Ok(directory) => Ok(directory),
            Err(Errno::NOENT) => self.make_parents(path),
            Err(Errno::LOOP) => {
                Err(CopyError::new("write below", path, "a symbolic link is on the way, and is not followed"))
            }
            Err(errno) => Err(refused("write below", path)(errno)),
        }
    }

    /// Directories that a tar takes for granted.
    fn make_parents(&self, path: &[u8]) -> Result<OwnedFd, CopyError> {
        let mut at =
            open_beneath(&self.base, b"", OFlags::PATH | OFlags::DIRECTORY).map_err(refused("open", b""))?;
        for name in path.split(|byte| *byte == b'/') {
            match mkdirat(&at, name, Mode::from_raw_mode(0o755)) {
                Ok(()) => self.own_name(at.as_fd(), name, self.root()).map_err(refused("give away", path))?,
                Err(Errno::EXIST) => {}
                Err(errno) => return Err(refused("make the directory", path)(errno)),
            }
            at = open_beneath(&at, name, OFlags::PATH | OFlags::DIRECTORY)
                .map_err(refused("write below", path))?;
        }
        Ok(at)
    }

    fn place(&mut self, spot: &Target<'_>, entry: &Entry, contents: &mut dyn Read) -> Result<(), CopyError> {
        let there = there(spot)?;
        match (entry.kind, there) {
            (Kind::Directory, Some(FileType::Directory)) => return Ok(()),
            (Kind::Directory, Some(_)) => {
                return Err(CopyError::new(
                    "make the directory",
                    spot.path,
                    "something that is no directory has this name",
                ));
            }
            (_, Some(FileType::Directory)) => {
                return Err(CopyError::new("write", spot.path, "a directory has this name"));
            }
            (Kind::File, Some(_)) => match unlinkat(spot.parent, spot.name, AtFlags::empty()) {
                // Something is mounted on it, as on a container's /etc/hosts.
                Err(Errno::BUSY) => return overwrite(spot, contents),
                result => result.map_err(refused("replace", spot.path))?,
            },
            (_, Some(_)) => {
                unlinkat(spot.parent, spot.name, AtFlags::empty()).map_err(refused("replace", spot.path))?;
            }
            (_, None) => {}
        }
        match entry.kind {
            Kind::File => self.file(spot, entry, contents),
            Kind::Directory => self.directory(spot, entry),
            Kind::Hardlink => self.hard_link(spot, entry),
            _ => self.node(spot, entry),
        }
    }

    fn file(&mut self, spot: &Target<'_>, entry: &Entry, contents: &mut dyn Read) -> Result<(), CopyError> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = openat(spot.parent, spot.name, flags, Mode::from_raw_mode(0o600))
            .map_err(refused("make", spot.path))?;
        let mut file = File::from(file);
        let written = pour(contents, &mut file, spot.path).and_then(|()| {
            self.attributes(file.as_fd(), entry)?;
            futimens(&file, &timestamps(entry)).map_err(refused("set the times of", spot.path))
        });
        if written.is_err() {
            // Half a file is worse than none; the first error is the one to tell.
            unlinkat(spot.parent, spot.name, AtFlags::empty()).ok();
        }
        written
    }

    fn directory(&mut self, spot: &Target<'_>, entry: &Entry) -> Result<(), CopyError> {
        mkdirat(spot.parent, spot.name, Mode::from_raw_mode(0o700))
            .map_err(refused("make the directory", spot.path))?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        let directory = open_beneath(spot.parent, spot.name, flags).map_err(refused("open", spot.path))?;
        self.open.push((spot.path.to_vec(), timestamps(entry)));
        self.attributes(directory.as_fd(), entry)
    }

    fn hard_link(&self, spot: &Target<'_>, entry: &Entry) -> Result<(), CopyError> {
        let first = normal(&entry.link)?;
        let (directory, name) = split(&first);
        let from = self.parent(directory)?;
        linkat(&from, name, spot.parent, spot.name, AtFlags::empty()).map_err(|errno| {
            let reason =
                format!("hard link to {}: {}", super::shown(&first), limpet_runner::failure::reason(errno));
            CopyError::new("make", spot.path, reason)
        })
    }

    fn node(&self, spot: &Target<'_>, entry: &Entry) -> Result<(), CopyError> {
        let mode = Mode::from_raw_mode(entry.mode);
        let node = |kind, major, minor| mknodat(spot.parent, spot.name, kind, mode, makedev(major, minor));
        match entry.kind {
            Kind::Symlink => symlinkat(&*entry.link, spot.parent, spot.name),
            Kind::Character(major, minor) => node(FileType::CharacterDevice, major, minor),
            Kind::Block(major, minor) => node(FileType::BlockDevice, major, minor),
            _ => node(FileType::Fifo, 0, 0),
        }
        .map_err(refused("make", spot.path))?;
        let owner = self.owner(entry)?;
        self.own_name(spot.parent, spot.name, owner).map_err(refused("give away", spot.path))?;
        utimensat(spot.parent, spot.name, &timestamps(entry), AtFlags::SYMLINK_NOFOLLOW)
            .map_err(refused("set the times of", spot.path))
    }

    fn own_name(&self, parent: BorrowedFd<'_>, name: &[u8], (uid, gid): (Uid, Gid)) -> Result<(), Errno> {
        chownat(parent, name, Some(uid), Some(gid), AtFlags::SYMLINK_NOFOLLOW)
    }

    /// Changing the owner takes set-user-ID bits and capabilities away, so they come after it.
    fn attributes(&mut self, file: BorrowedFd<'_>, entry: &Entry) -> Result<(), CopyError> {
        let (uid, gid) = self.owner(entry)?;
        fchown(file, Some(uid), Some(gid)).map_err(refused("give away", &entry.path))?;
        fchmod(file, Mode::from_raw_mode(entry.mode)).map_err(refused("set the mode of", &entry.path))?;
        let skipped = xattrs::write(file, &entry.xattrs, self.owners)
            .map_err(refused("set the attributes of", &entry.path))?;
        self.xattrs_skipped += skipped;
        Ok(())
    }

    fn root(&self) -> (Uid, Gid) {
        let root = self.owners.outside(0).unwrap_or(0);
        (Uid::from_raw(root), Gid::from_raw(root))
    }

    fn owner(&self, entry: &Entry) -> Result<(Uid, Gid), CopyError> {
        if self.belongs == Belongs::ToRoot {
            return Ok(self.root());
        }
        let id = |id: u32| {
            self.owners.outside(id).ok_or_else(|| {
                CopyError::new(
                    "write",
                    &entry.path,
                    format!("its owner {id} is outside the container's 65536 ids"),
                )
            })
        };
        Ok((Uid::from_raw(id(entry.uid)?), Gid::from_raw(id(entry.gid)?)))
    }
}

impl Sink for Placer {
    fn put(&mut self, entry: &Entry, contents: &mut dyn Read) -> Result<(), CopyError> {
        let path = normal(&entry.path)?;
        self.close_all_but_above(&path)?;
        if path.is_empty() {
            return Ok(());
        }
        let (directory, name) = split(&path);
        let parent = self.parent(directory)?;
        self.place(&Target { parent: parent.as_fd(), name, path: &path }, entry, contents)
    }
}

/// Where one entry goes.
struct Target<'a> {
    parent: BorrowedFd<'a>,
    name: &'a [u8],
    path: &'a [u8],
}

fn there(spot: &Target<'_>) -> Result<Option<FileType>, CopyError> {
    match statat(spot.parent, spot.name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(status) => Ok(Some(FileType::from_raw_mode(status.st_mode))),
        Err(Errno::NOENT) => Ok(None),
        Err(errno) => Err(refused("look at", spot.path)(errno)),
    }
}

fn overwrite(spot: &Target<'_>, contents: &mut dyn Read) -> Result<(), CopyError> {
    let flags = OFlags::WRONLY | OFlags::TRUNC | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = openat(spot.parent, spot.name, flags, Mode::empty()).map_err(refused("write", spot.path))?;
    pour(contents, &mut File::from(file), spot.path)
}

fn pour(contents: &mut dyn Read, file: &mut File, path: &[u8]) -> Result<(), CopyError> {
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        match contents.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(read) => file.write_all(&buffer[..read]).map_err(failed("write", path))?,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(failed("read", path)(error)),
        }
    }
}

fn timestamps(entry: &Entry) -> Timestamps {
    let time = Timespec { tv_sec: entry.modified.0, tv_nsec: entry.modified.1.into() };
    Timestamps { last_access: time, last_modification: time }
}

/// A path without leading slashes, `.` and doubled slashes; one that goes up or is too deep is refused.
fn normal(path: &[u8]) -> Result<Vec<u8>, CopyError> {
    let components: Vec<&[u8]> =
        path.split(|byte| *byte == b'/').filter(|component| !matches!(*component, b"" | b".")).collect();
    if components.contains(&&b".."[..]) {
        return Err(CopyError::new("write", path, "its path climbs out with .."));
    }
    if components.len() > DEPTH_MAX + 1 {
        return Err(CopyError::new(
            "write",
            path,
            format!("it lies deeper than the {DEPTH_MAX} directories that are copied"),
        ));
    }
    Ok(components.join(&b'/'))
}

fn split(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().rposition(|byte| *byte == b'/') {
        Some(slash) => (&path[..slash], &path[slash + 1..]),
        None => (b"", path),
    }
}

fn is_below(path: &[u8], directory: &[u8]) -> bool {
    directory.is_empty() || path.strip_prefix(directory).is_some_and(|rest| rest.starts_with(b"/"))
}

#[cfg(test)]
mod tests;
