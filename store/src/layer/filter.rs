//! The system calls that the unpacking process may still make once it is confined.
//!
//! In: nothing. Out: a program for the kernel that lets through what works on memory, on files and on the process's own
//! end, and answers everything else with `ENOSYS`, so that code with a fallback finds it: no program is executed, no
//! process or namespace made, nothing mounted, traced or connected, whatever a hostile archive makes of a decoder.

#[cfg(test)]
mod tests;

use libc::c_long;

// Classic BPF, each instruction as `code | true << 16 | false << 24 | operand << 32`.
const LOAD: u64 = 0x20;
const IF_EQUAL: u64 = 0x15;
#[cfg(target_arch = "x86_64")]
const IF_AT_LEAST: u64 = 0x35;
const RETURN: u64 = 0x06;
/// Offsets in what the kernel shows of a call.
const NUMBER: u64 = 0;
const ARCHITECTURE: u64 = 4;

/// `AUDIT_ARCH_*` of the calls that are meant.
#[cfg(target_arch = "x86_64")]
const OURS: u64 = 0xc000_003e;
#[cfg(target_arch = "aarch64")]
const OURS: u64 = 0xc000_00b7;
/// Calls of the x32 ABI have this bit.
#[cfg(target_arch = "x86_64")]
const X32: u64 = 0x4000_0000;

/// In order: the often made first. Both C libraries are thought of, as tests run with glibc.
const ALLOWED: &[c_long] = &[
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_openat,
    libc::SYS_openat2,
    libc::SYS_close,
    libc::SYS_fstat,
    libc::SYS_newfstatat,
    libc::SYS_statx,
    libc::SYS_fchmod,
    libc::SYS_fchmodat,
    libc::SYS_fchown,
    libc::SYS_fchownat,
    libc::SYS_utimensat,
    libc::SYS_mkdirat,
    libc::SYS_mknodat,
    libc::SYS_symlinkat,
    libc::SYS_linkat,
    libc::SYS_unlinkat,
    libc::SYS_renameat,
    libc::SYS_renameat2,
    libc::SYS_readlinkat,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_getdents64,
    libc::SYS_lseek,
    libc::SYS_readv,
    libc::SYS_writev,
    libc::SYS_pread64,
    libc::SYS_pwrite64,
    libc::SYS_preadv,
    libc::SYS_pwritev,
    libc::SYS_copy_file_range,
    libc::SYS_sendfile,
    libc::SYS_ftruncate,
    libc::SYS_truncate,
    libc::SYS_fallocate,
    libc::SYS_fadvise64,
    libc::SYS_sync_file_range,
    libc::SYS_fsync,
    libc::SYS_fdatasync,
    libc::SYS_syncfs,
    libc::SYS_statfs,
    libc::SYS_fstatfs,
    libc::SYS_flock,
    libc::SYS_fcntl,
    libc::SYS_dup,
    libc::SYS_dup3,
    libc::SYS_close_range,
    libc::SYS_chdir,
    libc::SYS_fchdir,
    libc::SYS_getcwd,
    libc::SYS_umask,
    libc::SYS_setxattr,
    libc::SYS_lsetxattr,
    libc::SYS_fsetxattr,
    libc::SYS_getxattr,
    libc::SYS_lgetxattr,
    libc::SYS_fgetxattr,
    libc::SYS_listxattr,
    libc::SYS_llistxattr,
    libc::SYS_flistxattr,
    libc::SYS_removexattr,
    libc::SYS_lremovexattr,
    libc::SYS_fremovexattr,
    libc::SYS_brk,
    libc::SYS_mmap,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_mprotect,
    libc::SYS_madvise,
    libc::SYS_futex,
    libc::SYS_getrandom,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_sched_yield,
    libc::SYS_restart_syscall,
    libc::SYS_ppoll,
    libc::SYS_uname,
    libc::SYS_sysinfo,
    libc::SYS_prlimit64,
    libc::SYS_prctl,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_getuid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getegid,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_tkill,
    libc::SYS_tgkill,
    libc::SYS_set_robust_list,
    libc::SYS_set_tid_address,
    libc::SYS_exit,
    libc::SYS_exit_group,
];

/// What x86_64 has beside these for the same things.
#[cfg(target_arch = "x86_64")]
const ALLOWED_OLD: &[c_long] = &[
    libc::SYS_open,
    libc::SYS_stat,
    libc::SYS_lstat,
    libc::SYS_access,
    libc::SYS_mkdir,
    libc::SYS_mknod,
    libc::SYS_symlink,
    libc::SYS_link,
    libc::SYS_unlink,
    libc::SYS_rmdir,
    libc::SYS_rename,
    libc::SYS_readlink,
    libc::SYS_chmod,
    libc::SYS_chown,
    libc::SYS_lchown,
    libc::SYS_dup2,
    libc::SYS_poll,
    libc::SYS_getrlimit,
    libc::SYS_time,
];
#[cfg(not(target_arch = "x86_64"))]
const ALLOWED_OLD: &[c_long] = &[];

/// The program, for [`limpet_sys::seccomp::install`].
pub(super) fn program() -> Vec<u64> {
    let calls = [ALLOWED, ALLOWED_OLD].concat();
    let refuse = libc::SECCOMP_RET_ERRNO | libc::ENOSYS.cast_unsigned();
    let mut program = vec![
        instruction(LOAD, 0, 0, ARCHITECTURE),
        instruction(IF_EQUAL, 1, 0, OURS),
        instruction(RETURN, 0, 0, libc::SECCOMP_RET_KILL_PROCESS.into()),
        instruction(LOAD, 0, 0, NUMBER),
    ];
    #[cfg(target_arch = "x86_64")]
    program.push(instruction(IF_AT_LEAST, distance(calls.len()), 0, X32));
    for (index, call) in calls.iter().enumerate() {
        // Past the rest of the list and the refusal.
        let to_allow = distance(calls.len() - index);
        program.push(instruction(IF_EQUAL, to_allow, 0, call.cast_unsigned()));
    }
    program.push(instruction(RETURN, 0, 0, refuse.into()));
    program.push(instruction(RETURN, 0, 0, libc::SECCOMP_RET_ALLOW.into()));
    program
}

/// A jump over `count` instructions.
fn distance(count: usize) -> u64 {
    const { assert!(ALLOWED.len() + ALLOWED_OLD.len() <= u8::MAX as usize, "a jump is a byte long") };
    count as u64
}

fn instruction(code: u64, if_true: u64, if_false: u64, operand: u64) -> u64 {
    code | if_true << 16 | if_false << 24 | operand << 32
}
