//! Limits hold, by the kernel's own counters.

use crate::{Board, Stage};

const MIB: u64 = 1 << 20;
/// What crun and runc make of so many shares.
const WEIGHT_OF_512: &str = "59";

pub(super) fn hold(stage: &Stage) {
    let mut board = stage.boot(&stage.spec());
    are_kept(&mut board);
    board.power_off();
}

/// With every kernel that has cgroup v2.
pub(super) fn are_kept(board: &mut Board) {
    board.load("probe");
    board.load("busybox");
    are_in_the_kernel(board);
    cpu(board);
    tasks(board);
    disk(board);
}

fn are_in_the_kernel(board: &mut Board) {
    let limits = ["-m", "48m", "--cpus", "0.75", "--pids-limit", "33", "--cpu-shares", "512"];
    board.detached("limited", &[&limits[..], &["probe", "on-term", "0"]].concat());
    let group = board.cgroup("limited", "");
    let shown = ["memory.max", "memory.swap.max", "cpu.max", "pids.max", "cpu.weight"]
        .map(|file| board.show(&format!("{group}/{file}")));
    assert_eq!(shown, [&(48 * MIB).to_string(), "0", "75000 100000", "33", WEIGHT_OF_512]);
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
    let (used_us, seconds) = grown(board, &format!("sed -n 's/^usage_usec //p' {stat}"));
    let share = used_us / 1e6 / seconds;
    assert!((0.15..0.28).contains(&share), "it got {share} of a CPU, not 0.25");
    assert!(board.counter(&stat, "nr_throttled") > 0);
    board.limpet(&["rm", "-f", "busy"]).ok();
}

/// Ten tasks, and not one more: the kernel has refused some.
fn tasks(board: &mut Board) {
    let said = board.limpet(&["run", "--rm", "--pids-limit", "10", "probe", "forkbomb", "100"]).ok();
    // The bomb itself is one of them.
    assert!(said.text().starts_with("held 9: "), "{said:#?}");
    let crowd = "sh -c 'while :; do sleep 1000 & done'; exec sleep 1000";
    board.detached("crowd", &["--pids-limit", "10", "busybox", "sh", "-c", crowd]);
    let group = board.cgroup("crowd", "");
    board.until("the kernel has refused one", &format!("grep -q '^max [1-9]' {group}/pids.events"));
    let peak: u64 = board.show(&format!("{group}/pids.peak")).parse().expect("a number");
    assert_eq!(peak, 10, "tasks at a time, as the kernel counted them");
    board.limpet(&["rm", "-f", "crowd"]).ok();
}

/// A mebibyte a second into a volume on the board's disk, past the page cache, as the kernel counts what passes.
fn disk(board: &mut Board) {
    let name = board.sh("basename $(grep -l data /sys/block/*/serial | xargs dirname)");
    let number = board.show(&format!("/sys/block/{name}/dev"));
    let write = "while :; do dd if=/dev/zero of=/v/file bs=65536 count=64 oflag=direct 2>/dev/null; done";
    let limit = format!("/dev/{name}:1mb");
    let words = ["--device-write-bps", &limit, "-v", "data:/v", "busybox", "sh", "-c", write];
    board.detached("writer", &words);
    let group = board.cgroup("writer", "");
    let shown = board.show(&format!("{group}/io.max"));
    assert_eq!(shown, format!("{number} rbps=max wbps={MIB} riops=max wiops=max"));
    let written = format!("sed -n 's/^{number} .*wbytes=\\([0-9]*\\).*/\\1/p' {group}/io.stat");
    board.until("something is written", &format!("{written} | grep -q '[1-9]'"));
    let (bytes, seconds) = grown(board, &written);
    let rate = bytes / seconds / MIB as f64;
    assert!((0.7..1.15).contains(&rate), "{rate} MiB were written each second, not 1");
    board.limpet(&["update", "--pids-limit", "20", "writer"]).ok();
    assert_eq!(board.show(&format!("{group}/io.max")), shown, "what an update is not about stays");
    board.limpet(&["rm", "-f", "writer"]).ok();
}

/// How much what `look` prints grows in some seconds of the board's.
fn grown(board: &mut Board, look: &str) -> (f64, f64) {
    let look = format!("cut -d ' ' -f 1 /proc/uptime; {look}");
    let printed = board.sh(&format!("{look}; sleep 4; {look}"));
    let numbers: Vec<f64> = printed.lines().map(|line| line.parse().expect("numbers")).collect();
    let [begin_s, before, end_s, after] = numbers[..] else { panic!("{printed}") };
    (after - before, end_s - begin_s)
}
