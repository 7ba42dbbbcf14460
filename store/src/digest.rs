//! Digests, and the one way from claimed bytes to verified ones.

use ring::digest::{Context, SHA256};
use std::fmt;
use std::io::{self, Read, Write};
use std::sync::Arc;

const SHA256_BYTES: usize = 32;
const PREFIX: &str = "sha256:";

/// A SHA-256 digest, `sha256:` and 64 lower-case hexadecimal digits (OCI image specification, descriptor.md).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; SHA256_BYTES]);

/// Why a text is not a digest that is accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a digest of the form sha256:HEX (64 lower-case digits)")]
pub struct InvalidDigest(pub String);

/// The bytes are others than was claimed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("its digest is {found}, not {claimed}")]
pub struct DigestMismatch {
    /// What was claimed.
    pub claimed: Digest,
    /// What the bytes have.
    pub found: Digest,
}

impl Digest {
    /// The digest of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut hash = Sha256::new();
        hash.update(bytes);
        hash.finish()
    }

    /// Its 32 bytes.
    pub(crate) fn bytes(&self) -> &[u8; SHA256_BYTES] {
        &self.0
    }

    /// The digest with these bytes.
    pub(crate) fn from_bytes(bytes: [u8; SHA256_BYTES]) -> Self {
        Self(bytes)
    }

    /// Parses `sha256:HEX`.
    ///
    /// # Errors
    /// Another algorithm, length or character.
    pub fn parse(text: &str) -> Result<Self, InvalidDigest> {
        text.strip_prefix(PREFIX)
            .and_then(Self::from_hex)
            .ok_or_else(|| InvalidDigest(text.chars().take(100).collect()))
    }

    /// The digest whose 64 lower-case digits are `hex`, the form of the store's file names.
    #[must_use]
    pub fn from_hex(hex: &str) -> Option<Self> {
        let digits = hex.as_bytes();
        if digits.len() != 2 * SHA256_BYTES {
            return None;
        }
        let mut bytes = [0; SHA256_BYTES];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
        }
        Some(Self(bytes))
    }

    /// The 64 digits.
    #[must_use]
    pub fn hex(&self) -> String {
        use fmt::Write as _;
        self.0.iter().fold(String::with_capacity(2 * SHA256_BYTES), |mut text, byte| {
            let _infallible = write!(text, "{byte:02x}");
            text
        })
    }
}

/// A hash of bytes that come piece by piece.
pub(crate) struct Sha256(Context);

impl Sha256 {
    /// Of nothing yet.
    pub(crate) fn new() -> Self {
        Self(Context::new(&SHA256))
    }

    /// The next bytes.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all of them.
    pub(crate) fn finish(self) -> Digest {
        let mut digest = [0; SHA256_BYTES];
        digest.copy_from_slice(self.0.finish().as_ref());
        Digest(digest)
    }
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", self.hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Bytes that nobody has checked yet.
#[derive(Debug)]
pub struct Claimed(pub Vec<u8>);

/// Bytes that have the digest they were claimed to have; made by [`Claimed::verify`] alone.
#[derive(Clone, Debug)]
pub struct Verified {
    digest: Digest,
    bytes: Arc<Vec<u8>>,
}

impl Claimed {
    /// Proves the claim.
    ///
    /// # Errors
    /// The bytes have another digest.
    pub fn verify(self, claimed: &Digest) -> Result<Verified, DigestMismatch> {
        let found = Digest::of(&self.0);
        if found != *claimed {
            return Err(DigestMismatch { claimed: *claimed, found });
        }
        Ok(Verified { digest: found, bytes: Arc::new(self.0) })
    }

    /// Takes the bytes as what they are: for a format that names no digest for them.
    #[must_use]
    pub fn measure(self) -> Verified {
        Verified { digest: Digest::of(&self.0), bytes: Arc::new(self.0) }
    }
}

impl Verified {
    /// The proven digest.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Hashes and counts what is read through it.
pub struct Hashing<'a> {
    source: &'a mut dyn Read,
    hash: Sha256,
    bytes: u64,
}

impl<'a> Hashing<'a> {
    /// Nothing read yet.
    #[must_use]
    pub fn new(source: &'a mut dyn Read) -> Self {
        Self { source, hash: Sha256::new(), bytes: 0 }
    }

    /// Bytes read so far.
    #[must_use]
    pub fn count_bytes(&self) -> u64 {
        self.bytes
    }

    /// The digest of everything that was read.
    #[must_use]
    pub fn finish(self) -> Digest {
        self.hash.finish()
    }

    /// Reads what is left, for its digest only.
    ///
    /// # Errors
    /// The source's.
    pub fn drain(&mut self) -> io::Result<()> {
        let mut buffer = vec![0; 64 * 1024];
        while self.read(&mut buffer)? > 0 {}
        Ok(())
    }
}

/// Hashes what is written through it.
pub(crate) struct HashingWriter<W> {
    out: W,
    hash: Sha256,
}

impl<W: Write> HashingWriter<W> {
    pub(crate) fn new(out: W) -> Self {
        Self { out, hash: Sha256::new() }
    }

    /// The writer, and the digest of everything that was written.
    pub(crate) fn finish(self) -> (W, Digest) {
        (self.out, self.hash.finish())
    }
}

impl<W: Write> Write for HashingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.out.write(bytes)?;
        self.hash.update(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Read for Hashing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(buffer)?;
        self.hash.update(&buffer[..count]);
        self.bytes += count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests;
