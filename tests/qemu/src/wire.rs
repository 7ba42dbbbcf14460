//! What a scenario and the agent on a board say to each other: frames of postcard, each ended by a zero byte (COBS), so
//! that a reader finds the next frame's beginning whatever came before: a board may be cut off in the middle of one.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};

/// Most bytes of one frame; longer ones are an error of whoever sends them.
pub const FRAME_BYTES_MAX: usize = 256 << 10;
/// Most bytes of content that one frame carries; more takes several.
pub const CHUNK_BYTES_MAX: usize = 64 << 10;
/// The port's name, by which the agent finds it.
pub const PORT: &str = "limpet.agent";

/// To the agent. It answers each with what is said there.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Run a program to its end: any number of [`Answer::Output`], then [`Answer::Ended`].
    Run {
        /// Program and arguments.
        command: Vec<String>,
        /// Variables in addition to the agent's own.
        environment: Vec<(String, String)>,
        /// What it finds on stdin.
        input: Vec<u8>,
    },
    /// Add to a file, which is made: [`Answer::Done`].
    Append {
        /// Where.
        path: String,
        /// What.
        bytes: Vec<u8>,
    },
    /// Read a file: any number of [`Answer::Output`], then [`Answer::Done`].
    Read {
        /// Which.
        path: String,
    },
}

/// From the agent.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// The agent is up: said once, when it starts.
    Hello,
    /// Something was printed, or read.
    Output {
        /// On stderr rather than stdout.
        is_error: bool,
        /// What.
        bytes: Vec<u8>,
    },
    /// The program has ended, with its status as a shell says it.
    Ended(i32),
    /// It is done.
    Done,
    /// It could not be done.
    Failed(String),
}

/// Writes one frame.
///
/// # Errors
/// Writing failed.
pub fn send(to: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    let frame = postcard::to_allocvec_cobs(message).map_err(io::Error::other)?;
    to.write_all(&frame)?;
    to.flush()
}

/// Takes bytes as they come, gives frames.
#[derive(Debug, Default)]
pub struct Receiver {
    bytes: Vec<u8>,
}

impl Receiver {
    /// Reads once; the bytes that came, 0 at the end of file.
    ///
    /// # Errors
    /// Reading failed, or a frame is too long.
    pub fn read_from(&mut self, from: &mut impl Read) -> io::Result<usize> {
        let mut buffer = [0; 16 << 10];
        let count = from.read(&mut buffer)?;
        self.bytes.extend_from_slice(&buffer[..count]);
        if self.bytes.len() > FRAME_BYTES_MAX && !self.bytes.contains(&0) {
            return Err(io::Error::other("a frame is too long"));
        }
        Ok(count)
    }

    /// The next whole frame; what is not one (a board that was cut off) is left out.
    pub fn take<T: DeserializeOwned>(&mut self) -> Option<T> {
        while let Some(end) = self.bytes.iter().position(|byte| *byte == 0) {
            let mut frame: Vec<u8> = self.bytes.drain(..=end).collect();
            if let Ok(message) = postcard::from_bytes_cobs(&mut frame) {
                return Some(message);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests;
