//! What v1's control files say: the limits in force, and what is used.

use super::settings::{UNLIMITED_BYTES_MIN, throttle_file};
use crate::cgroup::controller::Controller;
use crate::cgroup::effective::{DeviceRate, Effective};
use crate::cgroup::error::CgroupError;
use crate::cgroup::file::{TEXT_BYTES_MAX, Tree};
use crate::cgroup::stats::{Stats, device, keyed};
use limpet_protocol::limits::ThrottleKind;

type FindTree<'t, 'f> = &'f dyn Fn(Controller) -> Option<&'t Tree>;

/// The limits in force.
pub(super) fn effective(tree: FindTree<'_, '_>, group: &str) -> Result<Effective, CgroupError> {
    let mut found = Effective::default();
    if let Some(tree) = tree(Controller::Memory) {
        found.memory_bytes = bytes(tree, group, "memory.limit_in_bytes")?;
        found.memory_reservation_bytes = bytes(tree, group, "memory.soft_limit_in_bytes")?;
        found.memory_swap_bytes = bytes(tree, group, "memory.memsw.limit_in_bytes")?;
    }
    if let Some(tree) = tree(Controller::Cpu) {
        found.cpu_millis = cpu_millis(tree, group)?;
        found.cpu_shares = tree.number(group, "cpu.shares")?.and_then(|shares| u32::try_from(shares).ok());
    }
    if let Some(tree) = tree(Controller::Cpuset) {
        found.cpuset_cpus = list(tree, group, "cpuset.cpus")?;
        found.cpuset_mems = list(tree, group, "cpuset.mems")?;
    }
    if let Some(tree) = tree(Controller::Pids) {
        found.pids_max = tree.number(group, "pids.max")?;
    }
    if let Some(tree) = tree(Controller::Io) {
        found.throttles = throttles(tree, group)?;
    }
    Ok(found)
}

fn bytes(tree: &Tree, group: &str, file: &str) -> Result<Option<u64>, CgroupError> {
    Ok(tree.number(group, file)?.filter(|bytes| *bytes < UNLIMITED_BYTES_MIN))
}

/// `None` without a quota, which reads -1.
fn cpu_millis(tree: &Tree, group: &str) -> Result<Option<u32>, CgroupError> {
    let mut buffer = [0; TEXT_BYTES_MAX];
    let Some(text) = tree.text(group, "cpu.cfs_quota_us", &mut buffer)?.filter(|text| *text != "-1") else {
        return Ok(None);
    };
    let quota_us: u64 = text.parse().map_err(|_| tree.unexpected(group, "cpu.cfs_quota_us", text))?;
    let period_us = tree.number(group, "cpu.cfs_period_us")?.filter(|period_us| *period_us > 0);
    Ok(period_us.and_then(|period_us| u32::try_from(quota_us * 1000 / period_us).ok()))
}

fn list(tree: &Tree, group: &str, file: &str) -> Result<Option<String>, CgroupError> {
    let mut buffer = [0; TEXT_BYTES_MAX];
    Ok(tree.text(group, file, &mut buffer)?.filter(|list| !list.is_empty()).map(str::to_owned))
}

fn throttles(tree: &Tree, group: &str) -> Result<Vec<DeviceRate>, CgroupError> {
    let mut rates = Vec::new();
    for kind in
        [ThrottleKind::ReadBps, ThrottleKind::WriteBps, ThrottleKind::ReadIops, ThrottleKind::WriteIops]
    {
        tree.lines(group, throttle_file(kind), &mut |line| {
            let rate = device(line).and_then(|(major, minor, rate)| Some((major, minor, rate.parse().ok()?)));
            rates.extend(rate.map(|(major, minor, rate)| DeviceRate { kind, major, minor, rate }));
        })?;
    }
    Ok(rates)
}

/// What is used now.
pub(super) fn stats(tree: FindTree<'_, '_>, group: &str) -> Result<Stats, CgroupError> {
    let mut stats = Stats::default();
    if let Some(tree) = tree(Controller::Memory) {
        stats.memory_usage_bytes = tree.number(group, "memory.usage_in_bytes")?.unwrap_or(0);
        stats.memory_limit_bytes = bytes(tree, group, "memory.limit_in_bytes")?;
        stats.memory_peak_bytes = tree.number(group, "memory.max_usage_in_bytes")?;
        [stats.memory_cache_bytes] = keyed(tree, group, "memory.stat", ["total_inactive_file"])?;
    }
    if let Some(tree) = tree(Controller::Cpuacct) {
        stats.cpu_usage_ns = tree.number(group, "cpuacct.usage")?.unwrap_or(0);
    }
    if let Some(tree) = tree(Controller::Cpu) {
        [stats.cpu_periods, stats.cpu_throttled_periods, stats.cpu_throttled_ns] =
            keyed(tree, group, "cpu.stat", ["nr_periods", "nr_throttled", "throttled_time"])?;
    }
    if let Some(tree) = tree(Controller::Pids) {
        stats.pids = tree.number(group, "pids.current")?.unwrap_or(0);
        stats.pids_limit = tree.number(group, "pids.max")?;
    }
    if let Some(tree) = tree(Controller::Io) {
        [stats.block_read_bytes, stats.block_write_bytes] =
            traffic(tree, group, "blkio.throttle.io_service_bytes_recursive")?;
        [stats.block_reads, stats.block_writes] =
            traffic(tree, group, "blkio.throttle.io_serviced_recursive")?;
    }
    Ok(stats)
}

/// Reads and writes of all devices; lines are `8:0 Read 4096`.
fn traffic(tree: &Tree, group: &str, file: &str) -> Result<[u64; 2], CgroupError> {
    let mut sums = [0; 2];
    tree.lines(group, file, &mut |line| {
        let words = device(line).and_then(|(_, _, rest)| rest.split_once(' '));
        let Some((kind, Ok(amount))) = words.map(|(kind, amount)| (kind, amount.parse::<u64>())) else {
            return;
        };
        match kind {
            "Read" => sums[0] += amount,
            "Write" => sums[1] += amount,
            _ => {}
        }
    })?;
    Ok(sums)
}
