//! Namespaces for a process that is about to handle something hostile.

use rustix::io::Errno;
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

/// Closes every descriptor but stdin, stdout and stderr. To be called first thing in a new process, by a program that
/// has opened nothing yet: whatever else is open was left by whoever started it.
///
/// # Errors
/// What reading /proc/self/fd says, on kernels before 5.9, which lack close_range(2).
pub fn close_inherited() -> io::Result<()> {
    // SAFETY: by the caller's promise no object of this program owns a descriptor above 2, so none loses it.
    let result = unsafe { libc::syscall(libc::SYS_close_range, 3, u32::MAX, 0) };
    if result == 0 {
        return Ok(());
    }
    match super::last_errno() {
        Errno::NOSYS => close_listed(),
        errno => Err(errno.into()),
    }
}

fn close_listed() -> io::Result<()> {
    let names: Vec<_> =
        std::fs::read_dir("/proc/self/fd")?.map(|entry| Ok(entry?.file_name())).collect::<io::Result<_>>()?;
    let numbers = names.iter().filter_map(|name| name.to_str()?.parse::<i32>().ok());
    for number in numbers.filter(|number| *number > 2) {
        // SAFETY: as above. The directory that was just read is closed already; closing its number again is EBADF.
        unsafe { libc::close(number) };
    }
    Ok(())
}

/// Gives up every group, user and capability: what is left is user and group `id`, for good.
///
/// # Errors
/// What the kernel says; the process may then still have some of them, and must end.
pub fn become_nobody(id: u32) -> io::Result<()> {
    let (user, group) = (rustix::fs::Uid::from_raw(id), rustix::fs::Gid::from_raw(id));
    rustix::thread::set_no_new_privs(true)?;
    rustix::thread::set_thread_groups(&[])?;
    rustix::thread::set_thread_res_gid(group, group, group)?;
    // Leaving user 0 takes all capabilities along (capabilities(7)).
    rustix::thread::set_thread_res_uid(user, user, user)?;
    Ok(())
}
