//! What every container gets unless it says otherwise: mounts, hidden paths, kernel parameters.

use limpet_protocol::launch::{Mount, MountFlags, MountKind};

/// The group above all containers of an instance.
pub(super) const CGROUP_PARENT: &str = "limpet";
/// docker's size of /dev/shm.
const SHM_BYTES: u64 = 64 * 1024 * 1024;

/// Paths that tell or touch too much of the board (docker's list, moby `oci/defaults.go`).
pub(super) const MASKED_PATHS: &[&str] = &[
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

/// Paths that may be read but not written (the same list).
pub(super) const READONLY_PATHS: &[&str] =
    &["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

/// docker's parameters of a network namespace of its own.
pub(super) const SYSCTLS: &[(&str, &str)] =
    &[("net.ipv4.ip_unprivileged_port_start", "0"), ("net.ipv4.ping_group_range", "0 65535")];

const QUIET: MountFlags = MountFlags { readonly: false, nosuid: true, nodev: true, noexec: true };

/// The file systems that programs expect.
pub(super) fn mounts(shm_bytes: Option<u64>, privileged: bool) -> Vec<Mount> {
    let shm = MountKind::Tmpfs { size_bytes: Some(shm_bytes.unwrap_or(SHM_BYTES)), mode: 0o1777 };
    let kernel_view = MountFlags { readonly: !privileged, ..QUIET };
    let terminals = MountFlags { nodev: false, ..QUIET };
    [
        ("/proc", MountKind::Proc, QUIET),
        ("/dev", MountKind::Dev, terminals),
        ("/sys", MountKind::Sysfs, kernel_view),
        ("/dev/pts", MountKind::Devpts, terminals),
        ("/dev/mqueue", MountKind::Mqueue, QUIET),
        ("/dev/shm", shm, QUIET),
        ("/sys/fs/cgroup", MountKind::Cgroup, kernel_view),
    ]
    .map(|(target, kind, flags)| Mount { target: target.to_owned(), kind, flags })
    .into()
}
