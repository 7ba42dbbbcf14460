//! How a container ended: written durably by its keeper, read by everyone else.

use alloc::string::String;
use serde::{Deserialize, Serialize};

/// Exit codes that do not come from the container, as docker's.
pub mod code {
    /// Limpet itself failed.
    pub const LIMPET_FAILED: u8 = 125;
    /// The command was found but could not be run.
    pub const NOT_EXECUTABLE: u8 = 126;
    /// The command was not found.
    pub const NOT_FOUND: u8 = 127;
    /// Added to the number of the signal that ended the container.
    pub const SIGNAL_BASE: u8 = 128;
}

/// What became of one run of a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exit {
    /// 0 to 255: the container's own status, 128+n for signal n, or one of [`code`].
    pub code: u8,
    /// The kernel's OOM killer ended a process of it at its own limit.
    pub oom_killed: bool,
    /// Wall clock, nanoseconds since 1970; 0 if it never started.
    pub started_ns: u64,
    /// Wall clock, nanoseconds since 1970.
    pub finished_ns: u64,
    /// Highest memory use that the kernel counted, in bytes; 0 where it does not count.
    pub memory_peak_bytes: u64,
    /// Why it could not be started, if it could not.
    pub error: Option<String>,
}
