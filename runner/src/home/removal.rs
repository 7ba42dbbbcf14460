//! How a container goes: whole, or finished by whoever comes next.

use super::{CONTAINER, Home, HomeError};
use crate::files::{failed, open_directory, remove_tree, remove_volatile, sync_directory};
use limpet_protocol::id::ContainerId;
use rustix::fs::{CWD, FlockOperation, flock, renameat};
use std::fs;
use std::path::Path;

/// Marks a directory whose removal has begun.
pub(super) const REMOVED: &str = ".removed";

impl Home {
    /// Removes everything of a container that does not run. Cut off anywhere, the next command finishes it; a power cut
    /// soon afterwards may bring all of it back.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn remove(&self, id: &ContainerId, name: &str) -> Result<(), HomeError> {
        let directory = self.directory(id);
        let doomed = self.containers().join(format!("{}{REMOVED}", id.as_str()));
        renameat(CWD, &directory, CWD, &doomed).map_err(failed("remove", &directory))?;
        self.release_name(name, id)?;
        remove_tree(&self.state_directory(id))?;
        Ok(remove_tree(&doomed)?)
    }

    /// Removes it so that no power cut brings it back.
    ///
    /// # Errors
    /// As [`Home::remove`], or the disk refuses.
    pub fn remove_durably(&self, id: &ContainerId, name: &str) -> Result<(), HomeError> {
        self.remove(id, name)?;
        Ok(sync_directory(&self.containers())?)
    }

    /// A name that went to another container meanwhile stays.
    pub(super) fn release_name(&self, name: &str, id: &ContainerId) -> Result<(), HomeError> {
        let _names = self.lock_names()?;
        let link = self.names().join(name);
        let own = fs::read_link(&link).is_ok_and(|target| target == Path::new(id.as_str()));
        if own { Ok(remove_volatile(&link)?) } else { Ok(()) }
    }

    /// Removes a container whose record cannot be read, and every name that leads to it.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn remove_unreadable(&self, id: &ContainerId) -> Result<(), HomeError> {
        let _names = self.lock_names()?;
        let names = fs::read_dir(self.names()).map_err(failed("list", &self.names()))?;
        for link in names.flatten().map(|entry| entry.path()) {
            if fs::read_link(&link).is_ok_and(|target| target.as_os_str() == id.as_str()) {
                remove_volatile(&link)?;
            }
        }
        remove_tree(&self.state_directory(id))?;
        Ok(remove_tree(&self.directory(id))?)
    }

    /// Removes what was made for a container that never got its record or its name.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn discard(&self, id: &ContainerId) -> Result<(), HomeError> {
        Ok(remove_tree(&self.directory(id))?)
    }

    /// Finishes removals that were cut off, and takes away what was cut off before it was a container.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn finish_removals(&self) -> Result<(), HomeError> {
        let Ok(listing) = fs::read_dir(self.containers()) else { return Ok(()) };
        let doomed = listing.flatten().filter(|entry| entry.file_name().to_string_lossy().ends_with(REMOVED));
        let removed = doomed.map(|entry| Ok(remove_tree(&entry.path())?));
        let ids = self.ids()?;
        let all = removed.chain(ids.iter().map(|id| self.remove_remnant(id)));
        // One that stays does not keep the others; the first error is the one to tell.
        all.fold(Ok(()), Result::and)
    }

    /// A directory without a record that nobody is making.
    fn remove_remnant(&self, id: &ContainerId) -> Result<(), HomeError> {
        let directory = self.directory(id);
        let is_remnant = || !directory.join(CONTAINER).exists();
        if !is_remnant() {
            return Ok(());
        }
        let Ok(handle) = open_directory(&directory) else { return Ok(()) };
        match flock(&handle, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) if is_remnant() => Ok(remove_tree(&directory)?),
            _ => Ok(()),
        }
    }
}
