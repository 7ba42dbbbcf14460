//! `index`: what a layer's tree has to be, so that damage to it can be found and named.
//!
//! [`Line`]s in postcard, packed in [`super::blocks`], one per name, directories before what is in them, names in the order of their
//! bytes. Contents are not in it: `split` has the digest of each file's. What it says of a file is what the unpacking
//! process could set; overlayfs's mark of an opaque directory, which that process cannot set, is a word of its own.

use super::blocks::{self, BlockWriter};
use super::inside;
use super::spawn::OPAQUE_XATTR;
use super::walk::joined;
use crate::limits::{LAYER_ENTRIES_MAX, PATH_BYTES_MAX, PATH_DEPTH_MAX};
use rustix::fs::{self, AtFlags, FileType, OFlags, StatxFlags};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};

/// More than any line has: a path, the target of a link, and extended attributes (xattr(7): 64 KiB of values).
const LINE_BYTES_MAX: usize = 2 * PATH_BYTES_MAX + 256 * 1024;
/// Bytes of one extended attribute (xattr(7)).
const XATTR_BYTES_MAX: usize = 64 * 1024;
/// The extended attributes that are part of an image. Others, as a security module's labels, are the board's own.
const XATTRS: [&[u8]; 3] = [b"security.capability", b"user.", b"system.posix_acl_"];

/// Names and values, in order.
type Xattrs = Vec<(Vec<u8>, Vec<u8>)>;

/// What one name of the tree has to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Line {
    /// Below the tree; empty for the tree itself.
    path: Vec<u8>,
    /// Type and permissions, as in `st_mode`.
    mode: u32,
    uid: u32,
    gid: u32,
    /// Seconds and nanoseconds.
    mtime: (i64, u32),
    /// Of all but directories, which grow and shrink by themselves.
    size_bytes: u64,
    links: u32,
    /// Of device nodes.
    device: (u32, u32),
    /// Of symbolic links.
    target: Vec<u8>,
    xattrs: Xattrs,
    opaque: bool,
}

/// Writes the index of a tree that is finished; `opaque` are the directories that will be marked so.
///
/// Only for the unpacking process: it changes the working directory.
pub(crate) fn write(root: &OwnedFd, opaque: &BTreeSet<Vec<u8>>, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BlockWriter::begin(out)?;
    walk(root, Way::WorkingDirectory, &mut |mut line| {
        line.opaque = opaque.contains(&line.path);
        let bytes = postcard::to_allocvec(&line).map_err(io::Error::other)?;
        let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
        out.write_all(&length.to_le_bytes())?;
        out.write_all(&bytes)
    })?;
    out.finish().map(drop)
}

/// Compares a tree with its index, and tells every difference: a path and what is wrong with it.
pub(crate) fn compare(
    root: &OwnedFd,
    index: &mut dyn Read,
    tell: &mut dyn FnMut(&[u8], &str),
) -> io::Result<()> {
    let mut lines = Lines { source: blocks::read(Box::new(index))?, next: None };
    walk(root, Way::Proc, &mut |found| {
        while let Some(wanted) = lines.peek()?.filter(|wanted| before(&wanted.path, &found.path)) {
            tell(&wanted.path, "is missing");
            lines.next = None;
        }
        match lines.peek()? {
            Some(wanted) if wanted.path == found.path => {
                if let Some(what) = difference(wanted, &found) {
                    tell(&found.path, what);
                }
                lines.next = None;
            }
            _ => tell(&found.path, "does not belong there"),
        }
        Ok(())
    })?;
    while let Some(wanted) = lines.peek()? {
        tell(&wanted.path, "is missing");
        lines.next = None;
    }
    Ok(())
}

/// The order of a walk: component by component.
fn before(one: &[u8], other: &[u8]) -> bool {
    one.split(|byte| *byte == b'/').lt(other.split(|byte| *byte == b'/'))
}

fn difference(wanted: &Line, found: &Line) -> Option<&'static str> {
    let checks = [
        (wanted.mode == found.mode, "has another type or mode"),
        ((wanted.uid, wanted.gid) == (found.uid, found.gid), "has another owner"),
        (wanted.size_bytes == found.size_bytes, "has another size"),
        (wanted.target == found.target, "leads elsewhere"),
        (wanted.device == found.device, "is another device"),
        (wanted.links == found.links, "has lost or won hard links"),
        (wanted.xattrs == found.xattrs, "has other extended attributes"),
        (
            wanted.opaque == found.opaque,
            "hides other layers where it should not, or does not where it should",
        ),
        (wanted.mtime == found.mtime, "has another time of modification"),
    ];
    checks.into_iter().find(|(same, _)| !same).map(|(_, what)| what)
}

/// The lines of an index, one of them looked at ahead.
struct Lines<'a> {
    source: Box<dyn Read + 'a>,
    next: Option<Line>,
}

impl Lines<'_> {
    fn peek(&mut self) -> io::Result<Option<&Line>> {
        if self.next.is_none() {
            self.next = self.read()?;
        }
        Ok(self.next.as_ref())
    }

    fn read(&mut self) -> io::Result<Option<Line>> {
        let mut length = [0; 4];
        match super::flow::read_full(&mut self.source, &mut length)? {
            0 => return Ok(None),
            4 => {}
            _ => return Err(io::ErrorKind::UnexpectedEof.into()),
        }
        let length = usize::try_from(u32::from_le_bytes(length)).map_err(io::Error::other)?;
        if length > LINE_BYTES_MAX {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut bytes = vec![0; length];
        self.source.read_exact(&mut bytes)?;
        postcard::from_bytes(&bytes).map(Some).map_err(|_| io::ErrorKind::InvalidData.into())
    }
}

