//! From what was asked for to what is set: defaults, the board's reserve, and what cannot be meant.
//!
//! Pure: comes in a [`Limits`] and a [`Board`], goes out a [`Wanted`] or the limit that makes no sense.
//!
//! Strict defaults: without `--memory` a container gets everything but the board's reserve, and all containers of one
//! instance together get no more than that either, through the ceiling of their parent group. Without `--pids-limit`
//! it gets [`PIDS_DEFAULT_MAX`]. Without `--memory-swap` it gets no swap beyond its memory; a kernel that does not account
//! for swap can hold to that only while the board has none.

use super::cpulist;
use super::effective::{DeviceRate, Effective};
use super::error::{CgroupError, LimitName};
use limpet_protocol::limits::{
    Limits, MEMORY_BYTES_MIN, Memory, Pids, Swap, THROTTLES_MAX, Throttle, ThrottleKind,
};

/// Smallest `--cpu-shares` (the kernel's MIN_SHARES).
pub const CPU_SHARES_MIN: u32 = 2;
/// Largest `--cpu-shares` (the kernel's MAX_SHARES).
pub const CPU_SHARES_MAX: u32 = 262_144;
/// Most tasks of a container without `--pids-limit`.
pub const PIDS_DEFAULT_MAX: u32 = 4096;
/// Memory that containers leave to the board, at least.
pub const RESERVE_BYTES_MIN: u64 = 64 * 1024 * 1024;
/// Memory that containers leave to the board: one part in this many.
pub const RESERVE_FRACTION: u64 = 8;
/// Longest list of CPUs or memory nodes.
pub(super) const LIST_BYTES_MAX: usize = 512;

/// What must be known of the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Board {
    /// MemTotal.
    pub memory_bytes: u64,
    /// Unit in which the kernel counts memory.
    pub page_bytes: u64,
    /// Swap is on.
    pub has_swap: bool,
}

impl Board {
    /// This one (sysinfo(2)).
    #[must_use]
    pub fn here() -> Self {
        let info = rustix::system::sysinfo();
        Self {
            memory_bytes: info.totalram.saturating_mul(u64::from(info.mem_unit)),
            page_bytes: rustix::param::page_size() as u64,
            has_swap: info.totalswap > 0,
        }
    }
}

/// What containers leave to the board: the larger of 64 MiB and an eighth, but never more than half.
#[must_use]
pub fn reserve_bytes(memory_bytes: u64) -> u64 {
    (memory_bytes / RESERVE_FRACTION).max(RESERVE_BYTES_MIN).min(memory_bytes / 2)
}

/// The ceiling of a container without `--memory`, and of all containers of one instance together; whole pages.
#[must_use]
pub fn default_ceiling_bytes(board: &Board) -> u64 {
    whole_pages(board.memory_bytes - reserve_bytes(board.memory_bytes), board.page_bytes)
}

/// As the kernel rounds: down.
pub(super) const fn whole_pages(bytes: u64, page_bytes: u64) -> u64 {
    bytes - bytes % page_bytes
}

/// What is to be set, and how to speak of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    /// The limits, rounded as the kernel rounds.
    pub(super) values: Effective,
    /// `--memory` was not given.
    pub(super) memory_is_default: bool,
    /// `--pids-limit` was not given.
    pub(super) pids_is_default: bool,
    /// `--memory-swap` was not given.
    pub(super) swap_is_default: bool,
    /// There is swap to be had, or to be granted: a kernel that cannot account for it is an error.
    pub(super) swap_counts: bool,
}

/// Whether limits can be meant at all on this board; the kernel is not asked.
///
/// # Errors
/// The first limit that makes no sense.
pub fn check(limits: &Limits) -> Result<(), CgroupError> {
    resolve(limits, &Board::here()).map(drop)
}

/// Decide every value.
pub(super) fn resolve(limits: &Limits, board: &Board) -> Result<Wanted, CgroupError> {
    let memory_bytes = memory(limits.memory, board)?;
    let values = Effective {
        memory_bytes,
        memory_reservation_bytes: reservation(limits.memory_reservation_bytes, memory_bytes, board)?,
        memory_swap_bytes: swap(limits, memory_bytes, board)?,
        cpu_millis: limits.cpu_millis.map(cpus).transpose()?,
        cpu_shares: limits.cpu_shares.map(shares).transpose()?,
        cpuset_cpus: list(limits.cpuset_cpus.as_deref(), LimitName::CpusetCpus)?,
        cpuset_mems: list(limits.cpuset_mems.as_deref(), LimitName::CpusetMems)?,
        pids_max: pids(limits.pids),
        throttles: throttles(&limits.throttles)?,
    };
    Ok(Wanted {
        values,
        memory_is_default: limits.memory == Memory::Default,
        pids_is_default: limits.pids == Pids::Default,
        swap_is_default: limits.swap == Swap::Default,
        swap_counts: matches!(limits.swap, Swap::TotalBytes(_)) || board.has_swap,
    })
}

fn invalid(limit: LimitName, value: &dyn std::fmt::Display, reason: &'static str) -> CgroupError {
    CgroupError::Invalid { limit, value: value.to_string(), reason }
}

