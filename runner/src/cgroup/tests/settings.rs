//! The writes that each hierarchy decides on, and their order; and reading back.

use crate::cgroup::controller::Controller;
use crate::cgroup::effective::{DeviceRate, Effective};
use crate::cgroup::error::LimitName;
use crate::cgroup::plan::{Expect, IfMissing, Setting};
use crate::cgroup::policy::{Board, Wanted, resolve};
use crate::cgroup::{v1, v2};
use limpet_protocol::limits::{Limits, Memory, Pids, Swap, Throttle, ThrottleKind};

const MIB: u64 = 1024 * 1024;
const BOARD: Board = Board { memory_bytes: 1024 * MIB, page_bytes: 4096, has_swap: false };

type Decide = fn(&Effective, &Wanted) -> Vec<Setting>;
const BOTH: [Decide; 2] = [v1::settings::settings, v2::settings::settings];

fn everything() -> Limits {
    Limits {
        memory: Memory::MaxBytes(64 * MIB),
        memory_reservation_bytes: Some(32 * MIB),
        swap: Swap::TotalBytes(128 * MIB),
        cpu_millis: Some(250),
        cpu_shares: Some(512),
        cpuset_cpus: Some("0".into()),
        cpuset_mems: Some("0".into()),
        pids: Pids::Max(100),
        throttles: vec![Throttle {
            kind: ThrottleKind::ReadBps,
            path: "/dev/sda".into(),
            major: 8,
            minor: 0,
            rate: 1_048_576,
        }],
    }
}

fn wanted(limits: &Limits) -> Wanted {
    resolve(limits, &BOARD).unwrap()
}

fn written(settings: &[Setting]) -> Vec<String> {
    settings.iter().map(|setting| format!("{}={}", setting.file, setting.value)).collect()
}

#[test]
fn everything_on_v1() {
    let settings = v1::settings::settings(&Effective::default(), &wanted(&everything()));
    assert_eq!(
        written(&settings),
        [
            "memory.limit_in_bytes=67108864",
            "memory.memsw.limit_in_bytes=134217728",
            "memory.soft_limit_in_bytes=33554432",
            "cpu.cfs_period_us=100000",
            "cpu.cfs_quota_us=25000",
            "cpu.shares=512",
            "cpuset.cpus=0",
            "cpuset.mems=0",
            "pids.max=100",
            "blkio.throttle.read_bps_device=8:0 1048576",
        ]
    );
}

#[test]
fn everything_on_v2() {
    let settings = v2::settings::settings(&Effective::default(), &wanted(&everything()));
    assert_eq!(
        written(&settings),
        [
            "memory.max=67108864",
            "memory.swap.max=67108864",
            "memory.low=33554432",
            "cpu.max=25000 100000",
            "cpu.weight=59",
            "cpuset.cpus=0",
            "cpuset.mems=0",
            "pids.max=100",
            "io.max=8:0 rbps=1048576",
        ]
    );
}

#[test]
fn nothing_is_written_when_nothing_differs() {
    for decide in BOTH {
        let to = wanted(&everything());
        assert_eq!(written(&decide(&to.values, &to)), Vec::<String>::new());
    }
}

#[test]
fn defaults_are_the_ceilings_and_no_swap() {
    let to = wanted(&Limits::default());
    let ceiling = 896 * MIB;
    assert_eq!(
        written(&v1::settings::settings(&Effective::default(), &to)),
        [
            format!("memory.limit_in_bytes={ceiling}"),
            format!("memory.memsw.limit_in_bytes={ceiling}"),
            "pids.max=4096".into()
        ]
    );
    assert_eq!(
        written(&v2::settings::settings(&Effective::default(), &to)),
        [format!("memory.max={ceiling}"), "memory.swap.max=0".into(), "pids.max=4096".into()]
    );
}

#[test]
fn going_back_to_no_limits_says_so_to_the_kernel() {
    let from = wanted(&everything()).values;
    let nothing = Limits { memory: Memory::Unlimited, pids: Pids::Unlimited, ..Limits::default() };
    assert_eq!(
        written(&v1::settings::settings(&from, &wanted(&nothing))),
        [
            "memory.memsw.limit_in_bytes=-1",
            "memory.limit_in_bytes=-1",
            "memory.soft_limit_in_bytes=-1",
            "cpu.cfs_quota_us=-1",
            "cpu.cfs_period_us=100000",
            "cpu.shares=1024",
            "pids.max=max",
            "blkio.throttle.read_bps_device=8:0 0",
        ]
    );
    assert_eq!(
        written(&v2::settings::settings(&from, &wanted(&nothing))),
        [
            "memory.max=max",
            "memory.swap.max=max",
            "memory.low=0",
            "cpu.max=max 100000",
            "cpu.weight=100",
            "cpuset.cpus=\n",
            "cpuset.mems=\n",
            "pids.max=max",
            "io.max=8:0 rbps=max",
        ]
    );
}

/// The kernel refuses memory above memory and swap together, at every single write.
#[test]
fn v1_memory_never_passes_memory_and_swap() {
    let sizes = [Some(16 * MIB), Some(32 * MIB), Some(64 * MIB), None];
    let pairs: Vec<_> =
        sizes.iter().flat_map(|memory| sizes.iter().map(move |both| (*memory, *both))).collect();
    let valid: Vec<_> = pairs
        .into_iter()
        .filter(|(memory, both)| memory.unwrap_or(u64::MAX) <= both.unwrap_or(u64::MAX))
        .collect();
    for from in &valid {
        for to in &valid {
            let values = |pair: &(Option<u64>, Option<u64>)| Effective {
                memory_bytes: pair.0,
                memory_swap_bytes: pair.1,
                ..Effective::default()
            };
            let to = Wanted { values: values(to), ..Wanted::default() };
            follow(&values(from), &to);
        }
    }
}

