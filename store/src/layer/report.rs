//! What the unpacking process is told and what it says at its end.
//!
//! The instruction is four words on its command line, the layer is its standard input, the directory to fill is its
//! working directory, and the report is what it writes to standard output.

use serde::{Deserialize, Serialize};
use std::ffi::OsString;

/// What to do with one layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Instruction {
    /// Fill the directory; otherwise only check digests.
    pub(crate) fill: bool,
    /// Bytes of the layer as it is stored.
    pub(crate) stored_bytes: u64,
    /// Most bytes its tar may have.
    pub(crate) tar_bytes_max: u64,
    /// What stays free of the disk.
    pub(crate) reserve_bytes: u64,
}

impl Instruction {
    const FILL: &'static str = "fill";
    const CHECK: &'static str = "check";

    pub(crate) fn to_words(self) -> [String; 4] {
        let verb = if self.fill { Self::FILL } else { Self::CHECK };
        let [stored, tar, reserve] =
            [self.stored_bytes, self.tar_bytes_max, self.reserve_bytes].map(|bytes| bytes.to_string());
        [verb.to_owned(), stored, tar, reserve]
    }

    pub(crate) fn from_words(mut words: impl Iterator<Item = OsString>) -> Option<Self> {
        let fill = match words.next()?.to_str()? {
            Self::FILL => true,
            Self::CHECK => false,
            _ => return None,
        };
        let mut number = || words.next()?.to_str()?.parse().ok();
        Some(Self { fill, stored_bytes: number()?, tar_bytes_max: number()?, reserve_bytes: number()? })
    }
}

/// What a layer turned out to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Summary {
    /// Digest of the bytes as they are stored, `sha256:HEX`.
    pub(crate) stored: String,
    /// Digest of the tar.
    pub(crate) tar: String,
    /// Bytes of the tar.
    pub(crate) tar_bytes: u64,
    /// Digest of `split`, 64 digits.
    pub(crate) split: String,
    /// Digest of `index`.
    pub(crate) index: String,
    /// Apparent bytes of its files.
    pub(crate) file_bytes: u64,
    /// Extended attributes that could not be kept.
    pub(crate) xattrs_skipped: u64,
    /// Directories that hide what the layers below have in them, relative to the tree.
    pub(crate) opaque: Vec<Vec<u8>>,
}

/// Why a layer was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Failure {
    /// Its tar is longer than was allowed.
    TooLong,
    /// The disk is full, or would be within its reserve.
    DiskFull,
    /// Anything else, in words.
    Refused(String),
}

/// How it ended.
pub(crate) type Report = Result<Summary, Failure>;
