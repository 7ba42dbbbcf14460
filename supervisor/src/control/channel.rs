//! Frames over the control socket, with a deadline for everything.

use super::ControlError;
use limpet_protocol::control::{LENGTH_BYTES, length};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{Mode, OFlags, open};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, connect, recv, send, socket_with,
};
use rustix::process::Pid;
use std::path::Path;
use std::time::{Duration, Instant};

/// Between two tries to be let in while others wait for it, too.
const LOOK_AGAIN: Duration = Duration::from_millis(10);
/// What is read at a time.
const PIECE_BYTES: usize = 16 * 1024;

/// What came of waiting for a frame.
pub(super) enum Waited {
    /// The frame, without its length.
    Frame(Vec<u8>),
    /// The other side is gone.
    End,
    /// The time is over.
    TimeOut,
    /// The other descriptor has something to say.
    Other,
}

/// One connection.
#[derive(Debug)]
pub(super) struct Channel {
    socket: OwnedFd,
    /// Received and not given yet.
    bytes: Vec<u8>,
}

fn failed(doing: &'static str) -> impl FnOnce(Errno) -> ControlError {
    move |errno| ControlError::Io { doing, errno }
}

impl Channel {
    pub(super) fn open(state: &Path, until: Instant) -> Result<Self, ControlError> {
        let path = || state.join(crate::supervise::SOCKET_NAME);
        let unreachable = |errno| match errno {
            Errno::NOENT | Errno::CONNREFUSED => ControlError::Absent(path()),
            Errno::ACCESS | Errno::PERM => ControlError::Forbidden(path()),
            errno => failed("connect to")(errno),
        };
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = open(state, flags, Mode::empty()).map_err(unreachable)?;
        let address = crate::supervise::address(&directory).map_err(unreachable)?;
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket =
            socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None).map_err(failed("make"))?;
        loop {
            match connect(&socket, &address) {
                Ok(()) => return Ok(Self { socket, bytes: Vec::new() }),
                // Too many wait to be let in (unix(7) has nothing to poll for then).
                Err(Errno::AGAIN) if Instant::now() < until => std::thread::sleep(LOOK_AGAIN),
                Err(Errno::AGAIN) => return Err(ControlError::Silent),
                Err(errno) => return Err(unreachable(errno)),
            }
        }
    }

    /// The process on the other side.
    pub(super) fn peer(&self) -> Option<Pid> {
        rustix::net::sockopt::socket_peercred(&self.socket).ok().map(|peer| peer.pid)
    }

    pub(super) fn send(&self, mut bytes: &[u8], until: Instant) -> Result<(), ControlError> {
        while !bytes.is_empty() {
            match send(&self.socket, bytes, SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
                Ok(count) => bytes = &bytes[count..],
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => {
                    let socket = PollFd::new(&self.socket, PollFlags::OUT);
                    if !wait(&mut [socket], Some(until))? {
                        return Err(ControlError::Silent);
                    }
                }
                // It may have said why before it went away.
                Err(Errno::PIPE | Errno::CONNRESET) => return Ok(()),
                Err(errno) => return Err(failed("send to")(errno)),
            }
        }
        Ok(())
    }

    /// What has come of a frame stays for the next call if the time is over.
    pub(super) fn receive(
        &mut self,
        bytes_max: usize,
        until: Option<Instant>,
        other: Option<BorrowedFd<'_>>,
    ) -> Result<Waited, ControlError> {
        loop {
            if let Some(frame) = self.take_frame(bytes_max)? {
                return Ok(Waited::Frame(frame));
            }
            if !self.fill()? {
                return Ok(Waited::End);
            }
            if self.is_complete(bytes_max)? {
                continue;
            }
            let socket = PollFd::from_borrowed_fd(self.socket.as_fd(), PollFlags::IN);
            let others = other.map(|other| PollFd::from_borrowed_fd(other, PollFlags::IN));
            let mut fds: Vec<PollFd<'_>> = others.into_iter().chain([socket]).collect();
            if !wait(&mut fds, until)? {
                return Ok(Waited::TimeOut);
            }
            if other.is_some() && !fds[0].revents().is_empty() {
                return Ok(Waited::Other);
            }
        }
    }

    fn announced(&self, bytes_max: usize) -> Result<Option<usize>, ControlError> {
        let Some(prefix) = self.bytes.first_chunk::<LENGTH_BYTES>() else { return Ok(None) };
        Ok(Some(length(*prefix, bytes_max)?))
    }

    fn is_complete(&self, bytes_max: usize) -> Result<bool, ControlError> {
        let announced = self.announced(bytes_max)?;
        Ok(announced.is_some_and(|length| self.bytes.len() >= LENGTH_BYTES + length))
    }

    fn take_frame(&mut self, bytes_max: usize) -> Result<Option<Vec<u8>>, ControlError> {
        if !self.is_complete(bytes_max)? {
            return Ok(None);
        }
        let length = self.announced(bytes_max)?.unwrap_or(0);
        let rest = self.bytes.split_off(LENGTH_BYTES + length);
        let mut frame = std::mem::replace(&mut self.bytes, rest);
        frame.drain(..LENGTH_BYTES);
        Ok(Some(frame))
    }

    /// Takes what is there; `false` at the end.
    fn fill(&mut self) -> Result<bool, ControlError> {
        let mut piece = [0; PIECE_BYTES];
        match recv(&self.socket, &mut piece[..], RecvFlags::DONTWAIT) {
            Ok((0, _)) | Err(Errno::CONNRESET) => Ok(false),
            Ok((count, _)) => {
                self.bytes.extend_from_slice(&piece[..count]);
                Ok(true)
            }
            Err(Errno::AGAIN | Errno::INTR) => Ok(true),
            Err(errno) => Err(failed("receive from")(errno)),
        }
    }
}

/// `false` when the time is over.
fn wait(fds: &mut [PollFd<'_>], until: Option<Instant>) -> Result<bool, ControlError> {
    let left = until.map(|until| until.saturating_duration_since(Instant::now()));
    let timeout = left.and_then(|left| Timespec::try_from(left).ok());
    match poll(fds, timeout.as_ref()) {
        Ok(count) => Ok(count > 0),
        Err(Errno::INTR) => Ok(left.is_none_or(|left| !left.is_zero())),
        Err(errno) => Err(failed("wait for")(errno)),
    }
}
