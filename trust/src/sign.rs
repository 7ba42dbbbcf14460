//! Secrets, and sealing documents: the latter for the operator's tool and for tests; no board calls it, so it is in no board's file.
//!
//! In: secrets as seeds (RFC 8032, 32 random bytes), which the caller keeps, and payloads. Out: envelopes. Where a seed
//! comes from and how its file is protected is the tool's matter.

use crate::envelope::{digest, signed};
use crate::refusal::Refusal;
use alloc::vec::Vec;
use limpet_protocol::fleet::{
    Desired, ENVELOPE_BYTES_MAX, Envelope, Kind, PublicKey, Root, SIGNATURES_MAX, Signature, VERSION,
};
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde::Serialize;

/// A secret key.
pub struct Secret {
    pair: Ed25519KeyPair,
    public: PublicKey,
}

impl Secret {
    /// The key of this seed; `None` if its length were wrong.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Option<Self> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).ok()?;
        let public = PublicKey(pair.public_key().as_ref().try_into().ok()?);
        Some(Self { pair, public })
    }

    /// Its public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        self.public
    }

    /// Its signature over `payload`. A tool far from the others may make one, and [`seal_with`] puts them together.
    #[must_use]
    pub fn sign(&self, kind: Kind, payload: &[u8]) -> Signature {
        self.signature(&signed(kind, VERSION, &digest(payload)))
    }

    /// Its signature over bytes that begin with a context of their own.
    pub(crate) fn signature(&self, message: &[u8]) -> Signature {
        let bytes = self.pair.sign(message);
        let (mut r, mut s) = ([0; 32], [0; 32]);
        // 64 bytes, always (RFC 8032, 5.1.6).
        r.copy_from_slice(&bytes.as_ref()[..32]);
        s.copy_from_slice(&bytes.as_ref()[32..]);
        Signature { key: self.public, r, s }
    }
}

/// What can be sealed.
pub trait Document: Serialize {
    /// What its envelope says that it is.
    const KIND: Kind;

    /// What is signed.
    ///
    /// # Errors
    /// [`Refusal::Malformed`], which cannot happen: everything in a document has a form.
    fn payload(&self) -> Result<Vec<u8>, Refusal> {
        postcard::to_allocvec(self).map_err(|_| Refusal::Malformed)
    }
}

impl Document for Root {
    const KIND: Kind = Kind::Root;
}

impl Document for Desired {
    const KIND: Kind = Kind::Desired;
}

/// The envelope of a document, signed by every one of `secrets`.
///
/// # Errors
/// As [`seal_with`].
pub fn seal<D: Document>(secrets: &[&Secret], document: &D) -> Result<Vec<u8>, Refusal> {
    let payload = document.payload()?;
    let signatures: Vec<_> = secrets.iter().map(|secret| secret.sign(D::KIND, &payload)).collect();
    seal_with(&signatures, D::KIND, &payload)
}

/// The envelope of a payload that has been signed.
///
/// # Errors
/// More signatures than an envelope holds ([`Refusal::Invalid`]), more bytes than a board looks at
/// ([`Refusal::Oversize`]).
pub fn seal_with(signatures: &[Signature], kind: Kind, payload: &[u8]) -> Result<Vec<u8>, Refusal> {
    const _: () = assert!(SIGNATURES_MAX == 16, "the text below names it");
    let signatures = heapless::Vec::from_slice(signatures)
        .map_err(|()| Refusal::Invalid("it has more than 16 signatures"))?;
    let bytes = postcard::to_allocvec(&Envelope { version: VERSION, kind, payload, signatures })
        .map_err(|_| Refusal::Malformed)?;
    if bytes.len() > ENVELOPE_BYTES_MAX { Err(Refusal::Oversize(bytes.len())) } else { Ok(bytes) }
}
