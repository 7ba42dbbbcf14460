//! docker's default profile, as our own table: what is allowed, and when.
//!
//! In: the container's [`Circumstances`]. Out: the rules of the profile that apply to it. Whatever no rule names fails
//! with EPERM. Equal in effect to moby/profiles, seccomp, as of its commit 02e898b; the names are looked up while
//! compiling, so that only their indices are in the binary.

use super::names::{Name, Names};
use super::rule::{Action, Circumstances, Compare, Condition, Rule};
use crate::capabilities::capability;
use std::slice;

/// For calls that no group names: EPERM.
pub(super) const DEFAULT: Action = Action::errno(1);
const ENOSYS: Action = Action::errno(38);

/// One rule and the circumstances that it needs.
#[derive(Debug)]
pub(super) struct Group {
    when: When,
    action: Action,
    /// One of these must hold, unless there is none.
    any_of: &'static [Condition],
    pub(super) calls: &'static [Name],
}

#[derive(Clone, Copy, Debug)]
enum When {
    Always,
    /// On this kernel and later.
    Since(u32, u32),
    /// The capability is in the bounding set.
    With(u8),
    /// It is not.
    Without(u8),
}

/// The rules of a target's table that apply.
pub(super) fn rules(groups: &'static [Group], circumstances: Circumstances) -> Vec<Rule<'static>> {
    let applies = |when| match when {
        When::Always => true,
        When::Since(version, revision) => circumstances.kernel >= (version, revision),
        When::With(capability) => circumstances.capabilities >> capability & 1 == 1,
        When::Without(capability) => circumstances.capabilities >> capability & 1 == 0,
    };
    let mut rules = Vec::with_capacity(groups.len() + FAMILIES.len() + PERSONALITIES.len());
    for &Group { action, any_of, calls, .. } in groups.iter().filter(|group| applies(group.when)) {
        if any_of.is_empty() {
            rules.push(Rule { calls, action, conditions: &[] });
        }
        rules.extend(any_of.iter().map(|condition| Rule {
            calls,
            action,
            conditions: slice::from_ref(condition),
        }));
    }
    rules
}

const FILES: &str = "
    open openat openat2 creat close close_range read readv pread64 preadv preadv2 write writev pwrite64 pwritev pwritev2
    lseek _llseek truncate truncate64 ftruncate ftruncate64 fallocate fsync fdatasync sync syncfs sync_file_range
    arm_sync_file_range fadvise64 fadvise64_64 arm_fadvise64_64 readahead copy_file_range sendfile
    sendfile64 splice tee vmsplice stat stat64 lstat lstat64 fstat fstat64 fstatat64 newfstatat statx statfs statfs64
    fstatfs fstatfs64 access faccessat faccessat2 chmod fchmod fchmodat fchmodat2 chown chown32 fchown fchown32 fchownat
    lchown lchown32 umask utime utimes utimensat utimensat_time64 futimesat link linkat symlink symlinkat readlink
    readlinkat unlink unlinkat rename renameat renameat2 mkdir mkdirat rmdir mknod mknodat getdents getdents64 chdir
    fchdir getcwd getxattr lgetxattr fgetxattr getxattrat setxattr lsetxattr fsetxattr setxattrat listxattr llistxattr
    flistxattr listxattrat removexattr lremovexattr fremovexattr removexattrat name_to_handle_at statmount listmount
    inotify_init inotify_init1 inotify_add_watch inotify_rm_watch fanotify_mark cachestat";

const DESCRIPTORS: &str = "
    dup dup2 dup3 fcntl fcntl64 flock ioctl pipe pipe2 poll ppoll ppoll_time64 select _newselect pselect6
    pselect6_time64 epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_wait epoll_wait_old epoll_pwait
    epoll_pwait2 eventfd eventfd2 signalfd signalfd4 timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime
    timerfd_settime64 memfd_create memfd_secret io_setup io_destroy io_submit io_cancel io_getevents io_pgetevents
    io_pgetevents_time64";

const SOCKETS: &str = "
    socketcall socketpair bind listen accept accept4 connect shutdown getsockname getpeername getsockopt setsockopt send
    sendto sendmsg sendmmsg recv recvfrom recvmsg recvmmsg recvmmsg_time64";

const IPC: &str = "
    ipc shmget shmat shmdt shmctl semget semop semtimedop semtimedop_time64 semctl msgget msgsnd msgrcv msgctl mq_open
    mq_unlink mq_timedsend mq_timedsend_time64 mq_timedreceive mq_timedreceive_time64 mq_notify mq_getsetattr futex
    futex_time64 futex_wait futex_wake futex_waitv futex_requeue get_robust_list set_robust_list membarrier";

const MEMORY: &str = "
    brk mmap mmap2 munmap mremap mprotect madvise mincore msync mlock mlock2 mlockall munlock munlockall mseal
    remap_file_pages pkey_alloc pkey_free pkey_mprotect map_shadow_stack cacheflush";

const PROCESSES: &str = "
    fork vfork execve execveat exit exit_group wait4 waitid waitpid getpid getppid gettid getpgid getpgrp setpgid getsid
    setsid kill tkill tgkill pidfd_open pidfd_send_signal process_mrelease prctl arch_prctl modify_ldt set_tid_address
    set_thread_area get_thread_area set_tls rseq seccomp landlock_create_ruleset landlock_add_rule
    landlock_restrict_self getpriority setpriority ioprio_get ioprio_set getrlimit ugetrlimit setrlimit prlimit64
    getrusage times getcpu sched_yield sched_getaffinity sched_setaffinity sched_getattr sched_setattr sched_getparam
    sched_setparam sched_getscheduler sched_setscheduler sched_get_priority_max sched_get_priority_min
    sched_rr_get_interval sched_rr_get_interval_time64 restart_syscall breakpoint uretprobe uname sysinfo getrandom";

const SIGNALS: &str = "
    rt_sigaction rt_sigprocmask rt_sigpending rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 rt_sigqueueinfo
    rt_tgsigqueueinfo rt_sigreturn sigreturn sigprocmask sigaltstack pause alarm getitimer setitimer";

const IDENTITY: &str = "
    getuid getuid32 geteuid geteuid32 getgid getgid32 getegid getegid32 getresuid getresuid32 getresgid getresgid32
    getgroups getgroups32 setuid setuid32 setgid setgid32 setreuid setreuid32 setregid setregid32 setresuid setresuid32
    setresgid setresgid32 setfsuid setfsuid32 setfsgid setfsgid32 setgroups setgroups32 capget capset";

const TIME: &str = "
    time gettimeofday clock_gettime clock_gettime64 clock_getres clock_getres_time64 clock_nanosleep
    clock_nanosleep_time64 nanosleep clock_adjtime clock_adjtime64 adjtimex timer_create timer_delete timer_getoverrun
    timer_gettime timer_gettime64 timer_settime timer_settime64";

const TRACING: &str = "ptrace process_vm_readv process_vm_writev";

const ADMINISTRATION: &str = "
    bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie lsm_get_self_attr lsm_list_modules
    lsm_set_self_attr mount mount_setattr move_mount open_tree perf_event_open quotactl quotactl_fd setdomainname
    sethostname setns syslog umount umount2 unshare";

/// clone must not make namespaces: CLONE_NEWNS, _NEWCGROUP, _NEWUTS, _NEWIPC, _NEWUSER, _NEWPID and _NEWNET are off.
const NO_NAMESPACES: [Condition; 1] = [first(Compare::Masked(0x7e02_0000), 0)];

/// Address families that socket may have: all up to AF_ROSE, then those that kernels still have and that a container
/// has a use for; not AF_ALG (38) and not AF_VSOCK (40), which reach past the container.
const FAMILIES: [Condition; 26] = {
    const SINGLE: [u64; 25] =
        [13, 14, 15, 16, 17, 18, 21, 22, 24, 26, 27, 28, 29, 30, 31, 32, 33, 35, 36, 39, 41, 42, 43, 44, 45];
    let mut families = [first(Compare::Less, 12); 26];
    let mut index = 0;
    while index < SINGLE.len() {
        families[index + 1] = first(Compare::Equal, SINGLE[index]);
        index += 1;
    }
    families
};

/// PER_LINUX and PER_LINUX32, each also with UNAME26, and the question which it is.
const PERSONALITIES: [Condition; 5] = [
    first(Compare::Equal, 0),
    first(Compare::Equal, 8),
    first(Compare::Equal, 0x2_0000),
    first(Compare::Equal, 0x2_0008),
    first(Compare::Equal, 0xffff_ffff),
];

/// A condition on the first argument.
const fn first(compare: Compare, value: u64) -> Condition {
    Condition { argument: 0, compare, value }
}

/// Words of a text.
const fn count(text: &str) -> usize {
    let (mut words, mut at) = (0, 0);
    while at < text.len() {
        words += begins(text.as_bytes(), at) as usize;
        at += 1;
    }
    words
}

/// Whether a word begins at `at`.
const fn begins(text: &[u8], at: usize) -> bool {
    !text[at].is_ascii_whitespace() && (at == 0 || text[at - 1].is_ascii_whitespace())
}

/// The words of a text as names.
const fn resolve<const N: usize>(text: &str, names: &Names) -> [Name; N] {
    let text = text.as_bytes();
    let mut resolved = [0; N];
    let (mut word, mut at) = (0, 0);
    while at < text.len() {
        if begins(text, at) {
            let mut end = at;
            while end < text.len() && !text[end].is_ascii_whitespace() {
                end += 1;
            }
            resolved[word] = names.find(text.split_at(end).0.split_at(at).1);
            word += 1;
            at = end;
        } else {
            at += 1;
        }
    }
    resolved
}

/// `[when: action for calls, if any_of]` with the names of one target.
macro_rules! groups {
    ($names:path; $($when:expr => $action:expr, $calls:expr, $any_of:expr;)*) => {
        [$(Group {
            when: $when,
            action: $action,
            any_of: $any_of,
            calls: &const { resolve::<{ count($calls) }>($calls, &$names) },
        }),*]
    };
}

/// The whole profile for one target.
macro_rules! profile {
    ($names:path) => {
        groups! { $names;
            When::Always => Action::ALLOW, FILES, &[];
            When::Always => Action::ALLOW, DESCRIPTORS, &[];
            When::Always => Action::ALLOW, SOCKETS, &[];
            When::Always => Action::ALLOW, IPC, &[];
            When::Always => Action::ALLOW, MEMORY, &[];
            When::Always => Action::ALLOW, PROCESSES, &[];
            When::Always => Action::ALLOW, SIGNALS, &[];
            When::Always => Action::ALLOW, IDENTITY, &[];
            When::Always => Action::ALLOW, TIME, &[];
            When::Always => Action::ALLOW, "socket", &FAMILIES;
            When::Always => Action::ALLOW, "personality", &PERSONALITIES;
            // Before 4.8 a tracer could change a call after the filter had let it pass.
            When::Since(4, 8) => Action::ALLOW, TRACING, &[];
            When::With(capability("SYS_PTRACE")) => Action::ALLOW, TRACING, &[];
            When::With(capability("SYS_PTRACE")) => Action::ALLOW, "kcmp pidfd_getfd process_madvise", &[];
            When::With(capability("SYS_ADMIN")) => Action::ALLOW, ADMINISTRATION, &[];
            When::Without(capability("SYS_ADMIN")) => Action::ALLOW, "clone", &NO_NAMESPACES;
            // Its flags are behind a pointer; with ENOSYS the C library falls back to clone.
            When::Without(capability("SYS_ADMIN")) => ENOSYS, "clone3", &[];
            When::With(capability("DAC_READ_SEARCH")) => Action::ALLOW, "open_by_handle_at", &[];
            When::With(capability("SYS_BOOT")) => Action::ALLOW, "reboot", &[];
            When::With(capability("SYS_CHROOT")) => Action::ALLOW, "chroot", &[];
            When::With(capability("SYS_MODULE")) => Action::ALLOW, "delete_module init_module finit_module", &[];
            When::With(capability("SYS_PACCT")) => Action::ALLOW, "acct", &[];
            When::With(capability("SYS_RAWIO")) => Action::ALLOW, "iopl ioperm", &[];
            When::With(capability("SYS_TIME")) =>
                Action::ALLOW, "settimeofday stime clock_settime clock_settime64", &[];
            When::With(capability("SYS_TTY_CONFIG")) => Action::ALLOW, "vhangup", &[];
            When::With(capability("SYS_NICE")) =>
                Action::ALLOW, "get_mempolicy mbind set_mempolicy set_mempolicy_home_node", &[];
            When::With(capability("SYSLOG")) => Action::ALLOW, "syslog", &[];
            When::With(capability("BPF")) => Action::ALLOW, "bpf", &[];
            When::With(capability("PERFMON")) => Action::ALLOW, "perf_event_open", &[];
        }
    };
}

/// The profile on x86_64.
#[cfg(any(test, target_arch = "x86_64"))]
pub(super) static X86: [Group; 29] = profile!(super::names::X86);
/// The profile on aarch64.
#[cfg(any(test, target_arch = "aarch64"))]
pub(super) static ARM: [Group; 29] = profile!(super::names::ARM);
