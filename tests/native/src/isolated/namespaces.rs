//! Namespaces: nothing of the board's own is shared.

use probe::report::Report;
use std::fs;

/// Interfaces that some kernels make in every new network namespace, for tunnels that nobody has configured.
const FALLBACK_TUNNELS: [&str; 9] =
    ["erspan0", "gre0", "gretap0", "ip6_vti0", "ip6gre0", "ip6tnl0", "ip_vti0", "sit0", "tunl0"];

fn ours(kind: &str) -> String {
    let path = format!("/proc/self/ns/{kind}");
    fs::read_link(&path).unwrap_or_else(|e| panic!("reading {path}: {e}")).to_string_lossy().into_owned()
}

/// # Panics
/// One of `kinds` is the one that this test runs in.
#[track_caller]
pub fn assert_own(report: &Report, kinds: &[&str]) {
    for &kind in kinds {
        assert_ne!(report.namespaces.get(kind), Some(&ours(kind)), "the {kind} namespace is the board's");
        assert!(report.namespaces.contains_key(kind), "no {kind} namespace: {:?}", report.namespaces);
    }
}

/// # Panics
/// One of `kinds` is not the one that this test runs in.
#[track_caller]
pub fn assert_shared(report: &Report, kinds: &[&str]) {
    for &kind in kinds {
        assert_eq!(report.namespaces.get(kind), Some(&ours(kind)), "the {kind} namespace");
    }
}

/// PID 1 and nobody else.
///
/// # Panics
/// There are others.
#[track_caller]
pub fn assert_alone(report: &Report) {
    assert_eq!((report.process.pid, report.process.ppid), (1, 0), "pid and parent");
    let others: Vec<_> = report.processes.iter().filter(|process| process.pid != 1).collect();
    assert!(others.is_empty(), "processes of others: {others:?}");
}

/// Only a loopback interface, and it is up.
///
/// # Panics
/// There are others, or it is down.
#[track_caller]
pub fn assert_loopback_only(report: &Report) {
    let interfaces: Vec<&str> = report.network.interfaces.iter().map(String::as_str).collect();
    let real: Vec<&str> = interfaces.into_iter().filter(|name| !FALLBACK_TUNNELS.contains(name)).collect();
    assert_eq!(real, ["lo"], "interfaces");
    assert!(report.network.loopback_up, "lo is down");
}

/// Its cgroup is the root of what it sees.
///
/// # Panics
/// It sees a path of the board.
#[track_caller]
pub fn assert_cgroup_hidden(report: &Report) {
    let shown = report.limits.cgroup.iter().filter(|line| !line.ends_with(":/"));
    // v2 is in no hybrid runtime's hands: there the board's path may show.
    let shown: Vec<_> = shown.filter(|line| !line.starts_with("0::")).collect();
    assert!(shown.is_empty(), "cgroup paths of the board: {shown:?}");
}
