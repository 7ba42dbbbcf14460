//! The parent's end: never waits, believes nothing but the form of what is said, and holds no more than the maxima.
//!
//! For a parent of one thread that waits by its own means: when the socket ([`Courier::as_fd`]) can be read, call
//! [`Courier::receive`] until it says that nothing is there; while [`Courier::has_unsent`], call [`Courier::flush`] when it can
//! be written. The process itself is the caller's: [`command`] says how it is started.

use crate::limits::{SAID_BYTES_MAX, TOLD_BYTES_MAX};
use crate::wire::{Said, Terms, Told};
use limpet_fetcher::wire::frame;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// Bytes before each message that say how long it is.
const LENGTH_BYTES: usize = 4;
/// Bytes that are read at a time.
const READ_BYTES: usize = 16 * 1024;
/// Most that may wait to be sent besides a report: answers to what was said.
const UNSENT_BYTES_MAX: usize = 2 * TOLD_BYTES_MAX;

/// Why nothing more comes. The process is to be ended, and started again after a while.
#[derive(Debug, thiserror::Error)]
pub enum Gone {
    /// It has ended.
    #[error("the process limpet sync has ended")]
    Ended,
    /// It does not keep to the form, or does not listen.
    #[error("the process limpet sync talks nonsense")]
    Nonsense,
    /// The socket's.
    #[error("cannot talk to the process limpet sync")]
    Io(#[from] io::Error),
}

/// One end of a socket pair.
#[derive(Debug)]
pub struct Courier {
    socket: UnixStream,
    come: Vec<u8>,
    /// Bytes at the beginning of `come` that were given out.
    taken: usize,
    unsent: Vec<u8>,
    /// A report that waits for its turn.
    report: Option<Vec<u8>>,
}

/// The command of a process whose standard input is the other end. It is to be ended when the courier is dropped, and ends by
/// itself when the thread that started it does.
#[must_use]
pub fn command(program: &Path, theirs: OwnedFd) -> Command {
    let mut command = Command::new(program);
    // Without word of routes it waits a little longer after the network was away.
    let routes = crate::network::open().map_or_else(|_| Stdio::null(), Stdio::from);
    command.arg0("limpet").arg(crate::VERB).env_clear();
    command.stdin(Stdio::from(theirs)).stdout(routes).stderr(Stdio::null());
    command
}

impl Courier {
    /// Both ends; the process finds its terms waiting.
    ///
    /// # Errors
    /// No socket.
    pub fn pair(terms: &Terms) -> io::Result<(Self, OwnedFd)> {
        let (mut socket, theirs) = UnixStream::pair()?;
        // Less than a socket takes at once.
        socket.write_all(&frame(terms)?)?;
        socket.set_nonblocking(true)?;
        let courier = Self { socket, come: Vec::new(), taken: 0, unsent: Vec::new(), report: None };
        Ok((courier, theirs.into()))
    }

    /// What is said next; `None` if nothing whole has come yet.
    ///
    /// # Errors
    /// See [`Gone`]; what was said before has been given out.
    pub fn receive(&mut self) -> Result<Option<Said<'_>>, Gone> {
        self.forget_taken();
        let Some(end) = self.fill()? else { return Ok(None) };
        self.taken = end;
        postcard::from_bytes(&self.come[LENGTH_BYTES..end]).map(Some).map_err(|_| Gone::Nonsense)
    }

    /// Sends a message, or keeps it until [`Courier::flush`]. A report takes the place of one that is still kept.
    ///
    /// # Errors
    /// See [`Gone`].
    pub fn send(&mut self, told: &Told) -> Result<(), Gone> {
        let bytes = frame(told)?;
        match told {
            Told::Report { .. } => self.report = Some(bytes),
            Told::Proof(_) | Told::Enrol(_) | Told::Seen(_) | Told::Fetch { .. } | Told::Hurry => {
                if self.unsent.len() + bytes.len() > UNSENT_BYTES_MAX {
                    return Err(Gone::Nonsense);
                }
                self.unsent.extend_from_slice(&bytes);
            }
        }
        self.flush()
    }

    /// Sends what is kept, as far as it goes.
    ///
    /// # Errors
    /// See [`Gone`].
    pub fn flush(&mut self) -> Result<(), Gone> {
        loop {
            if self.unsent.is_empty() {
                match self.report.take() {
                    Some(report) => self.unsent = report,
                    None => return Ok(()),
                }
            }
            match self.socket.write(&self.unsent) {
                Ok(count) => drop(self.unsent.drain(..count)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Err(Gone::Ended),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Whether something waits for [`Courier::flush`].
    #[must_use]
    pub fn has_unsent(&self) -> bool {
        !self.unsent.is_empty()
    }

    fn forget_taken(&mut self) {
        self.come.drain(..std::mem::take(&mut self.taken));
        // An envelope is large, and rare.
        if self.come.is_empty() && self.come.capacity() > READ_BYTES {
            self.come = Vec::new();
        }
    }

    /// Reads until a message is whole; where it ends, or `None` if more must come first.
    fn fill(&mut self) -> Result<Option<usize>, Gone> {
        loop {
            let wanted = match self.come.first_chunk() {
                Some(length) => LENGTH_BYTES + u32::from_le_bytes(*length) as usize,
                None => LENGTH_BYTES,
            };
            if wanted > LENGTH_BYTES + SAID_BYTES_MAX {
                return Err(Gone::Nonsense);
            }
            if wanted > LENGTH_BYTES && self.come.len() >= wanted {
                return Ok(Some(wanted));
            }
            if wanted == LENGTH_BYTES && self.come.len() == LENGTH_BYTES {
                return Err(Gone::Nonsense);
            }
            if !self.read(wanted - self.come.len())? {
                return Ok(None);
            }
        }
    }

    /// Some of the next `wanted` bytes; whether any were there.
    fn read(&mut self, wanted: usize) -> Result<bool, Gone> {
        let old = self.come.len();
        self.come.reserve_exact(wanted.min(READ_BYTES));
        self.come.resize(old + wanted.min(READ_BYTES), 0);
        let read = self.socket.read(&mut self.come[old..]);
        self.come.truncate(old + read.as_ref().copied().unwrap_or(0));
        match read {
            Ok(0) => Err(Gone::Ended),
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => Err(Gone::Ended),
            Err(error) => Err(error.into()),
        }
    }
}

impl AsFd for Courier {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

#[cfg(test)]
mod tests;
