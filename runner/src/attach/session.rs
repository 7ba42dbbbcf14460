//! A session: a person or a script on one side, a container on the other, until one of them ends it.
//!
//! One poll(2) waits for the keeper, stdin, the output and signals. Nothing here blocks anywhere else, so a signal
//! reaches the container even when nobody reads its output.

use super::connection::{Connection, Error, failed};
use super::detach::DetachKeys;
use super::input::{Input, Typed};
use super::output::{News, Output};
use super::signals::{self, Signals};
use super::terminal::RawTerminal;
use limpet_protocol::exit::Exit;
use limpet_protocol::keeper::Request;
use nix::sys::signal::Signal;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fd::{AsFd, BorrowedFd};
use rustix::io::Errno;

/// What connects a client with a container.
#[derive(Debug)]
pub struct Session<'a> {
    /// To its keeper.
    pub connection: Connection,
    /// The directory of that keeper's socket: each signal goes over a connection of its own, because a keeper does not
    /// hear a client whose stdin the container does not read. Without it signals wait behind stdin.
    pub directory: Option<BorrowedFd<'a>>,
    /// Read and passed on, if it is wanted.
    pub stdin: Option<BorrowedFd<'a>>,
    /// Its end is the end of the container's stdin; else that stays open for whoever attaches next.
    pub ends_stdin: bool,
    /// Where its standard output goes; thrown away without one.
    pub stdout: Option<BorrowedFd<'a>>,
    /// Where its standard error goes.
    pub stderr: Option<BorrowedFd<'a>>,
    /// The user's terminal, if the container has one too: made raw, and its size passed on.
    pub terminal: Option<BorrowedFd<'a>>,
    /// What the user types to leave; counts only with a terminal.
    pub detach: DetachKeys,
    /// Signals go to the container; counts only without a terminal, where Ctrl-C is a key like others.
    pub proxy_signals: bool,
}

/// What is told while a session lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice<'a> {
    /// The container's command was executed.
    Started,
    /// Something went wrong that does not end the session.
    Warning(&'a str),
}

/// How a session ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The container has ended, and all its output is written.
    Exited(Exit),
    /// The user left; it runs on.
    Detached,
    /// This signal ended the client; the container runs on.
    Interrupted(u8),
    /// Nobody reads our output any more; the container runs on. What writes to a closed pipe dies of SIGPIPE.
    OutputClosed,
    /// The keeper is gone without a word.
    Lost,
}

impl Session<'_> {
    /// Attaches, and relays until the end; what is worth knowing meanwhile is told to `tell`.
    ///
    /// The terminal and the signal mask of this thread are as before when it returns.
    ///
    /// # Errors
    /// The keeper refused to be attached to, spoke another language, or the kernel failed us.
    pub fn run(self, tell: &mut dyn FnMut(Notice<'_>)) -> Result<Outcome, Error> {
        let wanted = match (self.terminal, self.proxy_signals) {
            (Some(_), _) => signals::TERMINAL,
            (None, true) => signals::PROXIED,
            (None, false) => &[],
        };
        let signals = Signals::take(wanted)?;
        let terminal =
            self.terminal.map(RawTerminal::enter).transpose().map_err(failed("make the terminal raw"))?;
        let keys = if terminal.is_some() { self.detach } else { DetachKeys::none() };
        self.connection.send(&Request::Attach { stdin: self.stdin.is_some() })?;
        let mut relay = Relay {
            input: Input::new(self.stdin, self.ends_stdin, keys),
            output: Output::new(self.stdout, self.stderr),
            connection: self.connection,
            directory: self.directory,
            accepted: false,
            terminal,
            signals,
        };
        relay.pass_size();
        relay.run(tell)
    }
}

/// A session under way. The terminal is restored before the signals are let through.
struct Relay<'a> {
    input: Input<'a>,
    output: Output<'a>,
    connection: Connection,
    directory: Option<BorrowedFd<'a>>,
    /// The keeper has answered: what it refuses from now on is not the session.
    accepted: bool,
    terminal: Option<RawTerminal<'a>>,
    signals: Signals,
}

/// What can be done without waiting.
#[derive(Clone, Copy, Debug, Default)]
struct Ready {
    signals: bool,
    stdin: bool,
    output: bool,
    socket: bool,
}

