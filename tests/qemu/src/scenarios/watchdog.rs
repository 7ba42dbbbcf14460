//! A board whose first process hangs is reset by its watchdog, and comes up again by itself.

use crate::{Board, Stage};

const SECONDS: u32 = 5;
/// So long a board lives only if somebody writes to the watchdog.
const LIVES_S: u32 = 3 * SECONDS;

pub(super) fn resets_a_board_that_hangs(stage: &Stage) {
    let mut board = stage.boot(&stage.spec().watchdog(SECONDS).reboots());
    board.load("probe");
    board.detached("kept", &["--restart", "always", "-m", "16m", "probe", "on-term", "0"]);
    board.until_logged("kept", "ready");
    let before = boot_id(&mut board);
    board.sh(&format!("sleep {LIVES_S}"));
    assert_eq!(boot_id(&mut board), before, "it is written to in time");
    freeze_init(&mut board);
    board.until_up();
    assert_ne!(boot_id(&mut board), before);
    board.until_status("kept", "running");
    board.power_off();
}

fn boot_id(board: &mut Board) -> String {
    board.show("/proc/sys/kernel/random/boot_id")
}

/// No signal stops PID 1, but the freezer of cgroups does. The order is given last, from a process that goes on.
fn freeze_init(board: &mut Board) {
    let group = "/sys/fs/cgroup/frozen";
    board.sh(&format!("mkdir {group}; echo 1 > {group}/cgroup.procs; echo 1 > {group}/cgroup.freeze"));
    board.until("PID 1 is frozen", &format!("grep -q 'frozen 1' {group}/cgroup.events"));
}
