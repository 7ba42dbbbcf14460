//! One client's end of a keeper's socket: requests in, replies out, one packet each.

use limpet_protocol::keeper::{PACKET_BYTES_MAX, Reply, Request};
use rustix::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;
use rustix::net::{self, AddressFamily, RecvFlags, SendFlags, SocketAddrUnix, SocketFlags, SocketType};
use std::io;

/// The name of a keeper's socket in its container's directory.
pub const SOCKET_NAME: &str = "keeper.sock";

/// What went wrong between a client and a keeper.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No process listens: the container is not running.
    #[error("the container has no keeper: it is not running")]
    NotRunning,
    /// The keeper ended, or closed the connection, before it said what was asked of it.
    #[error("the container's keeper is gone")]
    Gone,
    /// The keeper refused, and says why.
    #[error("{0}")]
    Refused(String),
    /// A packet that is too long or not a reply: a keeper of another version.
    #[error("the container's keeper sent a packet that is no reply; is it of another version?")]
    Malformed,
    /// A request that does not fit a packet.
    #[error("a request does not fit a packet of {PACKET_BYTES_MAX} bytes")]
    TooLong,
    /// The kernel refused.
    #[error("cannot {0}")]
    Io(&'static str, #[source] io::Error),
}

/// A connection to a keeper: a Unix socket of type SOCK_SEQPACKET.
#[derive(Debug)]
pub struct Connection {
    socket: OwnedFd,
}

impl Connection {
    /// Connects to the keeper of the container whose directory under the state directory is `dir` (O_PATH will do).
    ///
    /// # Errors
    /// [`Error::NotRunning`] where no keeper listens.
    pub fn open(dir: BorrowedFd<'_>) -> Result<Self, Error> {
        Self::open_with(dir, SocketFlags::empty())?
            .ok_or_else(|| failed("connect to the keeper")(Errno::AGAIN))
    }

    /// As [`Connection::open`], but never waits: `None` while too many others wait to be let in.
    ///
    /// # Errors
    /// [`Error::NotRunning`] where no keeper listens.
    pub fn open_now(dir: BorrowedFd<'_>) -> Result<Option<Self>, Error> {
        Self::open_with(dir, SocketFlags::NONBLOCK)
    }

