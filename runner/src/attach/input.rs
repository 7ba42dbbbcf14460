//! What goes to the keeper: stdin, signals and window sizes in, one packet at a time out.
//!
//! One packet waits at most, and stdin is read only when none does: a keeper that does not read holds back the
//! person who types, and no memory grows. Signals are a set and of sizes the latest counts, as in the kernel.

use super::connection::{Connection, Error, encode, sending_failed};
use super::detach::{DETACH_KEYS_MAX, DetachKeys, Matcher};
use super::signals::bit;
use limpet_protocol::keeper::{PACKET_BYTES_MAX, Request, STDIO_BYTES_MAX};
use limpet_protocol::launch::WindowSize;
use nix::sys::signal::Signal;
use rustix::fd::BorrowedFd;
use rustix::io::Errno;
use rustix::net::SendFlags;

/// Read at once, so that with the keys that were held back it still fits a packet.
const READ_BYTES: usize = STDIO_BYTES_MAX - DETACH_KEYS_MAX;

/// What a read of stdin brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// Something for the container, perhaps nothing.
    More,
    /// The detach keys; what was typed before them waits to be sent.
    Detach,
}

pub(super) struct Input<'a> {
    /// Until it ends.
    stdin: Option<BorrowedFd<'a>>,
    matcher: Matcher,
    read: Vec<u8>,
    /// The packet that waits is the first `packet_bytes` of `packet`.
    packet: Vec<u8>,
    packet_bytes: usize,
    ends_stdin: bool,
    stdin_ended: bool,
    size: Option<WindowSize>,
    signal_bits: u64,
    /// Nobody receives any more.
    closed: bool,
}

impl<'a> Input<'a> {
    pub(super) fn new(stdin: Option<BorrowedFd<'a>>, ends_stdin: bool, keys: DetachKeys) -> Self {
        Self {
            stdin,
            matcher: Matcher::new(keys),
            read: vec![0; READ_BYTES],
            packet: vec![0; PACKET_BYTES_MAX],
            packet_bytes: 0,
            ends_stdin,
            stdin_ended: false,
            size: None,
            signal_bits: 0,
            closed: false,
        }
    }

    pub(super) fn signal(&mut self, signal: Signal) {
        self.signal_bits |= bit(signal);
    }

    pub(super) fn resize(&mut self, size: WindowSize) {
        self.size = Some(size);
    }

    /// A packet waits to be sent.
    pub(super) fn waits(&self) -> bool {
        self.packet_bytes > 0
    }

    /// stdin, if it should be read now.
    pub(super) fn wanted(&self) -> Option<BorrowedFd<'a>> {
        if self.waits() { None } else { self.stdin }
    }

    /// Makes the next packet, if none waits and there is something to say: signals first.
    pub(super) fn prepare(&mut self) -> Result<(), Error> {
        if self.waits() || self.closed {
            return Ok(());
        }
        if self.signal_bits != 0 {
            let lowest = self.signal_bits.trailing_zeros();
            self.signal_bits &= self.signal_bits - 1;
            // A mask has 64 bits, so the number is at most 64.
            return self.put(&Request::Signal(u8::try_from(lowest + 1).unwrap_or(u8::MAX)));
        }
        if let Some(size) = self.size.take() {
            return self.put(&Request::Resize(size));
        }
        if std::mem::take(&mut self.stdin_ended) {
            return self.put(&Request::StdinEnd);
        }
        Ok(())
    }

    /// Reads stdin, which poll(2) called readable, into the packet.
    pub(super) fn read(&mut self, warn: &mut dyn FnMut(&str)) -> Result<Typed, Error> {
        let Some(stdin) = self.wanted() else { return Ok(Typed::More) };
        let mut keys = Vec::new();
        let mut typed = Typed::More;
        match rustix::io::read(stdin, &mut self.read) {
            Ok(count @ 1..) if self.matcher.feed(&self.read[..count], &mut keys) => typed = Typed::Detach,
            Ok(1..) | Err(Errno::INTR | Errno::AGAIN) => {}
            result => self.end(result.err(), &mut keys, warn),
        }
        if !keys.is_empty() {
            self.put(&Request::Stdin(&keys))?;
        }
        Ok(typed)
    }

    /// Sends the packet that waits, if the keeper takes it now.
    pub(super) fn send(&mut self, connection: &Connection) -> Result<(), Error> {
        if !self.waits() {
            return Ok(());
        }
        match connection.send_packet(&self.packet[..self.packet_bytes], SendFlags::DONTWAIT) {
            Ok(()) => self.packet_bytes = 0,
            Err(Errno::AGAIN) => {}
            Err(errno) => match sending_failed(errno) {
                // What it said before it went may still have to be received.
                Error::Gone => self.close(),
                error => return Err(error),
            },
        }
        Ok(())
    }

    fn put(&mut self, request: &Request<'_>) -> Result<(), Error> {
        self.packet_bytes = encode(request, &mut self.packet)?.len();
        Ok(())
    }

    /// stdin has ended; a terminal that is gone (EIO) ends it as well.
    fn end(&mut self, errno: Option<Errno>, keys: &mut Vec<u8>, warn: &mut dyn FnMut(&str)) {
        if let Some(errno) = errno.filter(|&errno| errno != Errno::IO) {
            warn(&format!("cannot read stdin, the container gets no more of it: {errno}"));
        }
        self.matcher.end(keys);
        self.stdin = None;
        self.stdin_ended = self.ends_stdin;
    }

    fn close(&mut self) {
        self.closed = true;
        self.packet_bytes = 0;
        self.stdin = None;
    }
}
