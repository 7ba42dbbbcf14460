//! A child process in new namespaces and, on cgroup v2, in its cgroup from its first instruction.

use rustix::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use rustix::io::{Errno, Result};
use rustix::process::Pid;
use rustix::thread::UnshareFlags;

const CLONE_PIDFD: u64 = 0x1000;
const CLONE_INTO_CGROUP: u64 = 0x2_0000_0000;

/// Who is looking at the return of [`clone_process`].
pub enum Cloned {
    /// The caller, with a handle on its child.
    Parent(Child),
    /// The new process.
    Child,
}

/// A child process. The pidfd keeps the pid from meaning another process by accident.
#[derive(Debug)]
pub struct Child {
    /// Process id in the caller's PID namespace.
    pub pid: Pid,
    /// Process file descriptor (pidfd_open(2)), close-on-exec.
    pub pidfd: OwnedFd,
}

#[repr(C)]
#[derive(Default)]
struct CloneArgs {
    flags: u64,
    pidfd: u64,
    child_tid: u64,
    parent_tid: u64,
    exit_signal: u64,
    stack: u64,
    stack_size: u64,
    tls: u64,
    set_tid: u64,
    set_tid_size: u64,
    cgroup: u64,
}

/// Copies the calling process (clone3(2), or clone(2) where a filter hides that), without sharing memory, into new `namespaces`.
///
/// With `cgroup` (a directory of cgroup v2) the child is born in it.
///
/// # Errors
/// `EBUSY` if the caller has more than one thread; else what clone3(2) or clone(2) says.
pub fn clone_process(namespaces: UnshareFlags, cgroup: Option<BorrowedFd<'_>>) -> Result<Cloned> {
    only_thread()?;
    let mut pidfd: libc::c_int = -1;
    let mut args = CloneArgs {
        flags: u64::from(namespaces.bits()) | CLONE_PIDFD,
        pidfd: &raw mut pidfd as u64,
        exit_signal: libc::SIGCHLD as u64,
        ..CloneArgs::default()
    };
    if let Some(fd) = cgroup {
        args.flags |= CLONE_INTO_CGROUP;
        args.cgroup = fd.as_raw_fd() as u64;
    }
    // SAFETY: neither CLONE_VM nor a stack is asked for, so the child has its own copy of all memory and returns on
    // its own copy of this stack; the process has one thread (checked above), so no lock can be held by a thread
    // that the child lacks. `args` and `pidfd` live across the call.
    let mut pid = unsafe { libc::syscall(libc::SYS_clone3, &raw const args, size_of::<CloneArgs>()) };
    if pid < 0 && cgroup.is_none() && crate::last_errno() == Errno::NOSYS {
        // docker's seccomp profile says that there is no clone3, as a filter cannot see its flags; clone(2) then does.
        // SAFETY: as above; the third argument is where clone(2) puts the pidfd on all our targets.
        pid =
            unsafe { libc::syscall(libc::SYS_clone, args.flags | args.exit_signal, 0, &raw mut pidfd, 0, 0) };
    }
    match pid {
        0 => Ok(Cloned::Child),
        1.. => {
            let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).ok_or(Errno::RANGE)?;
            // SAFETY: the kernel stored a new descriptor, which nobody else owns, as the call succeeded.
            let pidfd = unsafe { OwnedFd::from_raw_fd(pidfd) };
            Ok(Cloned::Parent(Child { pid, pidfd }))
        }
        _ => Err(crate::last_errno()),
    }
}

/// A directory of /proc/self/task per thread: its link count is two more than the number of threads.
fn only_thread() -> Result<()> {
    let tasks = rustix::fs::stat(c"/proc/self/task")?;
    if tasks.st_nlink > 3 { Err(Errno::BUSY) } else { Ok(()) }
}

/// Enters new namespaces (unshare(2)) without giving up shared file descriptors or memory.
///
/// # Errors
/// `EINVAL` for anything in `namespaces` that is not a namespace; else what unshare(2) says.
pub fn unshare_namespaces(namespaces: UnshareFlags) -> Result<()> {
    if namespaces.intersects(UnshareFlags::FILES | UnshareFlags::FS | UnshareFlags::SYSVSEM) {
        return Err(Errno::INVAL);
    }
    // SAFETY: only CLONE_FILES can break the ownership of descriptors, and it was refused above.
    unsafe { rustix::thread::unshare_unsafe(namespaces) }
}
