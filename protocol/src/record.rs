//! The frame of every durable record: `LMPT`, format version, kind, length, payload, checksum.
//!
//! A record that was cut short or damaged is recognised, never half-believed. The checksum is
//! FNV-1a (64 bits): it finds torn writes; what must resist an attacker is signed instead.

use alloc::vec::Vec;
use serde::{Serialize, de::DeserializeOwned};

const MAGIC: [u8; 4] = *b"LMPT";
/// Raised whenever the payload of any kind changes its shape: postcard says nothing of shapes, and would take an old record
/// for another one. 2: containers have policies, health checks and places in apps. 3: apps know the ids of their images, and logs
/// on disk no reserve of their own. 4, of the kinds that changed: apps say how they are replaced, the ledger and histories how
/// far that is.
const fn format(kind: Kind) -> u8 {
    match kind {
        Kind::App | Kind::History => 4,
        Kind::Container | Kind::Exit | Kind::Keep | Kind::Running | Kind::Intent | Kind::Scrub => 3,
        Kind::Outline | Kind::Begun | Kind::Controller | Kind::Tried => 1,
    }
}
const HEADER_BYTES: usize = 10;
const CHECKSUM_BYTES: usize = 8;
/// Largest record that is written or believed.
pub const RECORD_BYTES_MAX: usize = 4 * 1024 * 1024;

/// What a record is about: stops one kind from being read as another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// [`crate::container::Container`]
    Container = 1,
    /// [`crate::exit::Exit`]
    Exit = 2,
    /// [`crate::keeper::Keep`]
    Keep = 3,
    /// [`crate::keeper::Running`]
    Running = 4,
    /// [`crate::container::Intent`]
    Intent = 5,
    /// [`crate::app::App`]
    App = 6,
    /// What the supervisor remembers of a container until the next boot.
    History = 7,
    /// [`crate::scrub::Scrub`]
    Scrub = 8,
    /// What a fleet wants of a board, in short; until the next boot.
    Outline = 9,
    /// How far an app of a fleet was handed on.
    Begun = 10,
    /// Where a fleet's controller is.
    Controller = 11,
    /// What came of a file of Limpet's own that a fleet wanted.
    Tried = 12,
}

/// Why bytes are not the record that was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Shorter or longer than its header says.
    #[error("record is cut short")]
    Truncated,
    /// Not a Limpet record of this kind and format.
    #[error("not a record of this kind and format")]
    Foreign,
    /// The checksum does not match.
    #[error("record is damaged (checksum)")]
    Damaged,
    /// The payload does not decode.
    #[error("record does not decode")]
    Undecodable,
    /// Larger than [`RECORD_BYTES_MAX`].
    #[error("record is over {RECORD_BYTES_MAX} bytes")]
    TooLarge,
}

/// The framed bytes of `value`.
///
/// # Errors
/// [`RecordError::TooLarge`] or, for a value that postcard cannot express, [`RecordError::Undecodable`].
pub fn encode<T: Serialize>(kind: Kind, value: &T) -> Result<Vec<u8>, RecordError> {
    let payload = postcard::to_allocvec(value).map_err(|_| RecordError::Undecodable)?;
    let length = u32::try_from(payload.len()).map_err(|_| RecordError::TooLarge)?;
    if payload.len() > RECORD_BYTES_MAX {
        return Err(RecordError::TooLarge);
    }
    let mut bytes = Vec::with_capacity(HEADER_BYTES + payload.len() + CHECKSUM_BYTES);
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&[format(kind), kind as u8]);
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(&payload);
    bytes.extend_from_slice(&fnv1a(&bytes).to_le_bytes());
    Ok(bytes)
}

/// The value framed in `bytes`.
///
/// # Errors
/// Whatever of [`RecordError`] is found first.
pub fn decode<T: DeserializeOwned>(kind: Kind, bytes: &[u8]) -> Result<T, RecordError> {
    let (header, rest) = bytes.split_at_checked(HEADER_BYTES).ok_or(RecordError::Truncated)?;
    if header[..4] != MAGIC || header[4] != format(kind) || header[5] != kind as u8 {
        return Err(RecordError::Foreign);
    }
    let length = u32::from_le_bytes([header[6], header[7], header[8], header[9]]) as usize;
    if length > RECORD_BYTES_MAX {
        return Err(RecordError::TooLarge);
    }
    let (payload, checksum) = rest.split_at_checked(length).ok_or(RecordError::Truncated)?;
    let checksum: [u8; CHECKSUM_BYTES] = checksum.try_into().map_err(|_| RecordError::Truncated)?;
    if fnv1a(&bytes[..HEADER_BYTES + length]) != u64::from_le_bytes(checksum) {
        return Err(RecordError::Damaged);
    }
    postcard::from_bytes(payload).map_err(|_| RecordError::Undecodable)
}

/// Fowler–Noll–Vo 1a, 64 bits.
pub(crate) fn fnv1a(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests;
