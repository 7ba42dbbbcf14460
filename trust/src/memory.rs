//! What a board remembers of its fleet: the least that stops old documents from coming back.
//!
//! It is made durable before anything is done about a document that changed it. Its form has a version of its own, apart from
//! that of all other records: a board that could not read it after an upgrade would have to be enrolled by hand.

use crate::refusal::Refusal;
use alloc::vec::Vec;
use limpet_protocol::fleet::{BoardId, FleetId, GROUPS_MAX, Group, Root};
use serde::{Deserialize, Serialize};

/// First byte of the kept form.
const FORM: u8 = 1;
/// SHA-256 at its end.
const SUM_BYTES: usize = 32;
/// Largest kept form that is read.
pub const MEMORY_BYTES_MAX: usize = 4096;

/// Where a desired state stands among all of its fleet. A later root begins a new count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Position {
    /// Generation of the root that it was signed under.
    pub root: u64,
    /// Its own generation.
    pub generation: u64,
}

/// The desired state that was taken last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// Where it stands; before all others if nothing was taken yet.
    pub position: Position,
    /// SHA-256 of its payload.
    pub digest: [u8; 32],
}

/// All that a board remembers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// Who it is.
    pub board: BoardId,
    /// The groups that it was enrolled into.
    pub groups: heapless::Vec<Group, GROUPS_MAX>,
    /// Whose signatures count.
    pub root: Root,
    /// SHA-256 of the root's payload.
    pub root_digest: [u8; 32],
    /// What was taken last.
    pub taken: Taken,
    /// No earlier than this, seconds since 1970, by what was signed.
    pub floor_s: u64,
}

/// Why bytes are no memory. The board takes nothing new then, and goes on with what it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MemoryError {
    /// Kept by another version of Limpet.
    #[error("it is of form {0}, which this version does not know; go back to the version that wrote it")]
    UnknownForm(u8),
    /// Cut short or changed on the disk.
    #[error("it is damaged; enrol the board again with limpet join")]
    Damaged,
}

impl Memory {
    /// Of a board that enrols: it pins `root`, the payload that its operator's token vouches for.
    ///
    /// # Errors
    /// The payload is no valid root.
    pub fn enrolled(
        board: BoardId,
        groups: heapless::Vec<Group, GROUPS_MAX>,
        root: &[u8],
    ) -> Result<Self, Refusal> {
        let root_digest = crate::envelope::digest(root);
        let root = crate::accept::parse_root(root)?;
        let floor_s = root.issued_s;
        Ok(Self { board, groups, root, root_digest, taken: Taken::default(), floor_s })
    }

    /// Whether nothing of `earlier` was forgotten: same board and fleet, and nothing went back.
    #[must_use]
    pub fn follows(&self, earlier: &Self) -> bool {
        let who = |memory: &Self| -> (BoardId, FleetId) { (memory.board, memory.root.fleet) };
        who(self) == who(earlier)
            && self.root.generation >= earlier.root.generation
            && self.taken.position >= earlier.taken.position
            && self.floor_s >= earlier.floor_s
    }

    /// The form in which it is kept: a version, the memory, and a digest of both against a worn-out disk.
    ///
    /// # Errors
    /// None that can happen: everything in it has a form.
    pub fn to_bytes(&self) -> Result<Vec<u8>, postcard::Error> {
        let mut bytes = postcard::to_allocvec(&(FORM, self))?;
        let sum = crate::envelope::digest(&bytes);
        bytes.extend_from_slice(&sum);
        Ok(bytes)
    }

    /// The memory that was kept.
    ///
    /// # Errors
    /// See [`MemoryError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MemoryError> {
        if bytes.len() > MEMORY_BYTES_MAX {
            return Err(MemoryError::Damaged);
        }
        let (kept, sum) = bytes.split_last_chunk::<SUM_BYTES>().ok_or(MemoryError::Damaged)?;
        if crate::envelope::digest(kept) != *sum {
            return Err(MemoryError::Damaged);
        }
        match kept.split_first() {
            Some((&FORM, memory)) => match postcard::take_from_bytes(memory) {
                Ok((memory, [])) => Ok(memory),
                Ok(_) | Err(_) => Err(MemoryError::Damaged),
            },
            Some((&form, _)) => Err(MemoryError::UnknownForm(form)),
            None => Err(MemoryError::Damaged),
        }
    }
}
