//! How a board comes into a fleet: the operator's token, and what board and controller say once.

use super::{BoardId, GROUPS_MAX, Group, Signature};
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// What a token's text begins with; base64url (RFC 4648, 5, without padding) of [`Token`]'s postcard form follows.
pub const TOKEN_PREFIX: &str = "limpet1_";
/// Longest token, as text.
pub const TOKEN_BYTES_MAX: usize = 1024;
/// Longest address of a controller.
pub const URL_BYTES_MAX: usize = 255;
/// Bytes of a board's name, a serial number, a label's name and a label's value.
pub const WORD_BYTES_MAX: usize = 63;
/// Most labels of a board.
pub const LABELS_MAX: usize = 32;
/// Most roots between a token's and the present one.
pub const ROOTS_MAX: usize = 64;
/// Largest [`Enrol`] and largest refusal.
pub const ENROL_BYTES_MAX: usize = 4096;

/// A word of at most [`WORD_BYTES_MAX`] bytes.
pub type Word = heapless::String<WORD_BYTES_MAX>;

/// What `limpetctl board invite` prints and `limpet join` takes: all that a board believes about its fleet.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// `https://HOST[:PORT]`
    pub url: heapless::String<URL_BYTES_MAX>,
    /// SHA-256 of the SubjectPublicKeyInfo of the controller's certificate.
    pub pin: [u8; 32],
    /// SHA-256 of the payload of a root of the fleet: those after it follow from it.
    pub root: [u8; 32],
    /// Groups that the board is in; the controller has no say in that.
    pub groups: heapless::Vec<Group, GROUPS_MAX>,
    /// What the controller knows the invitation by.
    pub invite: [u8; 16],
}

/// No secret appears in a log.
impl core::fmt::Debug for Token {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Token").field("url", &self.url).finish_non_exhaustive()
    }
}

/// `POST` [`super::link::ENROL`]: a board asks to be one of the fleet. Asked again with the same key it gets the same answer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrol {
    /// Of the token.
    pub invite: [u8; 16],
    /// The key that the board made.
    pub board: BoardId,
    /// Its host name.
    pub name: Word,
    /// `x86_64` or `aarch64`.
    pub arch: Word,
    /// What its maker engraved (device tree or DMI), if anything.
    pub serial: Option<Word>,
    /// By the board's key, over [`super::link::proven`] of this connection, with the invitation as the instance.
    pub proof: Signature,
}

/// The answer, status 200. Otherwise 403 with one line of text that says why not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolled {
    /// The root that the token names and those that follow, as envelopes; at most [`ROOTS_MAX`].
    pub roots: Vec<Vec<u8>>,
    /// How the controller calls the board.
    pub name: String,
}
