//! A file or a tree of a root as a stream of entries, read by descriptors alone.
//!
//! Whoever owns the tree may change it meanwhile: each name is looked at once, by a descriptor that neither follows a link
//! nor wakes a device, and what is read is what that descriptor stands for.

use super::owners::Owners;
use super::{CopyError, DEPTH_MAX, Sink, refused, xattrs};
use limpet_store::archive::{Entry, Kind};
use rustix::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use rustix::fs::{CWD, Dir, FileType, Mode, OFlags, Stat, fstat, fstatfs, major, minor, openat, readlinkat};
use rustix::io::Errno;
use std::collections::HashMap;
use std::fs::File;
use std::io::Read;

/// Files with several names whose first name is remembered; the names of further ones are copied as files of their own.
const HARD_LINKS_MAX: usize = 1024 * 1024;

/// File systems that the kernel makes up (linux/magic.h): sizes lie there, and reading has effects.
const MADE_UP: [u64; 14] = [
    0x9fa0,      // proc
    0x6265_6572, // sysfs
    0x1cd1,      // devpts
    0x1980_0202, // mqueue
    0x27_e0eb,   // cgroup
    0x6367_7270, // cgroup2
    0x6462_6720, // debugfs
    0x7472_6163, // tracefs
    0x7363_6673, // securityfs
    0xcafe_4a11, // bpf
    0x6165_676c, // pstore
    0xde5e_81e4, // efivarfs
    0x6265_6570, // configfs
    0x4249_4e4d, // binfmt_misc
];

/// A walk through one tree.
pub struct Source<'a> {
    owners: Owners,
    sink: &'a mut dyn Sink,
    linked: HashMap<(u64, u64), Vec<u8>>,
    /// Bytes of contents so far.
    pub bytes: u64,
}

impl<'a> Source<'a> {
    /// A walk that gives `sink` what it finds, with owners as the tree's container sees them.
    pub fn new(owners: Owners, sink: &'a mut dyn Sink) -> Self {
        Self { owners, sink, linked: HashMap::new(), bytes: 0 }
    }

    /// Copies `name` in the directory `parent`, and everything below it, as `path`.
    ///
    /// # Errors
    /// Something cannot be read, or the sink fails.
    pub fn copy(&mut self, parent: BorrowedFd<'_>, name: &[u8], path: &[u8]) -> Result<(), CopyError> {
        let file = look(parent, name).map_err(refused("open", path))?;
        if is_made_up(file.as_fd(), path)? {
            return Err(CopyError::new(
                "copy",
                path,
                "it is in a file system that the kernel makes up; use exec to read it",
            ));
        }
        self.copy_file(&file, path, 0)
    }

    /// Copies what is in the directory `parent`, but not itself.
    ///
    /// # Errors
    /// See [`Self::copy`].
    pub fn copy_contents(&mut self, parent: BorrowedFd<'_>) -> Result<(), CopyError> {
        self.copy_children(parent, b"", 0)
    }

    fn copy_file(&mut self, file: &OwnedFd, path: &[u8], depth: usize) -> Result<(), CopyError> {
        let status = fstat(file).map_err(refused("look at", path))?;
        let Some(kind) = kind(&status) else { return Ok(()) };
        let mut entry = describe(file.as_fd(), path, kind, &status, self.owners)?;
        match kind {
            Kind::File => self.copy_regular(file.as_fd(), entry, &status),
            Kind::Directory => {
                self.sink.put(&entry, &mut std::io::empty())?;
                if depth > 0 && is_made_up(file.as_fd(), path)? {
                    Ok(())
                } else {
                    self.copy_children(file.as_fd(), path, depth)
                }
            }
            Kind::Symlink => {
                entry.link =
                    readlinkat(file, c"", Vec::new()).map_err(refused("read the link", path))?.into_bytes();
                self.sink.put(&entry, &mut std::io::empty())
            }
            _ => self.sink.put(&entry, &mut std::io::empty()),
        }
    }

