//! SIGTERM, and SIGKILL to all of it when the grace is over.

use crate::{Board, Stage};

/// Long enough for whoever listens, on an emulated CPU too.
const GRACE_S: u32 = 5;
const GRACE_MS: u32 = GRACE_S * 1000;

pub(super) fn asks_then_kills(stage: &Stage) {
    let mut board = stage.boot(&stage.spec());
    board.load("probe");
    board.load("busybox");
    board.detached("willing", &["probe", "on-term", "7"]);
    board.detached("deaf", &["probe", "ignore-term"]);
    let crowd = "trap '' TERM; for i in 1 2 3; do sleep 1000 & done; echo ready; while :; do wait; done";
    board.detached("crowd", &["busybox", "sh", "-c", crowd]);
    for (name, code) in [("willing", 7), ("deaf", 137), ("crowd", 137)] {
        board.until_logged(name, "ready");
        let group = board.cgroup(name, "");
        let took_ms = stopped(&mut board, name);
        assert_eq!(took_ms >= GRACE_MS, code == 137, "{name} took {took_ms} ms of {GRACE_MS}");
        assert_eq!(board.field(name, "/State/ExitCode"), code, "{name}");
        assert_eq!(board.field(name, "/State/OOMKilled"), false, "{name}");
        assert_eq!(board.run(&["test", "-e", &group]).code, 1, "{group} is still there");
    }
    let left = board.sh("ps -o args | grep -c 'sleep 1[0]00' || true");
    assert_eq!(left, "0", "processes are left");
    board.power_off();
}

/// How long that took, as the board counts.
fn stopped(board: &mut Board, name: &str) -> u32 {
    let clock = "cut -d ' ' -f 1 /proc/uptime | tr -d .";
    let printed = board.sh(&format!("{clock}; limpet stop -t {GRACE_S} {name} >&2; {clock}"));
    let hundredths: Vec<u32> = printed.lines().map(|line| line.parse().expect("a number")).collect();
    let [begin, end] = hundredths[..] else { panic!("{printed}") };
    (end - begin) * 10
}
