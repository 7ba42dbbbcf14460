//! The limits of one group in a form that both hierarchies can be asked for and read back in.

use limpet_protocol::limits::ThrottleKind;

/// Limits as the kernel holds them; `None` is "no limit of its own" or the kernel's default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effective {
    /// Hard ceiling, page cache included.
    pub memory_bytes: Option<u64>,
    /// Soft limit: v1 `memory.soft_limit_in_bytes`, v2 `memory.low`.
    pub memory_reservation_bytes: Option<u64>,
    /// Memory and swap together; `None` also where the kernel does not account for swap.
    pub memory_swap_bytes: Option<u64>,
    /// Thousandths of one CPU.
    pub cpu_millis: Option<u32>,
    /// Relative weight in v1's unit, 1024 by default; on v2 the smallest number that gives the weight in force.
    pub cpu_shares: Option<u32>,
    /// CPUs in the kernel's list form.
    pub cpuset_cpus: Option<String>,
    /// Memory nodes in the kernel's list form.
    pub cpuset_mems: Option<String>,
    /// Most tasks.
    pub pids_max: Option<u64>,
    /// Bounds on block devices.
    pub throttles: Vec<DeviceRate>,
}

/// One bound on one block device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceRate {
    /// What is bounded.
    pub kind: ThrottleKind,
    /// Major number of the device.
    pub major: u32,
    /// Minor number of the device.
    pub minor: u32,
    /// Bytes or operations per second.
    pub rate: u64,
}
