//! SIGTERM, and SIGKILL to all of it when the grace is over.

use crate::Stage;

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
        board.limpet(&["stop", "-t", "1", name]).ok();
        assert_eq!(board.field(name, "/State/ExitCode"), code, "{name}");
        assert_eq!(board.field(name, "/State/OOMKilled"), false, "{name}");
        assert_eq!(board.run(&["test", "-e", &group]).code, 1, "{group} is still there");
    }
    let left = board.sh("ps -o args | grep -c 'sleep 1[0]00' || true");
    assert_eq!(left, "0", "processes are left");
    board.power_off();
}
