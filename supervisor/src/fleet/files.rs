//! The files in `ROOT/fleet`, each whole or not there.

use super::outline::{Begun, Controller, Outline, Tried};
use limpet_protocol::fleet::{Desired, ENVELOPE_BYTES_MAX};
use limpet_protocol::record::Kind;
use limpet_runner::files::{FileError, PRIVATE, failed, make_directory, remove, replace, sync_directory};
use limpet_runner::home::{HomeError, read_record, write_record};
use limpet_trust::{Accepted, MEMORY_BYTES_MAX, Memory, MemoryError, accept};
use rustix::fd::OwnedFd;
use rustix::fs::{CWD, FlockOperation, Mode, OFlags, flock, openat};
use rustix::io::Errno;
use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Its name in the root, and of the outline's place in the state.
const DIRECTORY: &str = "fleet";
const DIRECTORY_MODE: u32 = 0o700;
const MEMORY: &str = "memory";
const DESIRED: &str = "desired";
/// A state that counts once the memory says so.
const ASIDE: &str = "desired.next";
const BEGUN: &str = "apps";
const READY: &str = "ready";
const KEY: &str = "key";
const KEY_BYTES: usize = 32;
const CONTROLLER: &str = "controller";
/// What was delivered and not judged yet.
const INCOMING: &str = "incoming";
/// Limpet's own next file, as it comes.
const PROGRAM: &str = "limpet";
const PROGRAM_LOCK: &str = "program.lock";
const TRIED: &str = "program";
const OUTLINE: &str = "outline";

/// Those of one instance.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    durable: PathBuf,
    volatile: PathBuf,
}

