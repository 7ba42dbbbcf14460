//! The ledger: which apps the board is to run, `ROOT/ledger/apps/NAME`.
//!
//! In: an app. Out: one durable record per app. A record that is damaged is named and hides no other; what runs of that
//! app goes on, each container by its own record. `ROOT/ledger/previous/NAME` is the version before that once was well.

#[cfg(test)]
mod tests;

use limpet_protocol::app::{APP_BYTES_MAX, App, InvalidApp};
use limpet_protocol::ledger::Entry;
use limpet_protocol::record::{Kind, RecordError, decode, encode};
use limpet_runner::reserve::ballast::or_lend;
use rustix::fs::{CWD, Mode, OFlags, fsync, openat};
use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Largest record that is read: an app with its frame.
const BYTES_MAX: usize = APP_BYTES_MAX + 256;
const ASIDE: &str = ".new";

/// The apps of one instance.
#[derive(Clone, Debug)]
pub struct Ledger {
    apps: PathBuf,
    previous: PathBuf,
}

/// Why the ledger cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// A record is damaged.
    #[error("ledger record {} is unusable: {reason}; bring the app up again, or take it down", .path.display())]
    Record {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        reason: RecordError,
    },
    /// A record holds what no app may be.
    #[error("ledger record {} is unusable", .path.display())]
    Invalid {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        source: InvalidApp,
    },
    /// The file system said no.
    #[error("{doing} {}", .path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> LedgerError {
    let path = path.to_owned();
    move |source| LedgerError::Io { doing, path, source }
}

impl Ledger {
    /// That of the instance whose durable directory is `root`. Nothing is made before something is recorded.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self::at(&root.join("ledger"))
    }

    /// One in another place, for what is to be in the ledger later.
    #[must_use]
    pub(crate) fn at(directory: &Path) -> Self {
        Self { apps: directory.join("apps"), previous: directory.join("previous") }
    }

    /// Names of all apps in it, sorted, also those whose records are damaged.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn names(&self) -> Result<Vec<String>, LedgerError> {
        let listing = match fs::read_dir(&self.apps) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            listing => listing.map_err(io("list", &self.apps))?,
        };
        let names = listing.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        // What was being written when power went was not committed.
        let mut names: Vec<String> = names.filter(|name| !name.ends_with(ASIDE)).collect();
        names.sort();
        Ok(names)
    }

    /// What is recorded of an app; `None` if nothing is.
    ///
    /// # Errors
    /// The record is damaged, or cannot be read.
    pub fn get(&self, name: &str) -> Result<Option<Entry>, LedgerError> {
        read(&self.apps.join(name))
    }

    /// The version of an app before the one that [`Ledger::get`] gives; `None` if there was none.
    ///
    /// # Errors
    /// As above.
    pub fn previous(&self, name: &str) -> Result<Option<Entry>, LedgerError> {
        read(&self.previous.join(name))
    }

    /// What is recorded of an app now is from here on its version before.
    ///
    /// # Errors
    /// The disk refuses; what was recorded before holds then.
    pub fn keep_as_previous(&self, name: &str) -> Result<(), LedgerError> {
        let (path, aside) = (self.previous.join(name), self.previous.join(format!("{name}{ASIDE}")));
        make(&self.previous)?;
        match fs::remove_file(&aside) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            result => result.map_err(io("remove", &aside))?,
        }
        fs::hard_link(self.apps.join(name), &aside).map_err(io("write", &aside))?;
        fs::rename(&aside, &path).map_err(io("write", &path))?;
        sync(&self.previous)
    }

    /// Commits: when this returns, a power cut does not undo it.
    ///
    /// # Errors
    /// The disk refuses; what was recorded before holds then.
    pub fn put(&self, entry: &Entry) -> Result<(), LedgerError> {
        let App { name, .. } = &entry.app;
        let (path, aside) = (self.apps.join(name), self.apps.join(format!("{name}{ASIDE}")));
        let bytes =
            encode(Kind::App, entry).map_err(|reason| LedgerError::Record { path: path.clone(), reason })?;
        make(&self.apps)?;
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let write = || {
            options.open(&aside).and_then(|mut file| file.write_all(&bytes).and_then(|()| file.sync_all()))
        };
        or_lend(&self.apps, write).map_err(io("write", &aside))?;
        fs::rename(&aside, &path).map_err(io("write", &path))?;
        sync(&self.apps)
    }

    /// Forgets an app, durably, and its version before.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn remove(&self, name: &str) -> Result<(), LedgerError> {
        // The app's own record goes last: as long as it is there, this is done again.
        for directory in [&self.previous, &self.apps] {
            let path = directory.join(name);
            match fs::remove_file(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                result => result.map_err(io("remove", &path))?,
            }
            sync(directory)?;
        }
        Ok(())
    }
}

fn make(directory: &Path) -> Result<(), LedgerError> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(io("make", directory))
}

fn read(path: &Path) -> Result<Option<Entry>, LedgerError> {
    let file = match fs::File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file.map_err(io("open", path))?,
    };
    let mut bytes = Vec::new();
    file.take(BYTES_MAX as u64 + 1).read_to_end(&mut bytes).map_err(io("read", path))?;
    let entry: Entry =
        decode(Kind::App, &bytes).map_err(|reason| LedgerError::Record { path: path.to_owned(), reason })?;
    entry.app.validate().map_err(|source| LedgerError::Invalid { path: path.to_owned(), source })?;
    Ok(Some(entry))
}

/// A directory of the ledger with all that may have been made for it.
fn sync(directory: &Path) -> Result<(), LedgerError> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let directories = [Some(directory), directory.parent(), directory.ancestors().nth(2)];
    for directory in directories.into_iter().flatten() {
        let synced = openat(CWD, directory, flags, Mode::empty()).and_then(|fd| fsync(&fd));
        synced.map_err(|errno| io("sync", directory)(errno.into()))?;
    }
    Ok(())
}
