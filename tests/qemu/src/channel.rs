//! The host's end of the channel to a board's agent.

use crate::wire::{self, Answer, CHUNK_BYTES_MAX, Receiver, Request};
use std::io;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::time::{Duration, Instant};

/// A read gives up after this, so that deadlines are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// A connection with QEMU, which passes bytes to and from the board's port.
#[derive(Debug)]
pub(crate) struct Channel {
    stream: UnixStream,
    receiver: Receiver,
}

/// Where QEMU will connect.
pub(crate) fn listen(path: &Path) -> UnixListener {
    UnixListener::bind(path).unwrap_or_else(|e| panic!("listening at {}: {e}", path.display()))
}

impl Channel {
    /// QEMU connects before it starts the board.
    pub(crate) fn accept(listener: &UnixListener) -> io::Result<Self> {
        let (stream, _) = listener.accept()?;
        stream.set_read_timeout(Some(LOOK_EVERY))?;
        Ok(Self { stream, receiver: Receiver::default() })
    }

    pub(crate) fn send(&mut self, request: &Request) -> io::Result<()> {
        wire::send(&mut self.stream, request)
    }

    /// The next answer; `None` when the deadline has passed.
    pub(crate) fn next(&mut self, deadline: Instant) -> io::Result<Option<Answer>> {
        loop {
            if let Some(answer) = self.receiver.take() {
                return Ok(Some(answer));
            }
            if Instant::now() > deadline {
                return Ok(None);
            }
            match self.receiver.read_from(&mut self.stream) {
                Ok(0) => return Err(io::Error::other("the board is gone")),
                Ok(_) => {}
                Err(error) if is_timeout(&error) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Writes a file on the board, piece by piece.
    pub(crate) fn pieces<'a>(path: &'a str, bytes: &'a [u8]) -> impl Iterator<Item = Request> + 'a {
        let append = |bytes: &[u8]| Request::Append { path: path.to_owned(), bytes: bytes.to_vec() };
        bytes.chunks(CHUNK_BYTES_MAX).map(append)
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted)
}