/// A directory on the way, and the names in it that are still to come, the last one first.
struct Level {
    fd: OwnedFd,
    names: Vec<Vec<u8>>,
}

/// Shows every name of a tree, in the order of the index.
fn walk(root: &OwnedFd, way: Way, each: &mut dyn FnMut(Line) -> io::Result<()>) -> io::Result<()> {
    let mut path: Vec<Vec<u8>> = Vec::new();
    let fd = inside::open(root, b"", OFlags::RDONLY | OFlags::DIRECTORY)?;
    each(line(&fd, b".", Vec::new(), way)?)?;
    let mut levels = vec![Level { names: names(&fd)?, fd }];
    let mut count = 0;
    while let Some(level) = levels.last_mut() {
        let Some(name) = level.names.pop() else {
            levels.pop();
            path.pop();
            continue;
        };
        count += 1;
        if count > 2 * LAYER_ENTRIES_MAX || levels.len() > PATH_DEPTH_MAX {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let Some(level) = levels.last() else { break };
        let line = line(&level.fd, &name, joined(&path, Some(&name)), way)?;
        let is_directory = FileType::from_raw_mode(line.mode) == FileType::Directory;
        each(line)?;
        if is_directory {
            let fd = inside::open(&level.fd, &name, OFlags::RDONLY | OFlags::DIRECTORY)?;
            levels.push(Level { names: names(&fd)?, fd });
            path.push(name);
        }
    }
    Ok(())
}

/// The names in a directory, the last one first.
fn names(directory: &OwnedFd) -> io::Result<Vec<Vec<u8>>> {
    let mut names = Vec::new();
    for entry in fs::Dir::read_from(directory)? {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if !matches!(name, b"." | b"..") {
            names.push(name.to_vec());
        }
    }
    names.sort_unstable_by(|one, other| other.cmp(one));
    Ok(names)
}

fn line(directory: &OwnedFd, name: &[u8], path: Vec<u8>, way: Way) -> io::Result<Line> {
    let stat = fs::statx(directory, name, AtFlags::SYMLINK_NOFOLLOW, StatxFlags::BASIC_STATS)?;
    let kind = FileType::from_raw_mode(stat.stx_mode.into());
    let is_directory = kind == FileType::Directory;
    let target = match kind {
        FileType::Symlink => fs::readlinkat(directory, name, Vec::new())?.into_bytes(),
        _ => Vec::new(),
    };
    let (xattrs, opaque) = xattrs(&way.to(directory, name)?)?;
    Ok(Line {
        path,
        mode: stat.stx_mode.into(),
        uid: stat.stx_uid,
        gid: stat.stx_gid,
        mtime: (stat.stx_mtime.tv_sec, stat.stx_mtime.tv_nsec),
        size_bytes: if is_directory { 0 } else { stat.stx_size },
        links: if is_directory { 0 } else { stat.stx_nlink },
        device: (stat.stx_rdev_major, stat.stx_rdev_minor),
        target,
        xattrs,
        opaque,
    })
}

/// How a name is reached whose extended attributes are wanted; lgetxattrat(2) is not on old kernels.
#[derive(Clone, Copy)]
enum Way {
    /// There is no /proc where the unpacking process is.
    WorkingDirectory,
    /// The working directory is everybody's.
    Proc,
}

impl Way {
    fn to(self, directory: &OwnedFd, name: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Self::WorkingDirectory => {
                rustix::process::fchdir(directory)?;
                Ok(name.to_vec())
            }
            Self::Proc => Ok([format!("/proc/self/fd/{}/", directory.as_raw_fd()).as_bytes(), name].concat()),
        }
    }
}

/// The extended attributes that count, in order, and whether overlayfs's mark is among them.
fn xattrs(path: &[u8]) -> io::Result<(Xattrs, bool)> {
    let length = match fs::llistxattr_query(path) {
        Ok(0) | Err(Errno::OPNOTSUPP) => return Ok((Vec::new(), false)),
        Ok(length) => length,
        Err(errno) => return Err(errno.into()),
    };
    let mut list = vec![0; length];
    let length = fs::llistxattr(path, &mut list[..])?;
    let mut found = Vec::new();
    let mut opaque = false;
    for key in list[..length].split(|byte| *byte == 0) {
        let is_mark = key == OPAQUE_XATTR.as_bytes();
        if is_mark || XATTRS.iter().any(|prefix| key.starts_with(prefix)) {
            let mut value = vec![0; XATTR_BYTES_MAX];
            let length = fs::lgetxattr(path, key, &mut value[..])?;
            value.truncate(length);
            opaque |= is_mark && value == b"y";
            found.push((key.to_vec(), value));
        }
    }
    found.retain(|(key, _)| key != OPAQUE_XATTR.as_bytes());
    found.sort();
    Ok((found, opaque))
}

#[cfg(test)]
mod tests;
