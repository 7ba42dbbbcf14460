//! Boards whose clock is wrong: a battery that nobody has changed, or none.

use super::fleet;
use crate::{Board, Network, Spec, Stage};

pub(super) fn in_1970(stage: &Stage) {
    let spec = stage.spec().clock("1970-01-01T00:00:10");
    lives(stage, spec, "1970", "it is before the day this program was made");
}

pub(super) fn in_2038(stage: &Stage) {
    let spec = stage.spec().clock("2038-01-19T03:14:00");
    lives(stage, spec, "2038", "it is 2038 or later, which many programs cannot say");
}

fn lives(stage: &Stage, spec: Spec, year: &str, said: &str) {
    let spec = spec.network(Network::User).words(&["limpet.network=dhcp"]).reboots();
    let mut board = stage.boot(&spec);
    assert_eq!(board.sh("date +%Y"), year);
    board.load("busybox");
    let tick = "i=0; while :; do i=$((i+1)); echo tick $i; sleep 0.2; done";
    let health = ["--health-cmd", "true", "--health-interval", "1s", "--health-retries", "1"];
    let words = ["--init", "--restart", "always", "busybox", "sh", "-c", tick];
    board.detached("clockwork", &[&health[..], &words].concat());
    board.until_logged("clockwork", "tick 2");
    until_healthy(&mut board);
    jump(&mut board);
    until_healthy(&mut board);
    // In 2038 the last second that 32 bits can say is 7 s after the start; by now it is over.
    board.until("the doctor sees it", &format!("limpet doctor | grep -q 'clock: {said}'"));
    board.until_connected();
    fleet::follows(stage, &mut board);
    board.reboot();
    board.until_status("shop-web-1", "running");
    board.until_status("clockwork", "running");
    board.until_logged("clockwork", "tick 2");
    let started = board.field("clockwork", "/State/StartedAt").to_string();
    assert!(started.starts_with(&format!("\"{year}")), "{started}");
    board.power_off();
}

fn until_healthy(board: &mut Board) {
    let asked = "limpet inspect -f '{{.State.Health.Status}}' clockwork | grep -qx healthy";
    board.until("it is healthy", asked);
}

/// Somebody sets the clock right while containers run: nothing ends, and what ends is started again.
fn jump(board: &mut Board) {
    let before = board.field("clockwork", "/State/Pid");
    let now = board.sh("date +%s");
    board.sh("date -s 2027-06-01");
    board.sh("sleep 1");
    assert_eq!(board.field("clockwork", "/State/Pid"), before);
    board.sh(&format!("kill -9 {before}"));
    board.until(
        "it runs anew",
        &format!("[ \"$(limpet inspect -f '{{{{.State.Pid}}}}' clockwork)\" -gt {before} ]"),
    );
    board.sh(&format!("date -s @{now}"));
}
