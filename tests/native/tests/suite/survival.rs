//! The supervisor is killed between any two things that it does, and nothing that it answers for notices.

use native_tests::{Limpet, Line};
use rustix::process::{Pid, Signal, kill_process};

/// More boundaries than the scenario has.
const CUTS_MAX: u32 = 200;
/// Fewest boundaries that can be meant: three restarts have a boundary before and after each.
const CUTS_MIN: usize = 6;

/// From outside: inside, nothing kills the first process.
fn kill(pid: i32) {
    let pid = Pid::from_raw(pid).expect("a pid is positive");
    kill_process(pid, Signal::KILL).unwrap_or_else(|e| panic!("killing {pid:?}: {e}"));
}

fn make(limpet: &Limpet, name: &str, policy: &str, end: &str) {
    let script = format!("echo begun; {end}");
    limpet.detached(&["--name", name, "--restart", policy, "busybox", "sh", "-c", &script]);
    limpet.until_logged(name, "begun");
}

/// What a board goes through: services die, are stopped and started by hand, one fails for good, one is removed. Says
/// whether the supervisor was cut off in it.
fn scenario(limpet: &Limpet, cut: u32) -> bool {
    let mut line = Line::cut_at(limpet, cut);
    make(limpet, "always", "always", "exec sleep 1000");
    make(limpet, "unless", "unless-stopped", "exec sleep 1000");
    make(limpet, "failing", "on-failure:2", "exit 7");
    let (always, unless) = (limpet.pid_of("always").expect("it runs"), limpet.pid_of("unless"));

    kill(always);
    line.until("always runs anew", |limpet| limpet.pid_of("always").is_some_and(|pid| pid != always));
    line.until("always has begun twice", |limpet| limpet.logged("always", "begun") == 2);
    assert_eq!(limpet.pid_of("unless"), unless, "cut {cut}: nobody touched it");

    limpet.ok(&["stop", "-t", "0", "unless"]);
    line.mind();
    assert_eq!(limpet.pid_of("unless"), None, "cut {cut}: it was stopped by hand");
    limpet.ok(&["start", "unless"]);
    // A busy machine may not have let it say so yet.
    line.until("unless has begun twice", |limpet| limpet.logged("unless", "begun") == 2);
    kill(limpet.pid_of("unless").expect("it runs"));
    line.until("unless has begun three times", |limpet| limpet.logged("unless", "begun") == 3);
    limpet.ok(&["rm", "-f", "always"]);
    // One look at both: between two of its runs it has no process, and in a run no status.
    line.until("failing has ended, and its status is kept", |limpet| {
        let state = limpet.field("failing", "/State");
        state["Running"] == false && state["ExitCode"] == 7
    });

    line.mind();
    assert!(limpet.try_to(&["inspect", "always"]).code != 0, "cut {cut}: it was removed");
    assert_eq!(limpet.logged("unless", "begun"), 3, "cut {cut}: started neither too often nor too seldom");
    assert!(limpet.logged("failing", "begun") <= 3, "cut {cut}: two restarts are allowed");
    assert!(limpet.keeper("unless") > 1, "cut {cut}: it has its keeper");
    let was_cut = line.was_cut();
    drop(line);
    limpet.ok(&["rm", "-f", "unless", "failing"]);
    was_cut
}

#[test]
fn a_supervisor_killed_between_any_two_actions_leaves_everything_in_order() {
    let limpet = Limpet::with(&["busybox"]);
    let cuts = (1..CUTS_MAX).take_while(|cut| scenario(&limpet, *cut)).count();
    assert!((CUTS_MIN..CUTS_MAX as usize - 1).contains(&cuts), "{cuts} boundaries were tried");
    println!("{cuts} boundaries were tried");
}
