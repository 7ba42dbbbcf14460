//! The supervisor's side of the control socket.
//!
//! In: connections of root or of the group `limpet`. Out: [`Asked`] by way of the mailbox, with an [`Outbox`] for the
//! answers. A client that says nothing, says too much, or does not take what it is owed is dropped; no other waits for it.

#[cfg(test)]
mod tests;

use crate::supervise::connection::{self, FLAGS, Guests, Manner, receive, within, write_all};
use crate::supervise::mailbox::Message;
use crate::supervise::reactor::Interest;
use crate::supervise::tasks::Tasks;
use limpet_protocol::control::{
    CLIENTS_MAX, FOLLOWERS_MAX, HELLO_BYTES_MAX, Hello, LENGTH_BYTES, PATIENCE_MS, REPLY_BYTES_MAX,
    REQUEST_BYTES_MAX, Reply, Request, frame, length, value,
};
use limpet_sys::peer;
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{Gid, Mode, chmodat, chownat};
use rustix::io::Errno;
use rustix::net::sockopt::socket_peercred;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketType, bind, listen, socket_with};
use serde::Serialize;
use smol::Task;
use smol::future::or;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt::Display;
use std::future::poll_fn;
use std::path::Path;
use std::rc::Rc;
use std::task::{Poll, Waker};

/// The socket's name in the state directory.
pub(crate) const SOCKET_NAME: &str = "control.sock";
/// Bytes that wait for a client; one that is owed more is dropped.
const OWED_BYTES_MAX: usize = REPLY_BYTES_MAX;
/// A request above this is read only if no other such is.
const LARGE_BYTES: usize = 64 * 1024;
/// What is read at a time of a request.
const PIECE_BYTES: usize = 16 * 1024;

/// What a client asks for.
#[derive(Debug)]
pub(crate) struct Asked {
    /// What.
    pub(crate) request: Request,
    /// Where the answers go.
    pub(crate) outbox: Outbox,
}

/// Frames on their way to one client; clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outbox(Rc<Owed>);

#[derive(Debug, Default)]
struct Owed {
    frames: RefCell<VecDeque<Vec<u8>>>,
    bytes: Cell<usize>,
    waker: RefCell<Option<Waker>>,
    /// Nothing comes after what is here.
    ended: Cell<bool>,
    /// The client is gone, or is owed too much.
    gone: Cell<bool>,
}

impl Outbox {
    /// Puts an answer in; the last one ends the conversation.
    pub(crate) fn put(&self, reply: &Reply) {
        match frame(reply, REPLY_BYTES_MAX) {
            Ok(bytes) => self.put_frame(bytes),
            Err(error) => {
                let text = format!("the answer cannot be told: {error}");
                self.put_frame(frame(&Reply::Refused(text), REPLY_BYTES_MAX).unwrap_or_default());
                self.end();
            }
        }
        if reply.is_last() {
            self.end();
        }
    }

    fn put_frame(&self, bytes: Vec<u8>) {
        let owed = self.0.bytes.get() + bytes.len();
        if owed > OWED_BYTES_MAX + LENGTH_BYTES || self.0.ended.get() {
            self.0.gone.set(true);
        } else {
            self.0.bytes.set(owed);
            self.0.frames.borrow_mut().push_back(bytes);
        }
        self.wake();
    }

    fn end(&self) {
        self.0.ended.set(true);
        self.wake();
    }

    /// Nobody takes answers any more.
    #[must_use]
    pub(crate) fn is_closed(&self) -> bool {
        self.0.gone.get() || self.0.ended.get()
    }

    fn wake(&self) {
        if let Some(waker) = self.0.waker.borrow_mut().take() {
            waker.wake();
        }
    }

    /// The next answer, for whoever asks from within; `None` when nothing more will come.
    pub(crate) async fn reply(&self) -> Option<Reply> {
        value(self.take().await?.get(LENGTH_BYTES..)?).ok()
    }

