//! The v2 driver over plain files: paths, formats, and what it says when a file does not hold what was written.
//!
//! Plain files are not truncated by a shorter text, which is exactly a kernel that did not take the value.

use crate::cgroup::controller::{Controller, Controllers};
use crate::cgroup::devices::DevicePolicy;
use crate::cgroup::error::CgroupError;
use crate::cgroup::file::Tree;
use crate::cgroup::v2::V2;
use crate::cgroup::{CgroupDriver, Effective, Stats};
use limpet_protocol::limits::{Limits, Memory, Pids, Swap, Throttle, ThrottleKind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

const MIB: u64 = 1024 * 1024;
const GROUP: &str = "limpet/one";

/// A directory that looks like a v2 hierarchy with one group; gone when dropped.
struct Fake(PathBuf);

impl Fake {
    fn new(files: &[(&str, &str)]) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name =
            format!("limpet-fake-cgroup-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let fake = Self(std::env::temp_dir().join(name));
        std::fs::create_dir_all(fake.0.join(GROUP)).unwrap();
        for (file, text) in files {
            std::fs::write(fake.0.join(GROUP).join(file), text).unwrap();
        }
        fake
    }

    fn driver(&self) -> V2 {
        let all = Controller::ALL.into_iter().fold(Controllers::default(), Controllers::with);
        V2::new(Tree::open(self.0.to_str().unwrap()).unwrap(), all)
    }

    fn text(&self, file: &str) -> String {
        std::fs::read_to_string(self.0.join(GROUP).join(file)).unwrap()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

const FRESH: [(&str, &str); 11] = [
    ("memory.max", "max"),
    ("memory.swap.max", "max"),
    ("memory.low", "0"),
    ("cpu.max", "max 100000"),
    ("cpu.weight", "100"),
    ("cpuset.cpus", ""),
    ("cpuset.mems", ""),
    ("cpuset.cpus.effective", "0-1"),
    ("cpuset.mems.effective", "0"),
    ("pids.max", "max"),
    ("io.max", ""),
];

fn everything() -> Limits {
    Limits {
        memory: Memory::MaxBytes(64 * MIB),
        memory_reservation_bytes: Some(32 * MIB),
        swap: Swap::TotalBytes(96 * MIB),
        cpu_millis: Some(250),
        cpu_shares: Some(4096),
        cpuset_cpus: Some("0-1".into()),
        cpuset_mems: Some("0".into()),
        pids: Pids::Max(1000),
        throttles: vec![Throttle {
            kind: ThrottleKind::WriteBps,
            path: String::new(),
            major: 8,
            minor: 0,
            rate: 5000,
        }],
    }
}

#[test]
fn limits_are_written_where_and_how_the_kernel_wants_them() {
    let fake = Fake::new(&FRESH);
    let group = fake.driver().open(GROUP).unwrap();
    group.apply(&everything()).unwrap();
    assert_eq!(fake.text("memory.max"), "67108864");
    assert_eq!(fake.text("memory.swap.max"), "33554432");
    assert_eq!(fake.text("cpu.max"), "25000 100000");
    assert_eq!(fake.text("cpuset.cpus"), "0-1");
    assert_eq!(fake.text("io.max"), "8:0 wbps=5000");
    let found = group.effective().unwrap();
    assert_eq!(found.memory_swap_bytes, Some(96 * MIB));
    assert_eq!((found.cpu_millis, found.pids_max), (Some(250), Some(1000)));
    assert_eq!(found.throttles[0].rate, 5000);
}

#[test]
fn a_value_that_is_not_in_force_is_an_error() {
    let fake = Fake::new(&FRESH);
    let group = fake.driver().open(GROUP).unwrap();
    let limits = Limits { pids: Pids::Max(33), memory: Memory::Unlimited, ..Limits::default() };
    let error = group.apply(&limits).unwrap_err();
    let CgroupError::HalfChanged { source, .. } = error else { panic!("{error}") };
    let said = source.to_string();
    assert!(said.contains("--pids-limit is not in force") && said.contains("\"33x\""), "{said}");
}

#[test]
fn cpus_that_the_board_does_not_have_are_an_error() {
    let fake = Fake::new(&FRESH);
    let group = fake.driver().open(GROUP).unwrap();
    let limits = Limits { cpuset_cpus: Some("0-3".into()), ..everything() };
    let error = group.apply(&limits).unwrap_err();
    let CgroupError::HalfChanged { source, .. } = error else { panic!("{error}") };
    let said = source.to_string();
    assert!(said.contains("--cpuset-cpus is not in force") && said.contains("\"0-1\""), "{said}");
}

#[test]
fn a_missing_file_is_an_error_that_says_what_brings_it() {
    let fake = Fake::new(&[("memory.max", "max")]);
    let group = fake.driver().open(GROUP).unwrap();
    let asked = |limits: Limits| group.apply(&limits).unwrap_err().to_string();
    let bare = Limits { memory: Memory::MaxBytes(64 * MIB), pids: Pids::Unlimited, ..Limits::default() };
    group.apply(&bare).unwrap();
    let said = asked(Limits { swap: Swap::TotalBytes(99 * MIB), ..bare.clone() });
    assert!(said.contains("--memory-swap") && said.contains("swapaccount=1"), "{said}");
    let said = asked(Limits { cpu_millis: Some(500), ..bare.clone() });
    assert!(said.contains("--cpus") && said.contains("CONFIG_CFS_BANDWIDTH"), "{said}");
    let said = asked(Limits { throttles: everything().throttles, ..bare });
    assert!(said.contains("--device-write-bps") && said.contains("CONFIG_BLK_DEV_THROTTLING"), "{said}");
}

#[test]
fn what_cannot_be_handed_down_is_an_error_and_leaves_nothing() {
    let fake = Fake::new(&[]);
    let made = fake.driver().create("limpet/two", &Limits::default(), &DevicePolicy::All);
    let said = made.err().unwrap().to_string();
    assert!(said.contains("does not hand down the memory controller"), "{said}");
    assert!(said.contains("--memory -1"), "{said}");
    assert!(!fake.0.join("limpet/two").exists());
}

#[test]
fn statistics_are_put_together() {
    let fake = Fake::new(&[
        ("memory.current", "1000\n"),
        ("memory.peak", "2000\n"),
        ("memory.max", "max\n"),
        ("memory.stat", "anon 5\nfile 900\ninactive_file 300\n"),
        ("memory.events", "low 0\nhigh 0\nmax 3\noom 2\noom_kill 1\n"),
        ("cpu.stat", "usage_usec 7\nuser_usec 1\nnr_periods 9\nnr_throttled 4\nthrottled_usec 8\n"),
        ("pids.current", "3\n"),
        ("pids.max", "10\n"),
        (
            "io.stat",
            "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0\n8:16 rbytes=10 wbytes=20 rios=30 wios=40\n",
        ),
        ("cgroup.events", "populated 1\nfrozen 0\n"),
    ]);
    let group = fake.driver().open(GROUP).unwrap();
    let wanted = Stats {
        memory_usage_bytes: 1000,
        memory_cache_bytes: 300,
        memory_limit_bytes: None,
        memory_peak_bytes: Some(2000),
        cpu_usage_ns: 7000,
        cpu_periods: 9,
        cpu_throttled_periods: 4,
        cpu_throttled_ns: 8000,
        pids: 3,
        pids_limit: Some(10),
        block_read_bytes: 11,
        block_write_bytes: 22,
        block_reads: 33,
        block_writes: 44,
    };
    assert_eq!(group.stats().unwrap(), wanted);
    assert_eq!(group.oom_kills().unwrap(), 1);
    assert!(group.populated().unwrap() && !group.is_frozen().unwrap());
}

#[test]
fn nothing_there_reads_as_nothing() {
    let fake = Fake::new(&[]);
    let group = fake.driver().open(GROUP).unwrap();
    assert_eq!(group.effective().unwrap(), Effective::default());
    assert_eq!(group.stats().unwrap(), Stats::default());
    assert!(matches!(fake.driver().open("limpet/none"), Err(CgroupError::NoGroup { .. })));
}

#[test]
fn a_garbled_file_is_named() {
    let fake = Fake::new(&[("memory.max", "what")]);
    let said = fake.driver().open(GROUP).unwrap().effective().unwrap_err().to_string();
    assert!(said.contains("limpet/one/memory.max") && said.contains("\"what\""), "{said}");
}
