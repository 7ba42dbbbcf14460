//! Coming into a fleet, and leaving it.
//!
//! In: a token. Out: `ROOT/fleet`, whole or not at all: it is made aside and put in place with one rename. The key is
//! made first and durable before the controller hears of it, so that a join that was cut off goes on with the same one, and
//! does not use up a second invitation.
//!
//! What the controller answers comes by way of the confined process; here it is only compared with the token's digest, and
//! then judged as every document is ([`limpet_trust`]).

mod engraved;
mod exchange;
mod place;
#[cfg(test)]
mod tests;

pub(crate) use exchange::exchange;
pub(crate) use place::Place;

use crate::failure::Failure;
use limpet_protocol::fleet::enrol::{Enrol, Token, Word};
use limpet_protocol::fleet::link::EXPORTED_BYTES;
use limpet_protocol::fleet::{BoardId, Kind};
use limpet_trust::sign::Secret;
use limpet_trust::{Accepted, Clock, Memory, accept, envelope, presence};

/// What the controller said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    /// Claimed roots, the token's first.
    pub(crate) roots: Vec<Vec<u8>>,
    /// How it calls the board.
    pub(crate) name: String,
}

/// What a board says of itself, proven for one connection.
pub(crate) fn request(token: &Token, secret: &Secret, name: &str, exported: &[u8; EXPORTED_BYTES]) -> Enrol {
    let proof = presence::prove(secret, exported, token.invite).signature;
    Enrol {
        invite: token.invite,
        board: BoardId(secret.public()),
        name: word(name),
        arch: word(std::env::consts::ARCH),
        serial: engraved::serial(),
        proof,
    }
}

/// As much of a text as a word holds.
fn word(text: &str) -> Word {
    let mut word = Word::new();
    for c in text.chars() {
        if word.push(c).is_err() {
            break;
        }
    }
    word
}

/// What the board believes from now on: the root that the token names, and what follows from it.
///
/// # Errors
/// The answer is not what the token promises.
pub(crate) fn believe(
    token: &Token,
    board: BoardId,
    roots: &[Vec<u8>],
    clock: &Clock,
) -> Result<Memory, Failure> {
    let other = || {
        Failure::new(
            "the controller has not the root of trust that the token names; \
             is the token of this fleet, and its controller not restored from an older backup?",
        )
    };
    let refused = |refusal| Failure::from(refusal).during("the controller's root of trust is refused");
    let (first, rest) = roots.split_first().ok_or_else(other)?;
    let first = envelope::open(first).map_err(refused)?;
    if first.kind != Kind::Root || envelope::digest(first.payload) != token.root {
        return Err(other());
    }
    let mut memory = Memory::enrolled(board, token.groups.clone(), first.payload).map_err(refused)?;
    for root in rest {
        match accept(&memory, root, clock).map_err(refused)? {
            Accepted::Root(next) => memory = *next,
            Accepted::KnownRoot => {}
            Accepted::Known(_) | Accepted::Desired { .. } => return Err(other()),
        }
    }
    Ok(memory)
}
