//! The command line's half of the log: the files of a directory in, selected records out, oldest first.
//!
//! A reader may follow a log while its writer rotates it. It holds the files that it has still to read open, so that
//! a rotation takes none away, and tells them apart by inode number. A line is taken when its newline is there, and an
//! unfinished one is read anew each time, for the writer cuts off what it could not finish.

use super::files::{self, LogFile};
use super::position::Position;
use super::record::Record;
use super::tail::{self, Tail};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use rustix::fs::inotify;
use rustix::io::Errno;
use std::collections::VecDeque;
use std::io;

/// How often a log is looked at where the kernel has no inotify instance left.
const LOOK_MS: u32 = 100;
/// Room for at least one inotify event (inotify(7): 16 bytes and NAME_MAX + 1).
const EVENTS_BYTES: usize = 1024;

/// Which records are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Only the last so many, of which the times below may then select fewer, as docker does it.
    pub tail: Option<u64>,
    /// Only from this moment on; wall clock, nanoseconds since 1970.
    pub since_ns: Option<u64>,
    /// Only up to this moment.
    pub until_ns: Option<u64>,
}

/// What a log has at a place.
#[derive(Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// A line or a piece of one.
    Record(Record<'a>),
    /// So many bytes that are no record: torn by a power cut, or not written by a keeper.
    Damaged(u64),
    /// The log was rotated faster than it was read: lines may be missing here.
    Gap,
}

/// What ended a [`Reader::wait`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    /// There may be more to read.
    Grown,
    /// The other descriptor has something to say; there may be more to read as well.
    Other,
    /// The time is over.
    TimeOut,
}

