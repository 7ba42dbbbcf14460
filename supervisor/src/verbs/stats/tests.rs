use super::row::{Usage, row};
use limpet_protocol::id::ContainerId;
use limpet_runner::cgroup::Stats;
use std::time::Duration;

const MIB: u64 = 1024 * 1024;

fn usage(now: Stats) -> Usage {
    Usage {
        now,
        cpu_before_ns: Some(1_000_000_000),
        elapsed: Duration::from_secs(2),
        board_bytes: 1024 * MIB,
    }
}

fn id() -> ContainerId {
    ContainerId::from_bytes([0xab; 32])
}

#[test]
fn a_row_reads_as_with_docker() {
    let stats = Stats {
        memory_usage_bytes: 20 * MIB,
        memory_cache_bytes: 4 * MIB,
        memory_limit_bytes: Some(64 * MIB),
        cpu_usage_ns: 1_505_000_000,
        pids: 3,
        block_read_bytes: 1_500_000,
        ..Stats::default()
    };
    let row = row(&id(), "web", Some(&usage(stats)), false);
    assert_eq!(row["ID"], "abababababab");
    assert_eq!(row["Name"], "web");
    assert_eq!(row["CPUPerc"], "25.25%");
    assert_eq!(row["MemUsage"], "16MiB / 64MiB");
    assert_eq!(row["MemPerc"], "25.00%");
    assert_eq!(row["NetIO"], "--");
    assert_eq!(row["BlockIO"], "1.5MB / 0B");
    assert_eq!(row["PIDs"], "3");
}

#[test]
fn without_a_limit_the_board_is_the_limit() {
    let row =
        row(&id(), "web", Some(&usage(Stats { memory_usage_bytes: 512 * MIB, ..Stats::default() })), true);
    assert_eq!(row["MemUsage"], "512MiB / 1GiB");
    assert_eq!(row["MemPerc"], "50.00%");
    assert_eq!(row["ID"], "ab".repeat(32));
}

#[test]
fn a_container_that_does_not_run_uses_nothing() {
    let row = row(&id(), "web", None, false);
    assert_eq!(row["CPUPerc"], "0.00%");
    assert_eq!(row["MemUsage"], "0B / 0B");
    assert_eq!(row["PIDs"], "0");
}

#[test]
fn a_container_that_was_started_anew_has_no_negative_load() {
    let row = row(&id(), "web", Some(&usage(Stats { cpu_usage_ns: 5, ..Stats::default() })), false);
    assert_eq!(row["CPUPerc"], "0.00%");
}
