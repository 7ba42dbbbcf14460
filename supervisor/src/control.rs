//! The command line's end of the control socket.
//!
//! In: a state directory and a [`Request`]. Out: [`Reply`]s as they come, or why there are none. Nothing here waits longer
//! than it is told to: a supervisor that hangs is an error, not a command that hangs.

mod channel;
mod error;
#[cfg(test)]
mod tests;

pub use error::ControlError;

use crate::board::Board;
use channel::{Channel, Waited};
use limpet_protocol::container::Container;
use limpet_protocol::control::{
    Did, HELLO_BYTES_MAX, Hello, REPLY_BYTES_MAX, REQUEST_BYTES_MAX, Reply, Report, Request, frame, value,
};
use rustix::fd::BorrowedFd;
use rustix::process::Pid;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long the supervisor may take to let a command in and to give its first answer. It never blocks, but it syncs to
/// the disk before it answers an `up`.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a verb that works without the supervisor waits for it.
const PATIENCE_OF_SHOWING: Duration = Duration::from_secs(2);

/// What [`Conversation::hear`] came back with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// An answer.
    Reply(Reply),
    /// The time is over.
    TimeOut,
    /// The other descriptor has something to say.
    Other,
}

/// One request and its answers.
#[derive(Debug)]
pub struct Conversation {
    channel: Channel,
}

impl Conversation {
    /// Asks the supervisor of the instance whose state directory is `state`.
    ///
    /// # Errors
    /// There is none, it does not let this process in, or it does not answer.
    pub fn with(state: &Path, request: &Request) -> Result<Self, ControlError> {
        Self::with_within(state, request, PATIENCE)
    }

    fn with_within(state: &Path, request: &Request, patience: Duration) -> Result<Self, ControlError> {
        let until = Instant::now() + patience;
        let mut conversation = Self::open(state, until)?;
        conversation.send(request, until)?;
        Ok(conversation)
    }

    /// The supervisor's process.
    #[must_use]
    pub fn peer(&self) -> Option<Pid> {
        self.channel.peer()
    }

    fn send(&mut self, request: &Request, until: Instant) -> Result<(), ControlError> {
        let request = frame(request, REQUEST_BYTES_MAX).map_err(ControlError::Request)?;
        self.channel.send(&request, until)
    }

    /// Connects and greets.
    fn open(state: &Path, until: Instant) -> Result<Self, ControlError> {
        let mut channel = Channel::open(state, until)?;
        let greeting = match channel.receive(HELLO_BYTES_MAX, Some(until), None)? {
            Waited::Frame(bytes) => value::<Hello>(&bytes)?,
            Waited::End => return Err(ControlError::TurnedAway),
            Waited::TimeOut | Waited::Other => return Err(ControlError::Silent),
        };
        if greeting.magic != Hello::OURS.magic {
            return Err(ControlError::Foreign);
        }
        if greeting.version != Hello::OURS.version {
            return Err(ControlError::Version { theirs: greeting.version });
        }
        let ours = frame(&Hello::OURS, HELLO_BYTES_MAX).map_err(ControlError::Request)?;
        channel.send(&ours, until)?;
        Ok(Self { channel })
    }

    /// The next answer, or `None` after `until`.
    ///
    /// # Errors
    /// The supervisor is gone, or says what cannot be understood.
    pub fn hear(
        &mut self,
        until: Option<Instant>,
        other: Option<BorrowedFd<'_>>,
    ) -> Result<Heard, ControlError> {
        match self.channel.receive(REPLY_BYTES_MAX, until, other)? {
            Waited::Frame(bytes) => Ok(Heard::Reply(value(&bytes)?)),
            Waited::End => Err(ControlError::Gone),
            Waited::TimeOut => Ok(Heard::TimeOut),
            Waited::Other => Ok(Heard::Other),
        }
    }

    /// The first answer, which comes at once.
    ///
    /// # Errors
    /// See [`Conversation::hear`]; a refusal is an error, too.
    pub fn first(&mut self) -> Result<Reply, ControlError> {
        self.first_within(PATIENCE)
    }

    fn first_within(&mut self, patience: Duration) -> Result<Reply, ControlError> {
        match self.hear(Some(Instant::now() + patience), None)? {
            Heard::Reply(Reply::Refused(why)) => Err(ControlError::Refused(why)),
            Heard::Reply(reply) => Ok(reply),
            Heard::TimeOut | Heard::Other => Err(ControlError::Silent),
        }
    }
}

/// Everything that the supervisor knows.
///
/// # Errors
/// There is none, or it does not answer.
pub fn report(state: &Path) -> Result<Report, ControlError> {
    let mut conversation = Conversation::with_within(state, &Request::Report, PATIENCE_OF_SHOWING)?;
    match conversation.first_within(PATIENCE_OF_SHOWING)? {
        Reply::Report(report) => Ok(report),
        _ => Err(ControlError::Unexpected),
    }
}

/// What the supervisor knows, for a verb that also works without it: nothing if there is none, or if this process may
/// not ask it. Another failure is told to `complain`.
#[must_use]
pub fn report_if_there(state: &Path, complain: impl FnOnce(&ControlError)) -> Report {
    report(state).unwrap_or_else(|error| {
        if !error.is_absence() {
            complain(&error);
        }
        Report::default()
    })
}

/// Tells the supervisor that a person did something to a container, if there is a supervisor.
///
/// What it is told it would find out by itself, only later or less exactly: so a failure is no failure of the verb.
/// Whether it was told.
pub fn tell(board: &Board, container: &Container, did: Did) -> bool {
    let request = Request::Look { id: container.keep.launch.id.clone(), did, name: container.name.clone() };
    let told = Conversation::with_within(board.state(), &request, PATIENCE_OF_SHOWING)
        .and_then(|mut conversation| conversation.first_within(PATIENCE_OF_SHOWING));
    told.is_ok()
}
