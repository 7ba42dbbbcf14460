//! Where containers live: their directories, names and records below `--root` and `--state`.
//!
//! `ROOT/containers/ID/` holds what lasts (`container`, `exit`, `upper`, `work`), `ROOT/names/NAME` is a link to an id,
//! `STATE/containers/ID/` holds what a reboot ends (`running`, `keeper.lock`, `keeper.sock`, `log`).
//!
//! In: ids and names. Out: records, or an error that names the container. A container is there once its name is.

mod records;
mod removal;

use crate::files::{FileError, failed, make_directory, open_directory, remove, remove_tree, remove_volatile};
use limpet_protocol::container::{Container, Intent};
use limpet_protocol::exit::Exit;
use limpet_protocol::id::{ContainerId, ID_LEN};
use limpet_protocol::keeper::{Keep, Running};
use limpet_protocol::record::{Kind, RecordError};
pub use records::{read_record, write_record};
use rustix::fd::OwnedFd;
use rustix::fs::{CWD, FlockOperation, Mode, OFlags, flock, fsync, openat};
use rustix::io::Errno;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

const CONTAINER: &str = "container";
const EXIT: &str = "exit";
const INTENT: &str = "intent";
const RUNNING: &str = "running";

/// The two directories of one instance.
#[derive(Clone, Debug)]
pub struct Home {
    root: PathBuf,
    state: PathBuf,
}

/// What is wrong with a container's place or its records.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// Nothing has this name or id.
    #[error("no such container: {0}")]
    NotFound(String),
    /// A prefix of more than one id.
    #[error("container id prefix {0} is ambiguous; type more of it")]
    Ambiguous(String),
    /// The name belongs to another.
    #[error(
        "the container name {name} is in use by container {by}; remove or rename that one, or choose another name"
    )]
    NameInUse {
        /// The name.
        name: String,
        /// Whose it is.
        by: String,
    },
    /// A record is damaged.
    #[error("record {} is unusable: {reason}; remove the container with rm -f", .path.display())]
    Record {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: RecordError,
    },
    /// The file system said no.
    #[error(transparent)]
    File(#[from] FileError),
}

impl Home {
    /// The instance with these directories, which are made when first needed.
    #[must_use]
    pub fn new(root: PathBuf, state: PathBuf) -> Self {
        Self { root, state }
    }

    /// The instance that `keep` belongs to.
    #[must_use]
    pub fn of(keep: &Keep) -> Self {
        let above = |path: &str| Path::new(path).ancestors().nth(2).unwrap_or(Path::new("/")).to_owned();
        Self { root: above(&keep.directory), state: above(&keep.state) }
    }

    /// The directory that lasts.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The directory that a reboot empties.
    #[must_use]
    pub fn state(&self) -> &Path {
        &self.state
    }

    /// `ROOT/containers/ID`.
    #[must_use]
    pub fn directory(&self, id: &ContainerId) -> PathBuf {
        self.containers().join(id.as_str())
    }

    /// `STATE/containers/ID`.
    #[must_use]
    pub fn state_directory(&self, id: &ContainerId) -> PathBuf {
        self.state.join("containers").join(id.as_str())
    }

    fn containers(&self) -> PathBuf {
        self.root.join("containers")
    }

    fn names(&self) -> PathBuf {
        self.root.join("names")
    }

    /// Makes the directory of a container that is to be made; until what this gives is dropped, nobody takes it for a
    /// remnant ([`Home::finish_removals`]).
    ///
    /// # Errors
    /// The disk refuses.
    pub fn begin(&self, id: &ContainerId) -> Result<OwnedFd, HomeError> {
        let directory = self.directory(id);
        make_directory(&self.containers(), 0o700)?;
        loop {
            make_directory(&directory, 0o711)?;
            // It may be taken for a remnant before it is opened, or before it is locked.
            let handle = match open_directory(&directory) {
                Err(_) if !directory.exists() => continue,
                handle => handle?,
            };
            flock(&handle, FlockOperation::LockShared).map_err(failed("lock", &directory))?;
            if directory.exists() {
                return Ok(handle);
            }
        }
    }

    /// Makes the directories, takes the name, and writes the record. `durable` containers survive a power cut, names and
    /// all: what syncs the record comes after the name, as a journal keeps that order.
    ///
    /// # Errors
    /// The name is in use, or the disk refuses; nothing is left then.
    pub fn create(&self, container: &Container, durable: bool) -> Result<(), HomeError> {
        let id = &container.keep.launch.id;
        let directory = self.directory(id);
        let result = self.fill(&directory, container, durable);
        if result.is_err() {
            // What was begun must not stay, its name neither; the first error is the one to tell.
            drop(remove_tree(&directory));
            drop(self.release_name(&container.name, id));
        }
        result
    }

