//! One container runs out of memory; its neighbour does not notice.

use crate::{Board, Stage};

const MIB: u64 = 1 << 20;

pub(super) fn neighbours_live(stage: &Stage) {
    let mut board = stage.boot(&stage.spec());
    let before = live_through_it(&mut board);
    let all = "/sys/fs/cgroup/limpet";
    assert!(board.counter(&format!("{all}/memory.events"), "oom_kill") >= 1);
    let neighbour = board.cgroup("neighbour", "memory");
    assert_eq!(board.counter(&format!("{neighbour}/memory.events"), "oom_kill"), 0);
    let peak: u64 = board.show(&format!("{all}/memory.peak")).parse().expect("a number");
    // Both limits, and what the kernel does not count exactly: a batch of pages per CPU.
    assert!((32 * MIB..=48 * MIB + MIB).contains(&peak), "the kernel counted {peak}");
    assert_eq!(before, board.field("neighbour", "/State/StartedAt").to_string());
    board.power_off();
}

/// Works with every kind of cgroup; since when the neighbour runs.
pub(super) fn live_through_it(board: &mut Board) -> String {
    board.load("probe");
    board.detached("neighbour", &["-m", "16m", "probe", "on-term", "0"]);
    board.until_logged("neighbour", "ready");
    let since = board.field("neighbour", "/State/StartedAt").to_string();
    let hog = board.limpet(&["run", "--name", "hog", "-m", "32m", "probe", "hog", "268435456"]).code(137);
    assert!(hog.stderr.contains("memory"), "nobody says why: {hog:#?}");
    let held = hog.lines().filter_map(|line| line.strip_prefix("held ")?.parse::<u64>().ok()).max();
    assert!(held.is_some_and(|held| (8 * MIB..32 * MIB).contains(&held)), "it held {held:?} of 32 MiB");
    assert_eq!(board.field("hog", "/State/OOMKilled"), true);
    assert_eq!(board.field("neighbour", "/State/Status"), "running");
    assert_eq!(board.field("neighbour", "/State/StartedAt").to_string(), since);
    since
}