    /// The next frame; `None` when nothing more will come.
    async fn take(&self) -> Option<Vec<u8>> {
        poll_fn(|context| {
            if self.0.gone.get() {
                return Poll::Ready(None);
            }
            match self.0.frames.borrow_mut().pop_front() {
                Some(bytes) => {
                    self.0.bytes.set(self.0.bytes.get() - bytes.len());
                    Poll::Ready(Some(bytes))
                }
                None if self.0.ended.get() => Poll::Ready(None),
                None => {
                    *self.0.waker.borrow_mut() = Some(context.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }
}

/// Makes the socket; an old one of the same name gives way, as only one supervisor holds the instance.
///
/// # Errors
/// What the kernel says.
pub(crate) fn open(state: &Path, group: Option<u32>) -> Result<OwnedFd, Errno> {
    let directory =
        rustix::fs::open(state, rustix::fs::OFlags::PATH | rustix::fs::OFlags::CLOEXEC, Mode::empty())?;
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, FLAGS, None)?;
    match rustix::fs::unlinkat(&directory, SOCKET_NAME, rustix::fs::AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => {}
        Err(errno) => return Err(errno),
    }
    bind(&socket, &address(&directory)?)?;
    chmodat(&directory, SOCKET_NAME, Mode::from_raw_mode(0o660), rustix::fs::AtFlags::empty())?;
    if let Some(group) = group {
        let group = Some(Gid::from_raw(group));
        chownat(&directory, SOCKET_NAME, None, group, rustix::fs::AtFlags::empty())?;
    }
    listen(&socket, i32::try_from(CLIENTS_MAX).unwrap_or(i32::MAX))?;
    Ok(socket)
}

/// The socket in `directory`, by a path that fits (unix(7): 107 bytes).
///
/// # Errors
/// None that can happen.
pub(crate) fn address(directory: &OwnedFd) -> Result<SocketAddrUnix, Errno> {
    use rustix::fd::AsRawFd;
    SocketAddrUnix::new(format!("/proc/self/fd/{}/{SOCKET_NAME}", directory.as_raw_fd()))
}

/// Lets clients in for as long as the task lives. Whoever is turned away sees the connection closed.
pub(crate) fn serve(socket: OwnedFd, group: Option<u32>, tasks: &Tasks) -> Task<()> {
    let inner = tasks.clone();
    tasks.spawn(async move {
        let (mut guests, shared) = (Guests::default(), Shared::default());
        while let Some(client) = connection::next(&socket, &inner).await {
            // A request that is answered at once is answered to its end.
            if is_welcome(&client, group) && guests.have_room(CLIENTS_MAX) {
                let manner = Rc::<Cell<Manner>>::default();
                let conversation = converse(client, manner.clone(), shared.clone(), inner.clone());
                guests.seat(manner, inner.spawn(conversation));
            }
        }
    })
}

/// What few may do at a time; clones are the same.
#[derive(Clone, Default)]
struct Shared {
    large: Rc<Cell<usize>>,
    followers: Rc<Cell<usize>>,
}

/// One place among the few.
struct Seat(Rc<Cell<usize>>);

impl Seat {
    fn take(count: &Rc<Cell<usize>>, max: usize) -> Option<Self> {
        let taken = count.get();
        (taken < max).then(|| {
            count.set(taken + 1);
            Self(count.clone())
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// Root is, and the group: as its own or a further one. The socket's mode lets nobody else connect.
fn is_welcome(client: &OwnedFd, group: Option<u32>) -> bool {
    let Ok(peer) = socket_peercred(client) else { return false };
    let is_member = |group| {
        peer.gid.as_raw() == group || peer::groups(client).is_ok_and(|groups| groups.contains(&group))
    };
    peer.uid.is_root() || group.is_some_and(is_member)
}

/// How long its answer takes is not for the supervisor to say: an app may never be well, and events have no end.
fn manner(request: &Request) -> Manner {
    match request {
        Request::Up { dry_run: false, .. }
        | Request::Update { .. }
        | Request::Down { .. }
        | Request::Restart { .. }
        | Request::Events { follow: true } => Manner::Listens,
        Request::Up { dry_run: true, .. }
        | Request::Events { follow: false }
        | Request::Ping
        | Request::Report
        | Request::Look { .. }
        | Request::Shutdown { .. }
        | Request::Upgrade { .. }
        | Request::Apply { .. }
        | Request::Fleet
        | Request::Metrics => Manner::Stays,
    }
}

async fn converse(client: OwnedFd, own: Rc<Cell<Manner>>, shared: Shared, tasks: Tasks) {
    let heard = within(PATIENCE_MS, &tasks, hear(&client, &shared, &tasks)).await;
    let Some((request, _seat)) = heard else { return };
    own.set(manner(&request));
    let outbox = Outbox::default();
    tasks.mailbox.put(Message::Client(Asked { request, outbox: outbox.clone() }));
    or(tell(&client, &outbox, &tasks), hang_up(&client, &tasks)).await;
    outbox.0.gone.set(true);
}

/// The greeting and the request, and its place among those who stay for long. To a request that cannot be served it is said
/// why.
async fn hear(client: &OwnedFd, shared: &Shared, tasks: &Tasks) -> Option<(Request, Option<Seat>)> {
    write_all(client, &greeting(), tasks).await?;
    let hello: Hello = value(&read_frame(client, HELLO_BYTES_MAX, tasks).await?).ok()?;
    let heard = if hello == Hello::OURS {
        hear_request(client, shared, tasks).await?
    } else {
        Err(format!(
            "the supervisor speaks version {} of the control protocol, this command version {}; restart the older one",
            Hello::OURS.version,
            hello.version
        ))
    };
    match heard {
        Ok(heard) => Some(heard),
        Err(why) => {
            write_all(client, &encoded(&Reply::Refused(why)), tasks).await;
            None
        }
    }
}

async fn hear_request(
    client: &OwnedFd,
    shared: &Shared,
    tasks: &Tasks,
) -> Option<Result<(Request, Option<Seat>), String>> {
    let length = read_length(client, REQUEST_BYTES_MAX, tasks).await?;
    let seat = (length > LARGE_BYTES).then(|| Seat::take(&shared.large, 1));
    if matches!(seat, Some(None)) {
        return Some(Err("another large request is being read; try again".to_owned()));
    }
    let bytes = read_exactly(client, length, tasks).await?;
    Some(understood(&bytes).and_then(|request| {
        let follows = matches!(request, Request::Events { follow: true });
        match follows.then(|| Seat::take(&shared.followers, FOLLOWERS_MAX)) {
            Some(None) => Err(format!("{FOLLOWERS_MAX} follow the events already; end one of them")),
            seat => Ok((request, seat.flatten())),
        }
    }))
}

/// Bytes that decode are not yet a request.
fn understood(bytes: &[u8]) -> Result<Request, String> {
    let not_understood = |error: &dyn Display| format!("the request is not understood: {error}");
    let request: Request = value(bytes).map_err(|error| not_understood(&error))?;
    request.validate().map_err(|error| not_understood(&error))?;
    Ok(request)
}

fn greeting() -> Vec<u8> {
    frame(&Hello::OURS, HELLO_BYTES_MAX).unwrap_or_default()
}

fn encoded<T: Serialize>(value: &T) -> Vec<u8> {
    frame(value, REPLY_BYTES_MAX).unwrap_or_default()
}

async fn read_frame(client: &OwnedFd, bytes_max: usize, tasks: &Tasks) -> Option<Vec<u8>> {
    let length = read_length(client, bytes_max, tasks).await?;
    read_exactly(client, length, tasks).await
}

async fn read_length(client: &OwnedFd, bytes_max: usize, tasks: &Tasks) -> Option<usize> {
    let prefix = read_exactly(client, LENGTH_BYTES, tasks).await?;
    length(prefix.try_into().ok()?, bytes_max).ok()
}

/// Memory is taken as bytes come, not as they are announced.
async fn read_exactly(client: &OwnedFd, length: usize, tasks: &Tasks) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    while bytes.len() < length {
        let piece = (length - bytes.len()).min(PIECE_BYTES);
        let filled = bytes.len();
        bytes.resize(filled + piece, 0);
        let received = receive(client, &mut bytes[filled..], tasks).await?;
        bytes.truncate(filled + received);
    }
    Some(bytes)
}

/// Delivers until nothing more will come, or until one frame is not taken in time.
async fn tell(client: &OwnedFd, outbox: &Outbox, tasks: &Tasks) {
    while let Some(bytes) = outbox.take().await {
        if within(PATIENCE_MS, tasks, write_all(client, &bytes, tasks)).await.is_none() {
            return;
        }
    }
}

/// Ends when the client is gone. It has nothing more to say: if it does, it is not heard.
async fn hang_up(client: &OwnedFd, tasks: &Tasks) {
    // Its own descriptor, as the other half may be waiting for the client, too.
    let Ok(twin) = client.as_fd().try_clone_to_owned() else { return };
    tasks.reactor.ready(&twin, Interest::Read).await.ok();
}
