//! Restart policies over a reboot.

use crate::{Board, Stage};

/// Name, policy, and whether it is stopped by hand before the board goes down.
const CONTAINERS: [(&str, &str, bool); 6] = [
    ("always", "always", false),
    ("unless", "unless-stopped", false),
    ("always-stopped", "always", true),
    ("unless-stopped", "unless-stopped", true),
    ("none", "no", false),
    ("on-failure", "on-failure", false),
];

pub(super) fn over_a_reboot(stage: &Stage) {
    let mut board = stage.boot(&stage.spec().reboots());
    board.load("probe");
    for (name, policy, is_stopped) in CONTAINERS {
        board.detached(name, &["--restart", policy, "-m", "16m", "probe", "on-term", "3"]);
        board.until_logged(name, "ready");
        if is_stopped {
            board.limpet(&["stop", name]).ok();
        }
    }
    board.reboot();
    // As docker has it: `always` runs again even if it was stopped by hand.
    for name in ["always", "unless", "always-stopped"] {
        board.until_status(name, "running");
    }
    // It ended with 3 when the board went off, which is not why a container with `on-failure` begins again.
    for name in ["unless-stopped", "none", "on-failure"] {
        assert_eq!(board.field(name, "/State/Status"), "exited", "{name}");
    }
    ends_and_begins(&mut board);
    board.power_off();
}

/// What is killed now begins again, as a supervisor that was there from the start would see to.
fn ends_and_begins(board: &mut Board) {
    let before = board.field("always", "/State/Pid");
    board.sh(&format!("kill -9 {before}"));
    let line = "limpet inspect -f '{{.State.Status}} {{.State.Pid}}' always";
    board.until("it runs anew", &format!("{line} | grep '^running ' | grep -qv ' {before}$'"));
    assert_eq!(board.field("always", "/RestartCount"), 1);
}
