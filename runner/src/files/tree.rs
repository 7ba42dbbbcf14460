//! Removing a directory with all in it, however deep a container has made it.
//!
//! Each level that is entered takes a descriptor and a buffer, so only so many are: what lies deeper is moved up to the top, and
//! has its turn there.

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, RenameFlags, openat, renameat_with, unlinkat};
use rustix::io::{Errno, Result};
use std::ffi::{CStr, CString};
use std::path::Path;

/// Most levels that are entered at a time.
const DEPTH_MAX: usize = 32;

/// Removes it; none is as good.
pub(super) fn remove(path: &Path) -> Result<()> {
    let top = match open(CWD, path) {
        Err(Errno::NOENT) => return Ok(()),
        top => top?,
    };
    let mut removal = Removal { top: top.as_fd(), moved: 0, has_moved: true };
    while removal.has_moved {
        removal.has_moved = false;
        removal.empty(top.as_fd(), DEPTH_MAX)?;
    }
    absent_is_fine(unlinkat(CWD, path, AtFlags::REMOVEDIR))
}

struct Removal<'a> {
    top: BorrowedFd<'a>,
    /// How many directories were moved up.
    moved: u64,
    /// Whether any was in this round.
    has_moved: bool,
}

impl Removal<'_> {
    fn empty(&mut self, directory: BorrowedFd<'_>, depth: usize) -> Result<()> {
        for entry in Dir::read_from(directory)? {
            let entry = entry?;
            let name = entry.file_name();
            if name == c"." || name == c".." {
                continue;
            }
            match entry.file_type() {
                FileType::Directory => self.remove_directory(directory, name, depth)?,
                FileType::Unknown => self.remove_unknown(directory, name, depth)?,
                _ => absent_is_fine(unlinkat(directory, name, AtFlags::empty()))?,
            }
        }
        Ok(())
    }

    /// File systems need not say in a listing what something is (readdir(3)).
    fn remove_unknown(&mut self, directory: BorrowedFd<'_>, name: &CStr, depth: usize) -> Result<()> {
        match unlinkat(directory, name, AtFlags::empty()) {
            Err(Errno::ISDIR | Errno::PERM) => self.remove_directory(directory, name, depth),
            removed => absent_is_fine(removed),
        }
    }

    fn remove_directory(&mut self, above: BorrowedFd<'_>, name: &CStr, depth: usize) -> Result<()> {
        // Most are empty by now, or were so from the beginning.
        match unlinkat(above, name, AtFlags::REMOVEDIR) {
            Err(Errno::NOTEMPTY | Errno::EXIST) => {}
            removed => return absent_is_fine(removed),
        }
        if depth == 0 {
            return self.move_up(above, name);
        }
        self.empty(open(above, name)?.as_fd(), depth - 1)?;
        match unlinkat(above, name, AtFlags::REMOVEDIR) {
            // Something has come meanwhile, or a listing left something out: the next round sees it.
            Err(Errno::NOTEMPTY | Errno::EXIST) if self.has_moved => Ok(()),
            removed => absent_is_fine(removed),
        }
    }

    fn move_up(&mut self, from: BorrowedFd<'_>, name: &CStr) -> Result<()> {
        self.has_moved = true;
        loop {
            self.moved += 1;
            let new = CString::new(format!("limpet-deep-{}", self.moved)).map_err(|_| Errno::INVAL)?;
            match renameat_with(from, name, self.top, new.as_c_str(), RenameFlags::NOREPLACE) {
                Err(Errno::EXIST) => {}
                moved => return moved,
            }
        }
    }
}

fn open<P: rustix::path::Arg>(at: impl AsFd, path: P) -> Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(at, path, flags, Mode::empty())
}

fn absent_is_fine(result: Result<()>) -> Result<()> {
    match result {
        Err(Errno::NOENT) => Ok(()),
        result => result,
    }
}
