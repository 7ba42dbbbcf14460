//! A place in one file of a log: bytes of the file in, whole lines of it out as items.

use super::files::LogFile;
use super::reader::{Item, ReadError, failed};
use super::record::{RECORD_BYTES_MAX, Record};
use rustix::io::Errno;

/// What is read at once.
const READ_BYTES: usize = 32 * 1024;

/// A place in a file that is read forwards.
#[derive(Debug)]
pub(super) struct Position {
    file: LogFile,
    /// Where the line begins that is not yet taken.
    at: u64,
    /// The file from `at` on, as far as it is read: at most a record and a read more.
    buffer: Vec<u8>,
    /// Bytes before `at` that belong to the same, too long, line.
    skipped_bytes: u64,
}

impl Position {
    pub(super) fn new(file: LogFile, at: u64) -> Self {
        Self { file, at, buffer: Vec::new(), skipped_bytes: 0 }
    }

    pub(super) fn inode(&self) -> u64 {
        self.file.inode
    }

    pub(super) fn unfinished_bytes(&self) -> u64 {
        self.skipped_bytes + self.buffer.len() as u64
    }

    /// Gives all whole lines up to the end of the file.
    pub(super) fn read_lines(
        &mut self,
        out: &mut dyn FnMut(Item<'_>) -> Result<(), ReadError>,
    ) -> Result<(), ReadError> {
        self.buffer.clear();
        while self.fill().map_err(failed("read"))? {
            self.take_lines(out)?;
            if self.buffer.len() > RECORD_BYTES_MAX {
                self.skip();
            }
        }
        Ok(())
    }

    /// Reads on; false at the end of the file.
    fn fill(&mut self) -> Result<bool, Errno> {
        let have = self.buffer.len();
        self.buffer.resize(have + READ_BYTES, 0);
        let read = self.file.read_some_at(&mut self.buffer[have..], self.at + have as u64);
        self.buffer.truncate(have + read.unwrap_or(0));
        read.map(|count| count > 0)
    }

    fn take_lines(
        &mut self,
        out: &mut dyn FnMut(Item<'_>) -> Result<(), ReadError>,
    ) -> Result<(), ReadError> {
        let mut taken = 0;
        let mut result = Ok(());
        while let Some(len) = self.buffer[taken..].iter().position(|&b| b == b'\n') {
            let line = &self.buffer[taken..taken + len];
            taken += len + 1;
            result = out(item(line, std::mem::take(&mut self.skipped_bytes)));
            if result.is_err() {
                break;
            }
        }
        self.buffer.drain(..taken);
        self.at += taken as u64;
        result
    }

    /// Gives up the line that is too long for a record.
    fn skip(&mut self) {
        self.skipped_bytes += self.buffer.len() as u64;
        self.at += self.buffer.len() as u64;
        self.buffer.clear();
    }
}

fn item(line: &[u8], skipped_bytes: u64) -> Item<'_> {
    let record = if skipped_bytes == 0 { Record::parse(line) } else { None };
    record.map_or(Item::Damaged(skipped_bytes + line.len() as u64), Item::Record)
}
