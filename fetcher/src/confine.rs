//! What the fetching process, and the one that speaks to a controller, gives up before it hears the first byte from a network.
//!
//! It keeps its three descriptors, the network, and a root directory in memory with the two files that finding the
//! address of a name needs. Behind several walls, each of which would do: it has no other root, no user of this board's
//! and no capability, Landlock lets it read there and do nothing else, and the system call filter knows no call that
//! executes, forks, or opens for writing. Kernels before 5.13 have no Landlock; the others remain.

mod filter;

use rustix::fs::{CWD, Mode, OFlags};
use rustix::mount::{MountFlags, MountPropagationFlags, UnmountFlags};
use rustix::process::{Gid, Resource, Rlimit, Signal, Uid};
use rustix::thread::CapabilitySet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::fd::AsFd;

/// User and group of fetching processes: 65520 to 65533 are nobody's (systemd's "Users, Groups, UIDs and GIDs").
pub const FETCH_ID: u32 = 65533;
/// User and group of the process that speaks to a controller: neither can do anything to the other.
pub const SYNC_ID: u32 = 65532;

/// Address space. A session with TLS takes less than 8 MiB of it.
const MEMORY_BYTES_MAX: u64 = 256 * 1024 * 1024;
const DESCRIPTORS_MAX: u64 = 32;
/// Of one of the files that are kept.
const FILE_BYTES_MAX: u64 = 256 * 1024;
/// Of all of them.
const ROOT_OPTIONS: &std::ffi::CStr = c"size=1m,mode=755";
/// Names of hosts come from the files first; musl does that by itself.
const NSSWITCH: &[u8] = b"hosts: files dns\n";
/// Something to mount on that is always there; what is mounted is seen by this process alone.
const MOUNT_POINT: &str = "/proc";

/// Which step failed, and why.
#[derive(Debug, thiserror::Error)]
#[error("cannot {step}")]
pub struct ConfineError {
    step: &'static str,
    source: io::Error,
}

fn step<T, E: Into<io::Error>>(name: &'static str, result: Result<T, E>) -> Result<T, ConfineError> {
    result.map_err(|error| ConfineError { step: name, source: error.into() })
}

/// Gives all of it up, for good, and becomes the user and group `id`. To be called first thing in a process with one thread.
///
/// # Errors
/// A step failed; the process must end then.
pub fn confine(id: u32) -> Result<(), ConfineError> {
    let inheritance = step("claim what it inherited", limpet_sys::inheritance::Inheritance::claim())?;
    step("close what it inherited", inheritance.close_rest())?;
    let parent = rustix::process::getppid();
    let kept = [
        ("etc/resolv.conf", step("read /etc/resolv.conf", contents("/etc/resolv.conf"))?),
        ("etc/hosts", step("read /etc/hosts", contents("/etc/hosts"))?),
        ("etc/nsswitch.conf", NSSWITCH.to_vec()),
    ];
    step("make its own namespaces", limpet_sys::confine::own_namespaces_but_network())?;
    enter_root(&kept)?;
    limit()?;
    step("give up new privileges", rustix::thread::set_no_new_privs(true))?;
    step("allow itself to read only", restrict_files())?;
    drop_privileges(id)?;
    // Changing the user undoes what was asked for before.
    step(
        "tie its life to its parent's",
        rustix::process::set_parent_process_death_signal(Some(Signal::KILL)),
    )?;
    if rustix::process::getppid() != parent {
        return step("find its parent", Err(io::Error::from(io::ErrorKind::NotFound)));
    }
    step("filter its system calls", limpet_sys::seccomp::install(&filter::program()))
}

/// A file of the board; a board that lacks it does without.
fn contents(path: &str) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match File::open(path) {
        Ok(file) => file.take(FILE_BYTES_MAX).read_to_end(&mut bytes).map(|_| bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(bytes),
        Err(error) => Err(error),
    }
}

/// A root in memory with these files, read-only, and nothing else that could be reached.
fn enter_root(files: &[(&str, Vec<u8>)]) -> Result<(), ConfineError> {
    let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    step("make its mounts private", rustix::mount::mount_change("/", private))?;
    let flags = MountFlags::NODEV | MountFlags::NOSUID | MountFlags::NOEXEC;
    step("mount its root", rustix::mount::mount("limpet", MOUNT_POINT, "tmpfs", flags, ROOT_OPTIONS))?;
    step("enter its root", rustix::process::chdir(MOUNT_POINT))?;
    step("make its files", fs::create_dir("etc"))?;
    for (path, bytes) in files {
        step("make its files", fs::write(path, bytes))?;
    }
    let readonly = flags | MountFlags::RDONLY | MountFlags::BIND;
    step("make its root read-only", rustix::mount::mount_remount(".", readonly, c""))?;
    step("pivot into its root", rustix::process::pivot_root(".", "."))?;
    step("let go of the old root", rustix::mount::unmount(".", UnmountFlags::DETACH))?;
    step("enter its root", rustix::process::chdir("/"))
}

fn limit() -> Result<(), ConfineError> {
    let limits = [
        (Resource::As, MEMORY_BYTES_MAX),
        (Resource::Core, 0),
        (Resource::Fsize, 0),
        (Resource::Nofile, DESCRIPTORS_MAX),
        (Resource::Nproc, 0),
    ];
    for (resource, wanted) in limits {
        let most = rustix::process::getrlimit(resource).maximum.map_or(wanted, |maximum| maximum.min(wanted));
        let limit = Rlimit { current: Some(most), maximum: Some(most) };
        step("set its resource limits", rustix::process::setrlimit(resource, limit))?;
    }
    Ok(())
}

fn restrict_files() -> io::Result<()> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let root = rustix::fs::openat(CWD, "/", flags, Mode::empty())?;
    // Without Landlock the other walls remain.
    limpet_sys::landlock::only_read_below(root.as_fd())?;
    Ok(())
}

fn drop_privileges(id: u32) -> Result<(), ConfineError> {
    for bit in 0..u64::BITS {
        match rustix::thread::remove_capability_from_bounding_set(CapabilitySet::from_bits_retain(1 << bit)) {
            Ok(()) => {}
            // The kernel has no more of them.
            Err(rustix::io::Errno::INVAL) => break,
            Err(errno) => return step("drop its capabilities", Err(errno)),
        }
    }
    let (uid, gid) = (Uid::from_raw(id), Gid::from_raw(id));
    step("leave its groups", rustix::thread::set_thread_groups(&[]))?;
    step("change its group", rustix::thread::set_thread_res_gid(gid, gid, gid))?;
    // Leaving user 0 takes all capabilities away (capabilities(7)).
    step("change its user", rustix::thread::set_thread_res_uid(uid, uid, uid))
}
