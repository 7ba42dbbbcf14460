//! Limits hold, by the kernel's own counters.

use crate::{Board, Stage};

const MIB: u64 = 1 << 20;

pub(super) fn hold(stage: &Stage) {
    let mut board = stage.boot(&stage.spec());
    board.load("probe");
    are_in_the_kernel(&mut board);
    cpu(&mut board);
    tasks(&mut board);
    disk(&mut board);
    board.power_off();
}

fn are_in_the_kernel(board: &mut Board) {
    let limits = ["-m", "48m", "--cpus", "0.75", "--pids-limit", "33", "--cpu-shares", "512"];
    board.detached("limited", &[&limits[..], &["probe", "on-term", "0"]].concat());
    let group = board.cgroup("limited", "");
    let shown = ["memory.max", "memory.swap.max", "cpu.max", "pids.max"]
        .map(|file| board.show(&format!("{group}/{file}")));
    assert_eq!(shown, [(48 * MIB).to_string(), "0".to_owned(), "75000 100000".to_owned(), "33".to_owned()]);
    board.limpet(&["update", "-m", "40m", "--cpus", "0.5", "limited"]).ok();
    assert_eq!(board.show(&format!("{group}/memory.max")), (40 * MIB).to_string());
    assert_eq!(board.show(&format!("{group}/cpu.max")), "50000 100000");
    board.limpet(&["rm", "-f", "limited"]).ok();
    assert_eq!(board.run(&["test", "-e", &group]).code, 1, "{group} is still there");
}

/// A quarter of a CPU: what it used of the time that passed, both as the board counts them.
fn cpu(board: &mut Board) {
    board.detached("busy", &["--cpus", "0.25", "probe", "spin", "600"]);
    let stat = board.cgroup("busy", "") + "/cpu.stat";
    let look = format!("cut -d ' ' -f 1 /proc/uptime; sed -n 's/^usage_usec //p' {stat}");
    let printed = board.sh(&format!("{look}; sleep 4; {look}"));
    let numbers: Vec<f64> = printed.lines().map(|line| line.parse().expect("numbers")).collect();
    let [begin_s, before_us, end_s, after_us] = numbers[..] else { panic!("{printed}") };
    let share = (after_us - before_us) / 1e6 / (end_s - begin_s);
    assert!((0.15..0.28).contains(&share), "it got {share} of a CPU, not 0.25");
    assert!(board.counter(&stat, "nr_throttled") > 0);
    board.limpet(&["rm", "-f", "busy"]).ok();
}

fn tasks(board: &mut Board) {
    let said = board.limpet(&["run", "--rm", "--pids-limit", "10", "probe", "forkbomb", "100"]).ok();
    // The bomb itself is one of them.
    assert!(said.text().starts_with("held 9: "), "{said:#?}");
}

/// A mebibyte a second into a volume on the board's disk, past the page cache.
fn disk(board: &mut Board) {
    board.load("busybox");
    let device = board.sh("basename $(grep -l data /sys/block/*/serial | xargs dirname)");
    let write = "dd if=/dev/zero of=/v/file bs=65536 count=48 oflag=direct 2>/dev/null";
    let script = format!("cut -d ' ' -f 1 /proc/uptime; {write}; cut -d ' ' -f 1 /proc/uptime");
    let limit = format!("/dev/{device}:1mb");
    let words =
        ["run", "--rm", "--device-write-bps", &limit, "-v", "data:/v", "busybox", "sh", "-c", &script];
    let said = board.limpet(&words).ok();
    let times: Vec<f64> = said.lines().map(|line| line.parse().expect("times")).collect();
    assert!(times[1] - times[0] > 2.5, "3 MiB were written in {times:?}");
}
