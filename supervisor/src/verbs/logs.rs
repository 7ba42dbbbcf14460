//! `logs`: what a container wrote, each stream to its own.

use crate::board::Board;
use crate::cli::command::LogsArgs;
use crate::failure::{Failure, Outcome};
use crate::screen;
use limpet_protocol::container::Container;
use limpet_protocol::keeper::Running;
use limpet_runner::keeper::now_ns;
use limpet_runner::log::{Item, Reader, Record, Selection, Stream, Woken, time};
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use std::io::{self, Write};
use std::path::Path;

/// What is collected before it is written.
const OUTPUT_BYTES: usize = 32 * 1024;
const NS_PER_MS: u64 = 1_000_000;

/// `logs`
pub(super) fn logs(board: &Board, args: &LogsArgs) -> Outcome {
    let container = board.container(&args.container)?;
    if container.keep.log.files_max == 0 {
        return Err(Failure::new(format!(
            "container {} keeps no log; it was made with --log-driver none",
            container.name
        )));
    }
    let keeper = if args.follow { keeper(board, &container)? } else { None };
    let Some(place) = place(&container)? else { return Ok(0) };
    let now = now_ns();
    let selection = Selection {
        tail: args.tail,
        since_ns: args.since.map(|moment| moment.resolve(now)),
        until_ns: args.until.map(|moment| moment.resolve(now)),
    };
    let mut reader = Reader::open(place, selection, keeper.is_some())?;
    let mut printer = Printer::new(args.timestamps);
    print(&mut reader, &mut printer)?;
    if let Some(keeper) = keeper {
        follow(&mut reader, &mut printer, &keeper, selection.until_ns)?;
    }
    Ok(0)
}

/// The directory of its log. One in memory is not there before the first start and after a reboot.
pub(super) fn place(container: &Container) -> Result<Option<OwnedFd>, Failure> {
    let path = Path::new(container.keep.log_directory());
    match openat(CWD, path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()) {
        Ok(place) => Ok(Some(place)),
        Err(Errno::NOENT) => Ok(None),
        Err(errno) => {
            Err(Failure::new(format!("open {}: {}", path.display(), limpet_runner::failure::reason(errno))))
        }
    }
}

/// The keeper, to be told of its end; it ends after the log is complete. `None` if the container does not run.
fn keeper(board: &Board, container: &Container) -> Result<Option<OwnedFd>, Failure> {
    let id = &container.keep.launch.id;
    let status = board.status(id)?;
    let Some(pid) = status.running().and_then(keeper_pid) else { return Ok(None) };
    match pidfd_open(pid, PidfdFlags::empty()) {
        // Asked again: the number may have become another process's before it was opened.
        Ok(keeper) => Ok(board.home.is_kept(id)?.then_some(keeper)),
        Err(Errno::SRCH) => Ok(None),
        Err(errno) => Err(Failure::new(format!("follow the log: {}", limpet_runner::failure::reason(errno)))),
    }
}

fn keeper_pid(running: &Running) -> Option<Pid> {
    Pid::from_raw(running.keeper_pid)
}

/// Reads on until the keeper has ended or `until_ns` has come.
fn follow(
    reader: &mut Reader,
    printer: &mut Printer,
    keeper: &OwnedFd,
    until_ns: Option<u64>,
) -> Result<(), Failure> {
    loop {
        let left_ms = until_ns.map(|until| until.saturating_sub(now_ns()).div_ceil(NS_PER_MS));
        if left_ms == Some(0) {
            return Ok(());
        }
        let timeout_ms = left_ms.map(|ms| u32::try_from(ms).unwrap_or(u32::MAX));
        let woken = reader.wait(Some(keeper.as_fd()), timeout_ms)?;
        print(reader, printer)?;
        if woken == Woken::Other {
            return Ok(());
        }
    }
}

fn print(reader: &mut Reader, printer: &mut Printer) -> Result<(), Failure> {
    reader.read(&mut |item| printer.item(&item))?;
    Ok(printer.flush()?)
}

/// Puts records out in their order, many at once.
struct Printer {
    timestamps: bool,
    stream: Stream,
    bytes: Vec<u8>,
    /// Of standard output and standard error: the last record was a piece of a line, so the next goes on with it.
    inside_line: [bool; 2],
}

impl Printer {
    fn new(timestamps: bool) -> Self {
        Self { timestamps, stream: Stream::Stdout, bytes: Vec::new(), inside_line: [false; 2] }
    }

    fn item(&mut self, item: &Item<'_>) -> io::Result<()> {
        match item {
            Item::Record(record) => self.record(record),
            Item::Damaged(bytes) => self.remark(&format!("{bytes} bytes of the log are damaged")),
            Item::Gap => self.remark("lines are missing here: the log was rotated faster than it was read"),
        }
    }

    fn record(&mut self, record: &Record<'_>) -> io::Result<()> {
        if record.stream != self.stream || self.bytes.len() >= OUTPUT_BYTES {
            self.flush()?;
            self.stream = record.stream;
        }
        let inside = &mut self.inside_line[usize::from(record.stream == Stream::Stderr)];
        if self.timestamps && !*inside {
            self.bytes.extend_from_slice(&time::format(record.time_ns));
            self.bytes.push(b' ');
        }
        *inside = !record.text.ends_with('\n');
        self.bytes.extend_from_slice(record.text.as_bytes());
        Ok(())
    }

    fn remark(&mut self, text: &str) -> io::Result<()> {
        self.flush()?;
        screen::complain(text);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.stream {
            Stream::Stdout => screen::write(&self.bytes),
            Stream::Stderr => io::stderr().write_all(&self.bytes)?,
        }
        self.bytes.clear();
        Ok(())
    }
}
