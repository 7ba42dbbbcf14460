//! `ROOT/fleet`: made aside, put in place with one rename, and taken away with one.

use crate::failure::Failure;
use crate::fleet::Controller;
use limpet_protocol::record::Kind;
use limpet_runner::files::{
    PRIVATE, failed, make_directory, open_directory, remove_tree, replace, sync_directory,
};
use limpet_runner::home::write_record;
use limpet_trust::Memory;
use limpet_trust::sign::Secret;
use rustix::fd::OwnedFd;
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use rustix::rand::{GetRandomFlags, getrandom};
use std::fs;
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
        make_directory(&self.root, ROOT_MODE)?;
        make_directory(&self.root.join(ASIDE), 0o700)?;
        let directory = open_directory(&self.root.join(ASIDE))?;
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
        replace(&path, PRIVATE, &seed)?;
        sync_directory(&self.root)?;
        secret(&path)
    }

    /// Puts the board into the fleet.
    ///
    /// # Errors
    /// The disk refuses; the board is in no fleet then.
    pub(crate) fn enter(&self, memory: &Memory, controller: &Controller) -> Result<(), Failure> {
        let aside = self.root.join(ASIDE);
        replace(&aside.join(MEMORY), PRIVATE, &memory.to_bytes()?)?;
        write_record(&aside, CONTROLLER, Kind::Controller, controller, true)?;
        fs::rename(&aside, self.root.join(FLEET)).map_err(failed("put in place", &self.root.join(FLEET)))?;
        Ok(sync_directory(&self.root)?)
    }

    /// Takes the board out of its fleet: at once, by a rename; what is left is cleared away then.
    ///
    /// # Errors
    /// The disk refuses.
    pub(crate) fn leave(&self) -> Result<(), Failure> {
        let (fleet, gone) = (self.root.join(FLEET), self.root.join(GONE));
        remove_tree(&gone)?;
        fs::rename(&fleet, &gone).map_err(failed("take away", &fleet))?;
        sync_directory(&self.root)?;
        Ok(remove_tree(&gone)?)
    }
}

fn secret(path: &Path) -> Result<Secret, Failure> {
    let bytes = fs::read(path).map_err(failed("read", path))?;
    let seed = <[u8; 32]>::try_from(bytes.as_slice()).ok();
    seed.and_then(|seed| Secret::from_seed(&seed)).ok_or_else(|| {
        Failure::new(format!("{}: this is no key; leave the fleet and join again", path.display()))
    })
}
