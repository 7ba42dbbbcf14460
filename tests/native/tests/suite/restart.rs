//! Restart policies, kept by `limpet supervise`.

use native_tests::{Limpet, Supervisor, until};
use rustix::process::{Pid, Signal, kill_process};
use std::thread::sleep;
use std::time::Duration;

/// Long enough for several restarts of a policy that should not have had any.
const QUIET: Duration = Duration::from_millis(1500);

fn kill(pid: i32) {
    let pid = Pid::from_raw(pid).expect("a pid is positive");
    kill_process(pid, Signal::KILL).unwrap_or_else(|e| panic!("killing {pid:?}: {e}"));
}

/// Says that it runs, then ends with this code.
fn ends_with(code: u8) -> [String; 3] {
    ["sh".to_owned(), "-c".to_owned(), format!("echo begun; exit {code}")]
}

fn run(limpet: &Limpet, name: &str, policy: &str, command: &[String]) {
    let command: Vec<&str> = command.iter().map(String::as_str).collect();
    limpet.detached(&[&["--name", name, "--restart", policy, "busybox"], &*command].concat());
}

#[test]
fn always_starts_again_what_was_killed() {
    let limpet = Limpet::with(&["busybox"]);
    let supervisor = Supervisor::start(&limpet);
    run(&limpet, "cc", "always", &["sleep", "1000"].map(str::to_owned));
    let first = limpet.pid_of("cc").expect("it runs");
    kill(first);
    let second = limpet.until_runs_anew("cc", first);
    kill(second);
    limpet.until_runs_anew("cc", second);
    supervisor.leave();
}

#[test]
fn always_starts_again_what_ended_well() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    run(&limpet, "cc", "always", &ends_with(0));
    until("it has begun four times", || (limpet.logged("cc", "begun") >= 4).then_some(()));
}

#[test]
fn on_failure_starts_again_only_after_a_failure() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    run(&limpet, "well", "on-failure", &ends_with(0));
    run(&limpet, "ill", "on-failure", &ends_with(3));
    until("the ill one has begun four times", || (limpet.logged("ill", "begun") >= 4).then_some(()));
    assert_eq!(limpet.logged("well", "begun"), 1);
    assert_eq!(limpet.field("well", "/State/ExitCode"), 0);
}

#[test]
fn on_failure_has_its_tries_and_no_more() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    run(&limpet, "cc", "on-failure:2", &ends_with(3));
    until("it has begun three times", || (limpet.logged("cc", "begun") == 3).then_some(()));
    sleep(QUIET);
    assert_eq!(limpet.logged("cc", "begun"), 3);
    assert_eq!(limpet.field("cc", "/State/Status"), "exited");
    assert_eq!(limpet.field("cc", "/State/ExitCode"), 3);
}

#[test]
fn without_a_policy_nothing_is_started_again() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    run(&limpet, "cc", "no", &ends_with(3));
    limpet.until_status("cc", "exited");
    sleep(QUIET);
    assert_eq!(limpet.logged("cc", "begun"), 1);
}

#[test]
fn the_pauses_double() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    // Hundredths of a second since boot, by the container's own look at the clock.
    let script = "cut -d' ' -f1 /proc/uptime; exit 1";
    run(&limpet, "cc", "always", &["sh", "-c", script].map(str::to_owned));
    let times: Vec<f64> = until("it has begun five times", || {
        let logs = limpet.ok(&["logs", "cc"]);
        let times: Vec<f64> = logs.lines().filter_map(|line| line.parse().ok()).collect();
        (times.len() >= 5).then_some(times)
    });
    // 100, 200, 400, 800 ms, a tenth less at most, and the clock's own hundredth; how much more is the machine's.
    for (pair, least_ms) in times.windows(2).zip([80.0, 170.0, 350.0, 710.0]) {
        let pause_ms = (pair[1] - pair[0]) * 1000.0;
        assert!(pause_ms >= least_ms, "{pause_ms} ms after {least_ms} ms at least: {times:?}");
    }
}

