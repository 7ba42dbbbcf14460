//! The name of an ext4 file system, from its superblock (Documentation/filesystems/ext4/super.rst).

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

const OFFSET: u64 = 1024;
const BYTES: usize = 0x88;
const MAGIC_AT: usize = 0x38;
const MAGIC: [u8; 2] = [0x53, 0xef];
const UUID_AT: usize = 0x68;
const UUID_BYTES: usize = 16;
const LABEL_AT: usize = 0x78;
const LABEL_BYTES: usize = 16;
/// Digits of a UUID before each of its hyphens.
const HYPHENS_BEFORE: [usize; 4] = [4, 6, 8, 10];

/// What a file system is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Names {
    /// Its label; empty if it has none.
    pub(super) label: String,
    /// Its UUID, in lower case with hyphens.
    pub(super) uuid: String,
}

/// Of the device at `path`; `None` if that is no ext4, or cannot be read.
pub(super) fn read(path: &Path) -> Option<Names> {
    let mut bytes = [0; BYTES];
    File::open(path).ok()?.read_exact_at(&mut bytes, OFFSET).ok()?;
    names(&bytes)
}

/// Of a superblock's beginning.
pub(super) fn names(superblock: &[u8; BYTES]) -> Option<Names> {
    if superblock[MAGIC_AT..MAGIC_AT + 2] != MAGIC {
        return None;
    }
    let label = &superblock[LABEL_AT..LABEL_AT + LABEL_BYTES];
    let end = label.iter().position(|byte| *byte == 0).unwrap_or(label.len());
    let label = String::from_utf8_lossy(&label[..end]).into_owned();
    Some(Names { label, uuid: uuid(&superblock[UUID_AT..UUID_AT + UUID_BYTES]) })
}

fn uuid(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if HYPHENS_BEFORE.contains(&index) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    text
}
