//! The clients of a keeper: what each wants, and what it is still owed.

use limpet_protocol::exit::Exit;
use limpet_protocol::keeper::{PACKET_BYTES_MAX, Reply, Request};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};

/// How long a keeper waits for its first client's word.
const HEAR_MAX: Timespec = Timespec { tv_sec: 2, tv_nsec: 0 };

/// One connection.
#[derive(Debug)]
pub struct Client {
    socket: Option<OwnedFd>,
    /// Wants output.
    pub(super) output: bool,
    /// Its stdin is the container's.
    pub(super) stdin: bool,
    /// Wants to hear of the end.
    pub(super) exit: bool,
    /// Has not got the output that is waiting.
    pub(super) owed: bool,
}

impl Client {
    /// The client that started the keeper.
    pub(super) fn first(socket: OwnedFd) -> Self {
        let mut client = Self::new(socket);
        client.exit = true;
        client
    }

    /// Waits until a client says what it wants, hangs up, or is silent for too long: the container runs already.
    pub(super) fn hear(&mut self) {
        let mut packet = [0; PACKET_BYTES_MAX];
        let Some(socket) = self.socket.as_ref() else { return };
        if !matches!(poll(&mut [PollFd::new(socket, PollFlags::IN)], Some(&HEAR_MAX)), Ok(1..)) {
            // It may still attach later, as any other client.
            return;
        }
        let request = rustix::io::retry_on_intr(|| recv(socket, &mut packet[..], RecvFlags::PEEK))
            .map(|(_, length)| length);
        if !matches!(request, Ok(1..)) {
            return self.close();
        }
        match self.receive(&mut packet) {
            Some(Request::Attach { stdin }) => self.attach(stdin),
            Some(Request::Wait) => self.exit = true,
            _ => self.close(),
        }
    }

    pub(super) fn attach(&mut self, stdin: bool) {
        (self.output, self.exit, self.stdin) = (true, true, stdin);
    }

    /// A client that wants nothing yet.
    pub(super) fn new(socket: OwnedFd) -> Self {
        Self { socket: Some(socket), output: false, stdin: false, exit: false, owed: false }
    }

    /// The connection itself, leaving an empty client.
    pub(super) fn take(&mut self) -> Self {
        let empty = Self { socket: None, output: false, stdin: false, exit: false, owed: false };
        std::mem::replace(self, empty)
    }

    pub(super) fn is_open(&self) -> bool {
        self.socket.is_some()
    }

    pub(super) fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.socket.as_ref().map(AsFd::as_fd)
    }

    pub(super) fn close(&mut self) {
        self.socket = None;
        (self.output, self.stdin, self.exit, self.owed) = (false, false, false, false);
    }

    /// The next packet, if one is there; a client that hung up is closed.
    pub(super) fn receive<'b>(&mut self, packet: &'b mut [u8; PACKET_BYTES_MAX]) -> Option<Request<'b>> {
        let socket = self.socket.as_ref()?;
        match recv(socket, &mut packet[..], RecvFlags::DONTWAIT) {
            Ok((0, _)) => self.close(),
            Ok((length, _)) => match postcard::take_from_bytes(&packet[..length.min(PACKET_BYTES_MAX)]) {
                Ok((request, [])) => return Some(request),
                Ok(_) | Err(_) => self.close(),
            },
            Err(Errno::AGAIN | Errno::INTR) => {}
            Err(_) => self.close(),
        }
        None
    }

    /// Whether the packet went out; a client that is gone counts as served.
    pub(super) fn send(&mut self, reply: &Reply<'_>, packet: &mut [u8; PACKET_BYTES_MAX]) -> bool {
        let Some(socket) = self.socket.as_ref() else { return true };
        let Ok(bytes) = postcard::to_slice(reply, &mut packet[..]) else {
            self.close();
            return true;
        };
        match send(socket, bytes, SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
            Ok(_) => true,
            Err(Errno::AGAIN | Errno::INTR | Errno::NOBUFS) => false,
            Err(_) => {
                self.close();
                true
            }
        }
    }

    /// Answers a request; a client that does not take even that is closed, so it can stall nobody.
    pub(super) fn answer(&mut self, reply: &Reply<'_>) {
        let mut packet = [0; PACKET_BYTES_MAX];
        if !self.send(reply, &mut packet) {
            self.close();
        }
    }

    pub(super) fn started(&mut self) {
        self.answer(&Reply::Started);
    }

    /// The last word, to those who wait for it.
    pub(super) fn exited(&mut self, exit: &Exit) {
        if self.exit {
            self.answer(&Reply::Exited(exit.clone()));
        }
    }
}
