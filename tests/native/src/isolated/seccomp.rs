//! The system call filter, by what calls come to.

use probe::report::Report;

/// Refused by every default profile.
const REFUSED: [&str; 16] = [
    "acct",
    "bpf",
    "clock_settime",
    "delete_module",
    "finit_module",
    "init_module",
    "kexec_load",
    "open_by_handle_at",
    "perf_event_open",
    "personality_no_randomize",
    "pivot_root",
    "quotactl",
    "reboot",
    "swapoff",
    "swapon",
    "userfaultfd",
];
/// Refused by docker's (moby's default profile), which leaves less to the kernel's own checks.
const REFUSED_STRICTLY: [&str; 19] = [
    "add_key",
    "clone_newuser",
    "fanotify_init",
    "fsmount",
    "fsopen",
    "io_uring_enter",
    "io_uring_setup",
    "keyctl",
    "mount",
    "mount_setattr",
    "move_mount",
    "open_tree",
    "request_key",
    "sethostname",
    "setns",
    "socket_vsock",
    "syslog",
    "umount2",
    "unshare_newuser",
];
/// Let through, with the answer that the arguments then get.
const LET_THROUGH: [(&str, &str); 2] = [("socket_inet", "EINVAL"), ("personality_linux", "ok")];

#[track_caller]
fn assert_refused(report: &Report, calls: &[&str]) {
    let answered = calls.iter().map(|call| (*call, report.call(call).unwrap_or("not tried")));
    let through: Vec<_> = answered.filter(|(_, answer)| !["EPERM", "ENOSYS"].contains(answer)).collect();
    assert!(through.is_empty(), "calls that came through: {through:?}");
}

/// # Panics
/// There is no filter, a dangerous call came through it, or an ordinary one did not.
#[track_caller]
pub fn assert_filtered(report: &Report) {
    assert_eq!(report.privileges.seccomp_mode, 2, "seccomp mode");
    assert_refused(report, &REFUSED);
    for (call, answer) in LET_THROUGH {
        assert_eq!(report.call(call), Some(answer), "{call}");
    }
}

/// As docker's own default profile.
///
/// # Panics
/// A call came through that docker's refuses; or clone3 does not say that it does not exist, which C libraries need to
/// hear before they fall back on clone.
#[track_caller]
pub fn assert_filtered_strictly(report: &Report) {
    assert_refused(report, &REFUSED_STRICTLY);
    assert_eq!(report.call("clone3"), Some("ENOSYS"), "clone3");
}

/// # Panics
/// There is a filter.
#[track_caller]
pub fn assert_unfiltered(report: &Report) {
    assert_eq!(
        (report.privileges.seccomp_mode, report.privileges.seccomp_filters),
        (0, 0),
        "mode and filters"
    );
}
