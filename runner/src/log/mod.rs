//! The bounded log of a container: what its processes wrote, in docker's json-file form.
//!
//! In a container's directory the file `log` is being written and `log.1`, `log.2`, ... are older. A line is
//! `{"log":"text\n","stream":"stdout","time":"2026-01-02T03:04:05.000000006Z"}`; a `log` without a final `\n` is a
//! piece of a line. Bytes come in to [`Writer`], which lives in the keeper and so must stay small; records come out
//! of [`Reader`], which lives in `limpet logs`.
//!
//! This module must never know a container's state, nor a clock: the time is an argument.

mod files;
mod lines;
mod position;
mod rate;
mod reader;
mod record;
mod sink;
mod tail;
pub mod time;
mod writer;

pub use files::FILES_MAX;
pub use reader::{Item, ReadError, Reader, Selection, Woken};
pub use record::{LINE_BYTES_MAX, RECORD_BYTES_MAX, Record};
pub use writer::{FILE_BYTES_MIN, InvalidLimits, Writer, check};

#[cfg(test)]
mod tests;

/// Which output of a container; a terminal's is all [`Stream::Stdout`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// File descriptor 1.
    Stdout,
    /// File descriptor 2.
    Stderr,
}

impl Stream {
    /// The name that it has in a record.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
        }
    }

    /// The stream of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Stdout, Self::Stderr].into_iter().find(|s| s.name() == name)
    }
}
