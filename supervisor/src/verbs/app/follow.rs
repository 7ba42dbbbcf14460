//! Following the progress of an app: rewritten lines on a terminal, plain lines elsewhere, both on standard error.
//!
//! Ctrl-C ends the watching, not what is watched.

use crate::control::{ControlError, Conversation, Heard};
use crate::failure::Failure;
use crate::output::progress::{Progress, Verdict};
use crate::output::terminal::Style;
use crate::screen;
use limpet_protocol::control::{Reply, UpdateLine};
use limpet_protocol::ledger::Course;
use rustix::fd::{AsFd, OwnedFd};
use rustix::stdio::stderr;
use rustix::termios::{isatty, tcgetwinsize};
use std::time::{Duration, Instant};

/// Between two pictures on a terminal.
const REFRESH: Duration = Duration::from_millis(100);
/// SIGINT and SIGTERM.
const SIGNALS: [i32; 2] = [2, 15];
/// Of a terminal that does not say its size.
const SIZE_UNKNOWN: (usize, usize) = (80, 24);

/// How the watching ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It is enough, or will not be.
    Verdict(Verdict),
    /// The supervisor says that it is done.
    Done,
    /// The update came so far, and goes no further by itself.
    Updated(UpdateLine),
    /// There is no such app.
    NoSuchApp,
    /// The person's patience is over.
    TimeOut,
    /// This signal came.
    Interrupted(u8),
}

/// Shows what happens until there is nothing more to wait for.
///
/// # Errors
/// The supervisor refuses, or goes away.
pub(super) fn follow(
    conversation: &mut Conversation,
    app: &str,
    progress: &mut Progress,
    patience: Option<Duration>,
) -> Result<End, Failure> {
    let signals = limpet_sys::process::signals(&SIGNALS)?;
    let begin = Instant::now();
    let mut screen = Screen::new(app, begin);
    let end = loop {
        let at_ms = millis(begin.elapsed());
        screen.draw(progress);
        if let Some(verdict) = progress.verdict(at_ms).filter(|_| !screen.is_update || progress.is_detached())
        {
            break End::Verdict(verdict);
        }
        if patience.is_some_and(|patience| begin.elapsed() >= patience) {
            break End::TimeOut;
        }
        let deadlines = [
            patience.map(|patience| begin + patience),
            progress.deadline_ms().filter(|_| !screen.is_update).map(|ms| begin + Duration::from_millis(ms)),
            screen.is_live.then(|| Instant::now() + REFRESH),
        ];
        let until = deadlines.into_iter().flatten().min();
        match conversation.hear(until, Some(signals.as_fd()))? {
            Heard::TimeOut => {}
            Heard::Other => break End::Interrupted(signal(&signals)),
            Heard::Reply(reply) => {
                if let Some(end) = take(reply, progress, &mut screen)? {
                    break end;
                }
            }
        }
    };
    screen.finish(progress);
    Ok(end)
}

fn take(reply: Reply, progress: &mut Progress, screen: &mut Screen<'_>) -> Result<Option<End>, Failure> {
    match reply {
        Reply::Progress(instances) => {
            let news = progress.update(instances, millis(screen.begin.elapsed()));
            screen.tell(&news);
            Ok(None)
        }
        Reply::Done => Ok(Some(End::Done)),
        Reply::Updated(update) => Ok(screen.take(update)),
        Reply::NoSuchApp => Ok(Some(End::NoSuchApp)),
        Reply::Refused(why) => Err(ControlError::Refused(why).into()),
        Reply::Report(_) | Reply::Diff(_) | Reply::Event(_) | Reply::Text(_) | Reply::Fleet(..) => {
            Err(ControlError::Unexpected.into())
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn signal(signals: &OwnedFd) -> u8 {
    let number = limpet_sys::process::next_signal(signals.as_fd()).unwrap_or(SIGNALS[0]);
    u8::try_from(number).unwrap_or(0)
}

/// Where progress is shown.
struct Screen<'a> {
    app: &'a str,
    begin: Instant,
    style: Style,
    is_live: bool,
    /// Lines of the last picture, above the cursor.
    drawn: usize,
    drawn_at: Option<Instant>,
    /// What comes of it, the supervisor says.
    is_update: bool,
}

impl<'a> Screen<'a> {
    fn new(app: &'a str, begin: Instant) -> Self {
        let style = Style::of(isatty(stderr()), |name| std::env::var(name).ok());
        Self {
            app,
            begin,
            style,
            is_live: style == Style::Terminal,
            drawn: 0,
            drawn_at: None,
            is_update: false,
        }
    }

    fn take(&mut self, update: UpdateLine) -> Option<End> {
        self.is_update = true;
        if update.course == Course::Reverting {
            let app = self.app;
            self.tell(&[format!(" App {app}  Rolls back: {}", update.why)]);
        }
        (!update.course.is_moving()).then_some(End::Updated(update))
    }

    fn tell(&self, news: &[String]) {
        if !self.is_live {
            screen::progress(&news.iter().map(|line| format!("{}\n", printable(line))).collect::<String>());
        }
    }

    fn draw(&mut self, progress: &Progress) {
        let fresh = self.drawn_at.is_some_and(|at| at.elapsed() < REFRESH);
        if self.is_live && !fresh {
            self.redraw(progress);
        }
    }

    fn finish(&mut self, progress: &Progress) {
        if self.is_live {
            self.redraw(progress);
        }
    }

    /// Back above the last picture, and each line written anew with its rest erased (ECMA-48 CPL, EL, ED).
    fn redraw(&mut self, progress: &Progress) {
        let size = tcgetwinsize(stderr()).ok().map(|size| (size.ws_col.into(), size.ws_row.into()));
        let size = size.filter(|(columns, rows)| *columns > 0 && *rows > 0).unwrap_or(SIZE_UNKNOWN);
        let picture = progress.picture(self.app, self.style, size, millis(self.begin.elapsed()));
        let up = if self.drawn > 0 { format!("\x1b[{}F", self.drawn) } else { String::new() };
        let lines: String = picture.iter().map(|line| line.replace('\n', "\x1b[K\n")).collect();
        screen::progress(&format!("{up}{lines}\x1b[J"));
        self.drawn = picture.len();
        self.drawn_at = Some(Instant::now());
    }
}

fn printable(line: &str) -> String {
    line.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}
