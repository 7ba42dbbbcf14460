//! Puts records into the newest file, rotates, and keeps account of what could not be written.
//!
//! Nothing here fails towards the caller: a full disk must not stop a container. What is lost is counted, and a
//! record says so as soon as one can be written again. The file always ends with a whole record, for a record that was
//! written in part is cut off again.

use super::{Stream, files, record};
use crate::reserve::{ballast, room_of};
use limpet_protocol::keeper::{LogLimits, LogStorage};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;
use std::path::PathBuf;

/// Bytes that are gathered on the stack before they are written.
const BATCH_BYTES: usize = 2048;

/// What a log leaves free of the disk.
#[derive(Debug, Default)]
pub(super) struct Reserve {
    /// `None` for the default.
    pub(super) asked_bytes: Option<u64>,
    /// The root directory, where the ballast is.
    pub(super) root: PathBuf,
}

impl Reserve {
    fn is_reached(&self, file: BorrowedFd<'_>) -> Result<bool, Errno> {
        let room = room_of(&rustix::fs::fstatvfs(file)?, self.asked_bytes);
        // Mostly there is plenty, and nothing else to ask.
        Ok(room.usable_bytes() == 0 && room.with_ballast(ballast::bytes(&self.root)).usable_bytes() == 0)
    }
}

#[derive(Debug)]
pub(super) struct Sink {
    pub(super) dir: OwnedFd,
    pub(super) limits: LogLimits,
    pub(super) reserve: Reserve,
    file: Option<OwnedFd>,
    /// Bytes of `file`, all whole records.
    size_bytes: u64,
    lost_bytes: u64,
    /// How many of `lost_bytes` a record tells of.
    told_bytes: u64,
    lost_because: Errno,
}

impl Sink {
    pub(super) fn new(dir: OwnedFd, limits: LogLimits) -> Self {
        Self {
            dir,
            limits,
            reserve: Reserve::default(),
            file: None,
            size_bytes: 0,
            lost_bytes: 0,
            told_bytes: 0,
            lost_because: Errno::NOSPC,
        }
    }

    pub(super) fn lost_bytes(&self) -> u64 {
        self.lost_bytes
    }

    /// Makes sure that the newest file is open and has room for `bytes`.
    fn make_room(&mut self, bytes: u64) -> Result<(), Errno> {
        if self.file.is_none() {
            files::remove_from(self.dir.as_fd(), self.limits.files_max)?;
            self.open()?;
        }
        if self.size_bytes > 0 && self.size_bytes + bytes > self.limits.file_bytes_max {
            self.file = None;
            files::rotate(self.dir.as_fd(), self.limits.files_max)?;
            self.open()?;
        }
        Ok(())
    }

    fn open(&mut self) -> Result<(), Errno> {
        let (file, size_bytes) = files::open_newest(self.dir.as_fd())?;
        self.size_bytes = size_bytes;
        self.file = Some(file);
        Ok(())
    }

    fn append(&self, mut bytes: &[u8]) -> Result<(), Errno> {
        let file = self.file.as_ref().ok_or(Errno::BADF)?;
        if self.limits.storage == LogStorage::Disk && self.reserve.is_reached(file.as_fd())? {
            return Err(Errno::NOSPC);
        }
        while !bytes.is_empty() {
            match rustix::io::write(file, bytes) {
                Ok(0) => return Err(Errno::IO),
                Ok(count) => bytes = &bytes[count..],
                Err(Errno::INTR) => {}
                Err(errno) => return Err(errno),
            }
        }
        Ok(())
    }

    /// Cuts off what is no whole record.
    fn undo(&mut self) {
        let Some(file) = &self.file else { return };
        if rustix::fs::ftruncate(file, self.size_bytes).is_err() {
            // Opening it again ends the torn line.
            self.file = None;
        }
    }
}

