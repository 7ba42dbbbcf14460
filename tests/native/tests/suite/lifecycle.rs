//! create, start, stop, kill, restart, pause, wait, rm.

use native_tests::{Cgroup, Limpet};
use std::time::Instant;

fn pid(limpet: &Limpet, name: &str) -> i32 {
    let pid = limpet.field(name, "/State/Pid").as_i64().and_then(|pid| i32::try_from(pid).ok());
    pid.filter(|pid| *pid > 0).unwrap_or_else(|| panic!("{name} has no pid"))
}

#[test]
fn created_runs_exits_and_goes() {
    let limpet = Limpet::with(&["probe"]);
    limpet.ok(&["create", "--name", "cc", "probe", "on-term", "5"]);
    assert_eq!(limpet.field("cc", "/State/Status"), "created");
    assert_eq!(limpet.ok(&["start", "cc"]).text(), "cc");
    limpet.until_logged("cc", "ready");
    assert_eq!(limpet.field("cc", "/State/Status"), "running");
    assert_eq!(limpet.ok(&["stop", "cc"]).text(), "cc");
    assert_eq!(limpet.field("cc", "/State/Status"), "exited");
    assert_eq!(limpet.field("cc", "/State/ExitCode"), 5);
    limpet.ok(&["rm", "cc"]);
    assert!(limpet.ids().is_empty());
}

#[test]
fn a_container_can_be_started_again() {
    let limpet = Limpet::with(&["busybox"]);
    limpet.ok(&["create", "--name", "cc", "busybox", "sh", "-c", "echo x >> /count; cat /count"]);
    assert_eq!(limpet.ok(&["start", "-a", "cc"]).text(), "x");
    assert_eq!(limpet.ok(&["start", "-a", "cc"]).text(), "x\nx");
}

#[test]
fn stop_sends_the_signal_and_then_kills_everybody() {
    let limpet = Limpet::with(&["probe"]);
    limpet.detached(&["--name", "deaf", "probe", "ignore-term"]);
    limpet.until_logged("deaf", "ready");
    let cgroup = Cgroup::of(pid(&limpet, "deaf"));
    let begin = Instant::now();
    limpet.ok(&["stop", "-t", "1", "deaf"]);
    assert!(begin.elapsed().as_millis() >= 1000, "it had no second");
    assert_eq!(limpet.field("deaf", "/State/ExitCode"), 137);
    assert!(!cgroup.exists());
}

#[test]
fn stop_uses_the_containers_own_signal() {
    let limpet = Limpet::with(&["busybox"]);
    let script = "trap 'echo got usr1; exit 3' USR1; echo ready; while :; do sleep 0.1; done";
    limpet.detached(&["--name", "cc", "--stop-signal", "USR1", "busybox", "sh", "-c", script]);
    limpet.until_logged("cc", "ready");
    limpet.ok(&["stop", "cc"]);
    assert_eq!(limpet.field("cc", "/State/ExitCode"), 3);
    assert!(limpet.ok(&["logs", "cc"]).stdout.contains("got usr1"));
}

/// nginx's is SIGQUIT; whoever makes the container may want another.
#[test]
fn stop_uses_the_images_own_signal_unless_told_otherwise() {
    let limpet = Limpet::with(&["nginx"]);
    let script = "trap 'exit 3' QUIT; trap 'exit 4' TERM; echo ready; while :; do sleep 0.1; done";
    for (name, flags, code) in [("image", &[][..], 3), ("own", &["--stop-signal", "TERM"][..], 4)] {
        let shell = ["--name", name, "--entrypoint", "sh", "nginx", "-c", script];
        limpet.detached(&[flags, &shell].concat());
        limpet.until_logged(name, "ready");
        limpet.ok(&["stop", name]);
        assert_eq!(limpet.field(name, "/State/ExitCode"), code, "{name}");
    }
}

#[test]
fn the_stop_timeout_is_the_containers_own() {
    let limpet = Limpet::with(&["probe"]);
    limpet.detached(&["--name", "deaf", "--stop-timeout", "0", "probe", "ignore-term"]);
    limpet.until_logged("deaf", "ready");
    let begin = Instant::now();
    limpet.ok(&["stop", "deaf"]);
    assert!(begin.elapsed().as_secs() < 9, "it waited for the default of 10 s");
}

#[test]
fn without_a_timeout_the_grace_is_ten_seconds() {
    let limpet = Limpet::with(&["probe"]);
    limpet.detached(&["--name", "deaf", "probe", "ignore-term"]);
    limpet.until_logged("deaf", "ready");
    let begin = Instant::now();
    limpet.ok(&["stop", "deaf"]);
    assert!(begin.elapsed().as_secs() >= 10, "it had no ten seconds");
    assert_eq!(limpet.field("deaf", "/State/ExitCode"), 137);
}

#[test]
fn stopping_the_stopped_is_no_error() {
    let limpet = Limpet::with(&["busybox"]);
    limpet.ok(&["run", "--name", "cc", "busybox", "true"]);
    assert_eq!(limpet.ok(&["stop", "cc"]).text(), "cc");
    limpet.try_to(&["kill", "cc"]).refused(1, &["cc", "not running"]);
}

#[test]
fn kill_sends_any_signal() {
    let limpet = Limpet::with(&["probe"]);
    limpet.detached(&["--name", "cc", "probe", "on-term", "4"]);
    limpet.until_logged("cc", "ready");
    limpet.ok(&["kill", "-s", "SIGTERM", "cc"]);
    assert_eq!(limpet.ok(&["wait", "cc"]).text(), "4");
    limpet.detached(&["--name", "dd", "probe", "ignore-term"]);
    limpet.ok(&["kill", "dd"]);
    assert_eq!(limpet.ok(&["wait", "dd"]).text(), "137");
}

