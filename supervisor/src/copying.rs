//! Files between the board, containers and tars: what `cp`, `export` and new volumes have in common.
//!
//! One stream of [`Entry`]s with contents connects a source ([`source`]: directories; [`tar_in`]: a tar) with a [`Sink`]
//! ([`place`]: directories; [`tar_out`]: a tar). Both ends trust neither names nor links of the other: everything goes by
//! descriptors, and no symbolic link is followed but where [`spot`] resolves what a person typed.

pub mod owners;
pub mod place;
pub mod source;
pub mod spot;
pub mod tar_in;
pub mod tar_out;
pub mod view;
mod xattrs;

use limpet_store::archive::Entry;
use rustix::io::Errno;
use std::io::{self, Read};

/// Directories below one another that are copied.
pub const DEPTH_MAX: usize = 256;

/// Where entries go.
pub trait Sink {
    /// Takes one entry; `contents` gives the [`Entry::size_bytes`] of a file, or less if it shrank meanwhile. What lies in
    /// a directory comes after it and before anything else.
    ///
    /// # Errors
    /// The entry cannot go where it should.
    fn put(&mut self, entry: &Entry, contents: &mut dyn Read) -> Result<(), CopyError>;
}

/// What was being done, to what, and why it failed.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct CopyError(Box<Refused>);

#[derive(Debug, thiserror::Error)]
#[error("{doing} {subject}: {reason}")]
struct Refused {
    doing: &'static str,
    subject: String,
    reason: String,
}

impl CopyError {
    /// A failure that is not the kernel's.
    pub fn new(doing: &'static str, subject: &[u8], reason: impl Into<String>) -> Self {
        Self(Box::new(Refused { doing, subject: shown(subject), reason: reason.into() }))
    }
}

/// Why the kernel refused `doing` to `subject`.
pub fn refused(doing: &'static str, subject: &[u8]) -> impl FnOnce(Errno) -> CopyError {
    move |errno| CopyError::new(doing, subject, limpet_runner::failure::reason(errno))
}

/// Why `doing` to `subject` failed.
pub fn failed(doing: &'static str, subject: &[u8]) -> impl FnOnce(io::Error) -> CopyError {
    move |error| {
        let reason =
            Errno::from_io_error(&error).map_or_else(|| error.to_string(), limpet_runner::failure::reason);
        CopyError::new(doing, subject, reason)
    }
}

/// A path for people: never a control character.
#[must_use]
pub fn shown(path: &[u8]) -> String {
    let text = if path.is_empty() { ".".into() } else { String::from_utf8_lossy(path) };
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
