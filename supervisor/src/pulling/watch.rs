//! Shows how a pull goes: a line for each layer, which moves on a terminal and is written once elsewhere.

use crate::failure::Failure;
use crate::output::pull::{Row, State, rows};
use crate::output::terminal::Style;
use crate::screen;
use limpet_store::Digest;
use limpet_store::pull::{Event, Watcher};
use std::io::Write;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often a moving line is drawn.
const TICK: Duration = Duration::from_millis(100);

/// Where and how much is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    /// Nothing but what went wrong.
    Nothing,
    /// On standard output: `pull`.
    Stdout,
    /// On standard error, as standard output is the container's: `run`.
    Stderr,
}

/// A pull that is watched.
pub(super) struct Watch {
    show: Show,
    moving: bool,
    board: Mutex<Rows>,
}

#[derive(Default)]
struct Rows {
    rows: Vec<Row>,
    /// How many lines stand on the terminal.
    drawn: usize,
}

impl Watch {
    pub(super) fn new(show: Show) -> Self {
        let terminal = match show {
            Show::Nothing => false,
            Show::Stdout => rustix::termios::isatty(rustix::stdio::stdout()),
            Show::Stderr => rustix::termios::isatty(rustix::stdio::stderr()),
        };
        let moving = Style::of(terminal, super::variable) == Style::Terminal;
        Self { show, moving, board: Mutex::default() }
    }

    /// Does `act`; meanwhile the lines move.
    pub(super) fn during<T>(&self, act: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
        if !self.moving {
            return act();
        }
        std::thread::scope(|scope| {
            let (over, until) = channel::<()>();
            scope.spawn(move || self.draw_until(&until));
            let outcome = act();
            drop(over);
            outcome
        })
    }

    fn draw_until(&self, over: &Receiver<()>) {
        while over.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
            self.draw(&mut self.lock());
        }
        self.draw(&mut self.lock());
    }

    fn lock(&self) -> MutexGuard<'_, Rows> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All lines anew, over the old ones.
    fn draw(&self, board: &mut Rows) {
        let width = self.width();
        let lines = rows(&board.rows, width);
        let mut text = if board.drawn > 0 { format!("\x1b[{}A", board.drawn) } else { String::new() };
        for line in &lines {
            text.push_str(&format!("\r\x1b[2K{line}\n"));
        }
        board.drawn = lines.len();
        self.write(&text);
    }

    fn width(&self) -> usize {
        let size = match self.show {
            Show::Stderr => rustix::termios::tcgetwinsize(rustix::stdio::stderr()),
            Show::Stdout | Show::Nothing => rustix::termios::tcgetwinsize(rustix::stdio::stdout()),
        };
        size.map_or(80, |size| usize::from(size.ws_col).max(20))
    }

    fn write(&self, text: &str) {
        match self.show {
            Show::Nothing => {}
            Show::Stdout => screen::print(text),
            Show::Stderr => {
                // If nobody can be shown it, the pull goes on all the same.
                write!(std::io::stderr(), "{text}").ok();
            }
        }
    }

    /// What a person may want to know, above the lines.
    pub(super) fn notice(&self, text: &str) {
        if self.show == Show::Nothing {
            return;
        }
        let mut board = self.lock();
        if board.drawn > 0 {
            self.write(&format!("\x1b[{}A\x1b[J", board.drawn));
            board.drawn = 0;
        }
        screen::complain(text);
    }
}

impl Watcher for Watch {
    fn layers(&self, layers: &[(Digest, u64)]) {
        let row = |(digest, bytes): &(Digest, u64)| Row::new(digest, *bytes);
        self.lock().rows = layers.iter().map(row).collect();
    }

    fn event(&self, layer: usize, event: Event) {
        let mut board = self.lock();
        let Some(row) = board.rows.get_mut(layer) else { return };
        row.state = match event {
            Event::There => State::There,
            Event::Waiting => State::Waiting,
            Event::Coming(received) => State::Coming(received),
            Event::Done => State::Done,
        };
        if !self.moving && row.state.is_final() {
            let line = row.plain();
            self.write(&format!("{line}\n"));
        }
    }
}

impl Row {
    /// How much of it has come.
    pub(crate) fn received_bytes(&self) -> u64 {
        match &self.state {
            State::Coming(received) => received.load(Ordering::Relaxed),
            State::Pending | State::There | State::Waiting | State::Done => 0,
        }
    }
}
