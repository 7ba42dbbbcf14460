//! Limits hold, by the kernel's own counters; on limpet and on the independent runtime, on cgroup v1 and v2.

use native_tests::{Ask, Cgroup, Runtime};
use std::thread;
use std::time::{Duration, Instant};

const MIB: u64 = 1 << 20;

on_each_runtime! {
    limits_are_in_the_kernel
    a_hog_never_holds_more_than_its_limit
    a_hog_below_its_limit_lives
    a_busy_loop_gets_its_share
    a_fork_bomb_stops_at_its_limit
}

fn limits_are_in_the_kernel(runtime: &impl Runtime) {
    let ask = Ask {
        memory_bytes: Some(48 * MIB),
        cpu_millis: Some(750),
        pids: Some(33),
        ..Ask::probe(&["on-term", "0"])
    };
    let mut live = runtime.start(&ask);
    live.hear("ready");
    let cgroup = Cgroup::of(runtime.pid(&live));
    assert_eq!(cgroup.memory_limit_bytes(), Some(48 * MIB));
    assert_eq!(cgroup.cpu_limit_millis(), Some(750));
    assert_eq!(cgroup.pids_limit(), Some(33));
    runtime.kill(live.name(), "TERM").ok();
    live.wait().ok();
    assert!(!cgroup.exists(), "the cgroup is still there: {cgroup:?}");
}

/// The highest of "held N" that was printed, in bytes.
fn held(line: &str) -> u64 {
    line.strip_prefix("held ").and_then(|n| n.parse().ok()).unwrap_or(0)
}

/// Acts beside another container of the same runtime, which must not notice: it goes on, and answers.
fn beside_a_neighbour(runtime: &impl Runtime, act: impl FnOnce()) {
    let ask = Ask { memory_bytes: Some(16 * MIB), pids: Some(8), ..Ask::probe(&["on-term", "7"]) };
    let mut neighbour = runtime.start(&ask);
    neighbour.hear("ready");
    let pid = runtime.pid(&neighbour);
    act();
    assert_eq!(runtime.pid(&neighbour), pid);
    runtime.kill(neighbour.name(), "TERM").ok();
    assert_eq!(neighbour.wait().code, 7);
}

fn a_hog_never_holds_more_than_its_limit(runtime: &impl Runtime) {
    beside_a_neighbour(runtime, || hold_too_much(runtime));
}

fn hold_too_much(runtime: &impl Runtime) {
    let limit = 32 * MIB;
    let wanted = (256 * MIB).to_string();
    let mut live = runtime.start(&Ask { memory_bytes: Some(limit), ..Ask::probe(&["hog", &wanted]) });
    let cgroup = Cgroup::of(runtime.pid(&live));
    let (mut most, mut peak) = (0, 0);
    while let Some(line) = live.line() {
        most = most.max(held(&line));
        peak = peak.max(cgroup.memory_peak_bytes().unwrap_or(0));
    }
    assert!(most < limit, "it held {most} bytes under a limit of {limit}");
    assert!(peak > 0 && peak <= limit, "the kernel counted {peak} bytes under a limit of {limit}");
    assert_eq!(live.wait().code, 137, "ended by SIGKILL");
}

fn a_hog_below_its_limit_lives(runtime: &impl Runtime) {
    let wanted = (16 * MIB).to_string();
    let outcome = runtime.run(&Ask { memory_bytes: Some(32 * MIB), ..Ask::probe(&["hog", &wanted]) }).ok();
    assert_eq!(outcome.lines().last(), Some(format!("done {wanted}").as_str()));
}

fn a_busy_loop_gets_its_share(runtime: &impl Runtime) {
    beside_a_neighbour(runtime, || {
        let percent = (0..5).find_map(|_| share_over_ten_seconds(runtime));
        let percent = percent.expect("this machine goes on for ten seconds without standing still");
        assert!((23..=27).contains(&percent), "it got {percent} % of a CPU, not 25 %");
    });
}

/// Of one CPU, in percent, by the cgroup's own counter. Nothing, if the machine stood still meanwhile, as a virtual one may: then
/// no timer fires that could throttle anybody, and what was used too much is paid back only later.
fn share_over_ten_seconds(runtime: &impl Runtime) -> Option<u64> {
    const STOOD_STILL: Duration = Duration::from_millis(500);
    let mut live = runtime.start(&Ask { cpu_millis: Some(250), ..Ask::probe(&["spin", "60"]) });
    live.hear("ready");
    let cgroup = Cgroup::of(runtime.pid(&live));
    let used = || cgroup.cpu_us().expect("the kernel counts CPU time");
    let (begin, before) = (Instant::now(), used());
    let longest = (0..100).map(|_| elapsed(|| thread::sleep(Duration::from_millis(100)))).max();
    let spent_us = used() - before;
    let percent = spent_us * 100 / u64::try_from(begin.elapsed().as_micros()).expect("ten seconds fit");
    runtime.kill(live.name(), "KILL").ok();
    assert_eq!(live.wait().code, 137, "ended by SIGKILL");
    if longest < Some(STOOD_STILL) {
        return Some(percent);
    }
    eprintln!("measured anew: 100 ms took {longest:?}, and it got {percent} % of a CPU");
    None
}

fn elapsed(act: impl FnOnce()) -> Duration {
    let begin = Instant::now();
    act();
    begin.elapsed()
}

fn a_fork_bomb_stops_at_its_limit(runtime: &impl Runtime) {
    beside_a_neighbour(runtime, || {
        let outcome = runtime.run(&Ask { pids: Some(10), ..Ask::probe(&["forkbomb", "1000"]) }).ok();
        // The bomb itself is one of them.
        assert!(outcome.stdout.starts_with("held 9: "), "{outcome:#?}");
    });
}
