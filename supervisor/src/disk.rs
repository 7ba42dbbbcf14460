//! How much of the disk a directory takes.
//!
//! In: a path; what is below it may belong to a container that changes it meanwhile, so nothing is reached by name
//! twice and no link is followed. Out: bytes.

#[cfg(test)]
mod tests;

use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, openat, statat};
use rustix::io::Errno;
use std::collections::HashSet;
use std::ffi::CString;
use std::path::Path;

/// Deepest directory that is looked into; each level holds one descriptor.
pub const DEPTH_MAX: usize = 256;

/// Sum of the sizes of the regular files and links below `path`, those with several names counted once; 0 if there is
/// no such directory. What is deeper than [`DEPTH_MAX`], or disappears meanwhile, is not counted.
///
/// # Errors
/// A directory cannot be read.
pub fn tree_bytes(path: &Path) -> Result<u64, Errno> {
    let top = match open(CWD, path) {
        Err(Errno::NOENT) => return Ok(0),
        top => top?,
    };
    let mut walk = Walk { bytes: 0, seen: HashSet::new() };
    walk.directory(&top, 0)?;
    Ok(walk.bytes)
}

struct Walk {
    bytes: u64,
    /// Device and inode of files that have further names.
    seen: HashSet<(u64, u64)>,
}

impl Walk {
    fn directory(&mut self, directory: &OwnedFd, depth: usize) -> Result<(), Errno> {
        for entry in Dir::read_from(directory)? {
            let name: CString = entry?.file_name().into();
            if !matches!(name.as_bytes(), b"." | b"..") {
                self.entry(directory, &name, depth)?;
            }
        }
        Ok(())
    }

    fn entry(&mut self, directory: &OwnedFd, name: &CString, depth: usize) -> Result<(), Errno> {
        let status = match statat(directory, name, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => return Ok(()),
            status => status?,
        };
        match FileType::from_raw_mode(status.st_mode) {
            FileType::Directory if depth < DEPTH_MAX => match open(directory.as_fd(), name.as_c_str()) {
                // Gone, or a link by now.
                Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => Ok(()),
                inner => self.directory(&inner?, depth + 1),
            },
            FileType::RegularFile | FileType::Symlink => {
                let is_new = status.st_nlink < 2 || self.seen.insert((status.st_dev, status.st_ino));
                self.bytes += if is_new { u64::try_from(status.st_size).unwrap_or(0) } else { 0 };
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

fn open(at: impl AsFd, path: impl rustix::path::Arg) -> Result<OwnedFd, Errno> {
    openat(at, path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())
}
