//! Connections: who is let in, and bytes to and from one, without holding up anybody else.
//!
//! What the control socket and the door for metrics have in common. In: a listening socket. Out: clients, one after
//! another, of which only so many are served at a time.

#[cfg(test)]
pub(crate) mod bench;
#[cfg(test)]
mod tests;

use crate::supervise::reactor::{Interest, now};
use crate::supervise::tasks::Tasks;
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, SocketFlags, accept_with, recv, send};
use smol::Task;
use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;

/// Of every socket here.
pub(crate) const FLAGS: SocketFlags = SocketFlags::CLOEXEC.union(SocketFlags::NONBLOCK);
/// Pause after the kernel could not let a client in, for want of descriptors or memory: who waits is still there then.
const PAUSE_MS: u64 = 1000;

/// The next client; nothing if there can be none any more.
pub(crate) async fn next(socket: &OwnedFd, tasks: &Tasks) -> Option<OwnedFd> {
    loop {
        tasks.reactor.ready(socket, Interest::Read).await.ok()?;
        match accept_with(socket, FLAGS) {
            Ok(client) => return Some(client),
            Err(Errno::AGAIN | Errno::INTR | Errno::CONNABORTED) => {}
            Err(_) => tasks.reactor.at(now().after(PAUSE_MS)).await,
        }
    }
}

/// Those who are served now, in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Guests(VecDeque<Guest>);

/// Whether a guest may be sent away for another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Before all others: it has not said what it wants.
    #[default]
    Silent,
    /// If none is silent: it was answered, and goes on listening for as long as it likes.
    Listens,
    /// Never: it gets its answer, and leaves.
    Stays,
}

#[derive(Debug)]
struct Guest {
    manner: Rc<Cell<Manner>>,
    conversation: Task<()>,
}

impl Guests {
    /// Whether one more can be served beside less than `max`. Of many, the one that came first of the silent gives way, then
    /// of those who listen: whoever only occupies places locks nobody out, least of all the person at the console.
    pub(crate) fn have_room(&mut self, max: usize) -> bool {
        self.0.retain(|guest| !guest.conversation.is_finished());
        let first = |manner| self.0.iter().position(|guest| guest.manner.get() == manner);
        let goes = || first(Manner::Silent).or_else(|| first(Manner::Listens));
        // Dropped, a conversation ends, and its connection is closed.
        self.0.len() < max || goes().and_then(|place| self.0.remove(place)).is_some()
    }

    /// One more.
    pub(crate) fn seat(&mut self, manner: Rc<Cell<Manner>>, conversation: Task<()>) {
        self.0.push_back(Guest { manner, conversation });
    }
}

/// What has come, waiting for it; nothing at the end.
pub(crate) async fn receive(client: &OwnedFd, bytes: &mut [u8], tasks: &Tasks) -> Option<usize> {
    loop {
        match recv(client, &mut *bytes, RecvFlags::DONTWAIT) {
            Ok((0, _)) => return None,
            Ok((received, _)) => return Some(received),
            Err(Errno::AGAIN) => tasks.reactor.ready(client, Interest::Read).await.ok()?,
            Err(Errno::INTR) => {}
            Err(_) => return None,
        }
    }
}

/// Sends everything; nothing if the other side is gone.
pub(crate) async fn write_all(client: &OwnedFd, bytes: &[u8], tasks: &Tasks) -> Option<()> {
    let mut sent = 0;
    while sent < bytes.len() {
        match send(client, &bytes[sent..], SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
            Ok(count) => sent += count,
            Err(Errno::AGAIN) => tasks.reactor.ready(client, Interest::Write).await.ok()?,
            Err(Errno::INTR) => {}
            Err(_) => return None,
        }
    }
    Some(())
}

/// What comes of `what`, or nothing after so many milliseconds.
pub(crate) async fn within<T>(ms: u64, tasks: &Tasks, what: impl Future<Output = Option<T>>) -> Option<T> {
    let over = async {
        tasks.reactor.at(now().after(ms)).await;
        None
    };
    smol::future::or(what, over).await
}
