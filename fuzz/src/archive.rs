//! Archives: entries and their contents, read to the end.

use limpet_store::archive::Reader;
use std::io::{Read, copy, sink};

/// What is read of one entry: a sparse file may claim to be as large as it likes.
const READ_BYTES_MAX: u64 = 1 << 20;

/// One input.
///
/// # Panics
/// It is a finding.
pub fn run(input: &[u8]) {
    let mut bytes = input;
    let mut reader = Reader::new(&mut bytes);
    // Each entry has a header of 512 bytes.
    for count in 0.. {
        assert!(count <= input.len() / 512 + 1, "{count} entries");
        match reader.next_entry() {
            Ok(Some(_)) => copy(&mut (&mut reader).take(READ_BYTES_MAX), &mut sink()).ok(),
            Ok(None) | Err(_) => return,
        };
    }
}
