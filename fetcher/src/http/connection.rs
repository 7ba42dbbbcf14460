//! One connection: a request out, the head of its response in, then its body.

use super::framing::{Framing, Piece};
use super::head::{self, Head, Request};
use super::patience::Patience;
use crate::limits::RATE_BYTES_MIN;
use crate::trouble::Trouble;
use std::io::{self, Read, Write};
use std::time::Instant;

const BUFFER_BYTES: usize = 16 * 1024;

/// What a connection runs over: TCP, or TLS over it. Reads and writes must end by themselves when nothing moves.
pub trait Stream: Read + Write {}

impl<T: Read + Write> Stream for T {}

/// An open connection.
pub struct Connection {
    stream: Box<dyn Stream>,
    /// What has come and was not taken.
    come: Vec<u8>,
    framing: Framing,
    keeps_open: bool,
    patience: Patience,
    pace: Pace,
}

/// How fast a body comes.
struct Pace {
    since: Instant,
    bytes: u64,
}

impl Connection {
    /// Over an open stream.
    #[must_use]
    pub fn new(stream: Box<dyn Stream>, patience: Patience) -> Self {
        Self {
            stream,
            come: Vec::new(),
            framing: Framing::Length(0),
            keeps_open: true,
            patience,
            pace: Pace { since: Instant::now(), bytes: 0 },
        }
    }

    /// Whether the last response is taken whole and another request may follow.
    #[must_use]
    pub fn is_reusable(&self) -> bool {
        self.keeps_open && (self.framing == Framing::Length(0) || self.is_at_end_of_chunks())
    }

    fn is_at_end_of_chunks(&self) -> bool {
        matches!(self.framing, Framing::Chunked(_)) && self.framing.may_end()
    }

    /// The stream itself, to put another layer on it.
    #[must_use]
    pub fn into_stream(self) -> Box<dyn Stream> {
        self.stream
    }

    /// Sends a request and waits for the head of the response.
    ///
    /// # Errors
    /// The connection breaks, nothing comes in time, or what comes is not HTTP.
    pub fn exchange(&mut self, request: &Request<'_>, body: &[u8]) -> Result<Head, Trouble> {
        self.send(request, body)?;
        self.answer()
    }

    /// Sends a request, in one piece where it is small: each piece is a record and a packet.
    ///
    /// # Errors
    /// The connection breaks.
    pub fn send(&mut self, request: &Request<'_>, body: &[u8]) -> Result<(), Trouble> {
        self.keeps_open = false;
        let bytes = [request.text().as_bytes(), body].concat();
        let sent = self.stream.write_all(&bytes).and_then(|()| self.stream.flush());
        sent.map_err(|error| Trouble::broken("send the request", &error))
    }

    /// Whether the answer's head has come, found out without waiting if the stream does not wait.
    ///
    /// # Errors
    /// As [`Connection::answer`].
    pub fn has_answer(&mut self) -> Result<bool, Trouble> {
        while head::parse(&self.come).map_err(Trouble::protocol)?.is_none() {
            match self.read_some() {
                Ok(0) => return Err(Trouble::broken("wait", &io::ErrorKind::UnexpectedEof.into())),
                Ok(_) => {}
                Err(error) if is_stall(&error) => {
                    self.shrink();
                    return Ok(false);
                }
                Err(error) => return Err(Trouble::broken("wait", &error)),
            }
        }
        Ok(true)
    }

    /// Holds no memory for nothing.
    fn shrink(&mut self) {
        if self.come.is_empty() {
            self.come = Vec::new();
        }
    }

    /// Waits for the head of the response.
    ///
    /// # Errors
    /// The connection breaks, nothing comes in time, or what comes is not HTTP.
    pub fn answer(&mut self) -> Result<Head, Trouble> {
        let head = self.read_head()?;
        self.framing = head.framing().map_err(Trouble::protocol)?;
        self.keeps_open = head.keeps_open();
        self.pace = Pace { since: Instant::now(), bytes: 0 };
        Ok(head)
    }

