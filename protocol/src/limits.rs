//! What a container may use of the board. Units are in the names; `None` is "no limit asked for".

use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Devices that may each carry one throttle of one kind.
pub const THROTTLES_MAX: usize = 16;
/// Smallest memory limit that is accepted, as docker's (6 MiB) is for a Go runtime; ours needs less.
pub const MEMORY_BYTES_MIN: u64 = 512 * 1024;

/// The limits of one container, as asked for (docker's `run` reference, "Runtime constraints on resources").
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// `--memory`: hard ceiling, page cache included.
    pub memory: Memory,
    /// `--memory-reservation`: soft limit, honoured under pressure.
    pub memory_reservation_bytes: Option<u64>,
    /// `--memory-swap`.
    pub swap: Swap,
    /// `--cpus` in thousandths of one CPU: 500 is half a CPU.
    pub cpu_millis: Option<u32>,
    /// `--cpu-shares`: relative weight, 2 to 262144, 1024 is the kernel's default.
    pub cpu_shares: Option<u32>,
    /// `--cpuset-cpus` in the kernel's list form, `0-2,7`.
    pub cpuset_cpus: Option<String>,
    /// `--cpuset-mems` in the kernel's list form.
    pub cpuset_mems: Option<String>,
    /// `--pids-limit`.
    pub pids: Pids,
    /// `--device-read-bps` and its like; at most [`THROTTLES_MAX`] of each kind.
    pub throttles: Vec<Throttle>,
}

/// What `--memory` means, once it is understood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Memory {
    /// Not given: the ceiling that leaves the documented reserve to the board.
    #[default]
    Default,
    /// `-1`: no ceiling of its own; the only way to run where the kernel has no memory controller.
    Unlimited,
    /// At most this many bytes, at least [`MEMORY_BYTES_MIN`].
    MaxBytes(u64),
}

/// What `--memory-swap` means, once it is understood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Swap {
    /// Not given: no swap is granted beyond the memory limit where the kernel can account for it.
    #[default]
    Default,
    /// `-1`: as much swap as the board has.
    Unlimited,
    /// Memory and swap together, in bytes; at least the memory limit.
    TotalBytes(u64),
}

/// How many tasks the container may have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pids {
    /// The documented default ceiling.
    #[default]
    Default,
    /// `-1` or `0`: no ceiling of its own.
    Unlimited,
    /// This many.
    Max(u32),
}

/// Which rate of a block device is bounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ThrottleKind {
    /// `--device-read-bps`
    ReadBps,
    /// `--device-write-bps`
    WriteBps,
    /// `--device-read-iops`
    ReadIops,
    /// `--device-write-iops`
    WriteIops,
}

/// One bound on one block device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Throttle {
    /// What is bounded.
    pub kind: ThrottleKind,
    /// Path of the block device as typed, for messages.
    pub path: String,
    /// Major number of the device.
    pub major: u32,
    /// Minor number of the device.
    pub minor: u32,
    /// Bytes or operations per second.
    pub rate: u64,
}
