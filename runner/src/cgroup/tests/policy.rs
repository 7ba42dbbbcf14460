//! Defaults, the reserve, conversions, and values that cannot be meant.

use crate::cgroup::cpulist;
use crate::cgroup::making::{check_path, parent, parents};
use crate::cgroup::policy::{Board, default_ceiling_bytes, reserve_bytes, resolve};
use crate::cgroup::weight::{shares_from_weight, weight_from_shares};
use limpet_protocol::limits::{Limits, Memory, Pids, Swap, Throttle, ThrottleKind};

const MIB: u64 = 1024 * 1024;
const BOARD: Board = Board { memory_bytes: 1024 * MIB, page_bytes: 4096, has_swap: false };

fn with_memory(bytes: u64) -> Limits {
    Limits { memory: Memory::MaxBytes(bytes), ..Limits::default() }
}

#[test]
fn the_reserve_is_an_eighth_at_least_64_mib_at_most_half() {
    assert_eq!(reserve_bytes(8192 * MIB), 1024 * MIB);
    assert_eq!(reserve_bytes(512 * MIB), 64 * MIB);
    assert_eq!(reserve_bytes(256 * MIB), 64 * MIB);
    assert_eq!(reserve_bytes(64 * MIB), 32 * MIB);
    assert_eq!(reserve_bytes(0), 0);
}

#[test]
fn the_ceiling_is_whole_pages() {
    let board = Board { memory_bytes: 1000 * MIB + 5000, page_bytes: 16384, ..BOARD };
    let ceiling = default_ceiling_bytes(&board);
    assert_eq!(ceiling % 16384, 0);
    assert!(ceiling + reserve_bytes(board.memory_bytes) <= board.memory_bytes);
    assert_eq!(default_ceiling_bytes(&BOARD), 896 * MIB);
}

#[test]
fn defaults_are_strict() {
    let wanted = resolve(&Limits::default(), &BOARD).unwrap();
    assert_eq!(wanted.values.memory_bytes, Some(896 * MIB));
    assert_eq!(wanted.values.memory_swap_bytes, Some(896 * MIB), "no swap beyond memory");
    assert_eq!(wanted.values.pids_max, Some(4096));
    assert!(wanted.memory_is_default && wanted.pids_is_default && wanted.swap_is_default);
}

#[test]
fn unlimited_is_a_wish_of_its_own() {
    let limits = Limits { memory: Memory::Unlimited, pids: Pids::Unlimited, ..Limits::default() };
    let values = resolve(&limits, &BOARD).unwrap().values;
    assert_eq!((values.memory_bytes, values.memory_swap_bytes, values.pids_max), (None, None, None));
}

#[test]
fn memory_is_rounded_to_pages_as_the_kernel_does() {
    let values = resolve(&with_memory(64 * MIB + 4097), &BOARD).unwrap().values;
    assert_eq!(values.memory_bytes, Some(64 * MIB + 4096));
}

#[test]
fn nonsense_is_named() {
    let cases = [
        (with_memory(1000), "--memory \"1000\" cannot be"),
        (with_memory(u64::MAX), "--memory"),
        (Limits { swap: Swap::TotalBytes(MIB), ..with_memory(2 * MIB) }, "--memory-swap"),
        (Limits { swap: Swap::TotalBytes(MIB), ..Limits::default() }, "give --memory too"),
        (Limits { memory_reservation_bytes: Some(3 * MIB), ..with_memory(2 * MIB) }, "--memory-reservation"),
        (Limits { cpu_millis: Some(0), ..Limits::default() }, "--cpus"),
        (Limits { cpu_shares: Some(1), ..Limits::default() }, "--cpu-shares"),
        (Limits { cpuset_cpus: Some("0-".into()), ..Limits::default() }, "--cpuset-cpus"),
        (Limits { cpuset_mems: Some(String::new()), ..Limits::default() }, "--cpuset-mems"),
        (Limits { cpuset_cpus: Some("1,".repeat(300)), ..Limits::default() }, "longer than 512"),
    ];
    for (limits, wanted) in cases {
        let error = resolve(&limits, &BOARD).unwrap_err().to_string();
        assert!(error.contains(wanted), "{error:?} does not say {wanted:?}");
    }
}

fn throttle(kind: ThrottleKind, minor: u32, rate: u64) -> Throttle {
    Throttle { kind, path: "/dev/sda".into(), major: 8, minor, rate }
}

#[test]
fn throttles_are_bounded_and_the_last_one_counts() {
    let bps = |minor, rate| throttle(ThrottleKind::ReadBps, minor, rate);
    let resolved = |throttles| resolve(&Limits { throttles, ..Limits::default() }, &BOARD);
    let values = resolved(vec![bps(0, 5), bps(0, 7)]).unwrap().values;
    assert_eq!(values.throttles.iter().map(|rate| rate.rate).collect::<Vec<_>>(), [7]);
    assert!(resolved((0..16).map(|minor| bps(minor, 1)).collect()).is_ok());
    assert!(resolved((0..17).map(|minor| bps(minor, 1)).collect()).is_err());
    assert!(resolved(vec![bps(0, 0)]).is_err());
    assert!(resolved(vec![throttle(ThrottleKind::WriteIops, 0, 1 << 32)]).is_err());
}

#[test]
fn weights_meet_both_ends_and_the_default() {
    let known = [(0, 1), (2, 1), (1024, 100), (262_144, 10_000), (u32::MAX, 10_000), (512, 59), (2048, 174)];
    for (shares, weight) in known {
        assert_eq!(weight_from_shares(shares), weight, "{shares} shares");
    }
}

#[test]
fn weights_grow_and_survive_the_way_there_and_back() {
    let mut before = 0;
    for shares in (2..=262_144).step_by(37) {
        let weight = weight_from_shares(shares);
        assert!(weight >= before);
        before = weight;
    }
    for weight in 1..=10_000 {
        assert_eq!(weight_from_shares(shares_from_weight(weight)), weight);
    }
}

#[test]
fn lists_are_equal_however_they_are_written() {
    assert_eq!(cpulist::parse("3,0-1,2\n"), cpulist::parse("0-3"));
    assert_ne!(cpulist::parse("0,2"), cpulist::parse("0-2"));
    assert_eq!(cpulist::parse(""), Some(vec![]));
    for wrong in ["a", "1-", "-1", "2-1", "1,,2", "+1", "1 2", "99999999999", "70000"] {
        assert_eq!(cpulist::parse(wrong), None, "{wrong}");
    }
}

#[test]
fn paths_stay_below_the_root() {
    for good in ["limpet/abc", "a", "a/b/c"] {
        check_path(good).unwrap();
    }
    for bad in ["", "/a", "a/", "a//b", "../a", "a/../b", "a/.", "a\nb", &"x".repeat(385), &"a/".repeat(40)] {
        assert!(check_path(bad).is_err(), "{bad:?}");
    }
    assert_eq!(parents("a/b/c").collect::<Vec<_>>(), ["a", "a/b"]);
    assert_eq!((parent("a/b/c"), parent("a")), ("a/b", ""));
}

#[test]
fn the_curve_is_the_one_of_crun_and_runc() {
    for shares in 3..262_144_u32 {
        let log = f64::from(shares).log2();
        let exponent = (log * log + 125.0 * log) / 612.0 - 7.0 / 34.0;
        let weight = if shares == 1024 { 100.0 } else { 10_f64.powf(exponent).ceil() };
        assert!((f64::from(weight_from_shares(shares)) - weight).abs() < 0.5, "{shares} shares");
    }
}
