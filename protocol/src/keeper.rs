//! What a keeper is told, and what it and its clients say to each other.
//!
//! Each message is one packet of a SOCK_SEQPACKET Unix socket, so the kernel keeps the boundaries; a packet is at
//! most [`PACKET_BYTES_MAX`]. The keeper answers every [`Request`] that wants an answer with one [`Reply`].

use crate::{exit::Exit, id::ContainerId, launch::Launch, launch::WindowSize};
use alloc::string::String;
use serde::{Deserialize, Serialize};

/// Largest packet either side sends or accepts.
pub const PACKET_BYTES_MAX: usize = 16 * 1024;
/// Most bytes of stdio in one packet.
pub const STDIO_BYTES_MAX: usize = PACKET_BYTES_MAX - 16;
/// Clients that one keeper serves at a time.
pub const CLIENTS_MAX: usize = 16;

/// The keeper's whole instruction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keep {
    /// What to start.
    pub launch: Launch,
    /// How to stop it.
    pub stop: Stop,
    /// Bounds of its log.
    pub log: LogLimits,
    /// Remove the container when it has ended (`--rm`).
    pub remove: bool,
    /// Host path of the durable directory, `ROOT/containers/ID`.
    pub directory: String,
    /// Host path of the directory that lasts until reboot, `STATE/containers/ID`.
    pub state: String,
}

impl Keep {
    /// Host path of the directory that its log is in.
    #[must_use]
    pub fn log_directory(&self) -> &str {
        match self.log.storage {
            LogStorage::Ram => &self.state,
            LogStorage::Disk => &self.directory,
        }
    }
}

/// How a container is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// The signal that asks.
    pub signal: u8,
    /// How long it may take before SIGKILL goes to the whole cgroup; `None` waits for ever.
    pub grace_ms: Option<u32>,
}

/// How much log is kept, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLimits {
    /// Largest size of one file.
    pub file_bytes_max: u64,
    /// Files kept, the one being written included; 0 keeps no log at all.
    pub files_max: u16,
    /// Where they are.
    pub storage: LogStorage,
    /// How fast it may grow.
    pub rate: LogRate,
}

impl Default for LogLimits {
    fn default() -> Self {
        let (storage, rate) = (LogStorage::Ram, LogRate::Unlimited);
        Self { file_bytes_max: 1024 * 1024, files_max: 2, storage, rate }
    }
}

/// Where a log is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LogStorage {
    /// In [`Keep::state`], which is in memory and ends with the boot.
    Ram,
    /// In [`Keep::directory`], beside the container's record; it leaves the disk's reserve alone.
    Disk,
}

/// How much of a log is kept per second, on average over [`LogRate::BURST_S`] seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LogRate {
    /// Everything.
    Unlimited,
    /// So many bytes of output, at least 1.
    Bytes(u32),
    /// So many lines, at least 1.
    Lines(u32),
}

impl LogRate {
    /// What comes at once may be as much as this many seconds allow.
    pub const BURST_S: u32 = 10;
    /// What a log on disk is held to unless another rate is asked for: flash wears, memory does not.
    pub const OF_DISK: Self = Self::Bytes(64 * 1024);
}

/// What is known of a container while it runs; written by its keeper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// Whose.
    pub id: ContainerId,
    /// The keeper's process id.
    pub keeper_pid: i32,
    /// The container's first process, as the board sees it.
    pub pid: i32,
    /// Wall clock, nanoseconds since 1970.
    pub started_ns: u64,
    /// First host id of its user namespace; 0 without one.
    pub first_host_id: u32,
}

/// From a client to a keeper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request<'a> {
    /// Send me output from now on, and the exit.
    Attach {
        /// This client's [`Request::Stdin`] is wanted.
        stdin: bool,
    },
    /// Send me the exit.
    Wait,
    /// Bytes for stdin.
    Stdin(&'a [u8]),
    /// No more stdin will come.
    StdinEnd,
    /// The terminal has a new size.
    Resize(WindowSize),
    /// Send this signal to the container's first process.
    Signal(u8),
    /// Ask it to stop, and make it; `None` takes what the container was made with.
    Stop {
        /// Another signal than the container's own.
        signal: Option<u8>,
        /// Another grace period; `Some(u32::MAX)` waits for ever.
        grace_ms: Option<u32>,
    },
}

/// From a keeper to a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply<'a> {
    /// The container's command has been executed.
    Started,
    /// A piece of standard output (of a terminal: all output).
    Stdout(&'a [u8]),
    /// A piece of standard error.
    Stderr(&'a [u8]),
    /// It has ended, its record is written and what it used is cleaned up.
    Exited(Exit),
    /// The request was carried out.
    Done,
    /// The request could not be carried out, and why.
    Refused(String),
}
