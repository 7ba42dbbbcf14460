//! The client's session with a command: its stdio between the user and the container, until one of them ends it.
//!
//! One poll(2) waits for everything. With a terminal signals come as data, so that the user's terminal is as before
//! whatever ends the session; without one they have their usual effect on the client, and the holder sees to the rest.

use super::flow::Flow;
use super::{EXITED, ExecError, Held, client};
use crate::attach::{DetachKeys, Matcher, RawTerminal, Signals, TERMINAL_SIGNALS};
use crate::channel;
use crate::start::Stdio;
use crate::terminal;
use nix::sys::signal::Signal;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;
use std::time::{Duration, Instant};

/// How long a terminal whose command has ended may be silent before nothing more is expected of it: the kernel brings
/// the last output in its own time, and then the end.
const LAST_OUTPUT_MS: i64 = 100;

/// The user's side; what is `None` is not passed on.
#[derive(Debug)]
pub struct Streams<'a> {
    /// Read for the command.
    pub stdin: Option<BorrowedFd<'a>>,
    /// For its standard output.
    pub stdout: Option<BorrowedFd<'a>>,
    /// For its standard error.
    pub stderr: Option<BorrowedFd<'a>>,
    /// The user's terminal, if the command has one too: made raw, and its size passed on.
    pub terminal: Option<BorrowedFd<'a>>,
    /// What the user types to leave; counts only with a terminal.
    pub detach: DetachKeys,
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The command ended with this status, or 128+n by signal n.
    Exited(u8),
    /// The user left; the command goes on.
    Detached,
    /// This signal ended the client, and so the command.
    Interrupted(u8),
    /// Nobody reads our output any more, so the command is ended.
    OutputClosed,
}

impl Held {
    /// Relays until the end.
    ///
    /// # Errors
    /// The holder was killed, or the kernel failed us.
    pub fn converse(self, streams: &Streams<'_>) -> Result<Outcome, ExecError> {
        self.relay(streams, None)?.ok_or(ExecError::Lost)
    }

    /// As [`Held::converse`], but no longer than until then: `None` if the command had not ended. It is killed as soon as
    /// nobody holds it any more.
    ///
    /// # Errors
    /// As above.
    pub fn converse_until(self, streams: &Streams<'_>, until: Instant) -> Result<Option<Outcome>, ExecError> {
        self.relay(streams, Some(until))
    }

    fn relay(self, streams: &Streams<'_>, until: Option<Instant>) -> Result<Option<Outcome>, ExecError> {
        let Some(stdio) = self.stdio else { return Err(ExecError::Lost) };
        let signals = streams.terminal.map(|_| Signals::take(TERMINAL_SIGNALS)).transpose()?;
        let raw =
            streams.terminal.map(RawTerminal::enter).transpose().map_err(client("make the terminal raw"))?;
        let keys = if raw.is_some() { streams.detach.clone() } else { DetachKeys::none() };
        let (master, input, output, errors) =
            connect(stdio, streams).map_err(client("take over standard input and output"))?;
        let matcher = Matcher::new(keys);
        let mut relay = Relay {
            channel: self.channel,
            master,
            input,
            output,
            errors,
            matcher,
            ended: None,
            raw,
            signals,
            until,
        };
        relay.pass_size();
        let outcome = relay.run()?;
        if outcome == Some(Outcome::Detached) {
            Self { channel: relay.channel, stdio: None }.leave()?;
        }
        Ok(outcome)
    }
}

type Input<'a> = Flow<BorrowedFd<'a>, OwnedFd>;
type Output<'a> = Flow<OwnedFd, BorrowedFd<'a>>;

/// The terminal's master, if it is one, and the three directions. The command's ends are ours alone to make
/// non-blocking.
fn connect<'a>(
    stdio: Stdio,
    streams: &Streams<'a>,
) -> rustix::io::Result<(Option<OwnedFd>, Input<'a>, Output<'a>, Output<'a>)> {
    let copy = |fd: &OwnedFd| rustix::io::fcntl_dupfd_cloexec(fd, 0);
    let (master, stdin, stdout, stderr) = match stdio {
        Stdio::Terminal(master) => (Some(copy(&master)?), Some(copy(&master)?), master, None),
        Stdio::Pipes { stdout, stderr, stdin } => (None, stdin, stdout, Some(stderr)),
    };
    for fd in [Some(&stdout), stdin.as_ref(), stderr.as_ref()].into_iter().flatten() {
        rustix::io::ioctl_fionbio(fd, true)?;
    }
    let stdin = stdin.filter(|_| streams.stdin.is_some());
    let input = Flow::new(streams.stdin.filter(|_| stdin.is_some()), stdin);
    Ok((master, input, Flow::new(Some(stdout), streams.stdout), Flow::new(stderr, streams.stderr)))
}

/// A session under way. The terminal is restored before the signals are let through.
struct Relay<'a> {
    channel: OwnedFd,
    master: Option<OwnedFd>,
    input: Input<'a>,
    output: Output<'a>,
    errors: Output<'a>,
    matcher: Matcher,
    ended: Option<u8>,
    raw: Option<RawTerminal<'a>>,
    signals: Option<Signals>,
    until: Option<Instant>,
}

/// What can be done without waiting; nothing at all is a silence.
#[derive(Clone, Copy, Debug, Default)]
struct Ready {
    channel: bool,
    signals: bool,
    stdin: bool,
    to_command: bool,
    reads: [bool; 2],
    writes: [bool; 2],
    nothing: bool,
}