/// Why they cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FleetError {
    /// There are none.
    #[error("this board is in no fleet; bring it into one with: limpet join TOKEN")]
    NoFleet,
    /// What the board remembers of its fleet is unusable.
    #[error("what this board remembers of its fleet, {}, is unusable", .path.display())]
    Memory {
        /// Which.
        path: PathBuf,
        /// Why.
        source: MemoryError,
    },
    /// The state that was taken last is not there, or is not that.
    #[error(
        "the desired state that this board took last is not there; it comes again from the controller, or with limpet apply"
    )]
    NoDesired,
    /// A record.
    #[error(transparent)]
    Record(#[from] HomeError),
    /// The file system said no.
    #[error(transparent)]
    File(#[from] FileError),
}

impl Files {
    /// Of an instance. Nothing is made.
    pub(crate) fn new(root: &Path, state: &Path) -> Self {
        Self { durable: root.join(DIRECTORY), volatile: state.join(DIRECTORY) }
    }

    /// Whether the board is in a fleet.
    pub(crate) fn is_member(&self) -> bool {
        self.durable.join(MEMORY).exists()
    }

    /// One at a time changes them; held until dropped.
    ///
    /// # Errors
    /// The board is in no fleet.
    pub(crate) fn lock(&self) -> Result<OwnedFd, FleetError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = openat(CWD, &self.durable, flags, Mode::empty()).map_err(|_| FleetError::NoFleet)?;
        flock(&directory, FlockOperation::LockExclusive).map_err(failed("lock", &self.durable))?;
        Ok(directory)
    }

    /// What the board remembers.
    ///
    /// # Errors
    /// It is in no fleet, or the memory is damaged.
    pub(crate) fn memory(&self) -> Result<Memory, FleetError> {
        let path = self.durable.join(MEMORY);
        let bytes = read(&path, MEMORY_BYTES_MAX)?.ok_or(FleetError::NoFleet)?;
        Memory::from_bytes(&bytes).map_err(|source| FleetError::Memory { path, source })
    }

    /// Makes it durable.
    ///
    /// # Errors
    /// The disk refuses; what was remembered before holds then.
    pub(crate) fn remember(&self, memory: &Memory) -> Result<(), FleetError> {
        let path = self.durable.join(MEMORY);
        let invalid = |_| failed("write", &path)(io::Error::from(io::ErrorKind::InvalidData));
        let bytes = memory.to_bytes().map_err(invalid)?;
        Ok(replace(&path, PRIVATE, &bytes)?)
    }

    /// The state that was taken last, verified again.
    ///
    /// # Errors
    /// It is not there, or is another.
    pub(crate) fn desired(&self, memory: &Memory) -> Result<Desired, FleetError> {
        let bytes = read(&self.durable.join(DESIRED), ENVELOPE_BYTES_MAX)?.ok_or(FleetError::NoDesired)?;
        match accept(memory, &bytes, &super::clock()) {
            Ok(Accepted::Known(desired)) => Ok(desired),
            Ok(Accepted::KnownRoot | Accepted::Root(_) | Accepted::Desired { .. }) | Err(_) => {
                Err(FleetError::NoDesired)
            }
        }
    }

    /// Replaces it.
    ///
    /// # Errors
    /// The disk refuses.
    pub(crate) fn put_desired(&self, envelope: &[u8]) -> Result<(), FleetError> {
        Ok(replace(&self.durable.join(DESIRED), PRIVATE, envelope)?)
    }

    /// Makes durable what is to be the state as soon as the memory says so.
    ///
    /// # Errors
    /// The disk refuses.
    pub(crate) fn put_aside(&self, envelope: &[u8]) -> Result<(), FleetError> {
        Ok(replace(&self.durable.join(ASIDE), PRIVATE, envelope)?)
    }

    /// It is the state from now on.
    ///
    /// # Errors
    /// The disk refuses.
    pub(crate) fn accept_aside(&self) -> Result<(), FleetError> {
        let (aside, path) = (self.durable.join(ASIDE), self.durable.join(DESIRED));
        fs::rename(&aside, &path).map_err(failed("write", &path))?;
        Ok(sync_directory(&self.durable)?)
    }

    /// Goes on where a power cut came between: a state that is aside counts if the memory has it.
    ///
    /// # Errors
    /// The disk refuses.
    pub(crate) fn mend(&self, memory: &Memory) -> Result<(), FleetError> {
        let Some(bytes) = read(&self.durable.join(ASIDE), ENVELOPE_BYTES_MAX)? else { return Ok(()) };
        match accept(memory, &bytes, &super::clock()) {
            Ok(Accepted::Known(_)) => self.accept_aside(),
            Ok(Accepted::KnownRoot | Accepted::Root(_) | Accepted::Desired { .. }) | Err(_) => {
                Ok(remove(&self.durable.join(ASIDE))?)
            }
        }
    }

    /// The board's own key, as a seed (RFC 8032).
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn key(&self) -> Result<[u8; KEY_BYTES], FleetError> {
        let path = self.durable.join(KEY);
        let bytes = read(&path, KEY_BYTES)?.ok_or(FleetError::NoFleet)?;
        let invalid = |_| failed("read", &path)(io::Error::other("it is no key of a board"));
        Ok(bytes.try_into().map_err(invalid)?)
    }

    /// The fleet's controller; a board that is served by hand has none.
    ///
    /// # Errors
    /// The record is damaged.
    pub(crate) fn controller(&self) -> Result<Option<Controller>, FleetError> {
        Ok(read_record(&self.durable.join(CONTROLLER), Kind::Controller)?)
    }

    /// Puts aside what a controller delivered; its path. Nobody has judged it yet, and what a power cut takes comes again.
    ///
    /// # Errors
    /// The disk refuses.
    pub(crate) fn put_incoming(&self, number: usize, envelope: &[u8]) -> Result<String, FleetError> {
        let directory = self.durable.join(INCOMING);
        make_directory(&directory, DIRECTORY_MODE)?;
        let path = directory.join(number.to_string());
        let written = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path);
        written.and_then(|mut file| file.write_all(envelope)).map_err(failed("write", &path))?;
        Ok(path.to_string_lossy().into_owned())
    }

    /// It was judged.
    pub(crate) fn remove_incoming(&self) {
        // What stays is written over next time.
        fs::remove_dir_all(self.durable.join(INCOMING)).ok();
    }

    /// Where Limpet's own new file is put.
    pub(crate) fn program(&self) -> PathBuf {
        self.durable.join(PROGRAM)
    }

    /// One watcher at a time; `None` while there is another.
    ///
    /// # Errors
    /// The file system refuses.
    pub(crate) fn try_lock_program(&self) -> Result<Option<OwnedFd>, FleetError> {
        make_directory(&self.volatile, DIRECTORY_MODE)?;
        let path = self.volatile.join(PROGRAM_LOCK);
        let flags = OFlags::CREATE | OFlags::RDONLY | OFlags::CLOEXEC;
        let lock = openat(CWD, &path, flags, Mode::from_raw_mode(PRIVATE)).map_err(failed("lock", &path))?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(lock)),
            Err(Errno::WOULDBLOCK) => Ok(None),
            Err(errno) => Err(failed("lock", &path)(errno).into()),
        }
    }

    /// What came of the last file of Limpet's.
    ///
    /// # Errors
    /// The record is damaged.
    pub(crate) fn tried(&self) -> Result<Option<Tried>, FleetError> {
        Ok(read_record(&self.durable.join(TRIED), Kind::Tried)?)
    }

    /// Notes that, durably.
    ///
    /// # Errors
    /// The disk refuses.
    pub(crate) fn put_tried(&self, tried: &Tried) -> Result<(), FleetError> {
        Ok(write_record(&self.durable, TRIED, Kind::Tried, tried, true)?)
    }

    /// Writes down what the supervisor is to know.
    ///
    /// # Errors
    /// The file system refuses.
    pub(crate) fn put_outline(&self, outline: &Outline) -> Result<(), FleetError> {
        make_directory(&self.volatile, DIRECTORY_MODE)?;
        Ok(write_record(&self.volatile, OUTLINE, Kind::Outline, outline, false)?)
    }

    /// What was written down.
    ///
    /// # Errors
    /// It is damaged.
    pub(crate) fn outline(&self) -> Result<Option<Outline>, FleetError> {
        Ok(read_record(&self.volatile.join(OUTLINE), Kind::Outline)?)
    }

    /// Names of the apps that the fleet has on this board.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub(crate) fn begun_names(&self) -> Result<Vec<String>, FleetError> {
        let directory = self.durable.join(BEGUN);
        let listing = match fs::read_dir(&directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            listing => listing.map_err(failed("list", &directory))?,
        };
        let names = listing.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        Ok(names.filter(|name| limpet_protocol::app::is_app_name(name)).collect())
    }

    /// How far the fleet is with an app.
    ///
    /// # Errors
    /// The record is damaged.
    pub(crate) fn begun(&self, app: &str) -> Result<Option<Begun>, FleetError> {
        Ok(read_record(&self.durable.join(BEGUN).join(app), Kind::Begun)?)
    }

    /// Notes that, durably.
    ///
    /// # Errors
    /// The disk refuses.
    pub(crate) fn put_begun(&self, app: &str, begun: &Begun) -> Result<(), FleetError> {
        let directory = self.durable.join(BEGUN);
        if !directory.exists() {
            make_directory(&directory, DIRECTORY_MODE)?;
            sync_directory(&self.durable)?;
        }
        Ok(write_record(&directory, app, Kind::Begun, begun, true)?)
    }

    /// The fleet has nothing to do with the app any more.
    ///
    /// # Errors
    /// The disk refuses.
    pub(crate) fn forget(&self, app: &str) -> Result<(), FleetError> {
        remove(&self.durable.join(BEGUN).join(app))?;
        Ok(remove(&self.durable.join(READY).join("apps").join(app))?)
    }

    /// Where apps wait that were fetched and not begun: a ledger of their own.
    pub(crate) fn ready(&self) -> crate::ledger::Ledger {
        crate::ledger::Ledger::at(&self.durable.join(READY))
    }
}

/// A regular file of at most so many bytes, and of one more if it has more; nothing if there is none.
pub(crate) fn read(path: &Path, bytes_max: usize) -> Result<Option<Vec<u8>>, FleetError> {
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or(0);
    let file = match fs::OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file.map_err(failed("open", path))?,
    };
    if !file.metadata().map_err(failed("read", path))?.is_file() {
        return Err(failed("read", path)(io::Error::other("it is no regular file")).into());
    }
    let mut bytes = Vec::new();
    file.take(bytes_max as u64 + 1).read_to_end(&mut bytes).map_err(failed("read", path))?;
    Ok(Some(bytes))
}
