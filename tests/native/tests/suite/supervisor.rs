//! `limpet supervise` as a service: what it tells its manager, how it ends, what damage does to it, what it costs.

use native_tests::{Limpet, Supervisor, until};
use rustix::process::Signal;
use std::fs;

#[test]
fn it_tells_that_it_is_ready_and_goes_on_telling() {
    let limpet = Limpet::new();
    let mut supervisor = Supervisor::start_with(&limpet, &[], &[("WATCHDOG_USEC", "200000")]);
    for _ in 0..3 {
        supervisor.until_told("WATCHDOG=1");
        supervisor.told();
    }
    supervisor.leave();
}

#[test]
fn the_end_of_the_board_stops_every_container() {
    let limpet = Limpet::with(&["probe"]);
    let mut supervisor = Supervisor::start(&limpet);
    for name in ["one", "two"] {
        limpet.detached(&["--name", name, "--restart", "always", "probe", "on-term", "7"]);
        limpet.until_logged(name, "ready");
    }
    supervisor.signal(Signal::POWER);
    supervisor.until_told("STOPPING=1");
    assert_eq!(supervisor.wait(), 0);
    for name in ["one", "two"] {
        assert_eq!(limpet.field(name, "/State/Status"), "exited");
        assert_eq!(limpet.field(name, "/State/ExitCode"), 7);
    }
}

#[test]
fn what_the_end_of_the_board_stopped_runs_after_the_next_start() {
    let limpet = Limpet::with(&["probe"]);
    let supervisor = Supervisor::start(&limpet);
    for policy in ["always", "unless-stopped"] {
        limpet.detached(&["--name", policy, "--restart", policy, "probe", "on-term", "7"]);
        limpet.until_logged(policy, "ready");
    }
    supervisor.signal(Signal::POWER);
    assert_eq!(supervisor.wait(), 0);
    let _supervisor = Supervisor::start(&limpet);
    limpet.until_status("always", "running");
    limpet.until_status("unless-stopped", "running");
}

#[test]
fn a_damaged_record_of_an_app_is_named_and_stops_nothing_else() {
    let limpet = Limpet::with(&["busybox"]);
    let apps = limpet.root().join("ledger/apps");
    fs::create_dir_all(&apps).expect("the root directory is ours");
    fs::write(apps.join("broken"), b"LMPT\x02\x06 but not for long").expect("the same");
    fs::write(apps.join("empty"), b"").expect("a zero-length file, as power cuts leave");
    limpet.detached(&["--name", "cc", "--restart", "always", "busybox", "sleep", "1000"]);
    limpet.ok(&["kill", "cc"]);
    // Whoever is killed under the supervisor's eyes stays so.
    limpet.until_status("cc", "exited");
    let supervisor = Supervisor::start(&limpet);
    limpet.until_status("cc", "running");
    for name in ["broken", "empty"] {
        assert!(supervisor.log().contains(&format!("apps/{name}")), "{}", supervisor.log());
    }
    let listed = limpet.try_to(&["app", "ls"]).code(1);
    for name in ["broken", "empty"] {
        let row = |line: &&str| line.split_whitespace().eq([name, "damaged"]);
        assert!(listed.lines().any(|line| row(&line)), "{listed:#?}");
        assert!(listed.stderr.contains(&format!("apps/{name} is unusable")), "{listed:#?}");
    }
    assert_eq!(limpet.try_to(&["app", "ls", "-q"]).code(1).text(), "broken\nempty");
}

#[test]
fn a_damaged_container_stops_nothing_else() {
    let limpet = Limpet::with(&["busybox"]);
    let id = limpet.detached(&["--name", "broken", "--restart", "always", "busybox", "sleep", "1000"]);
    limpet.detached(&["--name", "cc", "--restart", "always", "busybox", "sleep", "1000"]);
    limpet.ok(&["kill", "broken", "cc"]);
    for name in ["broken", "cc"] {
        limpet.until_status(name, "exited");
    }
    fs::write(limpet.root().join("containers").join(id).join("container"), b"")
        .expect("the directory is ours");
    let _supervisor = Supervisor::start(&limpet);
    limpet.until_status("cc", "running");
    limpet.ok(&["rm", "-f", "broken"]);
}

/// It lives below its ceiling of 8 MiB, with 64 containers that it watches, and restarts them there.
#[test]
fn sixty_four_containers_fit_below_the_ceiling() {
    const COUNT: usize = 64;
    let limpet = Limpet::with(&["probe", "busybox"]);
    let supervisor = Supervisor::start(&limpet);
    let names: Vec<String> = (0..COUNT).map(|number| format!("c{number}")).collect();
    for (number, name) in names.iter().enumerate() {
        // Those in which a command is run are watched by a process of their own.
        let (check, program) = match number % 2 {
            0 => (["--health-tcp", "1"], &["probe", "on-term", "0"][..]),
            _ => (["--health-cmd", "true"], &["busybox", "sleep", "1000"][..]),
        };
        let flags = ["--name", name, "--restart", "always", "--health-interval", "1s"];
        limpet.detached(&[&flags, &check[..], program].concat());
    }
    let pids: Vec<i32> = names.iter().map(|name| limpet.pid_of(name).expect("it runs")).collect();
    for pid in &pids {
        let pid = rustix::process::Pid::from_raw(*pid).expect("a pid is positive");
        rustix::process::kill_process(pid, Signal::KILL).expect("it runs");
    }
    for (name, pid) in names.iter().zip(&pids) {
        limpet.until_runs_anew(name, *pid);
    }
    let cgroup = native_tests::Cgroup::of(i32::try_from(supervisor.pid()).expect("a pid"));
    let (private, pss) = (supervisor.memory_kib("Private_"), supervisor.memory_kib("Pss:"));
    let peak = cgroup.memory_peak_bytes();
    println!("with {COUNT} containers: private {private} KiB, PSS {pss} KiB, peak of the cgroup {peak:?}");
    assert_eq!(cgroup.memory_limit_bytes(), Some(8 * 1024 * 1024));
    until("it answers", || limpet.ok(&["ps", "-q"]).lines().count().eq(&COUNT).then_some(()));
    let healthy = ["ps", "-q", "--filter", "health=healthy"];
    until("the commands were run", || limpet.ok(&healthy).lines().count().eq(&(COUNT / 2)).then_some(()));
    supervisor.leave();
}
