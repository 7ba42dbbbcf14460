//! From limits in force to limits wanted, as writes to v1's control files; pure.
//!
//! Documentation/admin-guide/cgroup-v1/{memory,cpusets,pids,blkio-controller}.rst, Documentation/scheduler/sched-bwc.rst.

use crate::cgroup::controller::Controller;
use crate::cgroup::effective::{DeviceRate, Effective};
use crate::cgroup::error::LimitName;
use crate::cgroup::plan::{Expect, IfMissing, Setting, of_swap};
use crate::cgroup::policy::{Wanted, cpu_period_us, removed_throttles};
use crate::cgroup::weight::SHARES_DEFAULT;
use limpet_protocol::limits::ThrottleKind;

/// The kernel shows "no limit" as the largest whole number of pages; nothing else comes near it.
pub(super) const UNLIMITED_BYTES_MIN: u64 = i64::MAX as u64 / 2;
/// What [`Setting::if_missing`] says when the whole controller should have been there.
const MEMCG: &str = "CONFIG_MEMCG";

/// The writes that lead from one to the other, in an order in which the kernel takes them.
pub(in crate::cgroup) fn settings(from: &Effective, to: &Wanted) -> Vec<Setting> {
    let mut settings = memory(from, to);
    settings.extend(reservation(from, &to.values));
    settings.extend(cpu(from, &to.values));
    settings.extend(cpuset(from, &to.values));
    settings.extend(pids(from, to));
    settings.extend(throttles(from, &to.values));
    settings
}

/// The ceiling of an instance's parent group.
pub(super) fn ceiling(bytes: u64) -> Setting {
    bytes_setting(LimitName::InstanceMemory, "memory.limit_in_bytes", Some(bytes), IfMissing::Refuse(MEMCG))
}

fn bytes_setting(limit: LimitName, file: &'static str, bytes: Option<u64>, if_missing: IfMissing) -> Setting {
    let (value, expect) = match bytes {
        Some(bytes) => (bytes.to_string(), Expect::Same),
        None => ("-1".to_owned(), Expect::AtLeast(UNLIMITED_BYTES_MIN)),
    };
    Setting { limit, controller: Controller::Memory, file, value, read_back: file, expect, if_missing }
}

/// Memory never above memory and swap together, at any moment between two writes.
fn memory(from: &Effective, to: &Wanted) -> Vec<Setting> {
    let name = if to.memory_is_default { LimitName::DefaultMemory } else { LimitName::Memory };
    let (swap, if_no_swap) = of_swap(to);
    let wanted = &to.values;
    let memory = (from.memory_bytes != wanted.memory_bytes)
        .then(|| bytes_setting(name, "memory.limit_in_bytes", wanted.memory_bytes, IfMissing::Refuse(MEMCG)));
    let both = (from.memory_swap_bytes != wanted.memory_swap_bytes)
        .then(|| bytes_setting(swap, "memory.memsw.limit_in_bytes", wanted.memory_swap_bytes, if_no_swap));
    let raise_both_first = or_all(wanted.memory_bytes) > or_all(from.memory_swap_bytes);
    let in_order = if raise_both_first { [both, memory] } else { [memory, both] };
    in_order.into_iter().flatten().collect()
}

fn or_all(bytes: Option<u64>) -> u64 {
    bytes.unwrap_or(u64::MAX)
}

fn reservation(from: &Effective, to: &Effective) -> Option<Setting> {
    let bytes = to.memory_reservation_bytes;
    (from.memory_reservation_bytes != bytes).then(|| {
        bytes_setting(
            LimitName::MemoryReservation,
            "memory.soft_limit_in_bytes",
            bytes,
            IfMissing::Refuse(MEMCG),
        )
    })
}

