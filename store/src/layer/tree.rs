//! Puts the entries of a layer's tar into a directory, in overlayfs's form.
//!
//! Whiteouts become 0/0 character devices; opaque directories are only listed, because their mark needs
//! CAP_SYS_ADMIN, which the process that runs this does not have. Names are resolved one component at a time without
//! letting the kernel follow anything: symbolic links of the same layer are followed by hand and stay inside.

use super::sparse::Chunk;
use super::tape::{Entry, Kind, Medium, Time};
use super::walk::{self, Parent, PlaceError, clone, components, joined, kernel, look, shown};
use crate::digest::{Digest, Sha256};
use crate::limits::PATH_DEPTH_MAX;
use rustix::fs::{self, AtFlags, FileType, Gid, Mode, OFlags, Timespec, Timestamps, Uid, XattrFlags};
use rustix::io::Errno;
use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::FileExt;

const WHITEOUT: &[u8] = b".wh.";
const OPAQUE: &[u8] = b".wh..wh..opq";
const AUFS: &[u8] = b".wh..wh.";
const COPY_BYTES: usize = 64 * 1024;
/// Where overlayfs keeps its own marks; an archive may not write them.
const OVERLAY_XATTRS: [&[u8]; 2] = [b"trusted.overlay.", b"user.overlay."];

/// Where the contents of a file went.
pub(crate) struct Stored {
    /// Inode number: the name under which it is kept if a later entry replaces it.
    pub(crate) label: u64,
    /// Path below the tree, without symbolic links.
    pub(crate) path: Vec<u8>,
    pub(crate) chunks: Vec<Chunk>,
    /// Of the chunks, one after the other.
    pub(crate) digest: Digest,
    /// Apparent size.
    pub(crate) size_bytes: u64,
}

/// A tree that is being filled.
pub(crate) struct Tree {
    root: OwnedFd,
    shadow_parent: OwnedFd,
    last: Option<(Vec<Vec<u8>>, Parent)>,
    directories: Vec<(Vec<u8>, Timestamps)>,
    opaque: BTreeSet<Vec<u8>>,
    /// Extended attributes that this file system does not take.
    pub(crate) xattrs_skipped: u64,
    buffer: Vec<u8>,
}

impl Tree {
    /// Fills `tree` below `work`; what is replaced goes to `work/shadow`.
    pub(crate) fn new(work: OwnedFd) -> Result<Self, PlaceError> {
        fs::mkdirat(&work, "tree", Mode::from(0o755)).map_err(kernel("make the tree"))?;
        let root =
            fs::openat(&work, "tree", walk::PATH_FLAGS, Mode::empty()).map_err(kernel("open the tree"))?;
        Ok(Self {
            root,
            shadow_parent: work,
            last: None,
            directories: Vec::new(),
            opaque: BTreeSet::new(),
            xattrs_skipped: 0,
            buffer: vec![0; COPY_BYTES],
        })
    }

    /// Puts one entry in place, taking the contents of a file from `medium`.
    pub(crate) fn place(
        &mut self,
        entry: &Entry,
        medium: &mut dyn Medium,
    ) -> Result<Option<Stored>, PlaceError> {
        let mut path = components(&entry.path)?;
        let Some(name) = path.pop() else { return self.place_root(entry).map(|()| None) };
        let parent = self.parent(path)?;
        self.place_in(&parent, &name, entry, medium)
    }

    fn place_in(
        &mut self,
        parent: &Parent,
        name: &[u8],
        entry: &Entry,
        medium: &mut dyn Medium,
    ) -> Result<Option<Stored>, PlaceError> {
        if name == OPAQUE {
            self.opaque.insert(joined(&parent.path, None));
            return Ok(None);
        }
        if name.starts_with(AUFS) {
            return Ok(None);
        }
        if let Some(hidden) = name.strip_prefix(WHITEOUT) {
            return self.whiteout(parent, hidden).map(|()| None);
        }
        if entry.kind == Kind::Hardlink {
            return self.link(parent, name, &entry.link).map(|()| None);
        }
        self.make_room(parent, name, entry.kind)?;
        let stored = self.make(parent, name, entry, medium)?;
        self.attributes(parent, name, entry)?;
        Ok(stored)
    }

