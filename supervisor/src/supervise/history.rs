//! What the world wants to know again after the daemon was restarted, but not after a boot: `STATE/containers/ID/history`.
//!
//! It is in memory, so a container that crashes over and over wears no flash.

use limpet_plan::History;
use limpet_protocol::id::ContainerId;
use limpet_protocol::record::{Kind, decode, encode};
use limpet_runner::home::Home;
use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;

const NAME: &str = "history";

/// What was kept; nothing, if it cannot be read: then the container begins anew.
#[must_use]
pub(crate) fn read(home: &Home, id: &ContainerId) -> Option<History> {
    let bytes = fs::read(home.state_directory(id).join(NAME)).ok()?;
    decode(Kind::History, &bytes).ok()
}

/// Keeps it until the next boot. It may go wrong only as a whole: a cut leaves the old or the new.
///
/// # Errors
/// The file system refuses.
pub(crate) fn write(home: &Home, id: &ContainerId, history: &History) -> io::Result<()> {
    let directory = home.state_directory(id);
    let bytes = encode(Kind::History, history).map_err(io::Error::other)?;
    fs::DirBuilder::new().recursive(true).mode(0o711).create(&directory)?;
    let aside = directory.join("history.new");
    fs::write(&aside, bytes)?;
    fs::rename(&aside, directory.join(NAME))
}
