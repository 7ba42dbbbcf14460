//! Host ids for containers: each running container has 65536 that no other of this instance has.
//!
//! In: a directory for locks. Out: a [`Slot`], held until it is dropped, also by a crash.
//!
//! The ids are 0x70000000 to 0x7fffffff, above what distributions and systemd give away (systemd's
//! "Users, Groups, UIDs and GIDs"); nothing on disk depends on them, as roots and binds are id-mapped.

use limpet_protocol::id::ContainerId;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{FlockOperation, Mode, OFlags, flock, mkdirat, openat};
use rustix::io::{Errno, Result};

/// First host id that containers use.
pub const FIRST_HOST_ID: u32 = 0x7000_0000;
/// Ids of one container.
pub const IDS_PER_CONTAINER: u32 = 65536;
/// Containers with their own ids at a time.
pub const SLOTS: u32 = 4096;

/// The ids of one container.
#[derive(Debug)]
pub struct Slot {
    _lock: OwnedFd,
    first: u32,
}

impl Slot {
    /// Takes the first free slot, beginning where `id` says, so that instances that know nothing of each other
    /// rarely meet. `state` is the instance's state directory.
    ///
    /// # Errors
    /// `ENOSPC` when all [`SLOTS`] are taken.
    pub fn take(state: BorrowedFd<'_>, id: &ContainerId) -> Result<Self> {
        match mkdirat(state, "ids", Mode::from_raw_mode(0o700)) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(errno) => return Err(errno),
        }
        let start = preferred(id);
        for offset in 0..SLOTS {
            let slot = (start + offset) % SLOTS;
            if let Some(lock) = try_lock(state, slot)? {
                return Ok(Self { _lock: lock, first: FIRST_HOST_ID + slot * IDS_PER_CONTAINER });
            }
        }
        Err(Errno::NOSPC)
    }

    /// The host id of the container's id 0.
    #[must_use]
    pub fn first(&self) -> u32 {
        self.first
    }

    /// The line for /proc/PID/uid_map and gid_map (user_namespaces(7)).
    #[must_use]
    pub fn map(&self) -> String {
        format!("0 {} {IDS_PER_CONTAINER}", self.first)
    }
}

fn preferred(id: &ContainerId) -> u32 {
    u32::from_str_radix(&id.as_str()[..8], 16).unwrap_or(0) % SLOTS
}

fn try_lock(state: BorrowedFd<'_>, slot: u32) -> Result<Option<OwnedFd>> {
    let flags = OFlags::CREATE | OFlags::RDONLY | OFlags::CLOEXEC;
    let file = openat(state, format!("ids/{slot}"), flags, Mode::from_raw_mode(0o600))?;
    match flock(file.as_fd(), FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Some(file)),
        Err(Errno::WOULDBLOCK) => Ok(None),
        Err(errno) => Err(errno),
    }
}
