//! `top` without a container: all of them, once a second, until a key or a signal ends it.
//!
//! The terminal is given back as it was, whatever ends this. Where standard output is no terminal, one table is printed.

use super::picture::{self, Line, Weather};
use crate::board::Board;
use crate::census::Census;
use crate::control;
use crate::failure::{Failure, Outcome};
use crate::screen;
use crate::verbs::stats::{Look, look, usage};
use crate::verbs::style;
use limpet_protocol::exit::code;
use limpet_protocol::launch::WindowSize;
use limpet_runner::attach::RawTerminal;
use limpet_runner::cgroup;
use limpet_runner::keeper::now_ns;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;
use rustix::termios::{isatty, tcgetwinsize};
use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

const REFRESH: Duration = Duration::from_secs(1);
/// Between the first two looks.
const FIRST_LOOK: Duration = Duration::from_millis(500);
/// The terminal's other screen, without a cursor; and back.
const ENTER: &str = "\x1b[?1049h\x1b[?25l";
const LEAVE: &str = "\x1b[?25h\x1b[?1049l";
/// A window that does not say how large it is.
const WINDOW: WindowSize = WindowSize { rows: 24, columns: 80 };
/// `q`, and what Ctrl-C and Ctrl-D are on a raw terminal.
const KEYS_END: &[u8] = b"qQ\x03\x04";
/// SIGHUP, SIGINT, SIGQUIT and SIGTERM end it; SIGWINCH draws it anew.
const SIGNALS: [i32; 5] = [1, 2, 3, 15, SIGNAL_WINDOW];
const SIGNAL_WINDOW: i32 = 28;

/// `top`
pub(super) fn live(board: &Board) -> Outcome {
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    if dumb || !isatty(rustix::stdio::stdout()) {
        return once(board);
    }
    limpet_sys::process::block_all_signals();
    let signals = limpet_sys::process::signals(&SIGNALS)?;
    let stdin = rustix::stdio::stdin();
    let raw = if isatty(stdin) { Some(RawTerminal::enter(stdin)?) } else { None };
    let _shown = Shown::begin();
    watch(board, &signals, raw.as_ref().map(|_| stdin))
}

/// The other screen, while this lives.
struct Shown;

impl Shown {
    fn begin() -> Self {
        screen::print(ENTER);
        Self
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        screen::print(LEAVE);
    }
}

fn once(board: &Board) -> Outcome {
    let before = View::take(board)?;
    sleep(FIRST_LOOK);
    let mut lines = View::take(board)?.lines(&before);
    screen::print(&picture::table(&mut lines, now_ns()));
    Ok(0)
}

fn watch(board: &Board, signals: &OwnedFd, keys: Option<BorrowedFd<'_>>) -> Outcome {
    let mut before = View { looks: Vec::new(), note: String::new() };
    let mut now = View::take(board)?;
    let mut due = Instant::now() + FIRST_LOOK;
    loop {
        draw(board, &now, &before);
        match wait(signals, keys, due)? {
            Woken::End(status) => return Ok(status),
            Woken::Redraw => {}
            Woken::Due => {
                before = std::mem::replace(&mut now, View::take(board)?);
                due = Instant::now() + REFRESH;
            }
        }
    }
}

fn draw(board: &Board, now: &View, before: &View) {
    let window = tcgetwinsize(rustix::stdio::stdout()).ok().filter(|size| size.ws_row > 0 && size.ws_col > 0);
    let window = window.map_or(WINDOW, |size| WindowSize { rows: size.ws_row, columns: size.ws_col });
    let mut lines = now.lines(before);
    let text = |path| fs::read_to_string(path).unwrap_or_default();
    let disk = rustix::fs::statvfs(&board.globals.root).ok();
    let weather = Weather {
        load: text("/proc/loadavg"),
        memory: text("/proc/meminfo"),
        disk_free_bytes: disk.map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize)),
    };
    let heading = picture::heading(&lines, &weather);
    let table = picture::table(&mut lines, now_ns());
    screen::print(&picture::frame(&heading, &table, &now.note, window, style()));
}

/// All containers at one moment.
struct View {
    looks: Vec<Look>,
    /// What is to be said apart from the table.
    note: String,
}

impl View {
    fn take(board: &Board) -> Result<Self, Failure> {
        let mut census = Census::take(board)?;
        let mut note = census.damaged.first().map_or_else(String::new, ToString::to_string);
        let report = control::report(board.state()).unwrap_or_else(|error| {
            note = error.to_string();
            limpet_protocol::control::Report::default()
        });
        for listed in &mut census.containers {
            listed.supervise(&report);
        }
        Ok(Self { looks: census.containers.into_iter().map(look).collect(), note })
    }

    fn lines(&self, before: &Self) -> Vec<Line> {
        let board_bytes = cgroup::Board::here().memory_bytes;
        let line = |look: &Look| Line {
            name: look.listed.container.name.clone(),
            word: look.listed.word(),
            status: look.listed.status.clone(),
            supervision: look.listed.supervision.clone(),
            usage: usage(&before.looks, look, board_bytes),
        };
        self.looks.iter().map(line).collect()
    }
}

enum Woken {
    /// With this exit status.
    End(u8),
    Redraw,
    Due,
}

fn wait(signals: &OwnedFd, keys: Option<BorrowedFd<'_>>, due: Instant) -> Result<Woken, Errno> {
    let left = Timespec::try_from(due.saturating_duration_since(Instant::now())).ok();
    let mut fds: Vec<PollFd<'_>> = [Some(signals.as_fd()), keys]
        .into_iter()
        .flatten()
        .map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN))
        .collect();
    match poll(&mut fds, left.as_ref()) {
        Err(Errno::INTR) => return Ok(Woken::Redraw),
        Ok(0) => return Ok(Woken::Due),
        ready => ready?,
    };
    if !fds[0].revents().is_empty() {
        return Ok(match limpet_sys::process::next_signal(signals.as_fd())? {
            SIGNAL_WINDOW => Woken::Redraw,
            number => {
                Woken::End(u8::try_from(number).map_or(1, |number| code::SIGNAL_BASE.saturating_add(number)))
            }
        });
    }
    let mut typed = [0; 64];
    let count = keys.map_or(Ok(0), |keys| rustix::io::read(keys, &mut typed))?;
    // Whoever typed is gone.
    let ends = count == 0 || typed[..count].iter().any(|key| KEYS_END.contains(key));
    Ok(if ends { Woken::End(0) } else { Woken::Redraw })
}
