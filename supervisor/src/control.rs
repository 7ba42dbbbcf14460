//! The command line's side of the control socket.
//!
//! In: a request. Out: the supervisor's answers, or a line that says why there are none. A supervisor that does not answer
//! in time does not hold a command up for ever.

use crate::board::Board;
use crate::failure::Failure;
use crate::screen;
use crate::supervise::{SOCKET_NAME, address, is_supervised};
use limpet_protocol::container::Container;
use limpet_protocol::control::{
    Did, HELLO_BYTES_MAX, Hello, LENGTH_BYTES, REPLY_BYTES_MAX, REQUEST_BYTES_MAX, Reply, Request, frame,
    length, value,
};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, connect, socket_with};
use rustix::process::Pid;
use serde::de::DeserializeOwned;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// How long the supervisor may take to greet, and to take a request.
const PATIENCE: Duration = Duration::from_secs(5);

/// A conversation with the supervisor.
#[derive(Debug)]
pub struct Conversation {
    stream: UnixStream,
}

impl Conversation {
    /// Begins one; `None` if no supervisor runs for this instance.
    ///
    /// # Errors
    /// One runs and cannot be talked to.
    pub fn begin(board: &Board) -> Result<Option<Self>, Failure> {
        let explain =
            |what: &str| format!("talk to the supervisor at {}/{SOCKET_NAME}: {what}", board.globals.state);
        let Some(stream) = open(&board.globals.state)
            .map_err(|errno| Failure::new(explain(&limpet_runner::failure::reason(errno))))?
        else {
            return Ok(None);
        };
        let mut conversation = Self { stream };
        match conversation.greet() {
            Ok(true) => Ok(Some(conversation)),
            Ok(false) => Err(Failure::new(explain("it is of another version; restart it"))),
            Err(error) => Err(Failure::new(explain(&plain(&error)))),
        }
    }

    /// Begins one with a supervisor that must be there.
    ///
    /// # Errors
    /// None runs, with what to do about it; or it cannot be talked to.
    pub fn needed(board: &Board) -> Result<Self, Failure> {
        Self::begin(board)?.ok_or_else(|| {
            Failure::new(format!(
                "no supervisor answers at {}/{SOCKET_NAME}; start it with: systemctl start limpet, or: limpet supervise",
                board.globals.state
            ))
        })
    }

    /// The supervisor's process.
    #[must_use]
    pub fn peer(&self) -> Option<Pid> {
        rustix::net::sockopt::socket_peercred(&self.stream).ok().map(|peer| peer.pid)
    }

    fn greet(&mut self) -> io::Result<bool> {
        self.stream.set_read_timeout(Some(PATIENCE))?;
        self.stream.set_write_timeout(Some(PATIENCE))?;
        self.stream.write_all(&frame(&Hello::OURS, HELLO_BYTES_MAX).map_err(io::Error::other)?)?;
        let hello: Hello = self.read(HELLO_BYTES_MAX)?;
        Ok(hello == Hello::OURS)
    }

    /// Asks; the answers come by [`Conversation::answer`].
    ///
    /// # Errors
    /// It is too large, or is not taken.
    pub fn ask(&mut self, request: &Request) -> Result<(), Failure> {
        let bytes = frame(request, REQUEST_BYTES_MAX)?;
        self.stream.write_all(&bytes).map_err(|error| lost(&error))?;
        // From here on it may take as long as what was asked for takes.
        Ok(self.stream.set_read_timeout(None)?)
    }

    /// The next answer; `None` after the last, which is [`Reply::Done`].
    ///
    /// # Errors
    /// It was refused, or the supervisor is gone.
    pub fn answer(&mut self) -> Result<Option<Reply>, Failure> {
        match self.read(REPLY_BYTES_MAX).map_err(|error| lost(&error))? {
            Reply::Done => Ok(None),
            Reply::Refused(why) => Err(Failure::new(why)),
            reply => Ok(Some(reply)),
        }
    }

    fn read<T: DeserializeOwned>(&mut self, bytes_max: usize) -> io::Result<T> {
        let mut prefix = [0; LENGTH_BYTES];
        self.stream.read_exact(&mut prefix)?;
        let mut bytes = vec![0; length(prefix, bytes_max).map_err(io::Error::other)?];
        self.stream.read_exact(&mut bytes)?;
        value(&bytes).map_err(io::Error::other)
    }
}

fn lost(error: &io::Error) -> Failure {
    Failure::new(format!("hear from the supervisor: {}; it goes on with what it was told", plain(error)))
}

fn plain(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "it has closed the connection".to_owned(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => "it does not answer".to_owned(),
        _ => error.to_string(),
    }
}

fn open(state: &str) -> Result<Option<UnixStream>, Errno> {
    let directory = match rustix::fs::open(state, OFlags::PATH | OFlags::CLOEXEC, Mode::empty()) {
        Err(Errno::NOENT) => return Ok(None),
        directory => directory?,
    };
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    match connect(&socket, &address(&directory)?) {
        Ok(()) => Ok(Some(UnixStream::from(socket))),
        Err(Errno::NOENT | Errno::CONNREFUSED) => Ok(None),
        Err(errno) => Err(errno),
    }
}

/// Tells the supervisor, if one runs, that a person did something to a container. It finds that out by itself in time, so
/// one that cannot be told is no reason to fail.
pub fn tell(board: &Board, container: &Container, did: Did) {
    told(board, container, did);
}

/// The same for a container that was just made: if nobody is there to keep to its restart policy or its health check,
/// its owner should know.
pub fn tell_new(board: &Board, container: &Container, did: Did) {
    if !told(board, container, did) && is_supervised(container) {
        screen::complain(&format!(
            "container {}: its restart policy and health check are kept only while limpet supervise runs",
            container.name
        ));
    }
}

fn told(board: &Board, container: &Container, did: Did) -> bool {
    let request = Request::Look { id: container.keep.launch.id.clone(), did, name: container.name.clone() };
    let Ok(Some(mut conversation)) = Conversation::begin(board) else { return false };
    conversation.ask(&request).is_ok()
}
