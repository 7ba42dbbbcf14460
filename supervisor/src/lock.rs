//! The update lock: while it is held, nothing that a fleet wants is begun. What is under way goes on, and so does fetching.
//!
//! A person holds it by `ROOT/update-lock`, which lasts (`limpet lock`), an app by any file in `STATE/locks`, which a reboot ends.

use crate::failure::Failure;
use limpet_runner::reserve::ballast::or_lend;
use rustix::fs::{CWD, Mode, OFlags, fsync, openat};
use std::fs;
use std::io::{self, Read, Write};
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
    let (path, aside) = (root.join(FILE), root.join("update-lock.new"));
    let write = || {
        fs::File::create(&aside)
            .and_then(|mut file| file.write_all(reason.as_bytes()).and_then(|()| file.sync_all()))
    };
    let written = or_lend(root, write).and_then(|()| fs::rename(&aside, &path));
    written.map_err(|error| Failure::new(format!("lock: write {}: {error}", path.display())))?;
    sync(root)
}

/// Lets go of it.
///
/// # Errors
/// The disk refuses.
pub(crate) fn clear(root: &Path) -> Result<(), Failure> {
    let path = root.join(FILE);
    match fs::remove_file(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Failure::new(format!("unlock: remove {}: {error}", path.display()))),
        Ok(()) => sync(root),
    }
}

fn sync(root: &Path) -> Result<(), Failure> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok(openat(CWD, root, flags, Mode::empty()).and_then(|fd| fsync(&fd))?)
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
