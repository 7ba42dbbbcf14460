//! What the operator's tool believes of a fleet: the chain of roots from the one that it was given, and desired states that
//! keys of the present root have signed. Pure.
//!
//! A state of before a rotation is believed if its signer still counts: otherwise whoever stole the old key could slip an app
//! into what is signed next.

use super::failure::{During, Failure, Outcome};
use limpet_protocol::fleet::{BoardId, Desired, Keyring, Kind, PublicKey, Root, Target};
use limpet_trust::{Accepted, Clock, Memory, Taken, envelope};

/// A believed root.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    memory: Memory,
    /// Deploy keys of the roots before it, from the first that is known.
    earlier: Vec<(u64, Keyring)>,
}

impl Chain {
    /// From the first root alone.
    pub(crate) fn first(root: &[u8]) -> Outcome<Self> {
        let what = || "believe the first root".to_owned();
        let opened = envelope::open(root).during(what)?;
        if opened.kind != Kind::Root {
            return Err(Failure::new("believe the first root: the file holds another document"));
        }
        let nobody = BoardId(PublicKey([0; 32]));
        let memory = Memory::enrolled(nobody, heapless::Vec::new(), opened.payload).during(what)?;
        envelope::verify(&opened, &memory.root.root).during(what)?;
        Ok(Self { memory, earlier: Vec::new() })
    }

    /// With what the controller has: its list begins with the same root, and each follows from the one before.
    pub(crate) fn follow(self, roots: &[Vec<u8>], now_s: u64) -> Outcome<Self> {
        let from = roots.iter().position(|root| {
            envelope::open(root).is_ok_and(|root| envelope::digest(root.payload) == self.memory.root_digest)
        });
        let from = from.ok_or_else(|| {
            Failure::new(
                "the root that this fleet began with is not among those that came: they are of another fleet",
            )
        })?;
        roots[from..].iter().try_fold(self, |chain, root| chain.next(root, now_s))
    }

    /// With one more root; the last one again changes nothing.
    pub(crate) fn next(mut self, root: &[u8], now_s: u64) -> Outcome<Self> {
        let clock = Clock { synchronised_s: Some(now_s), built_s: 0 };
        let accepted = limpet_trust::accept(&self.memory, root, &clock);
        match accepted.during(|| "believe the next root".to_owned())? {
            Accepted::KnownRoot => {}
            Accepted::Root(memory) => {
                let before = std::mem::replace(&mut self.memory, *memory).root;
                self.earlier.push((before.generation, before.deploy));
            }
            Accepted::Known(_) | Accepted::Desired { .. } => {
                return Err(Failure::new("a state stands where a root belongs"));
            }
        }
        Ok(self)
    }

    /// The present root.
    pub(crate) fn root(&self) -> &Root {
        &self.memory.root
    }

    /// SHA-256 of its payload: what an invitation carries.
    pub(crate) fn digest(&self) -> [u8; 32] {
        self.memory.root_digest
    }

    /// The desired state in an envelope, if it is for this board and its signers count.
    pub(crate) fn desired(&self, bytes: &[u8], board: BoardId) -> Outcome<Desired> {
        self.by(bytes, board, &self.memory.root.deploy)
    }

    /// As [`Self::desired`], also if its signers counted only then: what it says is to be looked at before it is signed again.
    pub(crate) fn once(&self, bytes: &[u8], board: BoardId) -> Outcome<Desired> {
        let present = self.desired(bytes, board);
        let of = |root| self.earlier.iter().find(|(generation, _)| *generation == root).map(|(_, ring)| ring);
        let claim = envelope::open(bytes)
            .ok()
            .and_then(|opened| postcard::from_bytes::<Desired>(opened.payload).ok())
            .and_then(|claim| of(claim.root_generation));
        match (present, claim) {
            (Ok(desired), _) => Ok(desired),
            (Err(_), Some(ring)) => self.by(bytes, board, ring),
            (Err(failure), None) => Err(failure),
        }
    }

    fn by(&self, bytes: &[u8], board: BoardId, ring: &Keyring) -> Outcome<Desired> {
        let opened = envelope::open(bytes)?;
        if opened.kind != Kind::Desired {
            return Err(Failure::new("it is no desired state"));
        }
        let verified = envelope::verify(&opened, ring)?;
        let Ok((desired, [])) = postcard::take_from_bytes::<Desired>(verified.payload()) else {
            return Err(Failure::new("it does not decode"));
        };
        if desired.fleet != self.memory.root.fleet || desired.target != Target::Board(board) {
            return Err(Failure::new("it is for another board"));
        }
        Ok(desired)
    }

    /// A state that is to be signed by more keys, judged as a board judges it that has taken nothing, and who has signed it.
    pub(crate) fn draft(
        &self,
        bytes: &[u8],
        board: BoardId,
        now_s: u64,
    ) -> Outcome<(Desired, Vec<PublicKey>)> {
        let mut memory = Memory { board, taken: Taken::default(), ..self.memory.clone() };
        memory.root.deploy.threshold = 1;
        let clock = Clock { synchronised_s: Some(now_s), built_s: 0 };
        let desired = match limpet_trust::accept(&memory, bytes, &clock)? {
            Accepted::Desired { desired, .. } => desired,
            Accepted::Root(_) | Accepted::KnownRoot | Accepted::Known(_) => {
                return Err(Failure::new("a root stands where a state belongs"));
            }
        };
        let (root, known) = (desired.root_generation, self.root().generation);
        if root != known {
            return Err(Failure::new(format!(
                "it was made under root {root}, and the root is {known} now; make the change anew"
            )));
        }
        let signed = envelope::open(bytes)?.signatures.iter().map(|signature| signature.key).collect();
        Ok((desired, signed))
    }
}

#[cfg(test)]
mod tests;