/// Records on their way into a [`Sink`]; written when it is full and at [`Batch::finish`].
///
/// Its buffer holds either whole records or a part of a single one that is larger than the buffer.
pub(super) struct Batch<'a> {
    sink: &'a mut Sink,
    now_ns: u64,
    buffer: [u8; BATCH_BYTES],
    used: usize,
    /// Bytes of the record in hand that the file has already.
    torn_bytes: u64,
    /// Bytes of output in the records that the file has not wholly.
    unsaved_bytes: u64,
    /// A write has failed: the rest of this batch is only counted.
    failed: bool,
}

impl<'a> Batch<'a> {
    pub(super) fn new(sink: &'a mut Sink, now_ns: u64) -> Self {
        let mut batch = Self {
            sink,
            now_ns,
            buffer: [0; BATCH_BYTES],
            used: 0,
            torn_bytes: 0,
            unsaved_bytes: 0,
            failed: false,
        };
        batch.tell_of_loss();
        batch
    }

    /// Adds one line or piece of a line.
    pub(super) fn record(&mut self, stream: Stream, text: &[u8]) {
        self.make_room(record::encoded_len(text));
        self.unsaved_bytes += text.len() as u64;
        self.put_record(stream, text);
        if self.failed {
            self.count_lost();
        }
    }

    /// Writes what is gathered.
    pub(super) fn finish(mut self) {
        self.flush_whole();
        self.count_lost();
    }

    fn count_lost(&mut self) {
        self.sink.lost_bytes += std::mem::take(&mut self.unsaved_bytes);
    }

    fn tell_of_loss(&mut self) {
        let lost_bytes = self.sink.lost_bytes - self.sink.told_bytes;
        if lost_bytes == 0 {
            return;
        }
        let why = std::io::Error::from(self.sink.lost_because);
        let text = format!("limpet: {lost_bytes} bytes of output were not logged: {why}\n");
        self.make_room(record::encoded_len(text.as_bytes()));
        self.put_record(Stream::Stderr, text.as_bytes());
        self.flush_whole();
        if !self.failed {
            self.sink.told_bytes += lost_bytes;
        }
    }

    /// Room in the buffer and in the file; before a rotation, what is gathered goes to the old file.
    fn make_room(&mut self, record_bytes: usize) {
        let file_bytes = self.sink.size_bytes + (self.used + record_bytes) as u64;
        if self.used + record_bytes > BATCH_BYTES || file_bytes > self.sink.limits.file_bytes_max {
            self.flush_whole();
        }
        if self.failed {
            return;
        }
        if let Err(errno) = self.sink.make_room((self.used + record_bytes) as u64) {
            self.fail(errno);
        }
    }

    fn put_record(&mut self, stream: Stream, text: &[u8]) {
        record::encode(text, stream, self.now_ns, &mut |piece| self.put(piece));
        if self.torn_bytes > 0 {
            self.flush_whole();
        }
    }

    fn put(&mut self, mut piece: &[u8]) {
        while !self.failed && !piece.is_empty() {
            if self.used == BATCH_BYTES {
                self.flush_part();
            }
            let count = piece.len().min(BATCH_BYTES - self.used);
            self.buffer[self.used..self.used + count].copy_from_slice(&piece[..count]);
            self.used += count;
            piece = &piece[count..];
        }
    }

    /// Writes the buffer, which ends with a whole record.
    fn flush_whole(&mut self) {
        self.flush_part();
        if !self.failed {
            self.sink.size_bytes += std::mem::take(&mut self.torn_bytes);
            self.unsaved_bytes = 0;
        }
    }

    fn flush_part(&mut self) {
        let used = std::mem::take(&mut self.used);
        if self.failed || used == 0 {
            return;
        }
        match self.sink.append(&self.buffer[..used]) {
            Ok(()) => self.torn_bytes += used as u64,
            Err(errno) => self.fail(errno),
        }
    }

    fn fail(&mut self, errno: Errno) {
        self.failed = true;
        self.used = 0;
        self.torn_bytes = 0;
        self.sink.lost_because = errno;
        self.sink.undo();
    }
}