fn memory(memory: Memory, board: &Board) -> Result<Option<u64>, CgroupError> {
    match memory {
        Memory::Default => Ok(Some(default_ceiling_bytes(board))),
        Memory::Unlimited => Ok(None),
        Memory::MaxBytes(bytes) if bytes < MEMORY_BYTES_MIN => {
            Err(invalid(LimitName::Memory, &bytes, "it is below 512 KiB, which nothing starts in"))
        }
        Memory::MaxBytes(bytes) if bytes > i64::MAX as u64 / 2 => {
            Err(invalid(LimitName::Memory, &bytes, "no board has that much; -1 means no limit"))
        }
        Memory::MaxBytes(bytes) => Ok(Some(whole_pages(bytes, board.page_bytes))),
    }
}

fn reservation(asked: Option<u64>, memory: Option<u64>, board: &Board) -> Result<Option<u64>, CgroupError> {
    let Some(bytes) = asked else { return Ok(None) };
    if memory.is_some_and(|memory| bytes > memory) {
        return Err(invalid(LimitName::MemoryReservation, &bytes, "it is above the memory limit"));
    }
    Ok(Some(whole_pages(bytes, board.page_bytes)))
}

fn swap(limits: &Limits, memory: Option<u64>, board: &Board) -> Result<Option<u64>, CgroupError> {
    match (limits.swap, limits.memory) {
        (Swap::Default, _) => Ok(memory),
        (Swap::Unlimited, _) => Ok(None),
        (Swap::TotalBytes(total), Memory::MaxBytes(bytes)) if total >= bytes => {
            Ok(Some(whole_pages(total.min(i64::MAX as u64 / 2), board.page_bytes)))
        }
        (Swap::TotalBytes(total), Memory::MaxBytes(_)) => Err(invalid(
            LimitName::MemorySwap,
            &total,
            "it is memory and swap together, so at least --memory",
        )),
        (Swap::TotalBytes(total), _) => {
            Err(invalid(LimitName::MemorySwap, &total, "it is memory and swap together; give --memory too"))
        }
    }
}

fn cpus(millis: u32) -> Result<u32, CgroupError> {
    match millis {
        0 => Err(invalid(LimitName::Cpus, &0, "at least 0.001 is needed")),
        1..=1_000_000 => Ok(millis),
        _ => Err(invalid(LimitName::Cpus, &(millis / 1000), "the kernel counts up to 1000")),
    }
}

fn shares(shares: u32) -> Result<u32, CgroupError> {
    if (CPU_SHARES_MIN..=CPU_SHARES_MAX).contains(&shares) {
        return Ok(shares);
    }
    Err(invalid(LimitName::CpuShares, &shares, "2 to 262144 is possible"))
}

fn list(asked: Option<&str>, limit: LimitName) -> Result<Option<String>, CgroupError> {
    let Some(text) = asked else { return Ok(None) };
    if text.len() > LIST_BYTES_MAX {
        return Err(invalid(limit, &text.len(), "the list is longer than 512 bytes"));
    }
    match cpulist::parse(text) {
        Some(ranges) if !ranges.is_empty() => Ok(Some(text.to_owned())),
        _ => Err(invalid(limit, &text, "a list like 0-2,7 is needed")),
    }
}

fn pids(pids: Pids) -> Option<u64> {
    match pids {
        Pids::Default => Some(u64::from(PIDS_DEFAULT_MAX)),
        Pids::Unlimited | Pids::Max(0) => None,
        Pids::Max(count) => Some(u64::from(count)),
    }
}

fn throttles(asked: &[Throttle]) -> Result<Vec<DeviceRate>, CgroupError> {
    let mut rates: Vec<DeviceRate> = Vec::with_capacity(asked.len());
    for throttle in asked {
        let rate = rate(throttle)?;
        // As on a command line: the last one for a device counts.
        rates.retain(|other| !same_target(other, &rate));
        rates.push(rate);
        if rates.iter().filter(|other| other.kind == rate.kind).count() > THROTTLES_MAX {
            return Err(invalid(
                LimitName::Throttle(rate.kind),
                &throttle.path,
                "at most 16 devices are possible",
            ));
        }
    }
    Ok(rates)
}

fn rate(throttle: &Throttle) -> Result<DeviceRate, CgroupError> {
    let &Throttle { kind, major, minor, rate, .. } = throttle;
    let limit = LimitName::Throttle(kind);
    if rate == 0 {
        return Err(invalid(limit, &throttle.path, "the rate is 0, which the kernel takes for no limit"));
    }
    let counts_operations = matches!(kind, ThrottleKind::ReadIops | ThrottleKind::WriteIops);
    if counts_operations && rate > u64::from(u32::MAX) {
        return Err(invalid(limit, &rate, "the kernel counts up to 4294967295 operations per second"));
    }
    Ok(DeviceRate { kind, major, minor, rate })
}

/// Whether both bound the same rate of the same device.
pub(super) fn same_target(one: &DeviceRate, other: &DeviceRate) -> bool {
    (one.kind, one.major, one.minor) == (other.kind, other.major, other.minor)
}

/// Period of the CPU bandwidth limit: 100 ms, the kernel's default, and 1 s for quotas below the kernel's least of 1 ms.
pub(super) fn cpu_period_us(millis: Option<u32>) -> u64 {
    if millis.is_some_and(|millis| millis < 10) { 1_000_000 } else { 100_000 }
}

/// Bounds in force for which nothing is wanted any more.
pub(super) fn removed_throttles<'f>(
    from: &'f Effective,
    to: &'f Effective,
) -> impl Iterator<Item = &'f DeviceRate> {
    from.throttles.iter().filter(|rate| !to.throttles.iter().any(|other| same_target(other, rate)))
}
