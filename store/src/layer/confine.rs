//! What the unpacking process gives up before it reads the first byte.
//!
//! It keeps the capabilities that files need, and CAP_SYS_ADMIN is not among them: with it and CAP_MKNOD one could
//! mount again without `nodev` and open a disk. What needs it (the mark of opaque directories) its parent does.

use limpet_sys::inheritance::Inheritance;
use rustix::fs::Mode;
use rustix::io::Errno;
use rustix::mount::{MountFlags, MountPropagationFlags, UnmountFlags};
use rustix::process::{Resource, Rlimit, Signal};
use rustix::thread::{CapabilitySet, CapabilitySets};
use std::io;

/// Address space; zstd's largest window is 100 MiB here.
const MEMORY_BYTES_MAX: u64 = 512 * 1024 * 1024;
const DESCRIPTORS_MAX: u64 = 64;
const KEPT: CapabilitySet = CapabilitySet::CHOWN
    .union(CapabilitySet::DAC_OVERRIDE)
    .union(CapabilitySet::FOWNER)
    .union(CapabilitySet::FSETID)
    .union(CapabilitySet::MKNOD)
    .union(CapabilitySet::SETFCAP);

/// Which step failed, and why.
#[derive(Debug, thiserror::Error)]
#[error("cannot {step}: {source}")]
pub(crate) struct ConfineError {
    step: &'static str,
    source: io::Error,
}

fn step<T, E: Into<io::Error>>(name: &'static str, result: Result<T, E>) -> Result<T, ConfineError> {
    result.map_err(|error| ConfineError { step: name, source: error.into() })
}

/// Locks the process into its working directory, for good.
pub(crate) fn confine(file_bytes_max: u64) -> Result<(), ConfineError> {
    let inheritance = step("claim what it inherited", Inheritance::claim())?;
    step("close what it inherited", inheritance.close_rest())?;
    step(
        "tie its life to its parent's",
        rustix::process::set_parent_process_death_signal(Some(Signal::KILL)),
    )?;
    rustix::process::umask(Mode::empty());
    step("make its own namespaces", limpet_sys::confine::own_namespaces())?;
    pivot()?;
    limit(file_bytes_max)?;
    drop_privileges()?;
    filter()
}

fn pivot() -> Result<(), ConfineError> {
    let here = step("find its working directory", std::env::current_dir())?;
    let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    step("make its mounts private", rustix::mount::mount_change("/", private))?;
    step("bind its working directory", rustix::mount::mount_bind(&here, &here))?;
    let flags = MountFlags::NODEV | MountFlags::NOSUID | MountFlags::NOEXEC | MountFlags::BIND;
    step("restrict its mount", rustix::mount::mount_remount(&here, flags, ""))?;
    step("enter its mount", rustix::process::chdir(&here))?;
    step("pivot into it", rustix::process::pivot_root(".", "."))?;
    step("let go of the old root", rustix::mount::unmount(".", UnmountFlags::DETACH))?;
    step("enter its root", rustix::process::chdir("/"))
}

fn limit(file_bytes_max: u64) -> Result<(), ConfineError> {
    // A file that grows too large is an error to report, not a reason to die.
    limpet_sys::process::ignore_file_size_signal();
    let limits = [
        (Resource::As, MEMORY_BYTES_MAX),
        (Resource::Core, 0),
        (Resource::Fsize, file_bytes_max),
        (Resource::Nofile, DESCRIPTORS_MAX),
    ];
    for (resource, wanted) in limits {
        let most = rustix::process::getrlimit(resource).maximum.map_or(wanted, |maximum| maximum.min(wanted));
        let limit = Rlimit { current: Some(most), maximum: Some(most) };
        step("set its resource limits", rustix::process::setrlimit(resource, limit))?;
    }
    Ok(())
}

fn drop_privileges() -> Result<(), ConfineError> {
    for bit in 0..u64::BITS {
        let capability = CapabilitySet::from_bits_retain(1 << bit);
        if KEPT.contains(capability) {
            continue;
        }
        match rustix::thread::remove_capability_from_bounding_set(capability) {
            Ok(()) => {}
            // The kernel has no more of them.
            Err(Errno::INVAL) => break,
            Err(errno) => return step("drop its capabilities", Err(errno)),
        }
    }
    let sets = CapabilitySets { effective: KEPT, permitted: KEPT, inheritable: CapabilitySet::empty() };
    step("keep only its capabilities for files", rustix::thread::set_capabilities(None, sets))?;
    step("give up new privileges", rustix::thread::set_no_new_privs(true))
}

/// Only what files and memory need. A kernel without filters (`CONFIG_SECCOMP_FILTER`) has the rest of the confinement.
fn filter() -> Result<(), ConfineError> {
    match limpet_sys::seccomp::install(&super::filter::program()) {
        Err(Errno::INVAL | Errno::NOSYS) => Ok(()),
        result => step("filter its system calls", result),
    }
}
