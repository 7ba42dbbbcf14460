//! Limpet as the first process: what it does about a supervisor that hangs or ends, about orphans, and about signals that
//! ask for the board's end.

use crate::{Board, Network, Stage, disk};

/// Longer than PID 1 lets its supervisor be silent (30 s); `until` waits for a minute.
const HANGS: &str = "PID 1 has found out that its supervisor hangs";

pub(super) fn looks_after_the_board(stage: &Stage) {
    let spec = stage.spec().network(Network::None).reboots();
    let mut board = stage.boot(&spec);
    board.load("probe");
    board.load("busybox");
    board.detached("kept", &["--restart", "always", "-m", "16m", "probe", "on-term", "0"]);
    board.until_logged("kept", "ready");
    let runs = board.field("kept", "/State/Pid");
    one_that_ends(&mut board);
    one_that_hangs(&mut board);
    assert_eq!(board.field("kept", "/State/Pid"), runs, "its container did not notice");
    assert_eq!(board.field("kept", "/RestartCount"), 0);
    orphans(&mut board);
    signals(&mut board);
    a_crash(&mut board);
    board.power_off();
    disk::assert_left_clean(&spec.disks[0].path);
}

fn one_that_ends(board: &mut Board) {
    let before = supervisor(board);
    board.sh(&format!("kill -KILL {before}"));
    until_another(board, &before);
}

/// The console says so as well, which nothing else in this scenario would.
fn one_that_hangs(board: &mut Board) {
    let before = supervisor(board);
    board.sh(&format!("kill -STOP {before}"));
    board.until(HANGS, &format!("[ ! -d /proc/{before} ]"));
    until_another(board, &before);
    let serial = board.serial();
    assert!(serial.contains("the supervisor hangs; it is started anew"), "{serial}");
}

/// Its number; the brackets keep the line itself out.
const SUPERVISOR: &str = "ps -o pid,args | sed -n 's/^ *\\([0-9]*\\) [l]impet supervise.*/\\1/p'";

fn supervisor(board: &mut Board) -> String {
    board.sh(SUPERVISOR)
}

fn until_another(board: &mut Board, before: &str) {
    board.until("another supervisor runs", &format!("{SUPERVISOR} | grep -vx {before} | grep -q ."));
    board.until_answered();
}

/// Children of nobody become those of PID 1, which does not let their ends wait.
fn orphans(board: &mut Board) {
    board.sh("for i in 1 2 3 4 5 6 7 8; do (sleep 0.$i &) ; done");
    let dead = "ps -o ppid,stat | grep -q '^ *1 *Z'";
    board.until("the last has ended", "! ps -o args | grep -q '^[s]leep'");
    board.until("none of them is left as a zombie", &format!("! {dead}"));
}

/// Ctrl-Alt-Del reaches PID 1 as SIGINT (reboot(2), LINUX_REBOOT_CMD_CAD_OFF); what nobody has a meaning for does nothing.
fn signals(board: &mut Board) {
    let boot = board.show("/proc/sys/kernel/random/boot_id");
    board.sh("kill -HUP 1; kill -WINCH 1; sleep 1");
    assert_eq!(board.show("/proc/sys/kernel/random/boot_id"), boot);
    board.reboot_by(&["kill", "-INT", "1"]);
    assert_ne!(board.show("/proc/sys/kernel/random/boot_id"), boot);
    board.until_status("kept", "running");
    let kernel = board.sh("dmesg");
    assert!(!kernel.contains("recovery complete"), "the disk was not left clean:\n{kernel}");
}

/// A fault of PID 1 itself is told, and ends in a reboot instead of the kernel's panic.
fn a_crash(board: &mut Board) {
    let boot = board.show("/proc/sys/kernel/random/boot_id");
    board.reboot_by(&["kill", "-SEGV", "1"]);
    assert_ne!(board.show("/proc/sys/kernel/random/boot_id"), boot);
    board.until_status("kept", "running");
    let serial = board.serial();
    assert!(serial.contains("limpet init: crashed (signal 11, at 0x"), "{serial}");
    assert!(!serial.contains("Kernel panic"), "{serial}");
}
