//! What the first process was given and what it inherited.

use probe::report::Report;

/// The Rust runtime itself ignores SIGPIPE; 32 and 33 are the C library's own, and not every runtime can reset them.
const IGNORED_BITS: u64 = 1 << 12 | 1 << 31 | 1 << 32;

/// # Panics
/// A descriptor beyond the standard three is open.
#[track_caller]
pub fn assert_no_leaked_fds(report: &Report) {
    let leaked: Vec<_> = report.fds.iter().filter(|fd| fd.number > 2).collect();
    assert!(leaked.is_empty(), "inherited descriptors: {leaked:?}");
    assert_eq!(report.fds.len(), 3, "{:?}", report.fds);
}

/// # Panics
/// Blocked or ignored signals, the umask or the session are not a fresh process's.
#[track_caller]
pub fn assert_fresh(report: &Report) {
    let process = &report.process;
    assert_eq!(process.blocked_signals, 0, "blocked signals");
    assert_eq!(process.ignored_signals & !IGNORED_BITS, 0, "ignored signals");
    assert_eq!(process.umask, 0o022, "umask");
    assert_eq!((process.sid, process.pgid), (1, 1), "session and process group");
    assert_eq!(process.terminals, [false; 3], "terminals");
    assert_eq!(process.cwd, "/", "working directory");
    assert!(process.env.iter().any(|entry| entry.starts_with("PATH=")), "{:?}", process.env);
}

/// # Panics
/// It has another user or group, or groups that nobody gave it.
#[track_caller]
pub fn assert_is(report: &Report, uid: u32, gid: u32, groups: &[u32]) {
    let ids = &report.ids;
    assert_eq!((ids.uid, ids.gid), (uid, gid), "user and group");
    // Some runtimes list the group itself too.
    let others: Vec<u32> = ids.groups.iter().copied().filter(|group| *group != gid).collect();
    assert_eq!(others, groups, "further groups");
}