impl Relay<'_> {
    fn run(&mut self, tell: &mut dyn FnMut(Notice<'_>)) -> Result<Outcome, Error> {
        loop {
            self.input.prepare()?;
            let ready = self.wait()?;
            if ready.signals
                && let Some(outcome) = self.take_signals(tell)?
            {
                return Ok(outcome);
            }
            if ready.output && !self.output.write()? {
                return Ok(Outcome::OutputClosed);
            }
            if ready.socket
                && let Some(outcome) = self.converse(tell)?
            {
                return Ok(outcome);
            }
            if ready.stdin && self.input.read(&mut |text| tell(Notice::Warning(text)))? == Typed::Detach {
                self.input.send(&self.connection)?;
                return Ok(Outcome::Detached);
            }
        }
    }

    /// Sleeps until something can be done.
    ///
    /// What is not wanted now is left out rather than asked for nothing: poll(2) reports a hang-up regardless, and
    /// the loop would spin.
    fn wait(&self) -> Result<Ready, Error> {
        let mut socket = PollFlags::empty();
        socket.set(PollFlags::IN, self.output.waits().is_none());
        socket.set(PollFlags::OUT, self.input.waits());
        let asked = [
            Some((self.signals.as_fd(), PollFlags::IN)),
            self.input.wanted().map(|fd| (fd, PollFlags::IN)),
            self.output.waits().map(|fd| (fd, PollFlags::OUT)),
            (!socket.is_empty()).then_some((self.connection.as_fd(), socket)),
        ];
        let mut fds: heapless::Vec<PollFd<'_>, 4> =
            asked.iter().flatten().map(|&(fd, flags)| PollFd::from_borrowed_fd(fd, flags)).collect();
        match poll(&mut fds, None) {
            Ok(_) => {}
            Err(Errno::INTR) => return Ok(Ready::default()),
            Err(errno) => return Err(failed("wait for the container")(errno)),
        }
        let mut events = fds.iter().map(|fd| !fd.revents().is_empty());
        let [signals, stdin, output, socket] =
            asked.map(|asked| asked.is_some() && events.next().unwrap_or(false));
        Ok(Ready { signals, stdin, output, socket })
    }

    fn take_signals(&mut self, tell: &mut dyn FnMut(Notice<'_>)) -> Result<Option<Outcome>, Error> {
        while let Some(signal) = self.signals.next()? {
            match (&self.terminal, signal) {
                (None, signal) => self.pass_signal(signal, tell),
                (Some(_), Signal::SIGWINCH) => self.pass_size(),
                (Some(_), Signal::SIGCONT) => self.resume(tell),
                (Some(_), signal) => return Ok(Some(Outcome::Interrupted(signal as u8))),
            }
        }
        Ok(None)
    }

    /// Past all that waits on the session's own connection, where that is possible.
    fn pass_signal(&mut self, signal: Signal, tell: &mut dyn FnMut(Notice<'_>)) {
        let opened = self.directory.map_or(Ok(None), Connection::open_now);
        let sent = opened.and_then(|connection| {
            connection.map(|connection| connection.send(&Request::Signal(signal as u8))).transpose()
        });
        match sent {
            Ok(Some(())) => {}
            Ok(None) => self.input.signal(signal),
            // It has ended: the session is about to hear of it.
            Err(Error::NotRunning) => {}
            Err(error) => {
                tell(Notice::Warning(&format!("{signal} does not reach the container: {error}")));
            }
        }
    }

    fn resume(&mut self, tell: &mut dyn FnMut(Notice<'_>)) {
        if let Some(Err(errno)) = self.terminal.as_ref().map(RawTerminal::make_raw) {
            tell(Notice::Warning(&format!("cannot make the terminal raw again: {errno}")));
        }
        self.pass_size();
    }

    fn pass_size(&mut self) {
        if let Some(size) = self.terminal.as_ref().and_then(RawTerminal::size) {
            self.input.resize(size);
        }
    }

    /// Sends what waits, and receives if there is room for it.
    fn converse(&mut self, tell: &mut dyn FnMut(Notice<'_>)) -> Result<Option<Outcome>, Error> {
        self.input.send(&self.connection)?;
        if self.output.waits().is_some() {
            return Ok(None);
        }
        match self.output.receive(&self.connection)? {
            News::None => {}
            News::Accepted => self.accepted = true,
            News::Started => {
                self.accepted = true;
                tell(Notice::Started);
            }
            News::Refused(why) if self.accepted => tell(Notice::Warning(&why)),
            News::Refused(why) => return Err(Error::Refused(why)),
            News::Exited(exit) => return Ok(Some(Outcome::Exited(exit))),
            News::Gone => return Ok(Some(Outcome::Lost)),
        }
        Ok(None)
    }
}
