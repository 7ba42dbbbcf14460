//! The store's directories: where things lie, who holds which lock, and how a file is replaced.

use crate::digest::Digest;
use crate::reserve::Reserve;
use rustix::fs::{FlockOperation, Mode, OFlags, flock};
use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// Others may pass through, because containers with ids of their own do; they may not list.
const ROOT_MODE: u32 = 0o711;
/// Layers hold setuid programs: nobody but root may reach them by path.
pub(crate) const PRIVATE_MODE: u32 = 0o700;

/// Images below one root directory.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
    reserve_bytes: Option<u64>,
    lend: fn(&Path) -> bool,
}

/// What the store could not do with one of its own files. A single word: it is handed up through many calls.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct StoreError(Box<Trouble>);

#[derive(Debug, thiserror::Error)]
enum Trouble {
    /// A system call failed.
    #[error("cannot {operation} {path:?}")]
    Io { operation: &'static str, path: PathBuf, source: io::Error },
    /// A file is not what was written there.
    #[error("{path:?} is damaged ({reason}); remove the image and load it again")]
    Damaged { path: PathBuf, reason: String },
}

impl StoreError {
    fn is_full(&self) -> bool {
        matches!(&*self.0, Trouble::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull)
    }

    /// A file that is not what was written there.
    pub(crate) fn damaged(path: PathBuf, reason: String) -> Self {
        Self(Box::new(Trouble::Damaged { path, reason }))
    }

    /// Whether it is such a file.
    pub(crate) fn is_damage(&self) -> bool {
        matches!(*self.0, Trouble::Damaged { .. })
    }
}

/// Turns an I/O error into a [`StoreError`].
pub(crate) fn failed(operation: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    move |source| StoreError(Box::new(Trouble::Io { operation, path: path.to_owned(), source }))
}

/// A lock on the store; ends when dropped.
///
/// While one is held shared, no image goes away: find an image, and record that it is used, under one.
#[derive(Debug)]
pub struct Hold {
    _lock: OwnedFd,
}

impl Store {
    /// Opens the store below `root`, making its directories if they are missing.
    ///
    /// # Errors
    /// What mkdir(2) says.
    pub fn open(root: &Path) -> Result<Self, StoreError> {
        let store = Self { root: root.to_owned(), reserve_bytes: None, lend: |_| false };
        make_directory(root, ROOT_MODE)?;
        for path in [store.blobs(), store.layers(), store.references(), store.staging()] {
            make_directory(&path, PRIVATE_MODE)?;
        }
        Ok(store)
    }

    /// The same one, which leaves so much of its disk free; `None` for the default. Where removing something needs a little room
    /// on a disk that is full, `lend` gives it, or says that it cannot.
    #[must_use]
    pub fn with_reserve(self, reserve_bytes: Option<u64>, lend: fn(&Path) -> bool) -> Self {
        Self { reserve_bytes, lend, ..self }
    }

    pub(crate) fn reserve(&self) -> Reserve<'_> {
        Reserve { root: &self.root, bytes: self.reserve_bytes }
    }

