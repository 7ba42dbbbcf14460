//! The keeper's half of the log: bytes of stdout and stderr in, files of bounded size and number out.

use super::lines::Lines;
use super::record::{ESCAPED_BYTES_MAX, FRAME_BYTES, LINE_BYTES_MAX};
use super::sink::{Batch, Sink};
use super::{FILES_MAX, Stream};
use limpet_protocol::keeper::LogLimits;
use rustix::fd::OwnedFd;

/// Smallest limit of a file: a notice of lost output must fit.
pub const FILE_BYTES_MIN: u64 = 2048;

/// Why a log cannot have these limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLimits {
    /// A file would be too small for a line.
    #[error("a log file of {0} bytes is too small; allow at least {FILE_BYTES_MIN}")]
    FileTooSmall(u64),
    /// More files than [`FILES_MAX`].
    #[error("{0} log files are too many; allow at most {FILES_MAX}")]
    TooManyFiles(u16),
}

/// Says whether a log can have `limits`, so that a command can refuse them before anything is made.
///
/// # Errors
/// See [`InvalidLimits`]. No files at all is a valid wish.
pub fn check(limits: LogLimits) -> Result<(), InvalidLimits> {
    if limits.files_max > FILES_MAX {
        return Err(InvalidLimits::TooManyFiles(limits.files_max));
    }
    if limits.files_max > 0 && limits.file_bytes_max < FILE_BYTES_MIN {
        return Err(InvalidLimits::FileTooSmall(limits.file_bytes_max));
    }
    Ok(())
}

/// Writes the log of one container. Allocates only while a line is unfinished, and that line alone.
#[derive(Debug)]
pub struct Writer {
    stdout: Lines,
    stderr: Lines,
    sink: Sink,
}

impl Writer {
    /// A log in the directory `dir` (an O_PATH descriptor will do), which an older log there is continued by.
    ///
    /// Touches no file before the first output.
    ///
    /// # Errors
    /// As [`check`].
    pub fn new(dir: OwnedFd, limits: LogLimits) -> Result<Self, InvalidLimits> {
        check(limits)?;
        let line_bytes_max = line_bytes_max(limits);
        Ok(Self {
            stdout: Lines::new(line_bytes_max),
            stderr: Lines::new(line_bytes_max),
            sink: Sink::new(dir, limits),
        })
    }

    /// Takes what a container wrote to `stream` at `now_ns` (wall clock, since 1970).
    ///
    /// Never fails: output that cannot be written is counted in [`Writer::dropped_bytes`], and the log says so
    /// as soon as it can be written again.
    pub fn write(&mut self, stream: Stream, bytes: &[u8], now_ns: u64) {
        if self.sink.limits.files_max == 0 {
            return;
        }
        let mut batch = Batch::new(&mut self.sink, now_ns);
        let lines = match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        };
        lines.feed(bytes, &mut |line| batch.record(stream, line));
        batch.finish();
    }

    /// Writes the unfinished lines, and what is still to be told of lost output: nothing more will come.
    pub fn close(&mut self, now_ns: u64) {
        let mut batch = Batch::new(&mut self.sink, now_ns);
        self.stdout.end(&mut |line| batch.record(Stream::Stdout, line));
        self.stderr.end(&mut |line| batch.record(Stream::Stderr, line));
        batch.finish();
    }

    /// Bytes of output that this writer could not log.
    #[must_use]
    pub fn dropped_bytes(&self) -> u64 {
        self.sink.lost_bytes()
    }
}

/// The longest line whose record surely fits a file.
fn line_bytes_max(limits: LogLimits) -> usize {
    let file_bytes_max = usize::try_from(limits.file_bytes_max).unwrap_or(usize::MAX);
    (file_bytes_max.saturating_sub(FRAME_BYTES) / ESCAPED_BYTES_MAX).clamp(1, LINE_BYTES_MAX)
}
