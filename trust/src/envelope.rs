//! Envelopes, and the one way from claimed bytes to a payload that was signed.
//!
//! Signed is a context that names Limpet, the kind and the version, and the payload's digest: a signature made for
//! anything else never counts here.
//!
//! A document has one form only. Every signature must hold and be of a key that counts, and no number may be written
//! longer than it needs to be; so there is no bit that somebody could change unseen, not even one that says nothing.

use crate::refusal::Refusal;
use limpet_protocol::fleet::{
    ENVELOPE_BYTES_MAX, Envelope, Keyring, Kind, PublicKey, SIGNATURES_MAX, Signature, VERSION,
};
use ring::digest::SHA256;
use ring::signature::{ED25519, UnparsedPublicKey};

/// First of what is signed.
const CONTEXT: &[u8; 16] = b"limpet document\0";
/// Bytes that are signed.
pub const SIGNED_BYTES: usize = CONTEXT.len() + 2 + 32;

/// Bytes whose signatures were checked; made by [`verify`] only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified<'a> {
    payload: &'a [u8],
    digest: [u8; 32],
}

impl<'a> Verified<'a> {
    /// The document.
    #[must_use]
    pub fn payload(&self) -> &'a [u8] {
        self.payload
    }

    /// Its SHA-256.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }
}

/// SHA-256 of a payload.
#[must_use]
pub fn digest(payload: &[u8]) -> [u8; 32] {
    let mut digest = [0; 32];
    digest.copy_from_slice(ring::digest::digest(&SHA256, payload).as_ref());
    digest
}

/// The bytes that are signed for a payload with that digest.
#[must_use]
pub fn signed(kind: Kind, version: u8, digest: &[u8; 32]) -> [u8; SIGNED_BYTES] {
    let mut bytes = [0; SIGNED_BYTES];
    let (context, rest) = bytes.split_at_mut(CONTEXT.len());
    context.copy_from_slice(CONTEXT);
    rest[0] = match kind {
        Kind::Root => 1,
        Kind::Desired => 2,
    };
    rest[1] = version;
    rest[2..].copy_from_slice(digest);
    bytes
}

/// Reads an envelope of this version, without believing anything in it.
///
/// # Errors
/// [`Refusal::Oversize`], [`Refusal::Malformed`], [`Refusal::UnknownVersion`].
pub fn open(bytes: &[u8]) -> Result<Envelope<'_>, Refusal> {
    if bytes.len() > ENVELOPE_BYTES_MAX {
        return Err(Refusal::Oversize(bytes.len()));
    }
    // Before anything else: later versions may look otherwise from here on.
    match bytes.first() {
        None => return Err(Refusal::Malformed),
        Some(&VERSION) => {}
        Some(&other) => return Err(Refusal::UnknownVersion(other)),
    }
    let (envelope, rest): (Envelope<'_>, _) =
        postcard::take_from_bytes(bytes).map_err(|_| Refusal::Malformed)?;
    // What is left over, or was written longer than it needs to be, is covered by no signature.
    if !rest.is_empty() || written_bytes(&envelope) != bytes.len() {
        return Err(Refusal::Malformed);
    }
    Ok(envelope)
}

/// Bytes of an envelope in its shortest form: version, kind, two numbers of seven bits a byte, and what they count.
fn written_bytes(envelope: &Envelope<'_>) -> usize {
    let number = |value: usize| (usize::BITS - value.leading_zeros()).div_ceil(7).max(1) as usize;
    let (payload, signatures) = (envelope.payload.len(), envelope.signatures.len());
    2 + number(payload) + payload + number(signatures) + signatures * 96
}

/// The payload, if only keys of `keyring` have signed it, and as many of them as must.
///
/// # Errors
/// [`Refusal::UnknownKey`], [`Refusal::BadSignature`], [`Refusal::TooFewSignatures`].
pub fn verify<'a>(envelope: &Envelope<'a>, keyring: &Keyring) -> Result<Verified<'a>, Refusal> {
    nobody_else(envelope, &[keyring])?;
    vouched(envelope, keyring)
}

/// Refuses signatures of keys that none of these name.
pub(crate) fn nobody_else(envelope: &Envelope<'_>, keyrings: &[&Keyring]) -> Result<(), Refusal> {
    let counts = |key: &PublicKey| keyrings.iter().any(|keyring| keyring.keys.contains(key));
    match envelope.signatures.iter().find(|signature| !counts(&signature.key)) {
        Some(stranger) => Err(Refusal::UnknownKey(stranger.key)),
        None => Ok(()),
    }
}

/// The payload, if as many keys of `keyring` have signed it as must; signatures of others are passed over.
pub(crate) fn vouched<'a>(envelope: &Envelope<'a>, keyring: &Keyring) -> Result<Verified<'a>, Refusal> {
    let digest = digest(envelope.payload);
    let message = signed(envelope.kind, envelope.version, &digest);
    let mut good: heapless::Vec<PublicKey, SIGNATURES_MAX> = heapless::Vec::new();
    for signature in envelope.signatures.iter().filter(|signature| keyring.keys.contains(&signature.key)) {
        if !holds(signature, &message) {
            return Err(Refusal::BadSignature(signature.key));
        }
        if !good.contains(&signature.key) {
            // Both have room for as many as an envelope carries.
            let _ = good.push(signature.key);
        }
    }
    // A keyring that wants none is never made; believing one would be believing anybody.
    let needed = usize::from(keyring.threshold.max(1));
    if good.len() < needed {
        return Err(Refusal::TooFewSignatures { good: good.len(), needed });
    }
    Ok(Verified { payload: envelope.payload, digest })
}

pub(crate) fn holds(signature: &Signature, message: &[u8]) -> bool {
    let mut bytes = [0; 64];
    bytes[..32].copy_from_slice(&signature.r);
    bytes[32..].copy_from_slice(&signature.s);
    UnparsedPublicKey::new(&ED25519, signature.key.0).verify(message, &bytes).is_ok()
}
