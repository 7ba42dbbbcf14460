//! A tar as a stream of entries.

use super::{CopyError, Sink};
use limpet_store::archive::Reader;
use std::io::{self, Read};

/// Gives `sink` every entry of the tar `input`; returns the bytes of contents.
///
/// # Errors
/// It is no tar or cut short, or the sink fails.
pub fn copy(input: &mut dyn Read, sink: &mut dyn Sink) -> Result<u64, CopyError> {
    let mut reader = Reader::new(input);
    let mut bytes = 0;
    loop {
        let next = reader.next_entry();
        let Some(entry) = next.map_err(|error| CopyError::new("read", b"the tar", reasons(&error)))? else {
            break;
        };
        bytes += entry.size_bytes;
        sink.put(&entry, &mut reader)?;
    }
    // Whoever writes the tar may still be writing the zeros at its end.
    io::copy(input, &mut io::sink()).map_err(super::failed("read", b"the tar"))?;
    Ok(bytes)
}

fn reasons(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", reasons(source)),
        None => error.to_string(),
    }
}