    fn copy_regular(
        &mut self,
        file: BorrowedFd<'_>,
        mut entry: Entry,
        status: &Stat,
    ) -> Result<(), CopyError> {
        if status.st_nlink > 1 {
            let identity = (status.st_dev, status.st_ino);
            if let Some(first) = self.linked.get(&identity) {
                entry = Entry { kind: Kind::Hardlink, link: first.clone(), size_bytes: 0, ..entry };
                return self.sink.put(&entry, &mut std::io::empty());
            }
            if self.linked.len() < HARD_LINKS_MAX {
                self.linked.insert(identity, entry.path.clone());
            }
        }
        let file = File::from(reopen(file, OFlags::RDONLY).map_err(refused("open", &entry.path))?);
        self.bytes += entry.size_bytes;
        self.sink.put(&entry, &mut file.take(entry.size_bytes))
    }

    fn copy_children(
        &mut self,
        directory: BorrowedFd<'_>,
        path: &[u8],
        depth: usize,
    ) -> Result<(), CopyError> {
        if depth >= DEPTH_MAX {
            let reason = format!("directories are nested deeper than the {DEPTH_MAX} that are copied");
            return Err(CopyError::new("copy", path, reason));
        }
        for name in names(directory).map_err(refused("list", path))? {
            let below = if path.is_empty() { name.clone() } else { [path, b"/", &name].concat() };
            match look(directory, &name) {
                // It is gone since.
                Err(Errno::NOENT) => {}
                file => self.copy_file(&file.map_err(refused("open", &below))?, &below, depth + 1)?,
            }
        }
        Ok(())
    }
}

/// The directory `file` as an entry without a path.
///
/// # Errors
/// It cannot be looked at.
pub fn entry_of(file: BorrowedFd<'_>) -> Result<Entry, CopyError> {
    let status = fstat(file).map_err(refused("look at", b""))?;
    describe(file, b"", Kind::Directory, &status, Owners::Same)
}

fn describe(
    file: BorrowedFd<'_>,
    path: &[u8],
    kind: Kind,
    status: &Stat,
    owners: Owners,
) -> Result<Entry, CopyError> {
    let xattrs = match kind {
        Kind::File | Kind::Directory => {
            xattrs::read(file, owners).map_err(refused("read the attributes of", path))?
        }
        _ => Vec::new(),
    };
    Ok(Entry {
        kind,
        path: path.to_vec(),
        link: Vec::new(),
        mode: status.st_mode & 0o7777,
        uid: owners.inside(status.st_uid),
        gid: owners.inside(status.st_gid),
        modified: (status.st_mtime, u32::try_from(status.st_mtime_nsec).unwrap_or(0)),
        xattrs,
        size_bytes: if kind == Kind::File { u64::try_from(status.st_size).unwrap_or(0) } else { 0 },
    })
}

/// A handle on `name` itself that opens nothing.
fn look(parent: BorrowedFd<'_>, name: &[u8]) -> Result<OwnedFd, Errno> {
    openat(parent, name, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())
}

/// The same file, opened to be used.
fn reopen(file: BorrowedFd<'_>, flags: OFlags) -> Result<OwnedFd, Errno> {
    openat(CWD, format!("/proc/self/fd/{}", file.as_raw_fd()), flags | OFlags::CLOEXEC, Mode::empty())
}

/// The names in a directory, sorted, so that a copy of the same tree is the same.
pub(crate) fn names(directory: BorrowedFd<'_>) -> Result<Vec<Vec<u8>>, Errno> {
    let mut names = Vec::new();
    for entry in Dir::new(reopen(directory, OFlags::RDONLY | OFlags::DIRECTORY)?)? {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if !matches!(name, b"." | b"..") {
            names.push(name.to_vec());
        }
    }
    names.sort_unstable();
    Ok(names)
}

fn is_made_up(file: BorrowedFd<'_>, path: &[u8]) -> Result<bool, CopyError> {
    let kind = fstatfs(file).map_err(refused("look at", path))?.f_type;
    Ok(MADE_UP.contains(&u64::try_from(kind).unwrap_or(0)))
}

/// `None` for a socket, which cannot be copied.
fn kind(status: &Stat) -> Option<Kind> {
    let device = || (major(status.st_rdev), minor(status.st_rdev));
    Some(match FileType::from_raw_mode(status.st_mode) {
        FileType::RegularFile => Kind::File,
        FileType::Directory => Kind::Directory,
        FileType::Symlink => Kind::Symlink,
        FileType::Fifo => Kind::Fifo,
        FileType::CharacterDevice => Kind::Character(device().0, device().1),
        FileType::BlockDevice => Kind::Block(device().0, device().1),
        _ => return None,
    })
}
