//! Files of secret keys: a seed, sealed by a passphrase (argon2id, RFC 9106; XChaCha20-Poly1305).
//!
//! In: a file's bytes and a passphrase. Out: the secret. The file is JSON; all but the seed can be read without the
//! passphrase, and nothing in it can be changed without it being seen: whatever stands beside the seed is sealed with it.

#[cfg(test)]
mod tests;

use super::encoding::{base64, from_base64, from_hex, hex};
use crate::client::random;
use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use limpet_trust::sign::Secret;
use serde::{Deserialize, Serialize};

/// The form that is written.
const FORM: u8 = 1;
/// Memory of one derivation, KiB: what an attacker pays for each guess.
const MEMORY_KIB: u32 = 64 * 1024;
/// Passes over it.
const PASSES: u32 = 3;
/// More is not believed of a file.
const MEMORY_KIB_MAX: u32 = 1024 * 1024;
/// See [`MEMORY_KIB_MAX`].
const PASSES_MAX: u32 = 64;
/// Largest file.
pub(crate) const FILE_BYTES_MAX: u64 = 4096;

/// What a key may sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    /// The next root.
    Root,
    /// What boards run.
    Deploy,
}

/// A key file.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyFile {
    /// [`FORM`].
    limpet_key: u8,
    /// What it is for.
    pub(crate) role: Role,
    /// Its public half.
    pub(crate) public: String,
    /// How the passphrase becomes a key; without it the seed is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    argon2id: Option<Derivation>,
    /// The seed, 32 bytes, sealed if there is a derivation.
    seed: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Derivation {
    memory_kib: u32,
    passes: u32,
    salt: String,
    nonce: String,
}

/// Why a file gives no key.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KeyFileError {
    #[error("it is no key file of limpetctl, or was changed ({0})")]
    Malformed(String),
    #[error("it is a key file of form {0}; use a newer limpetctl")]
    Form(u8),
    #[error("the passphrase is not the right one, or the file was changed")]
    Sealed,
    #[error("it is protected by a passphrase, and none was given")]
    NoPassphrase,
}

/// A new secret, and its file. Without a passphrase it is open to whoever reads it.
pub(crate) fn make(role: Role, passphrase: Option<&[u8]>) -> Result<(Secret, KeyFile), KeyFileError> {
    make_with(role, passphrase, MEMORY_KIB, PASSES)
}

fn make_with(
    role: Role,
    passphrase: Option<&[u8]>,
    memory_kib: u32,
    passes: u32,
) -> Result<(Secret, KeyFile), KeyFileError> {
    let seed: [u8; 32] = random();
    let secret = Secret::from_seed(&seed).ok_or_else(|| malformed("seed"))?;
    let public = hex(&secret.public().0);
    let mut file = KeyFile { limpet_key: FORM, role, public, argon2id: None, seed: base64(&seed) };
    if let Some(passphrase) = passphrase {
        let (salt, nonce): ([u8; 16], [u8; 24]) = (random(), random());
        file.argon2id = Some(Derivation { memory_kib, passes, salt: base64(&salt), nonce: base64(&nonce) });
        let (cipher, nonce) = file.cipher(passphrase)?.ok_or_else(|| malformed("argon2id"))?;
        let beside = file.beside();
        let payload = Payload { msg: &seed, aad: beside.as_bytes() };
        file.seed = base64(&cipher.encrypt(&nonce, payload).map_err(|_| KeyFileError::Sealed)?);
    }
    Ok((secret, file))
}

impl KeyFile {
    /// Reads a file, without its secret.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, KeyFileError> {
        let file: Self = serde_json::from_slice(bytes).map_err(|error| malformed(&error.to_string()))?;
        if file.limpet_key == FORM { Ok(file) } else { Err(KeyFileError::Form(file.limpet_key)) }
    }

    /// Whether [`Self::open`] needs a passphrase.
    pub(crate) fn is_sealed(&self) -> bool {
        self.argon2id.is_some()
    }

    /// The secret.
    pub(crate) fn open(&self, passphrase: Option<&[u8]>) -> Result<Secret, KeyFileError> {
        let bytes = from_base64(&self.seed).ok_or_else(|| malformed("seed"))?;
        let seed = match self.is_sealed() {
            false => bytes,
            true => {
                let passphrase = passphrase.ok_or(KeyFileError::NoPassphrase)?;
                let (cipher, nonce) = self.cipher(passphrase)?.ok_or(KeyFileError::NoPassphrase)?;
                let beside = self.beside();
                let payload = Payload { msg: &bytes, aad: beside.as_bytes() };
                cipher.decrypt(&nonce, payload).map_err(|_| KeyFileError::Sealed)?
            }
        };
        let seed: [u8; 32] = seed.try_into().map_err(|_| malformed("seed"))?;
        let secret = Secret::from_seed(&seed).ok_or_else(|| malformed("seed"))?;
        // An open file is not sealed: this much of it is seen to.
        if from_hex(&self.public) == Some(secret.public().0) { Ok(secret) } else { Err(malformed("public")) }
    }

    fn cipher(&self, passphrase: &[u8]) -> Result<Option<(XChaCha20Poly1305, XNonce)>, KeyFileError> {
        let Some(how) = &self.argon2id else { return Ok(None) };
        if how.memory_kib > MEMORY_KIB_MAX || how.passes > PASSES_MAX {
            return Err(malformed("argon2id asks for too much"));
        }
        let bytes = |text: &str, count| from_base64(text).filter(|bytes| bytes.len() == count);
        let salt = bytes(&how.salt, 16).ok_or_else(|| malformed("salt"))?;
        let nonce = bytes(&how.nonce, 24).ok_or_else(|| malformed("nonce"))?;
        let failed = |error: argon2::Error| malformed(&error.to_string());
        let params = Params::new(how.memory_kib, how.passes, 1, Some(32)).map_err(failed)?;
        let mut key = [0; 32];
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(passphrase, &salt, &mut key)
            .map_err(failed)?;
        Ok(Some((XChaCha20Poly1305::new(Key::from_slice(&key)), XNonce::clone_from_slice(&nonce))))
    }

    /// What is sealed beside the seed.
    fn beside(&self) -> String {
        let role = match self.role {
            Role::Root => "root",
            Role::Deploy => "deploy",
        };
        let how = self.argon2id.as_ref();
        let how = how.map(|how| format!("{} {} {} {}", how.memory_kib, how.passes, how.salt, how.nonce));
        format!("limpet key {} {role} {} {}", self.limpet_key, self.public, how.unwrap_or_default())
    }
}

fn malformed(what: &str) -> KeyFileError {
    KeyFileError::Malformed(what.to_owned())
}
