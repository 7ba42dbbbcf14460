//! The keeper's half of the log: bytes of stdout and stderr in, files of bounded size and number out.

use super::lines::Lines;
use super::rate::Rate;
use super::record::{ESCAPED_BYTES_MAX, FRAME_BYTES, LINE_BYTES_MAX};
use super::sink::{Batch, Reserve, Sink};
use super::{FILES_MAX, Stream};
use limpet_protocol::keeper::LogLimits;
use rustix::fd::OwnedFd;
use std::path::Path;

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
    rate: Rate,
    /// Of standard output and standard error: the last record is a piece of a line.
    inside_line: [bool; 2],
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
            rate: Rate::new(limits.rate),
            inside_line: [false; 2],
        })
    }

    /// The same one, which leaves so much free of the disk that `root` is on; `None` for the default.
    #[must_use]
    pub fn with_reserve(mut self, asked_bytes: Option<u64>, root: &Path) -> Self {
        self.sink.reserve = Reserve { asked_bytes, root: root.to_owned() };
        self
    }

    /// Takes what a container wrote to `stream` at `now_ns` (wall clock, since 1970).
    ///
    /// Never fails: output that cannot be written is counted in [`Writer::dropped_bytes`], and the log says so
    /// as soon as it can be written again.
    pub fn write(&mut self, stream: Stream, bytes: &[u8], now_ns: u64) {
        if self.sink.limits.files_max == 0 {
            return;
        }
        let Self { stdout, stderr, sink, rate, inside_line } = self;
        let mut gate = Gate { batch: Batch::new(sink, now_ns), rate, inside_line, now_ns };
        let lines = match stream {
            Stream::Stdout => stdout,
            Stream::Stderr => stderr,
        };
        lines.feed(bytes, &mut |line| gate.record(stream, line));
        gate.batch.finish();
    }

    /// Writes the unfinished lines, and what is still to be told of lost output: nothing more will come.
    pub fn close(&mut self, now_ns: u64) {
        let Self { stdout, stderr, sink, rate, inside_line } = self;
        let mut gate = Gate { batch: Batch::new(sink, now_ns), rate, inside_line, now_ns };
        stdout.end(&mut |line| gate.record(Stream::Stdout, line));
        stderr.end(&mut |line| gate.record(Stream::Stderr, line));
        gate.tell();
        gate.batch.finish();
    }

    /// Lines were dropped, and the log does not say so yet.
    #[must_use]
    pub fn has_to_tell(&self) -> bool {
        self.rate.untold_lines > 0
    }

    /// Tells of lines that were dropped: the next that is kept may be long in coming.
    ///
    /// A function of its own, so that a batch is no part of the frame that a keeper rests in.
    #[inline(never)]
    pub fn tell(&mut self, now_ns: u64) {
        let Self { stdout: _, stderr: _, sink, rate, inside_line } = self;
        let mut gate = Gate { batch: Batch::new(sink, now_ns), rate, inside_line, now_ns };
        gate.tell();
        gate.batch.finish();
    }

    /// Bytes of output that this writer could not log.
    #[must_use]
    pub fn dropped_bytes(&self) -> u64 {
        self.sink.lost_bytes()
    }
}

/// What lets lines into a batch, at the rate that they may come.
struct Gate<'a> {
    batch: Batch<'a>,
    rate: &'a mut Rate,
    inside_line: &'a mut [bool; 2],
    now_ns: u64,
}

impl Gate<'_> {
    fn record(&mut self, stream: Stream, line: &[u8]) {
        if self.rate.keeps(line.len(), self.now_ns) {
            self.tell();
            self.inside_line[stream as usize] = !line.ends_with(b"\n");
            self.batch.record(stream, line);
        } else if std::mem::take(&mut self.inside_line[stream as usize]) {
            // The rest of a line is dropped: what comes after that must not go on with it.
            self.batch.record(stream, b"\n");
        }
    }

    fn tell(&mut self) {
        let lines = std::mem::take(&mut self.rate.untold_lines);
        if lines > 0 {
            if std::mem::take(&mut self.inside_line[Stream::Stderr as usize]) {
                self.batch.record(Stream::Stderr, b"\n");
            }
            self.batch.record(Stream::Stderr, self.rate.notice(lines).as_bytes());
        }
    }
}

/// The longest line whose record surely fits a file.
fn line_bytes_max(limits: LogLimits) -> usize {
    let file_bytes_max = usize::try_from(limits.file_bytes_max).unwrap_or(usize::MAX);
    (file_bytes_max.saturating_sub(FRAME_BYTES) / ESCAPED_BYTES_MAX).clamp(1, LINE_BYTES_MAX)
}