    fn read_head(&mut self) -> Result<Head, Trouble> {
        let begun = Instant::now();
        loop {
            if let Some((head, length)) = head::parse(&self.come).map_err(Trouble::protocol)? {
                self.come.drain(..length);
                // What is said before the answer (100 Continue and its like) is passed over.
                if head.status >= 200 {
                    return Ok(head);
                }
                continue;
            }
            if begun.elapsed() > self.patience.head() {
                return Err(Trouble::slow("it did not answer in time"));
            }
            if self.fill()? == 0 {
                return Err(Trouble::broken("read the answer", &io::ErrorKind::UnexpectedEof.into()));
            }
        }
    }

    /// Reads the whole body, if it has at most `bytes_max`.
    ///
    /// # Errors
    /// As [`Connection::read`], and a body that is longer.
    pub fn read_all(&mut self, bytes_max: u64) -> Result<Vec<u8>, Trouble> {
        let mut bytes = Vec::new();
        let mut buffer = [0; 8 * 1024];
        loop {
            let count = self.read(&mut buffer)?;
            if count == 0 {
                return Ok(bytes);
            }
            bytes.extend_from_slice(&buffer[..count]);
            if bytes.len() as u64 > bytes_max {
                return Err(Trouble::lasting(format!("it answers with more than {bytes_max} bytes")));
            }
        }
    }

    /// Reads some bytes of the body into `buffer`; 0 at its end.
    ///
    /// # Errors
    /// The connection breaks before that, nothing or too little comes, or the body is malformed.
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Trouble> {
        loop {
            match self.framing.next(&self.come).map_err(Trouble::protocol)? {
                Piece::End => return Ok(0),
                Piece::Skip(length) => drop(self.come.drain(..length)),
                Piece::Data(length) => return Ok(self.take(length, buffer)),
                Piece::More => {
                    self.check_pace()?;
                    if self.fill()? == 0 {
                        return self.ended();
                    }
                }
            }
        }
    }

    /// Takes `length` bytes that the framing has counted already; what does not fit is counted again.
    fn take(&mut self, length: usize, buffer: &mut [u8]) -> usize {
        let taken = length.min(buffer.len());
        buffer[..taken].copy_from_slice(&self.come[..taken]);
        self.come.drain(..taken);
        self.framing.give_back((length - taken) as u64);
        taken
    }

    fn ended(&self) -> Result<usize, Trouble> {
        if self.framing.may_end() {
            return Ok(0);
        }
        Err(Trouble::broken("read the answer", &io::ErrorKind::UnexpectedEof.into()))
    }

    /// Reads what is there, once.
    fn read_some(&mut self) -> io::Result<usize> {
        let old = self.come.len();
        self.come.resize(old + BUFFER_BYTES, 0);
        let read = loop {
            match self.stream.read(&mut self.come[old..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        let count = read.as_ref().copied().unwrap_or(0);
        self.come.truncate(old + count);
        self.pace.bytes += count as u64;
        read
    }

    fn fill(&mut self) -> Result<usize, Trouble> {
        match self.read_some() {
            Ok(count) => Ok(count),
            Err(error) if is_stall(&error) => Err(Trouble::slow("nothing came for too long")),
            // Some servers end TLS without saying so; where the body has a length that loses nothing.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(0),
            Err(error) => Err(Trouble::broken("read the answer", &error)),
        }
    }

    /// A server that sends a byte now and then keeps nobody waiting for ever.
    fn check_pace(&mut self) -> Result<(), Trouble> {
        if self.pace.since.elapsed() < self.patience.window() {
            return Ok(());
        }
        if self.pace.bytes < RATE_BYTES_MIN {
            return Err(Trouble::slow("it sends too slowly"));
        }
        self.pace = Pace { since: Instant::now(), bytes: 0 };
        Ok(())
    }
}

fn is_stall(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}
