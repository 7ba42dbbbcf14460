//! `record`: the last thing that is written of a layer, one line of text: bytes of its files, bytes of its tar, the digests
//! of `split` and `index`, and the digest of the line so far. A layer without it is none.

use crate::digest::Digest;
use crate::images::LayerSize;

/// What is known of a layer that is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LayerRecord {
    pub(crate) size: LayerSize,
    pub(crate) split: Digest,
    pub(crate) index: Digest,
}

impl LayerRecord {
    pub(crate) const FILE: &'static str = "record";

    pub(crate) fn text(&self) -> String {
        let Self { size, split, index } = self;
        let line = format!("{} {} {} {}", size.file_bytes, size.tar_bytes, split.hex(), index.hex());
        let digest = Digest::of(line.as_bytes());
        format!("{line} {}\n", digest.hex())
    }

    /// `None` for whatever was not written by [`Self::text`].
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (line, digest) = text.strip_suffix('\n')?.rsplit_once(' ')?;
        if Digest::of(line.as_bytes()).hex() != digest {
            return None;
        }
        let mut words = line.split(' ');
        let mut number = || words.next()?.parse().ok();
        let size = LayerSize { file_bytes: number()?, tar_bytes: number()? };
        let mut digest = || words.next().and_then(Digest::from_hex);
        Some(Self { size, split: digest()?, index: digest()? })
    }
}

#[cfg(test)]
mod tests;
