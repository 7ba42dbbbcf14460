//! `ROOT/fleet`: made aside, put in place with one rename, and taken away with one.

use crate::failure::Failure;
use crate::fleet::Controller;
use limpet_protocol::record::Kind;
use limpet_runner::home::write_record;
use limpet_trust::Memory;
use limpet_trust::sign::Secret;
use rustix::fd::OwnedFd;
use rustix::fs::{CWD, FlockOperation, Mode, OFlags, flock, fsync, openat};
use rustix::io::Errno;
use rustix::rand::{GetRandomFlags, getrandom};
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

const FLEET: &str = "fleet";
/// A fleet that the board is about to be in.
const ASIDE: &str = "fleet.new";
/// One that it was in.
const GONE: &str = "fleet.old";
const KEY: &str = "key";
const MEMORY: &str = "memory";
const CONTROLLER: &str = "controller";
/// As the store makes the root directory.
const ROOT_MODE: u32 = 0o711;

/// The root directory of an instance.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    root: PathBuf,
}

impl Place {
    pub(crate) fn new(root: &str) -> Self {
        Self { root: root.into() }
    }

    /// Whether the board is in a fleet.
    pub(crate) fn is_taken(&self) -> bool {
        self.root.join(FLEET).exists()
    }

    /// One join or leave at a time; held until dropped.
    ///
    /// # Errors
    /// Another one is under way, or the root directory cannot be made.
    pub(crate) fn lock(&self) -> Result<OwnedFd, Failure> {
        make(&self.root, ROOT_MODE)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        make(&self.root.join(ASIDE), 0o700)?;
        let directory = openat(CWD, self.root.join(ASIDE), flags, Mode::empty())?;
        match flock(&directory, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(directory),
            Err(Errno::WOULDBLOCK) => Err(Failure::new("another limpet join is under way; wait for it")),
            Err(errno) => Err(errno.into()),
        }
    }

    /// The key of a join that was cut off, or a new one, durable.
    ///
    /// # Errors
    /// The disk refuses.
    pub(crate) fn make_key(&self) -> Result<Secret, Failure> {
        let path = self.root.join(ASIDE).join(KEY);
        if path.exists() {
            return secret(&path);
        }
        let mut seed = [0; 32];
        getrandom(&mut seed, GetRandomFlags::empty())?;
        write(&self.root.join(ASIDE), KEY, &seed)?;
        sync(&self.root)?;
        secret(&path)
    }

    /// Puts the board into the fleet.
    ///
    /// # Errors
    /// The disk refuses; the board is in no fleet then.
    pub(crate) fn enter(&self, memory: &Memory, controller: &Controller) -> Result<(), Failure> {
        let aside = self.root.join(ASIDE);
        write(&aside, MEMORY, &memory.to_bytes()?)?;
        write_record(&aside, CONTROLLER, Kind::Controller, controller, true)?;
        fs::rename(&aside, self.root.join(FLEET)).map_err(failed("put in place", &self.root.join(FLEET)))?;
        sync(&self.root)
    }

    /// Takes the board out of its fleet: at once, by a rename; what is left is cleared away then.
    ///
    /// # Errors
    /// The disk refuses.
    pub(crate) fn leave(&self) -> Result<(), Failure> {
        let (fleet, gone) = (self.root.join(FLEET), self.root.join(GONE));
        clear(&gone)?;
        fs::rename(&fleet, &gone).map_err(failed("take away", &fleet))?;
        sync(&self.root)?;
        clear(&gone)
    }
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Failure {
    let path = path.display().to_string();
    move |error| Failure::from(error).during(&format!("{doing} {path}"))
}

fn make(path: &Path, mode: u32) -> Result<(), Failure> {
    fs::DirBuilder::new().recursive(true).mode(mode).create(path).map_err(failed("make the directory", path))
}

fn clear(path: &Path) -> Result<(), Failure> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("remove", path)(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn secret(path: &Path) -> Result<Secret, Failure> {
    let bytes = fs::read(path).map_err(failed("read", path))?;
    let seed = <[u8; 32]>::try_from(bytes.as_slice()).ok();
    seed.and_then(|seed| Secret::from_seed(&seed)).ok_or_else(|| {
        Failure::new(format!("{}: this is no key; leave the fleet and join again", path.display()))
    })
}

/// Durably, aside and by a rename; for root alone.
fn write(directory: &Path, name: &str, bytes: &[u8]) -> Result<(), Failure> {
    let (path, aside) = (directory.join(name), directory.join(format!("{name}.new")));
    let mut options = fs::OpenOptions::new();
    let options = options.write(true).create(true).truncate(true).mode(0o600);
    let written = options.open(&aside).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(failed("write", &aside))?;
    fs::rename(&aside, &path).map_err(failed("write", &path))?;
    sync(directory)
}

fn sync(directory: &Path) -> Result<(), Failure> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let synced = openat(CWD, directory, flags, Mode::empty()).and_then(|fd| fsync(&fd));
    synced.map_err(|errno| failed("sync", directory)(errno.into()))
}
