//! One direction of a command's stdio: bytes from one descriptor to another, with one buffer between.
//!
//! What is read is written before more is read: a reader that is slow holds back the writer, and no memory grows.

use rustix::fd::{AsFd, BorrowedFd};
use rustix::fs::FileType;
use rustix::io::{Errno, Result};
use std::ops::Range;

/// Read at once.
const BUFFER_BYTES: usize = 16 * 1024;
/// What surely does not block on a pipe that poll(2) calls writable (pipe(7), PIPE_BUF).
const PIPE_WRITE_BYTES: usize = 4096;

/// Descriptors may be borrowed (the user's) or owned (the command's).
pub(super) struct Flow<S, T> {
    source: Option<S>,
    target: Option<T>,
    buffer: Vec<u8>,
    /// What of `buffer` is still to be written.
    rest: Range<usize>,
    write_bytes_max: usize,
}

impl<S: AsFd, T: AsFd> Flow<S, T> {
    /// Without a target what is read is thrown away.
    pub(super) fn new(source: Option<S>, target: Option<T>) -> Self {
        let regular = |target: &T| {
            rustix::fs::fstat(target)
                .is_ok_and(|s| FileType::from_raw_mode(s.st_mode) == FileType::RegularFile)
        };
        let write_bytes_max =
            if target.as_ref().is_some_and(regular) { BUFFER_BYTES } else { PIPE_WRITE_BYTES };
        Self { source, target, buffer: vec![0; BUFFER_BYTES], rest: 0..0, write_bytes_max }
    }

    /// Where more may be read now.
    pub(super) fn readable(&self) -> Option<BorrowedFd<'_>> {
        self.source.as_ref().filter(|_| self.rest.is_empty()).map(AsFd::as_fd)
    }

    /// Where something waits to be written.
    pub(super) fn writable(&self) -> Option<BorrowedFd<'_>> {
        self.target.as_ref().filter(|_| !self.rest.is_empty()).map(AsFd::as_fd)
    }

    /// Reads once; `change` may rewrite what was read. At the end of the source, or of the terminal it is (EIO), the
    /// source is let go; the target too, unless it is a terminal that the other direction shares.
    pub(super) fn read(&mut self, change: impl FnOnce(&mut Vec<u8>, usize) -> usize) -> Result<()> {
        let Some(source) = self.source.as_ref().filter(|_| self.rest.is_empty()) else { return Ok(()) };
        self.buffer.resize(BUFFER_BYTES, 0);
        match rustix::io::read(source, &mut self.buffer[..]) {
            Ok(0) | Err(Errno::IO) => self.end(),
            Ok(read) => {
                let length = change(&mut self.buffer, read);
                self.rest = if self.target.is_some() { 0..length } else { 0..0 };
            }
            Err(Errno::INTR | Errno::AGAIN) => {}
            Err(errno) => return Err(errno),
        }
        Ok(())
    }

    /// Writes once; false if nobody reads the target any more, and then nothing flows again.
    pub(super) fn write(&mut self) -> Result<bool> {
        let Some(target) = &self.target else { return Ok(true) };
        let end = self.rest.end.min(self.rest.start + self.write_bytes_max);
        match rustix::io::write(target, &self.buffer[self.rest.start..end]) {
            Ok(written) => self.rest.start += written,
            Err(Errno::INTR | Errno::AGAIN) => {}
            Err(Errno::PIPE | Errno::IO) => {
                self.stop();
                return Ok(false);
            }
            Err(errno) => return Err(errno),
        }
        Ok(true)
    }

    /// Nothing more will come.
    pub(super) fn end(&mut self) {
        self.source = None;
        self.target = None;
    }

    fn stop(&mut self) {
        self.end();
        self.rest = 0..0;
    }
}
