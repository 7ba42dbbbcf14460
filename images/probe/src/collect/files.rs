//! Files that must not be writable, files that must not say anything, and kernel parameters.

use super::{answer, text};
use crate::report::{Answer, Read};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Read as _;
use std::path::Path;

/// Opened for writing and closed again; a file is never created nor changed.
const WRITTEN_FILES: [&str; 12] = [
    "/proc/sys/kernel/hostname",
    "/proc/sys/kernel/core_pattern",
    "/proc/sys/vm/overcommit_memory",
    "/proc/sys/net/ipv4/ip_forward",
    "/proc/sysrq-trigger",
    "/proc/irq/default_smp_affinity",
    "/proc/bus/pci/devices",
    "/proc/self/oom_score_adj",
    "/proc/1/mem",
    "/sys/kernel/mm/transparent_hugepage/enabled",
    "/sys/fs/cgroup/cgroup.procs",
    "/sys/fs/cgroup/memory/cgroup.procs",
];
/// A file is made here and removed again.
const WRITTEN_DIRECTORIES: [&str; 9] =
    ["/", "/tmp", "/dev", "/dev/shm", "/dev/mqueue", "/proc", "/sys", "/sys/fs/cgroup", "/run"];
/// What docker masks, and what is as telling.
const READ: [&str; 15] = [
    "/proc/acpi",
    "/proc/asound",
    "/proc/interrupts",
    "/proc/kallsyms",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/proc/sysrq-trigger",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/sys/devices/virtual/powercap",
    "/sys/firmware",
    "/sys/kernel/debug",
];
/// Read as they are.
const SYSCTLS: [&str; 10] = [
    "kernel/hostname",
    "kernel/domainname",
    "kernel/msgmax",
    "kernel/sem",
    "kernel/shmmax",
    "fs/mqueue/msg_max",
    "net/ipv4/ip_forward",
    "net/ipv4/ip_unprivileged_port_start",
    "net/ipv4/ping_group_range",
    "net/core/somaxconn",
];
const READ_BYTES_MAX: usize = 4096;

pub(super) fn writes() -> BTreeMap<String, Answer> {
    let files = WRITTEN_FILES.iter().map(|path| ((*path).to_owned(), open_for_writing(path)));
    let directories = WRITTEN_DIRECTORIES.iter().map(|path| ((*path).to_owned(), create_in(path)));
    files.chain(directories).collect()
}

fn open_for_writing(path: &str) -> Answer {
    answer(OpenOptions::new().write(true).open(path))
}

fn create_in(directory: &str) -> Answer {
    // A message queue may have no second dot or slash, hence the plain name.
    let path = Path::new(directory).join("probe-was-here");
    let made = File::create_new(&path);
    if made.is_ok() {
        // Nothing can be done about a file that refuses to go; the container is thrown away.
        let _ = fs::remove_file(&path);
    }
    answer(made)
}

pub(super) fn reads() -> BTreeMap<String, Read> {
    READ.iter().map(|path| ((*path).to_owned(), read(path))).collect()
}

/// Without blocking. (`/proc/kmsg` is not among them: what is read there is gone for everybody else.)
fn read(path: &str) -> Read {
    use std::os::unix::fs::OpenOptionsExt as _;
    if Path::new(path).is_dir() {
        return fs::read_dir(path)
            .map_or_else(|e| Read::Failed(answer::<()>(Err(e))), |d| Read::Entries(d.count()));
    }
    let mut buffer = [0; READ_BYTES_MAX];
    let nonblocking = nix::fcntl::OFlag::O_NONBLOCK.bits();
    let file = OpenOptions::new().read(true).custom_flags(nonblocking).open(path);
    file.and_then(|mut file| file.read(&mut buffer))
        .map_or_else(|e| Read::Failed(answer::<()>(Err(e))), Read::Bytes)
}

pub(super) fn sysctls() -> BTreeMap<String, String> {
    let readable = SYSCTLS.iter().filter(|name| Path::new("/proc/sys").join(name).is_file());
    readable.map(|name| ((*name).to_owned(), text(&format!("/proc/sys/{name}")))).collect()
}
