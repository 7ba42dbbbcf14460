//! What v2's control files say: the limits in force, and what is used.

use super::settings::throttle_key;
use crate::cgroup::effective::{DeviceRate, Effective};
use crate::cgroup::error::CgroupError;
use crate::cgroup::file::{TEXT_BYTES_MAX, Tree};
use crate::cgroup::stats::{Stats, device, keyed};
use crate::cgroup::weight::shares_from_weight;
use limpet_protocol::limits::ThrottleKind;

const KINDS: [ThrottleKind; 4] =
    [ThrottleKind::ReadBps, ThrottleKind::WriteBps, ThrottleKind::ReadIops, ThrottleKind::WriteIops];

/// The limits in force; a file that is missing with its controller is "no limit".
pub(super) fn effective(tree: &Tree, group: &str) -> Result<Effective, CgroupError> {
    let memory_bytes = tree.number(group, "memory.max")?;
    let swap_bytes = tree.number(group, "memory.swap.max")?;
    let weight = tree.number(group, "cpu.weight")?.and_then(|weight| u32::try_from(weight).ok());
    Ok(Effective {
        memory_bytes,
        memory_reservation_bytes: tree.number(group, "memory.low")?.filter(|bytes| *bytes > 0),
        memory_swap_bytes: memory_bytes.zip(swap_bytes).map(|(memory, swap)| memory.saturating_add(swap)),
        cpu_millis: cpu_millis(tree, group)?,
        cpu_shares: weight.map(shares_from_weight),
        cpuset_cpus: list(tree, group, "cpuset.cpus")?,
        cpuset_mems: list(tree, group, "cpuset.mems")?,
        pids_max: tree.number(group, "pids.max")?,
        throttles: throttles(tree, group)?,
    })
}

/// From `quota period`; `None` for `max period`.
fn cpu_millis(tree: &Tree, group: &str) -> Result<Option<u32>, CgroupError> {
    let mut buffer = [0; TEXT_BYTES_MAX];
    let Some(text) = tree.text(group, "cpu.max", &mut buffer)?.filter(|text| !text.starts_with("max")) else {
        return Ok(None);
    };
    let pair = text.split_once(' ').map(|(quota, period)| (quota.parse::<u64>(), period.parse::<u64>()));
    match pair {
        Some((Ok(quota_us), Ok(period_us @ 1..))) => {
            Ok(u32::try_from(quota_us.saturating_mul(1000) / period_us).ok())
        }
        _ => Err(tree.unexpected(group, "cpu.max", text)),
    }
}

fn list(tree: &Tree, group: &str, file: &str) -> Result<Option<String>, CgroupError> {
    let mut buffer = [0; TEXT_BYTES_MAX];
    Ok(tree.text(group, file, &mut buffer)?.filter(|list| !list.is_empty()).map(str::to_owned))
}

/// From lines like `8:0 rbps=1048576 wbps=max riops=max wiops=max`.
fn throttles(tree: &Tree, group: &str) -> Result<Vec<DeviceRate>, CgroupError> {
    let mut rates = Vec::new();
    tree.lines(group, "io.max", &mut |line| {
        let Some((major, minor, words)) = device(line) else { return };
        for (kind, word) in words.split(' ').flat_map(|word| KINDS.map(|kind| (kind, word))) {
            let rate = word.strip_prefix(throttle_key(kind)).and_then(|rate| rate.parse().ok());
            rates.extend(rate.map(|rate| DeviceRate { kind, major, minor, rate }));
        }
    })?;
    Ok(rates)
}

/// What is used now.
pub(super) fn stats(tree: &Tree, group: &str) -> Result<Stats, CgroupError> {
    let [cpu_usage_us, cpu_periods, cpu_throttled_periods, cpu_throttled_us] =
        keyed(tree, group, "cpu.stat", ["usage_usec", "nr_periods", "nr_throttled", "throttled_usec"])?;
    let [memory_cache_bytes] = keyed(tree, group, "memory.stat", ["inactive_file"])?;
    let traffic = traffic(tree, group)?;
    Ok(Stats {
        memory_usage_bytes: tree.number(group, "memory.current")?.unwrap_or(0),
        memory_cache_bytes,
        memory_limit_bytes: tree.number(group, "memory.max")?,
        memory_peak_bytes: tree.number(group, "memory.peak")?,
        cpu_usage_ns: cpu_usage_us.saturating_mul(1000),
        cpu_periods,
        cpu_throttled_periods,
        cpu_throttled_ns: cpu_throttled_us.saturating_mul(1000),
        pids: tree.number(group, "pids.current")?.unwrap_or(0),
        pids_limit: tree.number(group, "pids.max")?,
        block_read_bytes: traffic[0],
        block_write_bytes: traffic[1],
        block_reads: traffic[2],
        block_writes: traffic[3],
    })
}

/// All devices together, from lines like `8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0`.
fn traffic(tree: &Tree, group: &str) -> Result<[u64; 4], CgroupError> {
    const KEYS: [&str; 4] = ["rbytes=", "wbytes=", "rios=", "wios="];
    let mut sums = [0_u64; 4];
    tree.lines(group, "io.stat", &mut |line| {
        let Some((_, _, words)) = device(line) else { return };
        for word in words.split(' ') {
            for (key, sum) in KEYS.iter().zip(&mut sums) {
                let amount = word.strip_prefix(key).and_then(|amount| amount.parse::<u64>().ok());
                *sum += amount.unwrap_or(0);
            }
        }
    })?;
    Ok(sums)
}
