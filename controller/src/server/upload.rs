//! What an operator uploads, judged as each board would judge it, so that nothing is stored that would be refused later.

use super::refused::Refused;
use super::store::StateRef;
use super::text::{from_base64, from_hex};
use crate::api::{BoardUpload, NewRollout};
use limpet_fleet::rollout::Strategy;
use limpet_protocol::fleet::{BoardId, Keyring, PublicKey};
use limpet_trust::{Accepted, Clock, Memory, Refusal, Taken, envelope};
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::sync::Arc;

/// A rollout whose envelopes every board in it would take.
pub(crate) struct Judged {
    /// Of the request.
    pub(crate) digest: [u8; 32],
    /// See [`NewRollout`].
    pub(crate) subject: String,
    /// See [`NewRollout`].
    pub(crate) note: String,
    /// See [`NewRollout`].
    pub(crate) strategy: Strategy,
    /// Each once.
    pub(crate) boards: Vec<JudgedBoard>,
}

/// Both states of a board.
pub(crate) struct JudgedBoard {
    /// Whose.
    pub(crate) board: BoardId,
    /// What it is to have.
    pub(crate) forward: Sealed,
    /// What says what it had before.
    pub(crate) undo: Sealed,
}

/// A state, not numbered yet.
pub(crate) struct Sealed {
    /// Its number is 0.
    pub(crate) state: StateRef,
    /// As it was signed.
    pub(crate) envelope: Arc<[u8]>,
}

/// Judges all of it.
pub(crate) fn judged(
    trust: &Memory,
    new: NewRollout,
    digest: [u8; 32],
    now_s: u64,
) -> Result<Judged, Refused> {
    let NewRollout { subject, note, strategy, boards } = new;
    strategy.check().map_err(|why| Refused::bad(format!("the strategy cannot be followed: {why}")))?;
    let boards: Vec<_> =
        boards.into_iter().map(|upload| board(trust, &upload, now_s)).collect::<Result<_, _>>()?;
    let mut once = HashSet::new();
    if let Some(twice) = boards.iter().find(|board| !once.insert(board.board)) {
        return Err(Refused::bad(format!("board {} is in the rollout twice", twice.board)));
    }
    Ok(Judged { digest, subject, note, strategy, boards })
}

fn board(trust: &Memory, upload: &BoardUpload, now_s: u64) -> Result<JudgedBoard, Refused> {
    let key = from_hex(&upload.board)
        .ok_or_else(|| Refused::bad(format!("{:.80} is no board's key in hexadecimal", upload.board)))?;
    let board = BoardId(PublicKey(key));
    let memory = Memory { board, taken: Taken::default(), ..trust.clone() };
    let (forward, memory) = sealed(&memory, &upload.desired, "state", now_s)?;
    let (undo, _) = sealed(&memory, &upload.undo, "undo", now_s)?;
    Ok(JudgedBoard { board, forward, undo })
}

/// `undo` is judged by a memory that took `forward`: it must come after that.
fn sealed(memory: &Memory, text: &str, what: &str, now_s: u64) -> Result<(Sealed, Memory), Refused> {
    let board = memory.board;
    let refused = |why: String| {
        Refused::bad(format!("the {what} for board {board} is refused as it would be there: {why}"))
    };
    let bytes = from_base64(text).ok_or_else(|| refused("it is no base64url".into()))?;
    let clock = Clock { synchronised_s: Some(now_s), built_s: 0 };
    let accepted = limpet_trust::accept(memory, &bytes, &clock).map_err(|why| refused(chain(&why)))?;
    let memory = match accepted {
        Accepted::Desired { memory, .. } => *memory,
        Accepted::Known(_) => return Err(refused("it is the same as the state before it".into())),
        Accepted::Root(_) | Accepted::KnownRoot => return Err(refused("it is a root".into())),
    };
    let position = memory.taken.position;
    if position.root != memory.root.generation {
        let why =
            format!("it was signed under root {}, and the root is {}", position.root, memory.root.generation);
        return Err(refused(why));
    }
    let signers = signers(&bytes, &memory.root.deploy);
    let state = StateRef { id: 0, position, sha256: Sha256::digest(&bytes).into(), signers };
    Ok((Sealed { state, envelope: bytes.into() }, memory))
}

/// Places among those keys of those that signed: there are 16 keys at most.
fn signers(bytes: &[u8], deploy: &Keyring) -> u16 {
    let signatures = envelope::open(bytes).map(|opened| opened.signatures).unwrap_or_default();
    let signed = |key: &PublicKey| signatures.iter().any(|signature| signature.key == *key);
    deploy
        .keys
        .iter()
        .enumerate()
        .filter(|(_, key)| signed(key))
        .fold(0, |bits, (place, _)| bits | 1 << place)
}

fn chain(why: &Refusal) -> String {
    let mut text = why.to_string();
    let mut next = std::error::Error::source(why);
    while let Some(source) = next {
        text = format!("{text}: {source}");
        next = source.source();
    }
    text
}
