//! Which ciphers, key exchanges and signatures are used: ring's, but for P-256, and none that would need a key of ours.

use super::p256::{Ecdsa, Group};
use rustls::crypto::ring::{cipher_suite as suite, kx_group};
use rustls::crypto::{CryptoProvider, GetRandomFailed, KeyProvider, SecureRandom, WebPkiSupportedAlgorithms};
use rustls::pki_types::{PrivateKeyDer, alg_id};
use rustls::sign::SigningKey;
use rustls::{Error, SignatureScheme as Scheme, SupportedCipherSuite};
use std::sync::Arc;
use webpki::ring as verify;

/// P-256 and P-384 are what every server of TLS 1.3 has (RFC 8446, 9.1); a third curve would be 140 KB in the file.
pub(super) fn provider() -> CryptoProvider {
    CryptoProvider {
        cipher_suites: ciphers(),
        kx_groups: vec![&Group, kx_group::SECP384R1],
        signature_verification_algorithms: SIGNATURES,
        secure_random: &Kernel,
        key_provider: &NoKeys,
    }
}

const AES: [SupportedCipherSuite; 2] = [suite::TLS13_AES_128_GCM_SHA256, suite::TLS13_AES_256_GCM_SHA384];

/// x86_64 has had AES instructions since 2010, and ring does without them where need be.
#[cfg(not(target_arch = "aarch64"))]
fn ciphers() -> Vec<SupportedCipherSuite> {
    AES.to_vec()
}

/// A Raspberry Pi 4 or older has no AES instructions: there ChaCha20 goes first, and servers follow that.
#[cfg(target_arch = "aarch64")]
fn ciphers() -> Vec<SupportedCipherSuite> {
    let chacha = [suite::TLS13_CHACHA20_POLY1305_SHA256];
    let [first, second] = match std::arch::is_aarch64_feature_detected!("aes") {
        true => [&AES[..], &chacha[..]],
        false => [&chacha[..], &AES[..]],
    };
    [first, second].concat()
}

const P256_SHA256: &Ecdsa = &Ecdsa { hash: &ring::digest::SHA256, identifier: alg_id::ECDSA_SHA256 };
const P256_SHA384: &Ecdsa = &Ecdsa { hash: &ring::digest::SHA384, identifier: alg_id::ECDSA_SHA384 };

pub(super) const SIGNATURES: WebPkiSupportedAlgorithms = WebPkiSupportedAlgorithms {
    all: &[
        P256_SHA256,
        P256_SHA384,
        verify::ECDSA_P384_SHA256,
        verify::ECDSA_P384_SHA384,
        verify::RSA_PKCS1_2048_8192_SHA256,
        verify::RSA_PKCS1_2048_8192_SHA384,
        verify::RSA_PKCS1_2048_8192_SHA512,
        verify::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
        verify::RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
        verify::RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
    ],
    mapping: &[
        (Scheme::ECDSA_NISTP256_SHA256, &[P256_SHA256, verify::ECDSA_P384_SHA256]),
        (Scheme::ECDSA_NISTP384_SHA384, &[verify::ECDSA_P384_SHA384, P256_SHA384]),
        (Scheme::RSA_PSS_SHA256, &[verify::RSA_PSS_2048_8192_SHA256_LEGACY_KEY]),
        (Scheme::RSA_PSS_SHA384, &[verify::RSA_PSS_2048_8192_SHA384_LEGACY_KEY]),
        (Scheme::RSA_PSS_SHA512, &[verify::RSA_PSS_2048_8192_SHA512_LEGACY_KEY]),
        (Scheme::RSA_PKCS1_SHA256, &[verify::RSA_PKCS1_2048_8192_SHA256]),
        (Scheme::RSA_PKCS1_SHA384, &[verify::RSA_PKCS1_2048_8192_SHA384]),
        (Scheme::RSA_PKCS1_SHA512, &[verify::RSA_PKCS1_2048_8192_SHA512]),
    ],
};

/// The kernel's random numbers (getrandom(2)).
#[derive(Debug)]
pub(super) struct Kernel;

impl SecureRandom for Kernel {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), GetRandomFailed> {
        let mut filled = 0;
        while filled < bytes.len() {
            let none = rustix::rand::GetRandomFlags::empty();
            filled += rustix::rand::getrandom(&mut bytes[filled..], none).map_err(|_| GetRandomFailed)?;
        }
        Ok(())
    }
}

/// No key of ours is ever loaded.
#[derive(Debug)]
struct NoKeys;

impl KeyProvider for NoKeys {
    fn load_private_key(&self, _: PrivateKeyDer<'static>) -> Result<Arc<dyn SigningKey>, Error> {
        Err(Error::General("client certificates are not offered".to_owned()))
    }
}
