//! The ledger: which apps the board is to run, `ROOT/ledger/apps/NAME`.
//!
//! In: an app. Out: one durable record per app. A record that is damaged is named and hides no other; what runs of that
//! app goes on, each container by its own record. `ROOT/ledger/previous/NAME` is the version before that once was well.

#[cfg(test)]
mod tests;

use limpet_protocol::app::{APP_BYTES_MAX, App, InvalidApp};
use limpet_protocol::ledger::Entry;
use limpet_protocol::record::{Kind, RecordError, decode, encode};
use limpet_runner::files::{
    ASIDE, FileError, PRIVATE, failed, make_directory, remove, remove_volatile, replace, sync_directory,
};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Largest record that is read: an app with its frame.
const BYTES_MAX: usize = APP_BYTES_MAX + 256;
const DIRECTORY_MODE: u32 = 0o700;

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
    #[error(transparent)]
    File(#[from] FileError),
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
            listing => listing.map_err(failed("list", &self.apps))?,
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
        make_directory(&self.previous, DIRECTORY_MODE)?;
        remove_volatile(&aside)?;
        fs::hard_link(self.apps.join(name), &aside).map_err(failed("write", &aside))?;
        fs::rename(&aside, &path).map_err(failed("write", &path))?;
        sync_directory(&self.previous)?;
        sync_above(&self.previous)
    }

    /// Commits: when this returns, a power cut does not undo it.
    ///
    /// # Errors
    /// The disk refuses; what was recorded before holds then.
    pub fn put(&self, entry: &Entry) -> Result<(), LedgerError> {
        let App { name, .. } = &entry.app;
        let path = self.apps.join(name);
        let bytes =
            encode(Kind::App, entry).map_err(|reason| LedgerError::Record { path: path.clone(), reason })?;
        make_directory(&self.apps, DIRECTORY_MODE)?;
        replace(&path, PRIVATE, &bytes)?;
        sync_above(&self.apps)
    }

    /// Forgets an app, durably, and its version before.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn remove(&self, name: &str) -> Result<(), LedgerError> {
        // The app's own record goes last: as long as it is there, this is done again.
        remove(&self.previous.join(name))?;
        Ok(remove(&self.apps.join(name))?)
    }
}

fn read(path: &Path) -> Result<Option<Entry>, LedgerError> {
    let file = match fs::File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file.map_err(failed("open", path))?,
    };
    let mut bytes = Vec::new();
    file.take(BYTES_MAX as u64 + 1).read_to_end(&mut bytes).map_err(failed("read", path))?;
    let entry: Entry =
        decode(Kind::App, &bytes).map_err(|reason| LedgerError::Record { path: path.to_owned(), reason })?;
    entry.app.validate().map_err(|source| LedgerError::Invalid { path: path.to_owned(), source })?;
    Ok(Some(entry))
}

/// Those above a directory of the ledger that may have been made for it.
fn sync_above(directory: &Path) -> Result<(), LedgerError> {
    Ok(directory.ancestors().skip(1).take(2).try_for_each(sync_directory)?)
}
