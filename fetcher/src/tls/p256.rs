//! P-256 without tables: ring's own brings 150 KB of multiples of one point, for a moment that comes once a connection.
//! (RustCrypto's `p256` computes in constant time, and slower; how much was not measured.)

use super::provider::Kernel;
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use p256::ecdsa::{Signature, VerifyingKey};
use p256::elliptic_curve::sec1::ToEncodedPoint;
use p256::{PublicKey, SecretKey};
use ring::digest::{Algorithm, digest};
use rustls::crypto::{ActiveKeyExchange, SecureRandom, SharedSecret, SupportedKxGroup};
use rustls::pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id};
use rustls::{Error, NamedGroup, PeerMisbehaved};
use std::fmt;

/// The group secp256r1 (RFC 8446, 4.2.7).
#[derive(Debug)]
pub(super) struct Group;

impl SupportedKxGroup for Group {
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, Error> {
        let secret = secret()?;
        let public = secret.public_key().to_encoded_point(false).as_bytes().into();
        Ok(Box::new(Exchange { secret, public }))
    }

    fn name(&self) -> NamedGroup {
        NamedGroup::secp256r1
    }
}

/// A number below the order of the group and not zero, as the kernel's random numbers nearly always are one.
fn secret() -> Result<SecretKey, Error> {
    loop {
        let mut bytes = p256::FieldBytes::default();
        Kernel.fill(&mut bytes)?;
        if let Ok(secret) = SecretKey::from_bytes(&bytes) {
            return Ok(secret);
        }
    }
}

struct Exchange {
    secret: SecretKey,
    /// The point, uncompressed (SEC 1, 2.3.3): 65 bytes.
    public: Box<[u8]>,
}

impl ActiveKeyExchange for Exchange {
    /// A point that is not on the curve, or none, is the other side's misbehaviour (RFC 8446, 4.2.8.2).
    fn complete(self: Box<Self>, peer: &[u8]) -> Result<SharedSecret, Error> {
        let peer = uncompressed(peer).ok_or(PeerMisbehaved::InvalidKeyShare)?;
        let shared = p256::ecdh::diffie_hellman(self.secret.to_nonzero_scalar(), peer.as_affine());
        Ok(shared.raw_secret_bytes().as_slice().into())
    }

    fn pub_key(&self) -> &[u8] {
        &self.public
    }

    fn group(&self) -> NamedGroup {
        NamedGroup::secp256r1
    }
}

/// TLS and X.509 know a point in this form alone (RFC 8446, 4.2.8.2; RFC 5480, 2.2).
fn uncompressed(point: &[u8]) -> Option<PublicKey> {
    point.starts_with(&[4]).then(|| PublicKey::from_sec1_bytes(point).ok()).flatten()
}

/// ECDSA over P-256 (RFC 5758, 3.2), with the hash that goes with it.
pub(super) struct Ecdsa {
    pub(super) hash: &'static Algorithm,
    pub(super) identifier: AlgorithmIdentifier,
}

impl fmt::Debug for Ecdsa {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("ECDSA over P-256")
    }
}

impl SignatureVerificationAlgorithm for Ecdsa {
    fn verify_signature(&self, key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        let key = uncompressed(key).ok_or(InvalidSignature)?;
        let signature = Signature::from_der(signature).map_err(|_| InvalidSignature)?;
        VerifyingKey::from(key)
            .verify_prehash(digest(self.hash, message).as_ref(), &signature)
            .map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_P256
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.identifier
    }
}

#[cfg(test)]
mod tests;
