//! The identity of a container: 64 lower-case hexadecimal digits, as docker prints them.

use core::fmt;
use serde::{Deserialize, Serialize};

/// Hexadecimal digits of a whole id.
pub const ID_LEN: usize = 64;
/// Hexadecimal digits of the id that people are shown.
pub const SHORT_ID_LEN: usize = 12;

/// A container's identity: 64 lower-case hexadecimal digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "heapless::String<ID_LEN>", into = "heapless::String<ID_LEN>")]
pub struct ContainerId(heapless::String<ID_LEN>);

/// Why a text is not a container id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a container id is {ID_LEN} lower-case hexadecimal digits")]
pub struct InvalidId;

impl ContainerId {
    /// The id whose digits spell `bytes` (32 random bytes make a fresh id).
    #[must_use]
    pub fn from_bytes(bytes: [u8; ID_LEN / 2]) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = heapless::String::new();
        for byte in bytes {
            for nibble in [byte >> 4, byte & 15] {
                text.push(char::from(DIGITS[usize::from(nibble)])).expect("64 digits fit 64 places");
            }
        }
        Self(text)
    }

    /// Parses the whole 64 digits.
    ///
    /// # Errors
    /// Any other length or character.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let digits = text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if text.len() != ID_LEN || !digits {
            return Err(InvalidId);
        }
        heapless::String::try_from(text).map(Self).map_err(|()| InvalidId)
    }

    /// All 64 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first 12 digits, as people are shown it.
    #[must_use]
    pub fn short(&self) -> &str {
        &self.0[..SHORT_ID_LEN]
    }
}

impl TryFrom<heapless::String<ID_LEN>> for ContainerId {
    type Error = InvalidId;
    fn try_from(text: heapless::String<ID_LEN>) -> Result<Self, InvalidId> {
        Self::parse(&text)
    }
}

impl From<ContainerId> for heapless::String<ID_LEN> {
    fn from(id: ContainerId) -> Self {
        id.0
    }
}

impl fmt::Display for ContainerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ContainerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
