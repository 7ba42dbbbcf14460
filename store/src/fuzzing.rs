//! Parsers that nobody outside needs, for `fuzz/` only.

use crate::manifest;

/// Reads bytes as each document of an image.
pub fn documents(bytes: &[u8]) {
    manifest::read_index(bytes).ok();
    manifest::read_manifest(bytes).ok();
    manifest::read_docker(bytes).ok();
}
