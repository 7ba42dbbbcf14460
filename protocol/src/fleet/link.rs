//! What board and controller say to each other: HTTP/1.1 over TLS 1.3, bodies in postcard's form.
//!
//! The board knows the controller by the pin of its token. The controller knows the board by a signature over the connection
//! itself (the exporter of RFC 8446, 7.5, labelled [`EXPORTER`]), sent with the first request of each connection: there
//! is no secret that could be stolen from either, and nothing that could be sent again on another connection.

use super::{BoardId, Signature};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// `POST`, an [`super::enrol::Enrol`]; answered with an [`super::enrol::Enrolled`].
pub const ENROL: &str = "/board/v1/enrol";
/// `GET`, with `If-None-Match` and [`WAIT`]; answered with 304, or 200 and a [`Delivery`].
pub const DESIRED: &str = "/board/v1/desired";
/// `PUT`, a [`super::report::Report`]; answered with 204.
pub const REPORT: &str = "/board/v1/report";
/// `GET`, with the SHA-256 in hexadecimal after a slash: a file of Limpet. `Range` is honoured.
pub const BLOB: &str = "/board/v1/blob";
/// Header of the first request of a connection: base64url of a [`Proof`].
pub const PROOF: &str = "limpet-proof";
/// Header of a poll: how many seconds the answer may be put off until there is something new.
pub const WAIT: &str = "limpet-wait";
/// Longest time that a poll is put off.
pub const WAIT_S_MAX: u32 = 3600;
/// Label of the TLS exporter.
pub const EXPORTER: &[u8] = b"EXPORTER-limpet-board";
/// Bytes that the exporter gives.
pub const EXPORTED_BYTES: usize = 32;
/// First of what a board signs for a connection: no document and no other message begins like it.
const CONTEXT: &[u8; 16] = b"limpet presence\0";
/// Bytes that a board signs for a connection.
pub const PROVEN_BYTES: usize = CONTEXT.len() + EXPORTED_BYTES + 16;
/// Largest [`Delivery`].
pub const DELIVERY_BYTES_MAX: usize = super::ENVELOPE_BYTES_MAX + 256 * 1024;

/// Who is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// Which board.
    pub board: BoardId,
    /// A number that this boot of the board chose: one that comes back after another was seen betrays a copied card.
    pub instance: [u8; 16],
    /// Over [`proven`], by the board's key.
    pub signature: Signature,
}

/// What a board signs for a connection with that exporter.
#[must_use]
pub fn proven(exported: &[u8; EXPORTED_BYTES], instance: &[u8; 16]) -> [u8; PROVEN_BYTES] {
    let mut bytes = [0; PROVEN_BYTES];
    let (context, rest) = bytes.split_at_mut(CONTEXT.len());
    context.copy_from_slice(CONTEXT);
    let (first, second) = rest.split_at_mut(EXPORTED_BYTES);
    first.copy_from_slice(exported);
    second.copy_from_slice(instance);
    bytes
}

/// What a board is to have, status 200. Its `ETag` stands for exactly these bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Roots that follow the one the board reported last, in order; at most [`super::enrol::ROOTS_MAX`].
    pub roots: Vec<Vec<u8>>,
    /// The envelope of its desired state; empty if there is none yet.
    pub desired: Vec<u8>,
}
