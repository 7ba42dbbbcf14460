//! Capability sets, by the numbers of capabilities(7).

use probe::report::Report;

/// Capabilities that tests name, with their bits.
const NAMES: [(&str, u32); 19] = [
    ("CHOWN", 0),
    ("DAC_OVERRIDE", 1),
    ("FOWNER", 3),
    ("FSETID", 4),
    ("KILL", 5),
    ("SETGID", 6),
    ("SETUID", 7),
    ("SETPCAP", 8),
    ("NET_BIND_SERVICE", 10),
    ("NET_ADMIN", 12),
    ("NET_RAW", 13),
    ("SYS_CHROOT", 18),
    ("SYS_PTRACE", 19),
    ("SYS_ADMIN", 21),
    ("SYS_TIME", 25),
    ("MKNOD", 27),
    ("AUDIT_WRITE", 29),
    ("SETFCAP", 31),
    ("SYSLOG", 34),
];
/// docker's default set.
const DEFAULT: [&str; 14] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "NET_BIND_SERVICE",
    "NET_RAW",
    "SYS_CHROOT",
    "MKNOD",
    "AUDIT_WRITE",
    "SETFCAP",
];

/// The set that has these.
///
/// # Panics
/// A name is not in the table.
#[must_use]
pub fn set(names: &[&str]) -> u64 {
    let bit = |name: &&str| NAMES.iter().find(|(known, _)| known == name).map(|(_, bit)| 1_u64 << bit);
    names.iter().map(|name| bit(name).unwrap_or_else(|| panic!("no capability {name} in the table"))).sum()
}

/// docker's default set.
#[must_use]
pub fn default() -> u64 {
    set(&DEFAULT)
}

/// Root inside has exactly `wanted`, in force and to keep, and can pass nothing on to a file's inheritable set.
///
/// # Panics
/// It has others.
#[track_caller]
pub fn assert_root_has(report: &Report, wanted: u64) {
    let sets = &report.privileges;
    let seen = [sets.bounding, sets.permitted, sets.effective, sets.inheritable, sets.ambient];
    let wanted = [wanted, wanted, wanted, 0, 0];
    assert_eq!(seen.map(hex), wanted.map(hex), "bounding, permitted, effective, inheritable, ambient");
}

/// Another user has none in force; `bounding` is what it could get by executing a set-user-id file.
///
/// # Panics
/// It has some.
#[track_caller]
pub fn assert_user_has_none(report: &Report, bounding: u64) {
    let sets = &report.privileges;
    let seen = [sets.bounding, sets.permitted, sets.effective, sets.inheritable, sets.ambient];
    assert_eq!(
        seen.map(hex),
        [bounding, 0, 0, 0, 0].map(hex),
        "bounding, permitted, effective, inheritable, ambient"
    );
}

fn hex(set: u64) -> String {
    format!("{set:011x}")
}
