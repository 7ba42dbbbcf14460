//! From limits in force to limits wanted, as writes to v2's control files; pure.
//!
//! Documentation/admin-guide/cgroup-v2.rst, "Core Interface Files" of each controller.

use crate::cgroup::controller::Controller;
use crate::cgroup::effective::{DeviceRate, Effective};
use crate::cgroup::error::LimitName;
use crate::cgroup::plan::{Expect, IfMissing, Setting, of_swap};
use crate::cgroup::policy::{Wanted, cpu_period_us, removed_throttles};
use crate::cgroup::weight::{SHARES_DEFAULT, weight_from_shares};
use limpet_protocol::limits::ThrottleKind;

/// The writes that lead from one to the other.
pub(in crate::cgroup) fn settings(from: &Effective, to: &Wanted) -> Vec<Setting> {
    let mut settings = memory(from, to);
    settings.extend(cpu(from, &to.values));
    settings.extend(cpuset(from, &to.values));
    settings.extend(pids(from, to));
    settings.extend(throttles(from, &to.values));
    settings
}

/// The ceiling of an instance's parent group.
pub(super) fn ceiling(bytes: u64) -> Setting {
    memory_setting(
        LimitName::InstanceMemory,
        "memory.max",
        most(Some(bytes)),
        IfMissing::Refuse("CONFIG_MEMCG"),
    )
}

fn memory_setting(limit: LimitName, file: &'static str, value: String, if_missing: IfMissing) -> Setting {
    Setting {
        limit,
        controller: Controller::Memory,
        file,
        value,
        read_back: file,
        expect: Expect::Same,
        if_missing,
    }
}

/// A number, or the kernel's word for none.
fn most(number: Option<u64>) -> String {
    number.map_or_else(|| "max".to_owned(), |number| number.to_string())
}

fn memory(from: &Effective, to: &Wanted) -> Vec<Setting> {
    let name = if to.memory_is_default { LimitName::DefaultMemory } else { LimitName::Memory };
    let needs = IfMissing::Refuse("CONFIG_MEMCG");
    let (swap, if_no_swap) = of_swap(to);
    let wanted = &to.values;
    let low = wanted.memory_reservation_bytes;
    let settings = [
        (from.memory_bytes != wanted.memory_bytes)
            .then(|| memory_setting(name, "memory.max", most(wanted.memory_bytes), needs)),
        (swap_alone(from) != swap_alone(wanted))
            .then(|| memory_setting(swap, "memory.swap.max", most(swap_alone(wanted)), if_no_swap)),
        (from.memory_reservation_bytes != low).then(|| {
            memory_setting(LimitName::MemoryReservation, "memory.low", low.unwrap_or(0).to_string(), needs)
        }),
    ];
    settings.into_iter().flatten().collect()
}

/// v2 bounds swap by itself; `None` is no bound.
fn swap_alone(limits: &Effective) -> Option<u64> {
    Some(limits.memory_swap_bytes?.saturating_sub(limits.memory_bytes?))
}

fn cpu(from: &Effective, to: &Effective) -> Vec<Setting> {
    let setting = |limit, file, value, needs| Setting {
        limit,
        controller: Controller::Cpu,
        file,
        value,
        read_back: file,
        expect: Expect::Same,
        if_missing: IfMissing::Refuse(needs),
    };
    let mut settings = Vec::new();
    if from.cpu_millis != to.cpu_millis {
        let period_us = cpu_period_us(to.cpu_millis);
        let quota = to.cpu_millis.map(|millis| u64::from(millis) * period_us / 1000);
        let value = format!("{} {period_us}", most(quota));
        settings.push(setting(LimitName::Cpus, "cpu.max", value, "CONFIG_CFS_BANDWIDTH"));
    }
    if from.cpu_shares != to.cpu_shares
        && !(to.cpu_shares.is_none() && from.cpu_shares == Some(SHARES_DEFAULT))
    {
        let weight = weight_from_shares(to.cpu_shares.unwrap_or(SHARES_DEFAULT));
        settings.push(setting(
            LimitName::CpuShares,
            "cpu.weight",
            weight.to_string(),
            "CONFIG_FAIR_GROUP_SCHED",
        ));
    }
    settings
}

/// The kernel accepts CPUs that the board does not have, and then gives the parent's: only the effective list tells.
fn cpuset(from: &Effective, to: &Effective) -> Vec<Setting> {
    let lists = [
        (LimitName::CpusetCpus, ["cpuset.cpus", "cpuset.cpus.effective"], &from.cpuset_cpus, &to.cpuset_cpus),
        (LimitName::CpusetMems, ["cpuset.mems", "cpuset.mems.effective"], &from.cpuset_mems, &to.cpuset_mems),
    ];
    let changed = lists.into_iter().filter(|(_, _, from, to)| from != to);
    changed
        .map(|(limit, [file, effective], _, to)| Setting {
            limit,
            controller: Controller::Cpuset,
            file,
            // An empty list, which must be written as a line, is the parent's.
            value: to.clone().unwrap_or_else(|| "\n".to_owned()),
            read_back: if to.is_some() { effective } else { file },
            expect: Expect::List,
            if_missing: IfMissing::Refuse("CONFIG_CPUSETS"),
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
        value: most(wanted),
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
    let key = throttle_key(target.kind);
    let word = format!("{key}{}", most(rate));
    Setting {
        limit: LimitName::Throttle(target.kind),
        controller: Controller::Io,
        file: "io.max",
        value: format!("{device} {word}"),
        read_back: "io.max",
        expect: Expect::Device { device, word: rate.is_some().then_some(word), key },
        if_missing: IfMissing::Refuse("CONFIG_BLK_DEV_THROTTLING"),
    }
}

/// The key of each kind in `io.max`, with its `=`.
pub(super) const fn throttle_key(kind: ThrottleKind) -> &'static str {
    match kind {
        ThrottleKind::ReadBps => "rbps=",
        ThrottleKind::WriteBps => "wbps=",
        ThrottleKind::ReadIops => "riops=",
        ThrottleKind::WriteIops => "wiops=",
    }
}
