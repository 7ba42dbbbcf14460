//! What the world wants to know again after the daemon was restarted, but not after a boot: `STATE/histories/ID`.
//!
//! It is in memory, so a container that crashes over and over wears no flash. It is not among the container's own files:
//! whoever removes a container must not race with the supervisor.

use limpet_plan::History;
use limpet_protocol::id::ContainerId;
use limpet_protocol::record::{Kind, decode};
use limpet_runner::files::make_directory;
use limpet_runner::home::{Home, HomeError, write_record};
use std::fs;
use std::path::PathBuf;

const DIRECTORY: &str = "histories";

fn directory(home: &Home) -> PathBuf {
    home.state().join(DIRECTORY)
}

/// What was kept; nothing, if it cannot be read: then the container begins anew.
#[must_use]
pub(crate) fn read(home: &Home, id: &ContainerId) -> Option<History> {
    let bytes = fs::read(directory(home).join(id.as_str())).ok()?;
    decode(Kind::History, &bytes).ok()
}

/// Keeps it until the next boot: a cut leaves the old or the new.
///
/// # Errors
/// The file system refuses.
pub(crate) fn write(home: &Home, id: &ContainerId, history: &History) -> Result<(), HomeError> {
    let directory = directory(home);
    make_directory(&directory, 0o700)?;
    write_record(&directory, id.as_str(), Kind::History, history, false)
}

/// Forgets it: the container is gone.
pub(crate) fn forget(home: &Home, id: &ContainerId) {
    // What cannot be removed now is swept at the next start, or goes with the boot.
    fs::remove_file(directory(home).join(id.as_str())).ok();
}

/// Forgets those whose containers are gone, and what was being written when an earlier supervisor was killed.
pub(crate) fn sweep(home: &Home) {
    let Ok(listing) = fs::read_dir(directory(home)) else { return };
    for entry in listing.flatten() {
        let id = entry.file_name().to_str().and_then(|name| ContainerId::parse(name).ok());
        if id.is_none_or(|id| !home.directory(&id).exists()) {
            // See above.
            fs::remove_file(entry.path()).ok();
        }
    }
}