fn cpu(from: &Effective, to: &Effective) -> Vec<Setting> {
    let setting = |limit, file, value: String, needs| Setting {
        limit,
        controller: Controller::Cpu,
        file,
        value,
        read_back: file,
        expect: Expect::Same,
        if_missing: IfMissing::Refuse(needs),
    };
    let quota = |value| setting(LimitName::Cpus, "cpu.cfs_quota_us", value, "CONFIG_CFS_BANDWIDTH");
    let mut settings = Vec::new();
    if from.cpu_millis != to.cpu_millis {
        let period_us = cpu_period_us(to.cpu_millis);
        if from.cpu_millis.is_some() {
            // Between two quotas the period changes: none in force keeps every step within the kernel's bounds.
            settings.push(quota("-1".to_owned()));
        }
        settings.push(setting(
            LimitName::Cpus,
            "cpu.cfs_period_us",
            period_us.to_string(),
            "CONFIG_CFS_BANDWIDTH",
        ));
        settings
            .extend(to.cpu_millis.map(|millis| quota((u64::from(millis) * period_us / 1000).to_string())));
    }
    let shares = to.cpu_shares.unwrap_or(SHARES_DEFAULT);
    if from.cpu_shares != to.cpu_shares
        && !(to.cpu_shares.is_none() && from.cpu_shares == Some(SHARES_DEFAULT))
    {
        settings.push(setting(
            LimitName::CpuShares,
            "cpu.shares",
            shares.to_string(),
            "CONFIG_FAIR_GROUP_SCHED",
        ));
    }
    settings
}

fn cpuset(from: &Effective, to: &Effective) -> Vec<Setting> {
    let lists = [
        (LimitName::CpusetCpus, "cpuset.cpus", &from.cpuset_cpus, &to.cpuset_cpus),
        (LimitName::CpusetMems, "cpuset.mems", &from.cpuset_mems, &to.cpuset_mems),
    ];
    let changed = lists.into_iter().filter(|(_, _, from, to)| from != to);
    changed
        .filter_map(|(limit, file, _, to)| {
            Some(Setting {
                limit,
                controller: Controller::Cpuset,
                file,
                value: to.clone()?,
                read_back: file,
                expect: Expect::List,
                if_missing: IfMissing::Refuse("CONFIG_CPUSETS"),
            })
        })
        .collect()
}

fn pids(from: &Effective, to: &Wanted) -> Option<Setting> {
    let limit = if to.pids_is_default { LimitName::DefaultPids } else { LimitName::Pids };
    let wanted = to.values.pids_max;
    (from.pids_max != wanted).then(|| Setting {
        limit,
        controller: Controller::Pids,
        file: "pids.max",
        value: wanted.map_or_else(|| "max".to_owned(), |most| most.to_string()),
        read_back: "pids.max",
        expect: Expect::Same,
        if_missing: IfMissing::Refuse("CONFIG_CGROUP_PIDS"),
    })
}

fn throttles(from: &Effective, to: &Effective) -> Vec<Setting> {
    let set = to
        .throttles
        .iter()
        .filter(|rate| !from.throttles.contains(rate))
        .map(|rate| throttle(rate, Some(rate.rate)));
    let removed = removed_throttles(from, to).map(|rate| throttle(rate, None));
    removed.chain(set).collect()
}

fn throttle(target: &DeviceRate, rate: Option<u64>) -> Setting {
    let device = format!("{}:{}", target.major, target.minor);
    Setting {
        limit: LimitName::Throttle(target.kind),
        controller: Controller::Io,
        file: throttle_file(target.kind),
        value: format!("{device} {}", rate.unwrap_or(0)),
        read_back: throttle_file(target.kind),
        expect: Expect::Device { device, word: rate.map(|rate| rate.to_string()), key: "" },
        if_missing: IfMissing::Refuse("CONFIG_BLK_DEV_THROTTLING"),
    }
}

/// The file of each kind.
pub(super) const fn throttle_file(kind: ThrottleKind) -> &'static str {
    match kind {
        ThrottleKind::ReadBps => "blkio.throttle.read_bps_device",
        ThrottleKind::WriteBps => "blkio.throttle.write_bps_device",
        ThrottleKind::ReadIops => "blkio.throttle.read_iops_device",
        ThrottleKind::WriteIops => "blkio.throttle.write_iops_device",
    }
}