fn follow(from: &Effective, to: &Wanted) {
    let number = |bytes: Option<u64>| bytes.unwrap_or(u64::MAX);
    let (mut memory, mut both) = (number(from.memory_bytes), number(from.memory_swap_bytes));
    for setting in v1::settings::settings(from, to) {
        let value = setting.value.parse().unwrap_or(u64::MAX);
        match setting.file {
            "memory.limit_in_bytes" => memory = value,
            _ => both = value,
        }
        assert!(memory <= both, "{from:?} to {to:?} at {setting:?}");
    }
    assert_eq!((memory, both), (number(to.values.memory_bytes), number(to.values.memory_swap_bytes)));
}

#[test]
fn tiny_quotas_get_a_longer_period() {
    let limits =
        Limits { cpu_millis: Some(5), memory: Memory::Unlimited, pids: Pids::Unlimited, ..Limits::default() };
    let to = wanted(&limits);
    assert_eq!(written(&v2::settings::settings(&Effective::default(), &to)), ["cpu.max=5000 1000000"]);
    assert_eq!(
        written(&v1::settings::settings(&Effective::default(), &to)),
        ["cpu.cfs_period_us=1000000", "cpu.cfs_quota_us=5000"]
    );
}

#[test]
fn swap_that_cannot_be_counted_is_passed_over_only_where_there_is_none() {
    let swapping = Board { has_swap: true, ..BOARD };
    for decide in BOTH {
        let swap = |limits: &Limits, board: &Board| {
            let settings = decide(&Effective::default(), &resolve(limits, board).unwrap());
            let of_swap = |setting: &Setting| setting.file.contains("swap") || setting.file.contains("memsw");
            settings.into_iter().find(of_swap).map(|setting| (setting.limit, setting.if_missing))
        };
        let refused = |limits: &Limits, board: &Board, limit: LimitName| {
            let found = swap(limits, board);
            matches!(found, Some((name, IfMissing::Refuse(needs))) if name == limit && needs.contains("swapaccount=1"))
        };
        assert_eq!(swap(&Limits::default(), &BOARD), Some((LimitName::DefaultSwap, IfMissing::PassOver)));
        assert!(refused(&Limits::default(), &swapping, LimitName::DefaultSwap));
        assert!(refused(&everything(), &BOARD, LimitName::MemorySwap));
        let all = Limits { swap: Swap::Unlimited, ..Limits::default() };
        assert_eq!(swap(&all, &swapping), None, "what has no limit needs no counting");
    }
}

fn expecting(value: &str, expect: Expect) -> Setting {
    Setting {
        limit: LimitName::Memory,
        controller: Controller::Memory,
        file: "x",
        value: value.into(),
        read_back: "x",
        expect,
        if_missing: IfMissing::PassOver,
    }
}

#[test]
fn reading_back() {
    assert!(expecting("4096", Expect::Same).accepts("4096"));
    assert!(!expecting("4096", Expect::Same).accepts("8192"));
    assert!(expecting("-1", Expect::AtLeast(1 << 62)).accepts("9223372036854771712"));
    assert!(!expecting("-1", Expect::AtLeast(1 << 62)).accepts("4096"));
    assert!(expecting("0,1,2", Expect::List).accepts("0-2"));
    assert!(!expecting("0-2", Expect::List).accepts("0-1"));
    assert!(expecting("\n", Expect::List).accepts(""));
}

#[test]
fn reading_back_device_lines() {
    let v1 =
        |word: Option<&str>| Expect::Device { device: "8:0".into(), word: word.map(Into::into), key: "" };
    assert!(expecting("", v1(Some("100"))).accepts("8:16 5\n8:0 100"));
    assert!(!expecting("", v1(Some("100"))).accepts("8:0 1000"));
    assert!(!expecting("", v1(Some("100"))).accepts(""));
    assert!(expecting("", v1(None)).accepts("8:1 7"));
    assert!(!expecting("", v1(None)).accepts("8:0 7"));
    let v2 = |word: Option<&str>| Expect::Device {
        device: "8:0".into(),
        word: word.map(Into::into),
        key: "rbps=",
    };
    let line = "8:0 rbps=100 wbps=max riops=max wiops=max";
    assert!(expecting("", v2(Some("rbps=100"))).accepts(line));
    assert!(!expecting("", v2(Some("rbps=10"))).accepts(line));
    assert!(!expecting("", v2(None)).accepts(line));
    assert!(expecting("", v2(None)).accepts("8:0 rbps=max wbps=5 riops=max wiops=max"));
    assert!(expecting("", v2(None)).accepts(""));
}

#[test]
fn a_changed_rate_is_written_once() {
    let rate = |rate| DeviceRate { kind: ThrottleKind::WriteIops, major: 8, minor: 0, rate };
    let from = Effective { throttles: vec![rate(5)], ..Effective::default() };
    let to = Wanted {
        values: Effective { throttles: vec![rate(6)], ..Effective::default() },
        ..Wanted::default()
    };
    assert_eq!(written(&v1::settings::settings(&from, &to)), ["blkio.throttle.write_iops_device=8:0 6"]);
    assert_eq!(written(&v2::settings::settings(&from, &to)), ["io.max=8:0 wiops=6"]);
}
