//! The update lock: while it is held, nothing that a fleet wants is begun. What is under way goes on, and so does fetching.
//!
//! A person holds it by `ROOT/update-lock`, which lasts (`limpet lock`), an app by any file in `STATE/locks`, which a reboot ends.

use crate::failure::Failure;
use limpet_runner::files::{remove, replace};
use std::fs;
use std::io::Read;
use std::path::Path;

const FILE: &str = "update-lock";
/// In the state directory; an app that has it as a bind mount can hold the lock.
pub(crate) const DIRECTORY: &str = "locks";
/// Most of a reason that is read.
const REASON_BYTES_MAX: u64 = 256;

/// Holds it.
///
/// # Errors
/// The disk refuses.
pub(crate) fn set(root: &Path, reason: &str) -> Result<(), Failure> {
    let held = replace(&root.join(FILE), 0o644, reason.as_bytes());
    held.map_err(|error| Failure::from(error).during("lock"))
}

/// Lets go of it.
///
/// # Errors
/// The disk refuses.
pub(crate) fn clear(root: &Path) -> Result<(), Failure> {
    remove(&root.join(FILE)).map_err(|error| Failure::from(error).during("unlock"))
}

/// Who holds it, in words; nobody if nothing is said.
pub(crate) fn held(root: &Path, state: &Path) -> Option<String> {
    if let Ok(file) = fs::File::open(root.join(FILE)) {
        let mut reason = Vec::new();
        file.take(REASON_BYTES_MAX).read_to_end(&mut reason).ok();
        let reason = String::from_utf8_lossy(&reason).trim().replace('\n', " ");
        return Some(if reason.is_empty() {
            "limpet lock".to_owned()
        } else {
            format!("limpet lock: {reason}")
        });
    }
    let first = fs::read_dir(state.join(DIRECTORY)).ok()?.flatten().next()?;
    Some(format!("the file {}", first.path().display()))
}
