//! The file systems that every program expects, and what else a kernel leaves to user space.

use super::options::{Cgroup, Options};
use super::{cgroups, say};
use limpet_runner::mountinfo;
use rustix::fs::Mode;
use rustix::io::{Errno, Result};
use rustix::mount::{MountFlags, mount, mount_bind, mount_move};
use rustix::system::RebootCommand;
use std::ffi::CString;
use std::fs;

/// `f_type` of the file system that an initramfs is unpacked into (statfs(2)).
const RAMFS_MAGIC: i64 = 0x8584_58f6;
/// The same, on kernels with tmpfs.
const TMPFS_MAGIC: i64 = 0x0102_1994;

/// A file system without a device.
pub(super) struct Virtual {
    /// Its type.
    pub(super) kind: &'static str,
    /// Where it goes.
    pub(super) path: String,
    /// How.
    pub(super) flags: MountFlags,
    /// What its type is told.
    pub(super) data: String,
}

/// In the order in which they depend on each other.
const BASE: [(&str, &str, MountFlags, &str); 7] = [
    ("proc", "/proc", NOTHING_RUNS, ""),
    ("sysfs", "/sys", NOTHING_RUNS, ""),
    ("devtmpfs", "/dev", MountFlags::NOSUID, "mode=0755"),
    ("devpts", "/dev/pts", MountFlags::NOSUID.union(MountFlags::NOEXEC), "gid=5,mode=0620,ptmxmode=0666"),
    ("tmpfs", "/dev/shm", NO_DEVICES, "mode=1777"),
    ("tmpfs", "/run", NO_DEVICES, "mode=0755"),
    ("tmpfs", "/tmp", NO_DEVICES, "mode=1777"),
];
const NO_DEVICES: MountFlags = MountFlags::NOSUID.union(MountFlags::NODEV);
/// For file systems of the kernel's own.
pub(super) const NOTHING_RUNS: MountFlags = NO_DEVICES.union(MountFlags::NOEXEC);

/// Names that programs expect in /dev, and that devtmpfs leaves out.
const LINKS: [(&str, &str); 4] = [
    ("/proc/self/fd", "/dev/fd"),
    ("/proc/self/fd/0", "/dev/stdin"),
    ("/proc/self/fd/1", "/dev/stdout"),
    ("/proc/self/fd/2", "/dev/stderr"),
];

/// pivot_root(2), which every container needs, is refused while the root is the one that the kernel unpacked an
/// initramfs into: a second mount of the same files is put over it.
pub(super) fn leave_initial_root() {
    let is_initial = rustix::fs::statfs("/").is_ok_and(|status| {
        let magic = status.f_type;
        magic == RAMFS_MAGIC || magic == TMPFS_MAGIC
    });
    if is_initial && let Err(errno) = put_root_over_itself() {
        say::failed("putting a mount over the initial root", errno);
    }
}

fn put_root_over_itself() -> Result<()> {
    make_directory("/run")?;
    mount_bind("/", "/run")?;
    rustix::process::chdir("/run")?;
    mount_move(".", "/")?;
    rustix::process::chroot(".")?;
    rustix::process::chdir("/")
}

/// Mounts what is not mounted yet.
pub(super) fn mount_kernel_file_systems() {
    for (kind, path, flags, data) in BASE {
        mount_virtual(&Virtual { kind, path: path.to_owned(), flags, data: data.to_owned() });
    }
    for (target, link) in LINKS {
        match rustix::fs::symlink(target, link) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(errno) => say::failed(&format!("linking {link}"), errno),
        }
    }
}

/// Mounts the wanted hierarchy of control groups, or the one that the kernel has.
pub(super) fn mount_cgroups(wanted: Cgroup) {
    let filesystems = fs::read_to_string("/proc/filesystems").unwrap_or_default();
    let controllers = fs::read_to_string("/proc/cgroups").unwrap_or_default();
    let planned = cgroups::plan(wanted, &filesystems, &controllers);
    if planned.is_empty() {
        say::line("this kernel has no control groups: no container can be limited, and so none started");
    }
    planned.iter().for_each(mount_virtual);
}

fn mount_virtual(wanted: &Virtual) {
    let path = wanted.path.as_str();
    if mountinfo::is_mounted(path) {
        return;
    }
    let mounted = make_directory(path).and_then(|()| {
        let data = CString::new(wanted.data.as_str()).map_err(|_| Errno::INVAL)?;
        mount(wanted.kind, path, wanted.kind, wanted.flags, data.as_c_str())
    });
    if let Err(errno) = mounted {
        say::failed(&format!("mounting {} at {path}", wanted.kind), errno);
    }
}

/// Makes a directory with those above it; one that is there is fine.
pub(super) fn make_directory(path: &str) -> Result<()> {
    let ends = path.match_indices('/').map(|(at, _)| at).skip(1).chain([path.len()]);
    for end in ends {
        match rustix::fs::mkdir(&path[..end], Mode::from_raw_mode(0o755)) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

/// The name, the loopback, and Ctrl-Alt-Del as a signal to this process instead of a reboot in the middle of things.
pub(super) fn settle(options: &Options) {
    if let Err(errno) = rustix::system::sethostname(options.hostname.as_bytes()) {
        say::failed("setting the host name", errno);
    }
    if let Err(errno) = limpet_sys::loopback::bring_up() {
        say::failed("bringing the loopback up", errno);
    }
    if let Err(errno) = rustix::system::reboot(RebootCommand::CadOff) {
        say::failed("taking Ctrl-Alt-Del over", errno);
    }
}
