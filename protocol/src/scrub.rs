//! What the last scrub found: a reading of all images in the background, `ROOT/scrubbed`.

use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// How many lines of damage are kept.
pub const DAMAGE_LINES_MAX: usize = 8;
/// How many bytes of each.
pub const DAMAGE_LINE_BYTES_MAX: usize = 256;

/// The end of a scrub.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scrub {
    /// When it ended, nanoseconds since 1970.
    pub finished_ns: u64,
    /// Images that were read.
    pub images: u32,
    /// Pieces (layers, configurations, names) that are damaged.
    pub pieces: u32,
    /// What is damaged, at most [`DAMAGE_LINES_MAX`] lines of it.
    pub damage: Vec<String>,
}
