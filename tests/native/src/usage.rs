//! What a directory takes of a disk.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// Unit of `st_blocks` (stat(2)).
const BLOCK_BYTES: u64 = 512;

/// Bytes of disk that `directory` takes, with all below it.
///
/// # Panics
/// It cannot be read.
#[must_use]
pub fn disk_bytes(directory: &Path) -> u64 {
    let metadata = fs::symlink_metadata(directory);
    let metadata = metadata.unwrap_or_else(|e| panic!("looking at {}: {e}", directory.display()));
    let own = metadata.blocks() * BLOCK_BYTES;
    if !metadata.is_dir() {
        return own;
    }
    let entries = fs::read_dir(directory).unwrap_or_else(|e| panic!("reading {}: {e}", directory.display()));
    own + entries.flatten().map(|entry| disk_bytes(&entry.path())).sum::<u64>()
}
