//! What comes from the keeper: packets in, bytes on stdout and stderr out.
//!
//! One packet is held at most, and the next is received when it is written: who does not read our output holds back
//! the keeper, and no memory grows.

use super::connection::{Connection, Error, decode, failed};
use limpet_protocol::exit::Exit;
use limpet_protocol::keeper::{PACKET_BYTES_MAX, Reply};
use rustix::fd::BorrowedFd;
use rustix::fs::FileType;
use rustix::io::Errno;
use rustix::net::RecvFlags;
use std::ops::Range;

/// What surely does not block on a pipe that poll(2) calls writable (pipe(7), PIPE_BUF): a blocked write would keep
/// signals from the container. The descriptor is not ours alone, so it cannot be made non-blocking.
const PIPE_WRITE_BYTES: usize = 4096;

/// A reply that is not output.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum News {
    /// Nothing to be decided.
    None,
    /// Something was accepted.
    Accepted,
    /// The command was executed.
    Started,
    Refused(String),
    Exited(Exit),
    /// The connection has ended.
    Gone,
}

/// One of the two streams.
#[derive(Clone, Copy)]
struct Sink<'a> {
    fd: BorrowedFd<'a>,
    write_bytes_max: usize,
}

pub(super) struct Output<'a> {
    stdout: Option<Sink<'a>>,
    stderr: Option<Sink<'a>>,
    packet: Vec<u8>,
    /// What of `packet` is still to be written, and where.
    rest: Range<usize>,
    sink: Option<Sink<'a>>,
}

impl<'a> Output<'a> {
    /// A stream that is `None` is thrown away.
    pub(super) fn new(stdout: Option<BorrowedFd<'a>>, stderr: Option<BorrowedFd<'a>>) -> Self {
        let (stdout, stderr) = (stdout.map(Sink::new), stderr.map(Sink::new));
        Self { stdout, stderr, packet: vec![0; PACKET_BYTES_MAX], rest: 0..0, sink: None }
    }

    /// The stream on which something waits to be written.
    pub(super) fn waits(&self) -> Option<BorrowedFd<'a>> {
        self.sink.map(|sink| sink.fd)
    }

    /// Writes some of what waits, to a stream that poll(2) called writable; false if nobody reads that stream.
    pub(super) fn write(&mut self) -> Result<bool, Error> {
        let Some(sink) = self.sink else { return Ok(true) };
        let end = self.rest.end.min(self.rest.start + sink.write_bytes_max);
        match rustix::io::write(sink.fd, &self.packet[self.rest.start..end]) {
            Ok(count) => self.rest.start += count,
            Err(Errno::INTR | Errno::AGAIN) => {}
            Err(Errno::PIPE) => return Ok(false),
            Err(errno) => return Err(failed("write the container's output")(errno)),
        }
        if self.rest.is_empty() {
            self.sink = None;
        }
        Ok(true)
    }

    /// Receives the next packet; only when nothing waits.
    pub(super) fn receive(&mut self, connection: &Connection) -> Result<News, Error> {
        let received = match connection.receive_packet(&mut self.packet, RecvFlags::DONTWAIT) {
            Ok(0) => return Ok(News::Gone),
            Ok(received) => received,
            Err(Errno::AGAIN) => return Ok(News::None),
            Err(errno) => return Err(failed("receive from the keeper")(errno)),
        };
        let (bytes, sink) = match decode(&self.packet, received)? {
            Reply::Stdout(bytes) => (bytes, self.stdout),
            Reply::Stderr(bytes) => (bytes, self.stderr),
            Reply::Started => return Ok(News::Started),
            Reply::Done => return Ok(News::Accepted),
            Reply::Refused(why) => return Ok(News::Refused(why)),
            Reply::Exited(exit) => return Ok(News::Exited(exit)),
        };
        // The bytes are the packet's last field.
        self.rest = received - bytes.len()..received;
        self.sink = sink.filter(|_| !self.rest.is_empty());
        Ok(News::Accepted)
    }
}

impl<'a> Sink<'a> {
    fn new(fd: BorrowedFd<'a>) -> Self {
        let regular =
            rustix::fs::fstat(fd).is_ok_and(|s| FileType::from_raw_mode(s.st_mode) == FileType::RegularFile);
        Self { fd, write_bytes_max: if regular { PACKET_BYTES_MAX } else { PIPE_WRITE_BYTES } }
    }
}