    /// The directory it lies in.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn blobs(&self) -> PathBuf {
        self.root.join("blobs/sha256")
    }

    pub(crate) fn blob(&self, digest: &Digest) -> PathBuf {
        self.blobs().join(digest.hex())
    }

    pub(crate) fn layers(&self) -> PathBuf {
        self.root.join("layers")
    }

    pub(crate) fn layer(&self, diff_id: &Digest) -> PathBuf {
        self.layers().join(diff_id.hex())
    }

    pub(crate) fn references(&self) -> PathBuf {
        self.root.join("references")
    }

    pub(crate) fn staging(&self) -> PathBuf {
        self.root.join("staging")
    }

    /// Keeps images from going away until the hold is dropped.
    ///
    /// # Errors
    /// The lock file cannot be opened.
    pub fn hold(&self) -> Result<Hold, StoreError> {
        self.lock(FlockOperation::LockShared)
    }

    pub(crate) fn hold_alone(&self) -> Result<Hold, StoreError> {
        self.lock(FlockOperation::LockExclusive)
    }

    fn lock(&self, operation: FlockOperation) -> Result<Hold, StoreError> {
        let path = self.root.join("lock");
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC;
        let lock = rustix::fs::open(&path, flags, Mode::from(0o600))
            .and_then(|fd| flock(&fd, operation).map(|()| fd));
        Ok(Hold { _lock: lock.map_err(|errno| failed("lock", &path)(errno.into()))? })
    }

    /// A directory for unfinished work; also removes what earlier workers left when they were killed.
    pub(crate) fn stage(&self) -> Result<Work, StoreError> {
        let staging = self.staging();
        let lock = open_locked(&staging, FlockOperation::LockExclusive).map_err(failed("lock", &staging))?;
        sweep(&staging)?;
        let path = unused_name(&staging);
        match make_directory(&path, PRIVATE_MODE) {
            Err(error) if error.is_full() && (self.lend)(&path) => make_directory(&path, PRIVATE_MODE)?,
            made => made?,
        }
        let own = open_locked(&path, FlockOperation::LockExclusive).map_err(failed("lock", &path))?;
        drop(lock);
        Ok(Work::new(path, own))
    }

    /// Writes aside, syncs, renames, syncs the directory.
    pub(crate) fn replace(work: &Work, target: &Path, bytes: &[u8]) -> Result<(), StoreError> {
        let aside = work.path.join("aside");
        let written =
            File::create(&aside).and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
        written.map_err(failed("write", &aside))?;
        fs::rename(&aside, target).map_err(failed("replace", target))?;
        sync_parent(target)
    }
}

/// Makes the names in the directory of `path` durable.
pub(crate) fn sync_parent(path: &Path) -> Result<(), StoreError> {
    sync_directory(path.parent().unwrap_or(path))
}

/// Makes the names in a directory durable.
pub(crate) fn sync_directory(path: &Path) -> Result<(), StoreError> {
    File::open(path).and_then(|directory| directory.sync_all()).map_err(failed("sync", path))
}

/// The names in a directory.
pub(crate) fn names_in(directory: &Path) -> Result<Vec<String>, StoreError> {
    let entries = fs::read_dir(directory).map_err(failed("read", directory))?;
    let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    names.collect::<io::Result<_>>().map_err(failed("read", directory))
}

pub(crate) fn make_directory(path: &Path, mode: u32) -> Result<(), StoreError> {
    if path.is_dir() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(mode).create(path).map_err(failed("make the directory", path))
}

/// Unfinished work: a directory below `staging` that goes when it is dropped.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) path: PathBuf,
    _lock: OwnedFd,
}

impl Work {
    /// What the lock belongs to.
    pub(crate) fn new(path: PathBuf, lock: OwnedFd) -> Self {
        Self { path, _lock: lock }
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        // What stays is removed by the next worker.
        let _later = fs::remove_dir_all(&self.path);
    }
}

fn open_locked(path: &Path, operation: FlockOperation) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let fd = rustix::fs::open(path, flags, Mode::empty())?;
    flock(&fd, operation)?;
    Ok(fd)
}

/// Removes the directories that nobody has locked.
fn sweep(staging: &Path) -> Result<(), StoreError> {
    for entry in fs::read_dir(staging).map_err(failed("read", staging))? {
        let path = entry.map_err(failed("read", staging))?.path();
        if let Ok(_alone) = open_locked(&path, FlockOperation::NonBlockingLockExclusive) {
            fs::remove_dir_all(&path).map_err(failed("remove", &path))?;
        }
    }
    Ok(())
}

/// A name that no living worker has: process ids repeat, but only after their owner has ended and was swept.
fn unused_name(staging: &Path) -> PathBuf {
    let pid = std::process::id();
    let mut number = 0u32;
    loop {
        let path = staging.join(format!("{pid}-{number}"));
        if !path.exists() {
            return path;
        }
        number += 1;
    }
}