/// Why a log could not be read on.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The log itself.
    #[error("cannot {0} the log")]
    Log(&'static str, #[source] io::Error),
    /// The reader's caller could not take an item.
    #[error("cannot pass on the log")]
    Output(#[source] io::Error),
}

/// Reads one log, once through or following it.
#[derive(Debug)]
pub struct Reader {
    dir: OwnedFd,
    selection: Selection,
    current: Option<Position>,
    /// Newer than `current`, oldest first.
    waiting: VecDeque<Position>,
    watch: Option<OwnedFd>,
}

impl Reader {
    /// The log in the directory `dir`, which may have none yet; with `follow`, [`Reader::wait`] is woken by its growth.
    ///
    /// # Errors
    /// The files cannot be opened or read.
    pub fn open(dir: OwnedFd, selection: Selection, follow: bool) -> Result<Self, ReadError> {
        let watch = if follow { watch(dir.as_fd()).map_err(failed("watch"))? } else { None };
        let files = files::list(dir.as_fd()).map_err(failed("open"))?;
        let waiting = begin(files, selection.tail).map_err(failed("find the end of"))?;
        Ok(Self { dir, selection, current: None, waiting, watch })
    }

    /// Gives everything that is there and selected to `out`; call it again when there is more.
    ///
    /// # Errors
    /// The log cannot be read, or `out` failed.
    pub fn read(&mut self, out: &mut dyn FnMut(Item<'_>) -> io::Result<()>) -> Result<(), ReadError> {
        let selection = self.selection;
        let mut select = |item: Item<'_>| match &item {
            Item::Record(record) if !selection.has(record) => Ok(()),
            _ => out(item).map_err(ReadError::Output),
        };
        loop {
            if let Some(position) = &mut self.current {
                position.read_lines(&mut select)?;
            }
            if !self.advance(&mut select)? {
                return Ok(());
            }
        }
    }

    /// Bytes after the last whole line: a record being written, or, if its writer is gone, a torn one.
    #[must_use]
    pub fn unfinished_bytes(&self) -> u64 {
        self.current.as_ref().map_or(0, Position::unfinished_bytes)
    }

    /// Sleeps until the log may have grown, `other` is readable or hung up, or `timeout_ms` are over.
    ///
    /// # Errors
    /// poll(2) failed.
    pub fn wait(&self, other: Option<BorrowedFd<'_>>, timeout_ms: Option<u32>) -> Result<Woken, ReadError> {
        let looks = self.watch.is_none() && timeout_ms.is_none_or(|ms| ms > LOOK_MS);
        let timeout = if looks { Some(LOOK_MS) } else { timeout_ms }.map(milliseconds);
        let mut fds: heapless::Vec<PollFd<'_>, 2> = heapless::Vec::new();
        for fd in [self.poll_fd(), other].into_iter().flatten() {
            fds.push(PollFd::from_borrowed_fd(fd, PollFlags::IN))
                .map_err(|_| failed("wait for")(Errno::INVAL))?;
        }
        match poll(&mut fds, timeout.as_ref()) {
            Ok(0) if !looks => return Ok(Woken::TimeOut),
            Ok(_) | Err(Errno::INTR) => {}
            Err(errno) => return Err(failed("wait for")(errno)),
        }
        let other_woke = other.is_some() && fds.last().is_some_and(|fd| !fd.revents().is_empty());
        self.drain();
        Ok(if other_woke { Woken::Other } else { Woken::Grown })
    }

    /// Readable when the log may have grown; `None` without `follow`, or where inotify is exhausted. For callers with
    /// a poll loop of their own, who then call [`Reader::drain`] and [`Reader::read`].
    #[must_use]
    pub fn poll_fd(&self) -> Option<BorrowedFd<'_>> {
        self.watch.as_ref().map(AsFd::as_fd)
    }

    /// Forgets the wake-ups so far.
    pub fn drain(&self) {
        let mut events = [0; EVENTS_BYTES];
        while let Some(watch) = &self.watch {
            if !matches!(rustix::io::read(watch, &mut events), Ok(1..)) {
                return;
            }
        }
    }

    /// Goes on to the next file, if there is one; false when all is read.
    fn advance(&mut self, out: &mut dyn FnMut(Item<'_>) -> Result<(), ReadError>) -> Result<bool, ReadError> {
        if let Some(next) = self.waiting.pop_front() {
            let torn_bytes = self.unfinished_bytes();
            if torn_bytes > 0 {
                out(Item::Damaged(torn_bytes))?;
            }
            self.current = Some(next);
            return Ok(true);
        }
        let newest = files::newest_inode(self.dir.as_fd()).map_err(failed("look for"))?;
        let current = self.current.as_ref().map(Position::inode);
        if newest.is_none() || newest == current {
            return Ok(false);
        }
        self.find_newer(current, out)
    }

    /// Collects the files that were made since `current`. It is read once more before they are: it may have grown
    /// between its last read and the rotation.
    fn find_newer(
        &mut self,
        current: Option<u64>,
        out: &mut dyn FnMut(Item<'_>) -> Result<(), ReadError>,
    ) -> Result<bool, ReadError> {
        let mut files = files::list(self.dir.as_fd()).map_err(failed("open"))?;
        match current.map(|inode| files.iter().position(|file| file.inode == inode)) {
            Some(Some(at)) => drop(files.drain(..=at)),
            Some(None) => out(Item::Gap)?,
            None => {}
        }
        self.waiting = files.into_iter().map(|file| Position::new(file, 0)).collect();
        Ok(!self.waiting.is_empty())
    }
}

impl Selection {
    fn has(&self, record: &Record<'_>) -> bool {
        self.since_ns.is_none_or(|since| record.time_ns >= since)
            && self.until_ns.is_none_or(|until| record.time_ns <= until)
    }
}

/// Where to begin in `files` (oldest first) so that the last `tail` lines follow; files before that are let go.
fn begin(files: Vec<LogFile>, tail: Option<u64>) -> Result<VecDeque<Position>, Errno> {
    let mut waiting = VecDeque::new();
    let mut wanted = tail;
    for file in files.into_iter().rev() {
        let Some(lines) = wanted else {
            waiting.push_front(Position::new(file, 0));
            continue;
        };
        let size_bytes = files::size_bytes(file.fd.as_fd())?;
        match tail::find(size_bytes, lines, &mut |block, at| file.read_at(block, at))? {
            Tail::At(at) => {
                waiting.push_front(Position::new(file, at));
                break;
            }
            Tail::Only(found) => {
                wanted = Some(lines - found);
                waiting.push_front(Position::new(file, 0));
            }
        }
    }
    Ok(waiting)
}

/// An inotify instance that watches the directory; `None` if the user has no more of them (inotify(7), limits).
fn watch(dir: BorrowedFd<'_>) -> Result<Option<OwnedFd>, Errno> {
    use inotify::{CreateFlags, WatchFlags};
    let exhausted = |errno| matches!(errno, Errno::MFILE | Errno::NFILE | Errno::NOSPC | Errno::NOSYS);
    let watch = match inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK) {
        Err(errno) if exhausted(errno) => return Ok(None),
        result => result?,
    };
    let flags = WatchFlags::MODIFY | WatchFlags::CREATE | WatchFlags::MOVED_TO | WatchFlags::ONLYDIR;
    match inotify::add_watch(&watch, format!("/proc/self/fd/{}", dir.as_raw_fd()), flags) {
        Err(errno) if exhausted(errno) => Ok(None),
        result => result.map(|_| Some(watch)),
    }
}

fn milliseconds(ms: u32) -> Timespec {
    Timespec { tv_sec: i64::from(ms / 1000), tv_nsec: (i64::from(ms % 1000) * 1_000_000) as _ }
}

pub(super) fn failed(operation: &'static str) -> impl Fn(Errno) -> ReadError {
    move |errno| ReadError::Log(operation, errno.into())
}
