//! Namespaces for a process that is about to handle something hostile.

use rustix::thread::{UnshareFlags, unshare_unsafe};
use std::io;

/// Puts the calling process, which must have one thread only, into mount, network, IPC and UTS namespaces of its
/// own: no interface but a loopback that is down, and a private copy of the mounts.
///
/// # Errors
/// unshare(2)'s: without CAP_SYS_ADMIN, or where the kernel lacks one of them.
pub fn own_namespaces() -> io::Result<()> {
    let flags = UnshareFlags::NEWNS | UnshareFlags::NEWNET | UnshareFlags::NEWIPC | UnshareFlags::NEWUTS;
    // SAFETY: file descriptors stay shared with every thread, because FILES is not among the flags; that is the one
    // flag by which a thread could lose descriptors that another one holds as valid.
    unsafe { unshare_unsafe(flags) }.map_err(Into::into)
}
