//! The process's end of the socket to its parent, and its one place to wait.
//!
//! What the parent says is kept until somebody needs it; the newest report takes an older one's place.

use crate::network::{Change, Network};
use crate::wire::{Said, Told};
use limpet_fetcher::wire::{receive, send};
use limpet_protocol::fleet::link::Proof;
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fd::{AsFd, BorrowedFd};
use std::io;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

/// A report that the controller does not have yet.
pub(crate) struct Report {
    pub(crate) sequence: u64,
    pub(crate) urgent: bool,
    pub(crate) bytes: Vec<u8>,
}

/// A file that is wanted.
pub(crate) struct Wanted {
    pub(crate) sha256: [u8; 32],
    pub(crate) from_bytes: u64,
    pub(crate) bytes: u64,
}

/// What was said and not yet answered.
#[derive(Default)]
pub(crate) struct Heard {
    pub(crate) proof: Option<Proof>,
    pub(crate) enrol: Option<Vec<u8>>,
    pub(crate) report: Option<Report>,
    pub(crate) seen: Option<String>,
    pub(crate) wanted: Option<Wanted>,
    /// The network is there again, or another.
    pub(crate) hurry: bool,
    /// A default route came.
    pub(crate) route: bool,
}

/// The socket.
pub(crate) struct Control {
    socket: UnixStream,
    network: Option<Network>,
    pub(crate) heard: Heard,
}

/// Why a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Woken {
    /// The parent said something, or the network changed.
    Heard,
    /// The line has something.
    Line,
    /// It is late.
    Late,
}

impl Control {
    pub(crate) fn new(socket: UnixStream, network: Option<Network>) -> Self {
        Self { socket, network, heard: Heard::default() }
    }

    /// # Errors
    /// The parent is gone; so shall we.
    pub(crate) fn say(&mut self, said: &Said<'_>) -> io::Result<()> {
        send(&mut self.socket, said)
    }

    /// Takes in what was said and not read yet.
    ///
    /// # Errors
    /// As [`Control::say`].
    pub(crate) fn catch_up(&mut self) -> io::Result<()> {
        let now = Instant::now();
        while self.wait(None, Some(now))? == Woken::Heard {}
        Ok(())
    }

    /// Waits for the parent, for the line if there is one, or for a time.
    ///
    /// # Errors
    /// As [`Control::say`].
    pub(crate) fn wait(&mut self, line: Option<BorrowedFd<'_>>, until: Option<Instant>) -> io::Result<Woken> {
        let timeout = until.map(|until| timespec(until.saturating_duration_since(Instant::now())));
        let ours = self.socket.as_fd();
        let network = self.network.as_ref().map_or(ours, AsFd::as_fd);
        let mut fds =
            [ours, network, line.unwrap_or(ours)].map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN));
        match limpet_sys::memory::rest(&mut fds, timeout.as_ref()) {
            Ok(0) => return Ok(Woken::Late),
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => return Ok(Woken::Heard),
            Err(errno) => return Err(errno.into()),
        }
        let [ours, network, _] = fds.map(|fd| !fd.revents().is_empty());
        if ours {
            self.hear()?;
            return Ok(Woken::Heard);
        }
        if network {
            let change = self.network.as_mut().map_or(Change::None, Network::change);
            self.heard.hurry |= change == Change::Other;
            self.heard.route |= change != Change::None;
            return Ok(Woken::Heard);
        }
        Ok(Woken::Line)
    }

    fn hear(&mut self) -> io::Result<()> {
        let told: Option<Told> = receive(&mut self.socket)?;
        match told.ok_or(io::ErrorKind::UnexpectedEof)? {
            Told::Proof(proof) => self.heard.proof = Some(proof),
            Told::Enrol(bytes) => self.heard.enrol = Some(bytes),
            Told::Report { sequence, urgent, bytes } => {
                // What was urgent about the one before is in this one.
                let urgent = urgent || self.heard.report.as_ref().is_some_and(|before| before.urgent);
                self.heard.report = Some(Report { sequence, urgent, bytes });
            }
            Told::Seen(etag) => self.heard.seen = Some(etag),
            Told::Fetch { sha256, from_bytes, bytes } => {
                self.heard.wanted = Some(Wanted { sha256, from_bytes, bytes });
            }
            Told::Hurry => self.heard.hurry = true,
        }
        Ok(())
    }
}

/// Never early: a wait of less than its last millisecond would turn in circles.
fn timespec(wait: Duration) -> Timespec {
    Timespec { tv_sec: wait.as_secs().cast_signed(), tv_nsec: i64::from(wait.subsec_nanos()) }
}