    fn open_with(dir: BorrowedFd<'_>, flags: SocketFlags) -> Result<Option<Self>, Error> {
        // A name in sun_path has at most 107 bytes (unix(7)); this one is short, wherever the directory is.
        let path = format!("/proc/self/fd/{}/{SOCKET_NAME}", dir.as_raw_fd());
        let address = SocketAddrUnix::new(path).map_err(failed("name the keeper's socket"))?;
        let socket =
            net::socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, flags | SocketFlags::CLOEXEC, None)
                .map_err(failed("make a socket"))?;
        match rustix::io::retry_on_intr(|| net::connect(&socket, &address)) {
            Ok(()) => Ok(Some(Self { socket })),
            Err(Errno::AGAIN) => Ok(None),
            Err(Errno::NOENT | Errno::CONNREFUSED) => Err(Error::NotRunning),
            Err(errno) => Err(failed("connect to the keeper")(errno)),
        }
    }

    /// Takes a socket that is connected already.
    #[must_use]
    pub fn from_socket(socket: OwnedFd) -> Self {
        Self { socket }
    }

    /// Sends one request; waits while the keeper's queue is full.
    ///
    /// That nobody is there to read it is no error here: a keeper that has ended may have said why, and
    /// [`Connection::receive`] gives that first, then [`Error::Gone`].
    ///
    /// # Errors
    /// The request is too long, or the kernel refused.
    pub fn send(&self, request: &Request<'_>) -> Result<(), Error> {
        let mut buffer = [0; PACKET_BYTES_MAX];
        let packet = encode(request, &mut buffer)?;
        match self.send_packet(packet, SendFlags::empty()).map_err(sending_failed) {
            Err(Error::Gone) => Ok(()),
            sent => sent,
        }
    }

    /// Receives one reply into `buffer` ([`PACKET_BYTES_MAX`] bytes); waits for it.
    ///
    /// # Errors
    /// [`Error::Gone`] at the end of the connection.
    pub fn receive<'b>(&self, buffer: &'b mut [u8]) -> Result<Reply<'b>, Error> {
        let received =
            self.receive_packet(buffer, RecvFlags::empty()).map_err(failed("receive from the keeper"))?;
        decode(buffer, received)
    }

    /// As [`Connection::send`], but never waits: `false` while the keeper's queue is full.
    ///
    /// # Errors
    /// [`Error::Gone`] if nobody is there to read it.
    pub fn send_now(&self, request: &Request<'_>) -> Result<bool, Error> {
        let mut buffer = [0; PACKET_BYTES_MAX];
        let packet = encode(request, &mut buffer)?;
        match self.send_packet(packet, SendFlags::DONTWAIT) {
            Ok(()) => Ok(true),
            Err(Errno::AGAIN) => Ok(false),
            Err(errno) => Err(sending_failed(errno)),
        }
    }

    /// As [`Connection::receive`], but never waits: `None` while there is nothing.
    ///
    /// # Errors
    /// [`Error::Gone`] at the end of the connection.
    pub fn receive_now<'b>(&self, buffer: &'b mut [u8]) -> Result<Option<Reply<'b>>, Error> {
        match self.receive_packet(buffer, RecvFlags::DONTWAIT) {
            Ok(received) => decode(buffer, received).map(Some),
            Err(Errno::AGAIN) => Ok(None),
            Err(errno) => Err(failed("receive from the keeper")(errno)),
        }
    }

    /// Sends an encoded request.
    pub(super) fn send_packet(&self, packet: &[u8], flags: SendFlags) -> Result<(), Errno> {
        rustix::io::retry_on_intr(|| net::send(&self.socket, packet, flags | SendFlags::NOSIGNAL)).map(drop)
    }

    /// Receives a packet; its whole length, which may be larger than `buffer`. 0 at the end of the connection.
    ///
    /// A keeper that ends before it has read everything resets the connection, but what it said last is still there
    /// (net/unix/af_unix.c, `unix_release_sock`): the error comes once, then the packets.
    pub(super) fn receive_packet(&self, buffer: &mut [u8], flags: RecvFlags) -> Result<usize, Errno> {
        let mut receive =
            || rustix::io::retry_on_intr(|| net::recv(&self.socket, &mut *buffer, flags | RecvFlags::TRUNC));
        match receive() {
            Err(Errno::CONNRESET) => match receive() {
                Err(Errno::CONNRESET) => Ok(0),
                result => result.map(|(_, length)| length),
            },
            result => result.map(|(_, length)| length),
        }
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// The packet that says `request`.
pub(super) fn encode<'b>(request: &Request<'_>, buffer: &'b mut [u8]) -> Result<&'b [u8], Error> {
    postcard::to_slice(request, buffer).map(|packet| &*packet).map_err(|_| Error::TooLong)
}

/// The reply that the first `received` bytes of `buffer` say.
pub(super) fn decode(buffer: &[u8], received: usize) -> Result<Reply<'_>, Error> {
    let packet = buffer.get(..received).ok_or(Error::Malformed)?;
    if packet.is_empty() {
        return Err(Error::Gone);
    }
    match postcard::take_from_bytes(packet) {
        Ok((reply, [])) => Ok(reply),
        _ => Err(Error::Malformed),
    }
}

pub(super) fn sending_failed(errno: Errno) -> Error {
    match errno {
        Errno::PIPE | Errno::CONNRESET | Errno::NOTCONN => Error::Gone,
        errno => failed("send to the keeper")(errno),
    }
}

pub(super) fn failed(operation: &'static str) -> impl Fn(Errno) -> Error {
    move |errno| Error::Io(operation, errno.into())
}