    /// `./`: only its attributes count.
    fn place_root(&mut self, entry: &Entry) -> Result<(), PlaceError> {
        if entry.kind != Kind::Directory {
            return Err(PlaceError::ReplacesRoot);
        }
        let parent = Parent { fd: clone(self.root.as_fd())?, path: Vec::new() };
        self.attributes(&parent, b".", entry)
    }

    /// Makes the thing itself, without attributes.
    fn make(
        &mut self,
        parent: &Parent,
        name: &[u8],
        entry: &Entry,
        medium: &mut dyn Medium,
    ) -> Result<Option<Stored>, PlaceError> {
        let node = |kind, major, minor| {
            fs::mknodat(&parent.fd, name, kind, Mode::from(0o600), fs::makedev(major, minor))
                .map_err(kernel("make the node"))
        };
        match entry.kind {
            Kind::File => return self.file(parent, name, entry, medium).map(Some),
            Kind::Directory => match fs::mkdirat(&parent.fd, name, Mode::from(0o700)) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(errno) => return Err(kernel("make the directory")(errno)),
            },
            Kind::Symlink => {
                fs::symlinkat(&*entry.link, &parent.fd, name).map_err(kernel("make the symbolic link"))?;
            }
            Kind::Character { major, minor } => node(FileType::CharacterDevice, major, minor)?,
            Kind::Block { major, minor } => node(FileType::BlockDevice, major, minor)?,
            Kind::Fifo => node(FileType::Fifo, 0, 0)?,
            Kind::Hardlink | Kind::Other => {}
        }
        Ok(None)
    }

    fn file(
        &mut self,
        parent: &Parent,
        name: &[u8],
        entry: &Entry,
        medium: &mut dyn Medium,
    ) -> Result<Stored, PlaceError> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = fs::openat(&parent.fd, name, flags, Mode::from(0o600)).map_err(kernel("make the file"))?;
        let label = fs::fstat(&file).map_err(kernel("look at the file"))?.st_ino;
        let file = File::from(file);
        let (size_bytes, chunks) = match &entry.sparse {
            Some(sparse) => (sparse.size_bytes, sparse.chunks.clone()),
            None => (entry.stored_bytes, vec![(0, entry.stored_bytes)]),
        };
        let mut hash = Sha256::new();
        for (offset, length) in &chunks {
            self.copy(medium, &file, (*offset, *length), &mut hash)?;
        }
        if entry.sparse.is_some() {
            file.set_len(size_bytes).map_err(|error| PlaceError::Kernel("extend the file", error))?;
        }
        Ok(Stored {
            label,
            path: joined(&parent.path, Some(name)),
            chunks,
            digest: hash.finish(),
            size_bytes,
        })
    }

    fn copy(
        &mut self,
        medium: &mut dyn Medium,
        file: &File,
        (mut offset, length): Chunk,
        hash: &mut Sha256,
    ) -> Result<(), PlaceError> {
        let end = offset + length;
        while offset < end {
            let wanted = usize::try_from(end - offset).unwrap_or(COPY_BYTES).min(COPY_BYTES);
            let count = medium.read(&mut self.buffer[..wanted]).map_err(PlaceError::Read)?;
            if count == 0 {
                return Err(PlaceError::Read(io::ErrorKind::UnexpectedEof.into()));
            }
            file.write_all_at(&self.buffer[..count], offset)
                .map_err(|error| PlaceError::Kernel("write the file", error))?;
            hash.update(&self.buffer[..count]);
            offset += count as u64;
        }
        Ok(())
    }

    /// Owner, mode, extended attributes and times, in the order in which one does not undo the other: chown(2) clears
    /// setuid bits and file capabilities.
    fn attributes(&mut self, parent: &Parent, name: &[u8], entry: &Entry) -> Result<(), PlaceError> {
        if entry.kind == Kind::Other {
            return Ok(());
        }
        let (uid, gid) = (Uid::from_raw(entry.uid), Gid::from_raw(entry.gid));
        fs::chownat(&parent.fd, name, Some(uid), Some(gid), AtFlags::SYMLINK_NOFOLLOW)
            .map_err(kernel("set the owner"))?;
        if entry.kind != Kind::Symlink {
            fs::chmodat(&parent.fd, name, Mode::from(entry.mode), AtFlags::empty())
                .map_err(kernel("set the mode"))?;
        }
        self.xattrs(parent, name, &entry.xattrs)?;
        let times = timestamps(entry.mtime, entry.atime);
        if entry.kind == Kind::Directory {
            // What is put into it later would change its time again.
            let path = if name == b"." { Vec::new() } else { joined(&parent.path, Some(name)) };
            self.directories.push((path, times));
            return Ok(());
        }
        fs::utimensat(&parent.fd, name, &times, AtFlags::SYMLINK_NOFOLLOW).map_err(kernel("set the times"))
    }

    fn xattrs(
        &mut self,
        parent: &Parent,
        name: &[u8],
        xattrs: &[(Vec<u8>, Vec<u8>)],
    ) -> Result<(), PlaceError> {
        if xattrs.is_empty() {
            return Ok(());
        }
        // There is no /proc here and no lsetxattrat(2) on old kernels: go there.
        rustix::process::fchdir(&parent.fd).map_err(kernel("enter the directory"))?;
        for (key, value) in xattrs {
            if OVERLAY_XATTRS.iter().any(|prefix| key.starts_with(prefix)) {
                self.xattrs_skipped += 1;
                continue;
            }
            match fs::lsetxattr(name, &**key, value, XattrFlags::empty()) {
                Ok(()) => {}
                // As docker: what this file system or this process cannot have is left out.
                Err(Errno::OPNOTSUPP | Errno::PERM) if key != b"security.capability" => {
                    self.xattrs_skipped += 1;
                }
                Err(errno) => return Err(kernel("set an extended attribute")(errno)),
            }
        }
        Ok(())
    }

    /// Hides a name of the layers below. What this layer itself has under the name stays (OCI image specification,
    /// layer.md, "Whiteouts"): a directory then hides what was merged into it.
    fn whiteout(&mut self, parent: &Parent, name: &[u8]) -> Result<(), PlaceError> {
        if matches!(name, b"" | b"." | b"..") {
            return Err(PlaceError::BadWhiteout);
        }
        match look(&parent.fd, name)? {
            Some(stat) if FileType::from_raw_mode(stat.st_mode) == FileType::Directory => {
                self.opaque.insert(joined(&parent.path, Some(name)));
                Ok(())
            }
            Some(_) => Ok(()),
            None => {
                fs::mknodat(&parent.fd, name, FileType::CharacterDevice, Mode::empty(), fs::makedev(0, 0))
                    .map_err(kernel("make the whiteout"))
            }
        }
    }

    /// A hard link takes no attributes: they are the file's, and came with it.
    fn link(&mut self, parent: &Parent, name: &[u8], target: &[u8]) -> Result<(), PlaceError> {
        let missing = || PlaceError::NoLinkTarget(shown(target));
        let mut path = components(target)?;
        let target_name = path.pop().ok_or_else(missing)?;
        let from = walk::resolve(&self.root, path, false)?.ok_or_else(missing)?;
        let old = look(&from.fd, &target_name)?.ok_or_else(missing)?;
        if FileType::from_raw_mode(old.st_mode) == FileType::Directory {
            return Err(PlaceError::Kernel("make the hard link", Errno::ISDIR.into()));
        }
        match look(&parent.fd, name)? {
            Some(there) if (there.st_dev, there.st_ino) == (old.st_dev, old.st_ino) => return Ok(()),
            Some(_) => self.make_room(parent, name, Kind::Hardlink)?,
            None => {}
        }
        fs::linkat(&from.fd, &*target_name, &parent.fd, name, AtFlags::empty())
            .map_err(kernel("make the hard link"))
    }

    /// The last entry of a name wins; only a directory on a directory adds to it.
    fn make_room(&mut self, parent: &Parent, name: &[u8], kind: Kind) -> Result<(), PlaceError> {
        let Some(stat) = look(&parent.fd, name)? else { return Ok(()) };
        let there = FileType::from_raw_mode(stat.st_mode);
        if there == FileType::Directory && kind == Kind::Directory {
            return Ok(());
        }
        if there == FileType::CharacterDevice && stat.st_rdev == 0 && kind == Kind::Directory {
            self.opaque.insert(joined(&parent.path, Some(name)));
        }
        self.last = None;
        self.remove(&parent.fd, name, &stat, 0)
    }

    fn remove(
        &mut self,
        parent: &OwnedFd,
        name: &[u8],
        stat: &fs::Stat,
        depth: usize,
    ) -> Result<(), PlaceError> {
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => {
                self.remove_children(parent, name, depth)?;
                return fs::unlinkat(parent, name, AtFlags::REMOVEDIR)
                    .map_err(kernel("remove a replaced directory"));
            }
            FileType::RegularFile if stat.st_size > 0 => self.shadow(parent, name, stat.st_ino)?,
            _ => {}
        }
        fs::unlinkat(parent, name, AtFlags::empty()).map_err(kernel("remove a replaced file"))
    }

    fn remove_children(&mut self, parent: &OwnedFd, name: &[u8], depth: usize) -> Result<(), PlaceError> {
        if depth > PATH_DEPTH_MAX {
            return Err(PlaceError::BadPath);
        }
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory =
            fs::openat(parent, name, flags, Mode::empty()).map_err(kernel("open a replaced directory"))?;
        let mut names = Vec::new();
        for child in fs::Dir::read_from(&directory).map_err(kernel("read a replaced directory"))? {
            let child = child.map_err(kernel("read a replaced directory"))?;
            names.push(child.file_name().to_bytes().to_vec());
        }
        for child in names.iter().filter(|child| !matches!(&***child, b"." | b"..")) {
            if let Some(stat) = look(&directory, child)? {
                self.remove(&directory, child, &stat, depth + 1)?;
            }
        }
        Ok(())
    }

    /// Keeps the contents of a file that goes: the layer's tar has them, and `save` must write them again.
    fn shadow(&mut self, parent: &OwnedFd, name: &[u8], label: u64) -> Result<(), PlaceError> {
        match fs::mkdirat(&self.shadow_parent, "shadow", Mode::from(0o700)) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(errno) => return Err(kernel("make the shadow directory")(errno)),
        }
        match fs::linkat(parent, name, &self.shadow_parent, format!("shadow/{label}"), AtFlags::empty()) {
            Ok(()) | Err(Errno::EXIST) => Ok(()),
            Err(errno) => Err(kernel("keep a replaced file")(errno)),
        }
    }

    /// The directory that an entry goes into, made where it is missing.
    fn parent(&mut self, path: Vec<Vec<u8>>) -> Result<Parent, PlaceError> {
        if let Some((asked, parent)) = &self.last
            && *asked == path
        {
            return parent.duplicate();
        }
        let parent = walk::resolve(&self.root, path.clone(), true)?.ok_or(PlaceError::BadPath)?;
        self.last = Some((path, parent.duplicate()?));
        Ok(parent)
    }

    /// Sets the times of the directories; returns the tree and its opaque directories.
    pub(crate) fn finish(self) -> Result<(OwnedFd, BTreeSet<Vec<u8>>), PlaceError> {
        for (path, times) in &self.directories {
            // A later entry may have put something else in its place.
            let Ok(Some(parent)) = walk::resolve(&self.root, components(path)?, false) else { continue };
            fs::utimensat(&parent.fd, ".", times, AtFlags::empty())
                .map_err(kernel("set the times of a directory"))?;
        }
        Ok((self.root, self.opaque))
    }
}

fn timestamps(modified: Time, accessed: Option<Time>) -> Timestamps {
    let spec = |time: Time| Timespec { tv_sec: time.0, tv_nsec: time.1.into() };
    Timestamps { last_access: spec(accessed.unwrap_or(modified)), last_modification: spec(modified) }
}