#[test]
fn orphans_end_with_their_container() {
    let limpet = Limpet::with(&["probe"]);
    limpet.ok(&["run", "--name", "cc", "probe", "orphan"]);
    assert_eq!(limpet.field("cc", "/State/Status"), "exited");
    // What is left of them is found by the fixture.
}

#[test]
fn restart_gives_another_process() {
    let limpet = Limpet::with(&["probe"]);
    limpet.detached(&["--name", "cc", "probe", "on-term", "0"]);
    limpet.until_logged("cc", "ready");
    let before = pid(&limpet, "cc");
    assert_eq!(limpet.ok(&["restart", "cc"]).text(), "cc");
    assert_ne!(pid(&limpet, "cc"), before);
    assert_eq!(limpet.field("cc", "/State/Status"), "running");
}

#[test]
fn pause_freezes_and_unpause_thaws() {
    let limpet = Limpet::with(&["busybox"]);
    limpet.detached(&["--name", "cc", "busybox", "sh", "-c", "while :; do :; done"]);
    let cgroup = Cgroup::of(pid(&limpet, "cc"));
    assert_eq!(limpet.ok(&["pause", "cc"]).text(), "cc");
    assert_eq!(limpet.field("cc", "/State/Status"), "paused");
    let used = cgroup.cpu_us();
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert_eq!(cgroup.cpu_us(), used, "it used CPU time while it was paused");
    limpet.try_to(&["pause", "cc"]).refused(1, &["paused"]);
    limpet.ok(&["unpause", "cc"]);
    assert_eq!(limpet.field("cc", "/State/Status"), "running");
    limpet.try_to(&["unpause", "cc"]).refused(1, &["not paused"]);
    native_tests::until("it runs again", || (cgroup.cpu_us() > used).then_some(()));
}

#[test]
fn a_paused_container_can_be_stopped() {
    let limpet = Limpet::with(&["probe"]);
    limpet.detached(&["--name", "cc", "probe", "ignore-term"]);
    limpet.ok(&["pause", "cc"]);
    limpet.ok(&["stop", "-t", "0", "cc"]);
    assert_eq!(limpet.field("cc", "/State/Status"), "exited");
}

#[test]
fn wait_waits() {
    let limpet = Limpet::with(&["busybox"]);
    limpet.detached(&["--name", "cc", "busybox", "sh", "-c", "sleep 0.5; exit 3"]);
    limpet.detached(&["--name", "dd", "busybox", "sh", "-c", "exit 4"]);
    assert_eq!(limpet.ok(&["wait", "cc", "dd"]).text(), "3\n4");
}

#[test]
fn rm_refuses_the_running_unless_forced() {
    let limpet = Limpet::with(&["busybox"]);
    limpet.detached(&["--name", "cc", "busybox", "sleep", "1000"]);
    limpet.try_to(&["rm", "cc"]).refused(1, &["cc", "running", "-f"]);
    assert_eq!(limpet.ok(&["rm", "-f", "cc"]).text(), "cc");
    limpet.try_to(&["rm", "cc"]).refused(1, &["no such container", "cc"]);
}

#[test]
fn run_rm_leaves_nothing() {
    let limpet = Limpet::with(&["busybox"]);
    for _ in 0..3 {
        limpet.ok(&["run", "--rm", "busybox", "true"]);
    }
    assert!(limpet.ids().is_empty());
    assert_eq!(limpet.leftovers(), Vec::<String>::new());
}

#[test]
fn a_detached_rm_removes_itself() {
    let limpet = Limpet::with(&["busybox"]);
    limpet.detached(&["--rm", "busybox", "true"]);
    native_tests::until("it is gone", || limpet.ids().is_empty().then_some(()));
}

#[test]
fn prune_removes_what_does_not_run() {
    let limpet = Limpet::with(&["busybox"]);
    let running = limpet.detached(&["busybox", "sleep", "1000"]);
    limpet.ok(&["run", "busybox", "true"]);
    limpet.ok(&["create", "busybox", "true"]);
    limpet.ok(&["container", "prune", "-f"]);
    assert_eq!(limpet.ids(), [running]);
}

#[test]
fn starting_what_runs_is_no_error() {
    let limpet = Limpet::with(&["busybox"]);
    limpet.detached(&["--name", "cc", "busybox", "sleep", "1000"]);
    let before = pid(&limpet, "cc");
    limpet.ok(&["start", "cc"]);
    assert_eq!(pid(&limpet, "cc"), before);
}

#[test]
fn a_killed_keeper_does_not_leave_a_container_that_says_it_runs() {
    let limpet = Limpet::with(&["busybox"]);
    limpet.detached(&["--name", "cc", "busybox", "sleep", "1000"]);
    let keeper = limpet.keeper("cc").to_string();
    std::process::Command::new("kill").args(["-KILL", &keeper]).status().expect("kill(1) is there");
    limpet.ok(&["rm", "-f", "cc"]);
}

/// Deeper than a process has descriptors.
#[test]
fn what_is_deep_can_be_removed() {
    let limpet = Limpet::with(&["busybox"]);
    let script = "i=0; while [ $i -lt 1200 ]; do mkdir d && cd -P d || exit 1; i=$((i+1)); done";
    limpet.ok(&["run", "--name", "cc", "busybox", "sh", "-c", script]);
    let remove = limpet.command(&["rm", "cc"]);
    let mut with_few = std::process::Command::new("sh");
    with_few
        .args(["-c", "ulimit -n 256; exec \"$@\"", "sh"])
        .arg(remove.get_program())
        .args(remove.get_args());
    native_tests::Outcome::of(&mut with_few).ok();
    let left = std::fs::read_dir(limpet.root().join("containers")).expect("it is there").count();
    assert_eq!(left, 0);
}
