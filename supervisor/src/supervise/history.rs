//! What the world wants to know again after the daemon was restarted, but not after a boot: `STATE/histories/ID`.
//!
//! It is in memory, so a container that crashes over and over wears no flash. It is not among the container's own files:
//! whoever removes a container must not race with the supervisor.

use limpet_plan::History;
use limpet_protocol::id::ContainerId;
use limpet_protocol::record::{Kind, decode, encode};
use limpet_runner::home::Home;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::PathBuf;

const DIRECTORY: &str = "histories";
const ASIDE: &str = ".new";

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
pub(crate) fn write(home: &Home, id: &ContainerId, history: &History) -> io::Result<()> {
    let directory = directory(home);
    let bytes = encode(Kind::History, history).map_err(io::Error::other)?;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&directory)?;
    let aside = directory.join(format!("{}{ASIDE}", id.as_str()));
    let mut options = fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&aside)?;
    file.write_all(&bytes)?;
    fs::rename(&aside, directory.join(id.as_str()))
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
