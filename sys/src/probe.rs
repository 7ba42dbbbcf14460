//! System calls that a container ought to be refused, each with arguments that can do no harm where it is allowed.
//!
//! For probing alone: what comes out is how the kernel answered. Arguments are chosen so that an allowed call still
//! fails, on a null pointer, a bad descriptor or an unknown flag: EPERM and ENOSYS then mean "refused", and nearly
//! every other answer means "let through". A [`Trial`] can only come from [`TRIALS`], which is what makes trying safe.

use nix::errno::Errno;

/// A pointer that is never mapped: the first page belongs to nobody (mmap_min_addr).
const BAD_POINTER: usize = 1;
/// A descriptor that is never open, and a set of flags that no call knows.
const ALL_ONES: usize = usize::MAX;
/// CLONE_NEWUSER of clone(2).
const NEW_USER: usize = 0x1000_0000;
/// CLONE_FS, which clone(2) refuses together with CLONE_NEWUSER (EINVAL), and CLONE_NEWUSER's companion here.
const SHARE_FS: usize = 0x200;
/// Not a flag of unshare(2): EINVAL.
const UNKNOWN_UNSHARE_FLAG: usize = 1;
/// One above the last socket type: EINVAL before a socket is made.
const NO_SOCKET_TYPE: usize = 11;

/// One call with harmless arguments.
#[derive(Debug)]
pub struct Trial {
    name: &'static str,
    number: libc::c_long,
    args: [usize; 5],
}

const fn trial(name: &'static str, number: libc::c_long, args: [usize; 5]) -> Trial {
    Trial { name, number, args }
}

/// Every trial, the calls in alphabetical order.
pub const TRIALS: &[Trial] = &[
    trial("acct", libc::SYS_acct, [BAD_POINTER, 0, 0, 0, 0]),
    trial("add_key", libc::SYS_add_key, [BAD_POINTER, BAD_POINTER, 0, 0, 0]),
    trial("bpf", libc::SYS_bpf, [ALL_ONES, 0, 0, 0, 0]),
    trial("clock_settime", libc::SYS_clock_settime, [0, BAD_POINTER, 0, 0, 0]),
    trial("clone_newuser", libc::SYS_clone, [NEW_USER | SHARE_FS, 0, 0, 0, 0]),
    trial("clone3", libc::SYS_clone3, [0, 0, 0, 0, 0]),
    trial("delete_module", libc::SYS_delete_module, [BAD_POINTER, 0, 0, 0, 0]),
    trial("fanotify_init", libc::SYS_fanotify_init, [ALL_ONES, 0, 0, 0, 0]),
    trial("finit_module", libc::SYS_finit_module, [ALL_ONES, BAD_POINTER, 0, 0, 0]),
    trial("fsmount", libc::SYS_fsmount, [ALL_ONES, ALL_ONES, 0, 0, 0]),
    trial("fsopen", libc::SYS_fsopen, [BAD_POINTER, 0, 0, 0, 0]),
    trial("init_module", libc::SYS_init_module, [0, 0, BAD_POINTER, 0, 0]),
    trial("io_uring_enter", libc::SYS_io_uring_enter, [ALL_ONES, 0, 0, 0, 0]),
    trial("io_uring_setup", libc::SYS_io_uring_setup, [0, BAD_POINTER, 0, 0, 0]),
    #[cfg(target_arch = "x86_64")]
    trial("iopl", libc::SYS_iopl, [4, 0, 0, 0, 0]),
    trial("kexec_load", libc::SYS_kexec_load, [0, ALL_ONES, 0, ALL_ONES, 0]),
    trial("keyctl", libc::SYS_keyctl, [ALL_ONES, 0, 0, 0, 0]),
    trial("mount", libc::SYS_mount, [0, BAD_POINTER, 0, 0, 0]),
    trial("mount_setattr", libc::SYS_mount_setattr, [ALL_ONES, BAD_POINTER, ALL_ONES, 0, 0]),
    trial("move_mount", libc::SYS_move_mount, [ALL_ONES, BAD_POINTER, ALL_ONES, BAD_POINTER, ALL_ONES]),
    trial("open_by_handle_at", libc::SYS_open_by_handle_at, [ALL_ONES, BAD_POINTER, 0, 0, 0]),
    trial("open_tree", libc::SYS_open_tree, [ALL_ONES, BAD_POINTER, 1, 0, 0]),
    trial("perf_event_open", libc::SYS_perf_event_open, [0, 0, ALL_ONES, ALL_ONES, 0]),
    // ADDR_NO_RANDOMIZE: changes only the process that asks.
    trial("personality_no_randomize", libc::SYS_personality, [0x0004_0000, 0, 0, 0, 0]),
    trial("personality_linux", libc::SYS_personality, [0, 0, 0, 0, 0]),
    trial("pidfd_getfd", libc::SYS_pidfd_getfd, [ALL_ONES, ALL_ONES, 0, 0, 0]),
    trial("pivot_root", libc::SYS_pivot_root, [BAD_POINTER, BAD_POINTER, 0, 0, 0]),
    trial("quotactl", libc::SYS_quotactl, [ALL_ONES, 0, 0, 0, 0]),
    trial("reboot", libc::SYS_reboot, [0, 0, 0, 0, 0]),
    trial("request_key", libc::SYS_request_key, [BAD_POINTER, BAD_POINTER, 0, 0, 0]),
    trial("sethostname", libc::SYS_sethostname, [BAD_POINTER, ALL_ONES, 0, 0, 0]),
    trial("setns", libc::SYS_setns, [ALL_ONES, 0, 0, 0, 0]),
    trial("socket_alg", libc::SYS_socket, [38, NO_SOCKET_TYPE, 0, 0, 0]),
    trial("socket_inet", libc::SYS_socket, [2, NO_SOCKET_TYPE, 0, 0, 0]),
    trial("socket_vsock", libc::SYS_socket, [40, NO_SOCKET_TYPE, 0, 0, 0]),
    trial("swapoff", libc::SYS_swapoff, [BAD_POINTER, 0, 0, 0, 0]),
    trial("swapon", libc::SYS_swapon, [BAD_POINTER, 0, 0, 0, 0]),
    trial("syslog", libc::SYS_syslog, [3, 0, 0, 0, 0]),
    trial("umount2", libc::SYS_umount2, [BAD_POINTER, 0, 0, 0, 0]),
    trial("unshare_newuser", libc::SYS_unshare, [NEW_USER | UNKNOWN_UNSHARE_FLAG, 0, 0, 0, 0]),
    trial("userfaultfd", libc::SYS_userfaultfd, [ALL_ONES, 0, 0, 0, 0]),
];

impl Trial {
    /// Its name in reports: the call, and which use of it where there are several.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Makes the call.
    ///
    /// # Errors
    /// What the kernel, or a filter before it, answered.
    pub fn attempt(&self) -> Result<usize, Errno> {
        let [a, b, c, d, e] = self.args;
        // SAFETY: fields are private, so this is an entry of TRIALS; none of those hands the kernel memory of ours to
        // write to (only null, or a page that is never mapped), makes a descriptor, or makes a thread of control.
        let answer = unsafe { libc::syscall(self.number, a, b, c, d, e) };
        usize::try_from(answer).map_err(|_| Errno::last())
    }
}
