//! Readers that bound what flows through them.

use std::io::{self, Read};

/// What a [`Capped`] reader's error holds, so that it can be told from every other failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it has more than {limit_bytes} bytes")]
pub(crate) struct TooLong {
    pub(crate) limit_bytes: u64,
}

/// Fails at the first byte over its limit (where `Read::take` would quietly end).
pub(crate) struct Capped<'a> {
    source: &'a mut dyn Read,
    limit_bytes: u64,
    left: u64,
}

impl<'a> Capped<'a> {
    pub(crate) fn new(source: &'a mut dyn Read, limit_bytes: u64) -> Self {
        Self { source, limit_bytes, left: limit_bytes }
    }
}

impl Read for Capped<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(buffer)?;
        self.left = self
            .left
            .checked_sub(count as u64)
            .ok_or_else(|| io::Error::other(TooLong { limit_bytes: self.limit_bytes }))?;
        Ok(count)
    }
}

/// Whether `error` is that of a [`Capped`] reader, also below a decoder that wrapped it.
pub(crate) fn is_too_long(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<TooLong>())
}

/// Reads until `buffer` is full or the source ends; returns how much there was.
///
/// # Errors
/// The source's.
pub(crate) fn read_full(source: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match source.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
