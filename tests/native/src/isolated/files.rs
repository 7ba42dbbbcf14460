//! Files of the kernel that must not be written, and those that must not even be read.

use probe::report::{Read, Report};

/// Through these the whole board would be changed.
const UNWRITABLE: [&str; 11] = [
    "/proc",
    "/proc/bus/pci/devices",
    "/proc/irq/default_smp_affinity",
    "/proc/sys/kernel/core_pattern",
    "/proc/sys/kernel/hostname",
    "/proc/sys/vm/overcommit_memory",
    "/proc/sysrq-trigger",
    "/sys",
    "/sys/fs/cgroup/cgroup.procs",
    "/sys/fs/cgroup/memory/cgroup.procs",
    "/sys/kernel/mm/transparent_hugepage/enabled",
];
/// docker's masked paths (those that a kernel does not have are hidden too).
const MASKED: [&str; 12] = [
    "/proc/acpi",
    "/proc/asound",
    "/proc/interrupts",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/sys/devices/virtual/powercap",
    "/sys/firmware",
];

/// # Panics
/// The board's kernel could be changed, or the container's own files could not.
#[track_caller]
pub fn assert_board_unwritable(report: &Report) {
    let answer = |path: &str| report.writes.get(path).cloned().unwrap_or_else(|| "not tried".to_owned());
    let writable: Vec<_> =
        UNWRITABLE.iter().filter(|path| ["ok", "not tried"].contains(&answer(path).as_str())).collect();
    assert!(writable.is_empty(), "writable from inside: {writable:?}");
}

/// # Panics
/// Something could be put beside the cgroups, where a tmpfs holds the hierarchies of v1.
#[track_caller]
pub fn assert_cgroup_root_unwritable_strictly(report: &Report) {
    assert_ne!(
        report.writes.get("/sys/fs/cgroup").map(String::as_str),
        Some("ok"),
        "writing to /sys/fs/cgroup"
    );
}

/// # Panics
/// The container cannot write its own root and temporary directories.
#[track_caller]
pub fn assert_own_writable(report: &Report) {
    for path in ["/", "/tmp", "/run", "/dev/shm"] {
        assert_eq!(report.writes.get(path).map(String::as_str), Some("ok"), "writing to {path}");
    }
}

/// # Panics
/// A masked file tells something.
#[track_caller]
pub fn assert_masked(report: &Report) {
    for path in MASKED {
        let read = report.reads.get(path).unwrap_or_else(|| panic!("{path} was not tried"));
        assert!(matches!(read, Read::Bytes(0) | Read::Entries(0) | Read::Failed(_)), "{path}: {read:?}");
    }
}
