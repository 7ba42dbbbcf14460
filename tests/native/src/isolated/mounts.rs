//! The mount table.

use probe::report::{MountPoint, Report};

/// Target, type, and the flags that must be there.
const STANDARD: [(&str, &str, &[&str]); 6] = [
    ("/proc", "proc", &["nosuid", "nodev", "noexec"]),
    ("/dev", "tmpfs", &["nosuid"]),
    ("/dev/pts", "devpts", &["nosuid", "noexec"]),
    ("/dev/shm", "tmpfs", &["nosuid", "nodev", "noexec"]),
    ("/dev/mqueue", "mqueue", &["nosuid", "nodev", "noexec"]),
    ("/sys", "sysfs", &["ro", "nosuid", "nodev", "noexec"]),
];
/// Everything is at or below one of these, besides what the test asked for.
const PLACES: [&str; 6] = ["/proc", "/dev", "/sys", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf"];

/// # Panics
/// A standard mount is missing or lacks a flag.
#[track_caller]
pub fn assert_standard(report: &Report) {
    for (target, fstype, flags) in STANDARD {
        let mount = report.mount_at(target).unwrap_or_else(|| panic!("nothing is mounted at {target}"));
        assert_eq!(mount.fstype, fstype, "{mount:?}");
        let missing: Vec<_> = flags.iter().filter(|flag| !mount.has(flag)).collect();
        assert!(missing.is_empty(), "{target} lacks {missing:?}: {mount:?}");
    }
}

/// # Panics
/// Something is mounted that nobody asked for.
#[track_caller]
pub fn assert_no_others(report: &Report, asked: &[&str]) {
    let below = |target: &str, place: &str| {
        target.strip_prefix(place).is_some_and(|t| t.is_empty() || t.starts_with('/'))
    };
    let known = |mount: &&MountPoint| {
        let target = mount.target.as_str();
        target == "/" || PLACES.iter().chain(asked).any(|place| below(target, place))
    };
    let others: Vec<_> = report.mounts.iter().filter(|mount| !known(mount)).collect();
    assert!(others.is_empty(), "other mounts: {others:#?}");
}

/// # Panics
/// What is mounted inside would show up outside.
#[track_caller]
pub fn assert_not_shared(report: &Report) {
    let shared = report.mounts.iter().filter(|m| m.propagation.iter().any(|p| p.starts_with("shared:")));
    let shared: Vec<_> = shared.collect();
    assert!(shared.is_empty(), "shared with others: {shared:#?}");
}

/// # Panics
/// The root can be written, or something that needs to be writable cannot.
#[track_caller]
pub fn assert_readonly_root(report: &Report) {
    let root = report.mount_at("/").expect("there is a root");
    assert!(root.is_readonly(), "{root:?}");
    for path in ["/", "/tmp", "/run"] {
        assert_eq!(report.writes.get(path).map(String::as_str), Some("EROFS"), "writing to {path}");
    }
    assert_eq!(report.writes.get("/dev/shm").map(String::as_str), Some("ok"), "writing to /dev/shm");
}
