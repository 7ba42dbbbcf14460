//! One supervisor at a time has an instance, and begins only when the children of an earlier one have ended.

use crate::failure::Failure;
use crate::screen;
use rustix::fd::OwnedFd;
use rustix::fs::{FlockOperation, Mode, OFlags, flock, open};
use rustix::io::Errno;
use std::path::Path;
use std::time::{Duration, Instant};

/// Held while a supervisor has the instance.
const SUPERVISOR: &str = "supervisor.lock";
/// Held by a supervisor and by each child that changes something, until the last of them has ended.
const EFFECTS: &str = "effects.lock";
/// Making or starting a container takes seconds on the slowest board.
const PATIENCE: Duration = Duration::from_secs(30);
const ASK_EVERY: Duration = Duration::from_millis(20);

/// Two would start everything twice. Held until dropped.
///
/// # Errors
/// Another one has the instance.
pub(super) fn only_one(state: &Path) -> Result<OwnedFd, Failure> {
    let lock = file(state, SUPERVISOR)?;
    if take(&lock)? {
        return Ok(lock);
    }
    Err(Failure::new(format!("a supervisor runs already for {}; see: limpet doctor", state.display())))
}

/// Waits for what an earlier supervisor's children still do: they would tell nobody what came of it. The lock is to be
/// inherited by our own children.
///
/// # Errors
/// The file system refuses.
pub(super) fn effects(state: &Path) -> Result<OwnedFd, Failure> {
    let lock = file(state, EFFECTS)?;
    let begin = Instant::now();
    while !take(&lock)? {
        if begin.elapsed() > PATIENCE {
            screen::complain(
                "something that an earlier supervisor began does not end; going on without waiting for it",
            );
            break;
        }
        std::thread::sleep(ASK_EVERY);
    }
    Ok(lock)
}

fn file(state: &Path, name: &str) -> Result<OwnedFd, Failure> {
    let flags = OFlags::CREATE | OFlags::RDONLY | OFlags::CLOEXEC;
    Ok(open(state.join(name), flags, Mode::from_raw_mode(0o600))?)
}

fn take(lock: &OwnedFd) -> Result<bool, Failure> {
    match flock(lock, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(true),
        Err(Errno::WOULDBLOCK) => Ok(false),
        Err(errno) => Err(errno.into()),
    }
}
