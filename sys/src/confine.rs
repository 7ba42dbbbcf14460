//! Namespaces for a process that is about to handle something hostile.

use rustix::io::Errno;
use rustix::thread::{CapabilitySet, UnshareFlags, remove_capability_from_bounding_set, unshare_unsafe};
use std::io;

#[cfg(test)]
mod tests;

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

/// The same, but for the network, which stays the caller's.
///
/// # Errors
/// See [`own_namespaces`].
pub fn own_namespaces_but_network() -> io::Result<()> {
    let flags = UnshareFlags::NEWNS | UnshareFlags::NEWIPC | UnshareFlags::NEWUTS;
    // SAFETY: as above: FILES is not among the flags.
    unsafe { unshare_unsafe(flags) }.map_err(Into::into)
}

/// Gives up every group, user and capability, and all that could be had again by executing a file: what is left is user and
/// group `id`, for good.
///
/// # Errors
/// What the kernel says; the process may then still have some of them, and must end.
pub fn become_nobody(id: u32) -> io::Result<()> {
    let (user, group) = (rustix::fs::Uid::from_raw(id), rustix::fs::Gid::from_raw(id));
    rustix::thread::set_no_new_privs(true)?;
    empty_bounding_set()?;
    rustix::thread::set_thread_groups(&[])?;
    rustix::thread::set_thread_res_gid(group, group, group)?;
    // Leaving user 0 takes all capabilities along (capabilities(7)).
    rustix::thread::set_thread_res_uid(user, user, user)?;
    Ok(())
}

/// Nothing that is executed can have a capability again (capabilities(7)). It takes CAP_SETPCAP, so it comes before user 0
/// is left.
fn empty_bounding_set() -> io::Result<()> {
    for bit in 0..u64::BITS {
        let capability = CapabilitySet::from_bits_retain(1 << bit);
        match remove_capability_from_bounding_set(capability) {
            Ok(()) => {}
            // The kernel knows none from here on.
            Err(Errno::INVAL) => break,
            Err(errno) => return Err(errno.into()),
        }
    }
    Ok(())
}
