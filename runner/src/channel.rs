//! The socket between a keeper and the child it starts: one byte that says what comes, and descriptors.
//!
//! The child's end closes by itself when the child execs, so end of file means that the launch succeeded.

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::{Errno, IoSlice, IoSliceMut, Result};
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recvmsg, sendmsg, socketpair,
};
use std::mem::MaybeUninit;

/// Descriptors in one message; the kernel allows 253.
const DESCRIPTORS_MAX: usize = 128;
/// Bytes of a message besides descriptors.
pub(crate) const MESSAGE_BYTES_MAX: usize = 16;

/// What one message said.
pub(crate) struct Message {
    bytes: [u8; MESSAGE_BYTES_MAX],
    length: usize,
    /// What came with it, close-on-exec.
    pub(crate) descriptors: Vec<OwnedFd>,
}

impl Message {
    /// Its bytes; none at end of file.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

/// Both ends of a new channel; each closes on exec.
pub(crate) fn pair() -> Result<(OwnedFd, OwnedFd)> {
    socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)
}

/// Sends `bytes` and `descriptors` as one message, or as several with the same bytes where they are many.
pub(crate) fn send(socket: BorrowedFd<'_>, bytes: &[u8], descriptors: &[BorrowedFd<'_>]) -> Result<()> {
    if descriptors.is_empty() {
        return send_one(socket, bytes, &[]);
    }
    descriptors.chunks(DESCRIPTORS_MAX).try_for_each(|chunk| send_one(socket, bytes, chunk))
}

fn send_one(socket: BorrowedFd<'_>, bytes: &[u8], descriptors: &[BorrowedFd<'_>]) -> Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_MAX))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() && !ancillary.push(SendAncillaryMessage::ScmRights(descriptors)) {
        return Err(Errno::INVAL);
    }
    sendmsg(socket, &[IoSlice::new(bytes)], &mut ancillary, SendFlags::NOSIGNAL).map(drop)
}

/// Waits for the next message.
///
/// # Errors
/// `EMFILE` if descriptors came for which this process has no place (RLIMIT_NOFILE).
pub(crate) fn receive(socket: BorrowedFd<'_>) -> Result<Message> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_MAX))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let mut bytes = [0; MESSAGE_BYTES_MAX];
    let mut slices = [IoSliceMut::new(&mut bytes)];
    let received =
        rustix::io::retry_on_intr(|| recvmsg(socket, &mut slices, &mut ancillary, RecvFlags::CMSG_CLOEXEC))?;
    let mut descriptors = Vec::new();
    for message in ancillary.drain() {
        if let RecvAncillaryMessage::ScmRights(fds) = message {
            descriptors.extend(fds);
        }
    }
    if received.flags.contains(ReturnFlags::CTRUNC) {
        return Err(Errno::MFILE);
    }
    Ok(Message { bytes, length: received.bytes, descriptors })
}

/// Waits for exactly `count` descriptors, which may come in several messages.
///
/// # Errors
/// `EPIPE` if the other side went away first.
pub(crate) fn receive_descriptors(socket: BorrowedFd<'_>, count: usize) -> Result<Vec<OwnedFd>> {
    let mut descriptors = Vec::with_capacity(count);
    while descriptors.len() < count {
        let message = receive(socket)?;
        if message.length == 0 {
            return Err(Errno::PIPE);
        }
        descriptors.extend(message.descriptors);
    }
    Ok(descriptors)
}

/// Borrows a list of owned descriptors, as [`send`] wants them.
pub(crate) fn borrow(descriptors: &[OwnedFd]) -> Vec<BorrowedFd<'_>> {
    descriptors.iter().map(AsFd::as_fd).collect()
}