    /// Nobody but root may reach the layers: a set-user-ID file that a container makes is root's on the board
    /// (CVE-2021-41091).
    fn fill(&self, directory: &Path, container: &Container, durable: bool) -> Result<(), HomeError> {
        let _begun = self.begin(&container.keep.launch.id)?;
        make_directory(&directory.join("upper"), 0o755)?;
        make_directory(&directory.join("work"), 0o711)?;
        let names = self.lock_names()?;
        self.claim_name(&container.name, &container.keep.launch.id)?;
        write_record(directory, CONTAINER, Kind::Container, container, durable)?;
        if durable {
            fsync(&names).map_err(failed("sync", &self.names()))?;
        }
        Ok(())
    }

    /// Names are taken and freed one at a time; held until dropped.
    fn lock_names(&self) -> Result<OwnedFd, HomeError> {
        make_directory(&self.names(), 0o700)?;
        let names = open_directory(&self.names())?;
        flock(&names, FlockOperation::LockExclusive).map_err(failed("lock", &self.names()))?;
        Ok(names)
    }

    /// Under the lock of the names.
    fn claim_name(&self, name: &str, id: &ContainerId) -> Result<(), HomeError> {
        let link = self.names().join(name);
        loop {
            match std::os::unix::fs::symlink(id.as_str(), &link) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    self.free_stale_name(name, &link)?;
                }
                taken => return Ok(taken.map_err(failed("take the name", &link))?),
            }
        }
    }

    /// A name whose container is gone (a removal that was cut off) or never got its record is free.
    fn free_stale_name(&self, name: &str, link: &Path) -> Result<(), HomeError> {
        let by = fs::read_link(link).map_err(failed("read the name", link))?;
        if self.containers().join(&by).join(CONTAINER).exists() {
            let by = by.to_string_lossy().chars().take(12).collect();
            return Err(HomeError::NameInUse { name: name.to_owned(), by });
        }
        Ok(remove_volatile(link)?)
    }

    /// Gives the container another name.
    ///
    /// # Errors
    /// The name is in use, or the disk refuses.
    pub fn rename(&self, container: &mut Container, name: &str) -> Result<(), HomeError> {
        let id = container.keep.launch.id.clone();
        let names = self.lock_names()?;
        self.claim_name(name, &id)?;
        drop(names);
        let old = std::mem::replace(&mut container.name, name.to_owned());
        if let Err(error) = self.save(container) {
            container.name = old;
            drop(fs::remove_file(self.names().join(name)));
            return Err(error);
        }
        self.release_name(&old, &id)
    }

    /// Replaces the record, durably.
    ///
    /// # Errors
    /// The disk refuses; the old record is whole then.
    pub fn save(&self, container: &Container) -> Result<(), HomeError> {
        write_record(&self.directory(&container.keep.launch.id), CONTAINER, Kind::Container, container, true)
    }

    /// The id that a person means by a name, an id, or the beginning of one.
    ///
    /// # Errors
    /// Nothing or more than one thing is meant.
    pub fn find(&self, text: &str) -> Result<ContainerId, HomeError> {
        let not_found = || HomeError::NotFound(text.to_owned());
        if text.is_empty() || text.contains('/') || text.starts_with('.') {
            return Err(not_found());
        }
        if let Ok(link) = fs::read_link(self.names().join(text)) {
            let id = ContainerId::parse(&link.to_string_lossy()).map_err(|_| not_found())?;
            // Without a record its making was cut off: it never was.
            if self.directory(&id).join(CONTAINER).exists() {
                return Ok(id);
            }
        }
        let mut found = self.ids()?.into_iter().filter(|id| id.as_str().starts_with(text));
        match (found.next(), found.next()) {
            (Some(id), None) => Ok(id),
            (Some(_), Some(_)) => Err(HomeError::Ambiguous(text.to_owned())),
            (None, _) => Err(not_found()),
        }
    }

    /// All containers, in no order.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn ids(&self) -> Result<Vec<ContainerId>, HomeError> {
        let directory = self.containers();
        let listing = match fs::read_dir(&directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            listing => listing.map_err(failed("list", &directory))?,
        };
        let names = listing.flatten().map(|entry| entry.file_name());
        Ok(names
            .filter_map(|name| ContainerId::parse(name.to_str().filter(|n| n.len() == ID_LEN)?).ok())
            .collect())
    }

    /// The container's record.
    ///
    /// # Errors
    /// It is gone or damaged.
    pub fn load(&self, id: &ContainerId) -> Result<Container, HomeError> {
        let path = self.directory(id).join(CONTAINER);
        read_record(&path, Kind::Container)?.ok_or_else(|| HomeError::NotFound(id.short().to_owned()))
    }

    /// How its last run ended; `None` if it never ended.
    ///
    /// # Errors
    /// The record is damaged.
    pub fn exit(&self, id: &ContainerId) -> Result<Option<Exit>, HomeError> {
        read_record(&self.directory(id).join(EXIT), Kind::Exit)
    }

    /// Records how a run ended, durably where asked.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn record_exit(&self, id: &ContainerId, exit: &Exit, durable: bool) -> Result<(), HomeError> {
        write_record(&self.directory(id), EXIT, Kind::Exit, exit, durable)
    }

    /// What its keeper says of it, if one of this boot ever ran.
    ///
    /// # Errors
    /// The record is damaged.
    pub fn running(&self, id: &ContainerId) -> Result<Option<Running>, HomeError> {
        read_record(&self.state_directory(id).join(RUNNING), Kind::Running)
    }

    /// Records that it runs; lasts until the next boot.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn record_running(&self, running: &Running) -> Result<(), HomeError> {
        write_record(&self.state_directory(&running.id), RUNNING, Kind::Running, running, false)
    }

    /// Forgets that it runs.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn forget_running(&self, id: &ContainerId) -> Result<(), HomeError> {
        Ok(remove_volatile(&self.state_directory(id).join(RUNNING))?)
    }

    /// Makes and opens the state directory of the instance.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn open_state(&self) -> Result<OwnedFd, HomeError> {
        make_directory(&self.state, 0o711)?;
        Ok(open_directory(&self.state)?)
    }

    /// Makes and opens the state directory of one container, of which nobody else knows yet or whose lock is held.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn make_state_of(&self, id: &ContainerId) -> Result<OwnedFd, HomeError> {
        make_directory(&self.state_directory(id), 0o711)?;
        self.open_state_of(id)
    }

    /// Opens it. Its keeper may have removed it: it must not come back.
    ///
    /// # Errors
    /// It is not there, or the file system refuses.
    pub fn open_state_of(&self, id: &ContainerId) -> Result<OwnedFd, HomeError> {
        Ok(open_directory(&self.state_directory(id))?)
    }

    /// What a person last said of it by hand.
    ///
    /// # Errors
    /// The record is damaged.
    pub fn intent(&self, id: &ContainerId) -> Result<Intent, HomeError> {
        let record = read_record(&self.directory(id).join(INTENT), Kind::Intent)?;
        Ok(record.unwrap_or_default())
    }

    /// Records, durably, what a person says of it by hand; writes nothing if that was known.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn record_intent(&self, id: &ContainerId, intent: Intent) -> Result<(), HomeError> {
        // A damaged record says nothing, and is replaced.
        if self.intent(id).is_ok_and(|known| known == intent) {
            return Ok(());
        }
        let directory = self.directory(id);
        match intent {
            Intent::Stopped | Intent::Started => {
                write_record(&directory, INTENT, Kind::Intent, &intent, true)
            }
            Intent::Policy => Ok(remove(&directory.join(INTENT))?),
        }
    }

    /// Waits until no other command changes this container; held until dropped.
    ///
    /// # Errors
    /// It is gone, perhaps while this waited.
    pub fn lock(&self, id: &ContainerId) -> Result<OwnedFd, HomeError> {
        let directory = self.directory(id);
        let gone = || HomeError::NotFound(id.short().to_owned());
        let handle = open_directory(&directory).map_err(|_| gone())?;
        flock(&handle, FlockOperation::LockExclusive).map_err(failed("lock", &directory))?;
        if directory.exists() { Ok(handle) } else { Err(gone()) }
    }

    /// Whether a keeper holds the container now.
    ///
    /// # Errors
    /// The lock cannot be asked.
    pub fn is_kept(&self, id: &ContainerId) -> Result<bool, HomeError> {
        let path = self.state_directory(id).join("keeper.lock");
        let file = match openat(CWD, &path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()) {
            Err(Errno::NOENT) => return Ok(false),
            file => file.map_err(failed("open", &path))?,
        };
        match flock(&file, FlockOperation::NonBlockingLockShared) {
            Ok(()) => Ok(false),
            Err(Errno::WOULDBLOCK) => Ok(true),
            Err(errno) => Err(failed("ask the lock", &path)(errno).into()),
        }
    }
}

/// Reads a keeper's instruction.
///
/// # Errors
/// It is gone or damaged.
pub fn load_container(directory: &Path) -> Result<Container, HomeError> {
    let path = directory.join(CONTAINER);
    read_record(&path, Kind::Container)?.ok_or_else(|| HomeError::NotFound(directory.display().to_string()))
}

/// Opens the directory that the log of a container is in, which has been made when it runs.
///
/// # Errors
/// The file system refuses.
pub fn open_log(keep: &Keep) -> Result<OwnedFd, HomeError> {
    Ok(open_directory(Path::new(keep.log_directory()))?)
}

#[cfg(test)]
mod tests;
