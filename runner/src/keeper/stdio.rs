//! The keeper's ends of the container's stdio.

use crate::log::Stream;
use crate::start::Stdio;
use crate::terminal;
use limpet_protocol::keeper::STDIO_BYTES_MAX;
use limpet_protocol::launch::WindowSize;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::{Errno, Result};

/// End of file on a terminal, as a person types it.
const TERMINAL_END: &[u8] = b"\x04";

/// What flows between container and clients; descriptors are closed as soon as they are of no more use.
pub(super) struct Flow {
    terminal: bool,
    input: Option<OwnedFd>,
    outputs: [Option<OwnedFd>; 2],
    waiting: Vec<u8>,
    taken: usize,
    ending: bool,
}

impl Flow {
    pub(super) fn new(stdio: Stdio) -> Result<Self> {
        let (terminal, input, outputs) = match stdio {
            Stdio::Terminal(master) => {
                (true, Some(rustix::io::fcntl_dupfd_cloexec(&master, 0)?), [Some(master), None])
            }
            Stdio::Pipes { stdout, stderr, stdin } => (false, stdin, [Some(stdout), Some(stderr)]),
        };
        for fd in outputs.iter().chain([&input]).flatten() {
            rustix::io::ioctl_fionbio(fd, true)?;
        }
        Ok(Self { terminal, input, outputs, waiting: Vec::new(), taken: 0, ending: false })
    }

    /// The descriptor to wait on for output of `stream`, while it may still come.
    pub(super) fn output(&self, stream: Stream) -> Option<BorrowedFd<'_>> {
        self.outputs[stream as usize].as_ref().map(AsFd::as_fd)
    }

    /// The descriptor to wait on until stdin takes more, while bytes wait for it.
    pub(super) fn blocked_input(&self) -> Option<BorrowedFd<'_>> {
        self.input.as_ref().filter(|_| !self.takes_input()).map(AsFd::as_fd)
    }

    /// Whether a client's stdin can be taken now.
    pub(super) fn takes_input(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Reads some output; 0 when there is none now. A terminal that nobody has open says EIO: that is its end.
    pub(super) fn read(&mut self, stream: Stream, buffer: &mut [u8]) -> usize {
        let Some(fd) = self.output(stream) else { return 0 };
        let length = buffer.len().min(STDIO_BYTES_MAX);
        match rustix::io::read(fd, &mut buffer[..length]) {
            Err(Errno::AGAIN | Errno::INTR) => 0,
            Ok(0) | Err(_) => {
                self.outputs[stream as usize] = None;
                0
            }
            Ok(read) => read,
        }
    }

    /// Whether output may still come.
    pub(super) fn is_open(&self) -> bool {
        self.outputs.iter().any(Option::is_some)
    }

    /// No more output is waited for.
    pub(super) fn close_outputs(&mut self) {
        self.outputs = [None, None];
    }

    pub(super) fn write(&mut self, bytes: &[u8]) {
        if self.input.is_some() && !self.ending {
            self.waiting.extend_from_slice(bytes);
            self.push();
        }
    }

    /// Gives stdin what it takes; when nobody reads any more, the rest is of no use.
    pub(super) fn push(&mut self) {
        while let Some(fd) = self.input.as_ref().filter(|_| self.taken < self.waiting.len()) {
            match rustix::io::write(fd, &self.waiting[self.taken..]) {
                Ok(written) => self.taken += written,
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return,
                Err(_) => self.input = None,
            }
        }
        self.waiting = Vec::new();
        self.taken = 0;
        if self.ending {
            self.input = None;
        }
    }

    /// No more stdin will come: after what waits, a pipe is closed; a terminal is told as a person would.
    pub(super) fn end_input(&mut self) {
        if self.terminal {
            self.write(TERMINAL_END);
        } else {
            self.ending = true;
            self.push();
        }
    }

    pub(super) fn resize(&self, size: WindowSize) -> Result<()> {
        match &self.outputs[Stream::Stdout as usize] {
            Some(master) if self.terminal => terminal::resize(master.as_fd(), size),
            _ => Err(Errno::NOTTY),
        }
    }
}
