//! Walks a writable layer and compares it with the layers below (overlayfs's form: whiteouts are 0/0 devices, opaque
//! directories carry an attribute).
//!
//! The writable layer belongs to the container, which may be changing it: it is read by descriptors that follow nothing. The
//! layers below are the store's and never change.

use crate::copying::source::names;
use crate::copying::{CopyError, DEPTH_MAX, failed, refused};
use rustix::fd::{AsFd, AsRawFd, OwnedFd};
use rustix::fs::{FileType, Mode, OFlags, Stat, fstat, getxattr, lgetxattr, lstat, openat};
use rustix::io::Errno;
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

const OPAQUE: &str = "trusted.overlay.opaque";

/// What happened to a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChangeKind {
    Added,
    Changed,
    Deleted,
}

impl ChangeKind {
    /// docker's letter.
    pub(super) fn letter(self) -> char {
        match self {
            Self::Added => 'A',
            Self::Changed => 'C',
            Self::Deleted => 'D',
        }
    }
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) kind: ChangeKind,
    pub(super) path: Vec<u8>,
}

/// The state of a walk.
pub(super) struct Walk {
    /// Paths that Limpet mounts on or writes itself.
    pub(super) mounted: Vec<Vec<u8>>,
    /// What was found.
    pub(super) changes: Vec<Change>,
}

/// What the layers below have under one name.
enum Below {
    Nothing,
    File(Stat),
    /// With all the layers' directories that are merged here, the topmost first.
    Directory(Stat, Vec<PathBuf>),
}

impl Walk {
    /// Compares the directory `top`, which is at `path`, with the same directory of the layers below; whether anything in
    /// it changed.
    pub(super) fn directory(
        &mut self,
        top: &OwnedFd,
        lower: &[PathBuf],
        path: &[u8],
    ) -> Result<bool, CopyError> {
        if path.iter().filter(|byte| **byte == b'/').count() > DEPTH_MAX {
            return Err(CopyError::new(
                "compare",
                path,
                format!("it is nested deeper than {DEPTH_MAX} directories"),
            ));
        }
        let before = self.changes.len();
        let names = names(top.as_fd()).map_err(refused("list", path))?;
        for name in &names {
            let below = [path, b"/", name].concat();
            if self.mounted.contains(&below) {
                continue;
            }
            match openat(
                top,
                name.as_slice(),
                OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC,
                Mode::empty(),
            ) {
                // It is gone since.
                Err(Errno::NOENT) => {}
                file => self.compare(&file.map_err(refused("open", &below))?, lower, name, &below)?,
            }
        }
        if is_opaque(top) {
            self.hidden(lower, &names, path)?;
        }
        Ok(self.changes.len() > before)
    }

    fn compare(
        &mut self,
        file: &OwnedFd,
        lower: &[PathBuf],
        name: &[u8],
        path: &[u8],
    ) -> Result<(), CopyError> {
        let status = fstat(file).map_err(refused("look at", path))?;
        let below = find(lower, name).map_err(refused("look below", path))?;
        if is_whiteout(&status) {
            if !matches!(below, Below::Nothing) {
                self.push(ChangeKind::Deleted, path);
            }
            return Ok(());
        }
        if kind(&status) != FileType::Directory {
            self.push(
                if matches!(below, Below::Nothing) { ChangeKind::Added } else { ChangeKind::Changed },
                path,
            );
            return Ok(());
        }
        let (old, layers) = match below {
            Below::Directory(old, layers) => (Some(old), layers),
            Below::File(old) => (Some(old), Vec::new()),
            Below::Nothing => (None, Vec::new()),
        };
        let at = self.changes.len();
        let is_changed = self.directory(file, &layers, path)? || self.differs(old.as_ref(), &status, path);
        if is_changed {
            let kind = if old.is_some() { ChangeKind::Changed } else { ChangeKind::Added };
            self.changes.insert(at, Change { kind, path: path.to_vec() });
        }
        Ok(())
    }

    /// A directory above a place that is mounted on is touched by making that place.
    fn differs(&self, old: Option<&Stat>, new: &Stat, path: &[u8]) -> bool {
        let ours = [path, b"/"].concat();
        let is_above_mount = self.mounted.iter().any(|mounted| mounted.starts_with(&ours));
        let Some(old) = old else { return !is_above_mount };
        let same_owner = (old.st_mode, old.st_uid, old.st_gid) == (new.st_mode, new.st_uid, new.st_gid);
        let same_time = (old.st_mtime, old.st_mtime_nsec) == (new.st_mtime, new.st_mtime_nsec);
        !same_owner || !(same_time || is_above_mount)
    }

    /// What an opaque directory hides of the layers below.
    fn hidden(&mut self, lower: &[PathBuf], names: &[Vec<u8>], path: &[u8]) -> Result<(), CopyError> {
        let mut gone: Vec<Vec<u8>> = Vec::new();
        for layer in lower {
            for entry in fs::read_dir(layer).map_err(failed("list", layer.as_os_str().as_bytes()))? {
                let name = entry.map_err(failed("list", path))?.file_name().into_vec();
                if !names.contains(&name) && !gone.contains(&name) {
                    gone.push(name);
                }
            }
        }
        for name in gone {
            if !matches!(find(lower, &name).map_err(refused("look below", path))?, Below::Nothing) {
                self.push(ChangeKind::Deleted, &[path, b"/", &name].concat());
            }
        }
        Ok(())
    }

    fn push(&mut self, kind: ChangeKind, path: &[u8]) {
        self.changes.push(Change { kind, path: path.to_vec() });
    }
}

/// What `name` is in the merged directories `lower`.
fn find(lower: &[PathBuf], name: &[u8]) -> Result<Below, Errno> {
    let mut merged: Vec<PathBuf> = Vec::new();
    let mut first = None;
    for layer in lower {
        let path = layer.join(Path::new(std::ffi::OsStr::from_bytes(name)));
        let status = match lstat(&path) {
            Err(Errno::NOENT) => continue,
            status => status?,
        };
        match (kind(&status), first) {
            (FileType::Directory, _) => {
                first.get_or_insert(status);
                let ends = is_opaque_layer(&path);
                merged.push(path);
                if ends {
                    break;
                }
            }
            (_, Some(_)) => break,
            (_, None) if is_whiteout(&status) => return Ok(Below::Nothing),
            (_, None) => return Ok(Below::File(status)),
        }
    }
    Ok(first.map_or(Below::Nothing, |status| Below::Directory(status, merged)))
}

fn kind(status: &Stat) -> FileType {
    FileType::from_raw_mode(status.st_mode)
}

fn is_whiteout(status: &Stat) -> bool {
    kind(status) == FileType::CharacterDevice && status.st_rdev == 0
}

fn is_opaque(directory: &OwnedFd) -> bool {
    let mut value = [0; 1];
    let path = format!("/proc/self/fd/{}", directory.as_raw_fd());
    getxattr(path, OPAQUE, &mut value).is_ok_and(|length| value[..length] == *b"y")
}

fn is_opaque_layer(path: &Path) -> bool {
    let mut value = [0; 1];
    lgetxattr(path, OPAQUE, &mut value).is_ok_and(|length| value[..length] == *b"y")
}

#[cfg(test)]
mod tests;