#[test]
fn what_was_stopped_by_hand_stays_stopped() {
    for policy in ["always", "unless-stopped", "on-failure"] {
        let limpet = Limpet::with(&["probe"]);
        let _supervisor = Supervisor::start(&limpet);
        limpet.detached(&["--name", "cc", "--restart", policy, "probe", "on-term", "7"]);
        limpet.until_logged("cc", "ready");
        limpet.ok(&["stop", "cc"]);
        sleep(QUIET);
        assert_eq!(limpet.field("cc", "/State/Status"), "exited", "{policy}");
        assert_eq!(limpet.logged("cc", "ready"), 1, "{policy}");
    }
}

#[test]
fn what_was_killed_by_hand_stays_stopped_as_with_docker() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    run(&limpet, "cc", "always", &["sleep", "1000"].map(str::to_owned));
    limpet.ok(&["kill", "cc"]);
    limpet.until_status("cc", "exited");
    sleep(QUIET);
    assert_eq!(limpet.field("cc", "/State/Status"), "exited");
}

#[test]
fn a_start_by_hand_brings_the_policy_back() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    run(&limpet, "cc", "unless-stopped", &["sleep", "1000"].map(str::to_owned));
    limpet.ok(&["stop", "-t", "0", "cc"]);
    limpet.ok(&["start", "cc"]);
    let first = limpet.pid_of("cc").expect("it runs");
    kill(first);
    limpet.until_runs_anew("cc", first);
}

#[test]
fn a_restart_by_hand_keeps_the_policy() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    run(&limpet, "cc", "always", &["sleep", "1000"].map(str::to_owned));
    limpet.ok(&["restart", "-t", "0", "cc"]);
    let second = limpet.pid_of("cc").expect("it runs");
    kill(second);
    limpet.until_runs_anew("cc", second);
}

#[test]
fn a_stop_during_the_pause_ends_the_loop() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    run(&limpet, "cc", "always", &ends_with(1));
    until("it has begun four times", || (limpet.logged("cc", "begun") >= 4).then_some(()));
    limpet.ok(&["stop", "cc"]);
    let begun = limpet.logged("cc", "begun");
    sleep(QUIET);
    // One that was just being started when it was stopped may have begun.
    assert!(limpet.logged("cc", "begun") <= begun + 1);
    assert_eq!(limpet.field("cc", "/State/Status"), "exited");
}

#[test]
fn an_update_changes_the_policy() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    run(&limpet, "cc", "no", &["sleep", "1000"].map(str::to_owned));
    run(&limpet, "dd", "always", &["sleep", "1000"].map(str::to_owned));
    limpet.ok(&["update", "--restart", "always", "cc"]);
    limpet.ok(&["update", "--restart", "no", "dd"]);
    let [first, other] = ["cc", "dd"].map(|name| limpet.pid_of(name).expect("it runs"));
    kill(other);
    kill(first);
    limpet.until_runs_anew("cc", first);
    sleep(QUIET);
    assert_eq!(limpet.field("dd", "/State/Status"), "exited");
}

#[test]
fn a_container_that_is_removed_is_let_go() {
    let limpet = Limpet::with(&["busybox"]);
    let supervisor = Supervisor::start(&limpet);
    run(&limpet, "cc", "always", &["sleep", "1000"].map(str::to_owned));
    run(&limpet, "dd", "always", &ends_with(1));
    limpet.ok(&["rm", "-f", "cc", "dd"]);
    sleep(QUIET);
    assert!(limpet.ids().is_empty());
    supervisor.leave();
    assert_eq!(limpet.leftovers(), Vec::<String>::new());
}

#[test]
fn a_policy_without_a_supervisor_says_so() {
    let limpet = Limpet::with(&["busybox"]);
    let outcome = limpet.ok(&["run", "-d", "--restart", "always", "busybox", "sleep", "1000"]);
    assert_eq!(outcome.text().len(), 64, "{outcome:#?}");
    assert!(outcome.stderr.contains("limpet supervise"), "{outcome:#?}");
}
