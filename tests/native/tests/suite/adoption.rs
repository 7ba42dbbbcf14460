//! The supervisor ends and comes back: what runs goes on, and nothing is started twice.

use native_tests::{Limpet, Supervisor, until};
use rustix::process::{Pid, Signal, kill_process};
use std::thread::sleep;
use std::time::Duration;

const QUIET: Duration = Duration::from_millis(1500);

fn kill(pid: i32) {
    let pid = Pid::from_raw(pid).expect("a pid is positive");
    kill_process(pid, Signal::KILL).unwrap_or_else(|e| panic!("killing {pid:?}: {e}"));
}

/// A container that says when it begins, and then runs.
fn lasting(limpet: &Limpet, name: &str, policy: &str) {
    let script = "echo begun; exec sleep 1000";
    limpet.detached(&["--name", name, "--restart", policy, "busybox", "sh", "-c", script]);
    limpet.until_logged(name, "begun");
}

#[test]
fn a_crash_leaves_containers_running_and_the_next_one_adopts_them() {
    let limpet = Limpet::with(&["busybox"]);
    let supervisor = Supervisor::start(&limpet);
    lasting(&limpet, "cc", "always");
    let first = limpet.pid_of("cc").expect("it runs");
    supervisor.crash();
    assert_eq!(limpet.pid_of("cc"), Some(first));
    let _supervisor = Supervisor::start(&limpet);
    sleep(QUIET);
    assert_eq!(limpet.pid_of("cc"), Some(first));
    assert_eq!(limpet.logged("cc", "begun"), 1);
    kill(first);
    limpet.until_runs_anew("cc", first);
}

#[test]
fn an_ordered_end_leaves_containers_running() {
    let limpet = Limpet::with(&["busybox"]);
    let supervisor = Supervisor::start(&limpet);
    lasting(&limpet, "cc", "always");
    let first = limpet.pid_of("cc");
    supervisor.leave();
    assert_eq!(limpet.pid_of("cc"), first);
}

#[test]
fn what_ended_meanwhile_is_started() {
    let limpet = Limpet::with(&["busybox"]);
    let supervisor = Supervisor::start(&limpet);
    for policy in ["always", "unless-stopped"] {
        lasting(&limpet, policy, policy);
    }
    supervisor.crash();
    for policy in ["always", "unless-stopped"] {
        kill(limpet.pid_of(policy).expect("it runs"));
        limpet.until_status(policy, "exited");
    }
    let _supervisor = Supervisor::start(&limpet);
    for policy in ["always", "unless-stopped"] {
        until(&format!("{policy} has begun again"), || (limpet.logged(policy, "begun") == 2).then_some(()));
    }
}

#[test]
fn what_failed_meanwhile_is_started() {
    let limpet = Limpet::with(&["busybox"]);
    let supervisor = Supervisor::start(&limpet);
    lasting(&limpet, "cc", "on-failure");
    // The supervisor is told of it when it runs already, and does not know it in the same moment.
    let id = limpet.ids().remove(0);
    let history = limpet.state().join("histories").join(id);
    until("the supervisor knows it", || history.exists().then_some(()));
    supervisor.crash();
    kill(limpet.pid_of("cc").expect("it runs"));
    limpet.until_status("cc", "exited");
    let _supervisor = Supervisor::start(&limpet);
    until("it has begun again", || (limpet.logged("cc", "begun") == 2).then_some(()));
}

#[test]
fn what_was_made_meanwhile_is_taken_in() {
    let limpet = Limpet::with(&["busybox"]);
    lasting(&limpet, "cc", "always");
    let _supervisor = Supervisor::start(&limpet);
    let first = limpet.pid_of("cc").expect("it runs");
    kill(first);
    limpet.until_runs_anew("cc", first);
}

#[test]
fn what_was_stopped_by_hand_meanwhile_is_judged_by_its_policy() {
    let limpet = Limpet::with(&["busybox"]);
    let supervisor = Supervisor::start(&limpet);
    for policy in ["always", "unless-stopped", "on-failure"] {
        lasting(&limpet, policy, policy);
    }
    supervisor.crash();
    limpet.ok(&["stop", "-t", "0", "always", "unless-stopped", "on-failure"]);
    let _supervisor = Supervisor::start(&limpet);
    until("always has begun again", || (limpet.logged("always", "begun") == 2).then_some(()));
    sleep(QUIET);
    assert_eq!(limpet.logged("unless-stopped", "begun"), 1);
    assert_eq!(limpet.logged("on-failure", "begun"), 1);
}

#[test]
fn a_stop_by_hand_outlasts_the_supervisor() {
    let limpet = Limpet::with(&["busybox"]);
    let supervisor = Supervisor::start(&limpet);
    lasting(&limpet, "cc", "unless-stopped");
    limpet.ok(&["stop", "-t", "0", "cc"]);
    supervisor.crash();
    let _supervisor = Supervisor::start(&limpet);
    sleep(QUIET);
    assert_eq!(limpet.field("cc", "/State/Status"), "exited");
}

#[test]
fn a_crash_loop_goes_on_where_it_was() {
    let limpet = Limpet::with(&["busybox"]);
    let supervisor = Supervisor::start(&limpet);
    let script = "echo begun; exit 3";
    limpet.detached(&["--name", "cc", "--restart", "on-failure:3", "busybox", "sh", "-c", script]);
    until("it has begun twice", || (limpet.logged("cc", "begun") >= 2).then_some(()));
    supervisor.crash();
    let _supervisor = Supervisor::start(&limpet);
    until("it has begun four times", || (limpet.logged("cc", "begun") == 4).then_some(()));
    sleep(QUIET);
    assert_eq!(limpet.logged("cc", "begun"), 4, "the tries were not counted over the crash");
}

#[test]
fn a_lost_keeper_is_a_failure() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    lasting(&limpet, "cc", "on-failure");
    let first = limpet.pid_of("cc").expect("it runs");
    kill(i32::try_from(limpet.keeper("cc")).expect("a pid"));
    limpet.until_runs_anew("cc", first);
}

#[test]
fn a_keeper_that_was_lost_meanwhile_is_a_failure() {
    let limpet = Limpet::with(&["busybox"]);
    let supervisor = Supervisor::start(&limpet);
    lasting(&limpet, "cc", "on-failure");
    let first = limpet.pid_of("cc").expect("it runs");
    supervisor.crash();
    kill(i32::try_from(limpet.keeper("cc")).expect("a pid"));
    let _supervisor = Supervisor::start(&limpet);
    limpet.until_runs_anew("cc", first);
}

#[test]
fn there_is_one_supervisor() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    limpet.try_to(&["supervise"]).refused(1, &["a supervisor runs already"]);
}