impl Relay<'_> {
    /// `None` if the time is over before anything else is.
    fn run(&mut self) -> Result<Option<Outcome>, ExecError> {
        loop {
            let ready = self.wait()?;
            if let Some(code) = self.ended.filter(|_| ready.nothing) {
                return Ok(Some(Outcome::Exited(code)));
            }
            if self.until.is_some_and(|until| until <= Instant::now()) {
                return Ok(None);
            }
            if ready.signals
                && let Some(signal) = self.take_signals()?
            {
                return Ok(Some(Outcome::Interrupted(signal)));
            }
            if !self.move_output(&ready)? {
                return Ok(Some(Outcome::OutputClosed));
            }
            if ready.channel {
                self.hear()?;
            }
            if self.move_input(&ready)? {
                return Ok(Some(Outcome::Detached));
            }
        }
    }

    /// What is not wanted now is left out rather than asked for nothing: poll(2) reports a hang-up regardless.
    fn wait(&self) -> Result<Ready, ExecError> {
        let read = |fd| (fd, PollFlags::IN);
        let write = |fd| (fd, PollFlags::OUT);
        let asked = [
            self.ended.is_none().then(|| read(self.channel.as_fd())),
            self.signals.as_ref().map(|signals| read(signals.as_fd())),
            self.input.readable().filter(|_| self.ended.is_none()).map(read),
            self.input.writable().filter(|_| self.ended.is_none()).map(write),
            self.output.readable().map(read),
            self.errors.readable().map(read),
            self.output.writable().map(write),
            self.errors.writable().map(write),
        ];
        let mut fds: heapless::Vec<PollFd<'_>, 8> =
            asked.iter().flatten().map(|&(fd, flags)| PollFd::from_borrowed_fd(fd, flags)).collect();
        let count = match poll(&mut fds, self.patience().as_ref()) {
            Ok(count) => count,
            Err(Errno::INTR) => return Ok(Ready::default()),
            Err(errno) => return Err(client("wait for the command")(errno)),
        };
        let mut events = fds.iter().map(|fd| !fd.revents().is_empty());
        let [channel, signals, stdin, to_command, out, err, to_out, to_err] =
            asked.map(|asked| asked.is_some() && events.next().unwrap_or(false));
        let (reads, writes) = ([out, err], [to_out, to_err]);
        Ok(Ready { channel, signals, stdin, to_command, reads, writes, nothing: count == 0 })
    }

    /// Once the command has ended only what it left behind is waited for: a pipe has it all by then.
    fn patience(&self) -> Option<Timespec> {
        let unwritten = self.output.writable().is_some() || self.errors.writable().is_some();
        if self.ended.is_none() || unwritten {
            // A millisecond more, as a wait of less than that would turn in circles.
            let left = self.until?.saturating_duration_since(Instant::now()) + Duration::from_millis(1);
            return Timespec::try_from(left).ok();
        }
        let on_terminal = self.master.is_some() && self.output.readable().is_some();
        let tv_nsec = if on_terminal { LAST_OUTPUT_MS * 1_000_000 } else { 0 };
        Some(Timespec { tv_sec: 0, tv_nsec })
    }

    /// The last word of the holder.
    fn hear(&mut self) -> Result<(), ExecError> {
        let message = channel::receive(self.channel.as_fd())
            .map_err(client("hear from the process in the container"))?;
        match message.bytes() {
            [EXITED, code] => self.ended = Some(*code),
            _ => return Err(ExecError::Lost),
        }
        Ok(())
    }

    /// The signal that ends the session, if one has come.
    fn take_signals(&mut self) -> Result<Option<u8>, ExecError> {
        while let Some(signal) = self.signals.as_ref().map(Signals::next).transpose()?.flatten() {
            match signal {
                Signal::SIGWINCH => self.pass_size(),
                Signal::SIGCONT => {
                    let raw = self.raw.as_ref().map_or(Ok(()), RawTerminal::make_raw);
                    raw.map_err(client("make the terminal raw again"))?;
                    self.pass_size();
                }
                signal => return Ok(Some(signal as u8)),
            }
        }
        Ok(None)
    }

    fn pass_size(&self) {
        if let Some((master, size)) = self.master.as_ref().zip(self.raw.as_ref().and_then(RawTerminal::size))
        {
            // A terminal that is gone has no size.
            terminal::resize(master.as_fd(), size).ok();
        }
    }

    /// False if a stream's reader is gone.
    fn move_output(&mut self, ready: &Ready) -> Result<bool, ExecError> {
        for (index, flow) in [&mut self.output, &mut self.errors].into_iter().enumerate() {
            if ready.writes[index] && !flow.write().map_err(client("write the command's output"))? {
                return Ok(false);
            }
            if ready.reads[index] {
                flow.read(|_, length| length).map_err(client("read the command's output"))?;
            }
        }
        Ok(true)
    }

    /// True if the user leaves. A command that reads no more is no reason to end.
    fn move_input(&mut self, ready: &Ready) -> Result<bool, ExecError> {
        let mut left = false;
        if ready.stdin {
            let matcher = &mut self.matcher;
            let matched = |typed: &mut Vec<u8>, length: usize| {
                let mut kept = Vec::with_capacity(length);
                left = matcher.feed(&typed[..length], &mut kept);
                *typed = kept;
                typed.len()
            };
            self.input.read(matched).map_err(client("read standard input"))?;
        }
        if ready.to_command || left {
            self.input.write().map_err(client("write to the command"))?;
        }
        Ok(left)
    }
}
