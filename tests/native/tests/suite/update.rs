//! update: limits of a running container change, and are what the kernel then says.

use native_tests::{Cgroup, Limpet};

const MIB: u64 = 1 << 20;

fn running() -> (Limpet, Cgroup) {
    let limpet = Limpet::with(&["probe"]);
    let flags = ["--name", "cc", "-m", "32m", "--cpus", "0.5", "--pids-limit", "20"];
    limpet.detached(&[&flags[..], &["probe", "on-term", "0"]].concat());
    limpet.until_logged("cc", "ready");
    let pid =
        limpet.field("cc", "/State/Pid").as_i64().and_then(|pid| i32::try_from(pid).ok()).expect("a pid");
    (limpet, Cgroup::of(pid))
}

#[test]
fn limits_change_while_it_runs() {
    let (limpet, cgroup) = running();
    limpet.ok(&["update", "-m", "64m", "--cpus", "1.5", "--pids-limit", "40", "cc"]);
    assert_eq!(cgroup.memory_limit_bytes(), Some(64 * MIB));
    assert_eq!(cgroup.cpu_limit_millis(), Some(1500));
    assert_eq!(cgroup.pids_limit(), Some(40));
    assert_eq!(limpet.field("cc", "/HostConfig/Memory"), 64 * MIB);
}

#[test]
fn what_is_not_named_stays() {
    let (limpet, cgroup) = running();
    limpet.ok(&["update", "--cpus", "0.25", "cc"]);
    assert_eq!(cgroup.cpu_limit_millis(), Some(250));
    assert_eq!(cgroup.memory_limit_bytes(), Some(32 * MIB));
}

#[test]
fn a_limit_that_cannot_be_is_refused_and_nothing_changes() {
    let (limpet, cgroup) = running();
    limpet.try_to(&["update", "-m", "1k", "cc"]).refused(125, &["memory"]);
    limpet.try_to(&["update", "--cpuset-cpus", "4000", "cc"]).refused(1, &["cpuset"]);
    assert_eq!(cgroup.memory_limit_bytes(), Some(32 * MIB));
}

#[test]
fn changed_limits_hold_after_a_restart() {
    let (limpet, _) = running();
    limpet.ok(&["update", "-m", "48m", "cc"]);
    limpet.ok(&["restart", "cc"]);
    let pid =
        limpet.field("cc", "/State/Pid").as_i64().and_then(|pid| i32::try_from(pid).ok()).expect("a pid");
    assert_eq!(Cgroup::of(pid).memory_limit_bytes(), Some(48 * MIB));
}
