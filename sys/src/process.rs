//! Signals, descriptors and the last step of every launch: exec.

use rustix::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use rustix::io::{Errno, Result};
use std::convert::Infallible;
use std::ffi::CString;

/// Marks every descriptor but stdin, stdout and stderr close-on-exec (close_range(2)).
///
/// # Errors
/// What close_range(2) says, or on kernels before 5.11, which lack it, what reading /proc/self/fd says.
pub fn keep_only_stdio_on_exec() -> Result<()> {
    // SAFETY: no descriptor is closed now, so nothing that Rust owns changes under it.
    let result = unsafe { libc::syscall(libc::SYS_close_range, 3, u32::MAX, libc::CLOSE_RANGE_CLOEXEC) };
    match result {
        0 => Ok(()),
        _ => keep_only_listed_stdio(),
    }
}

fn keep_only_listed_stdio() -> Result<()> {
    let listing =
        std::fs::read_dir("/proc/self/fd").map_err(|e| Errno::from_io_error(&e).unwrap_or(Errno::IO))?;
    for entry in listing.flatten() {
        let number = entry.file_name().to_str().and_then(|name| name.parse::<RawFd>().ok());
        if let Some(number) = number.filter(|number| *number > 2) {
            // SAFETY: only a flag of the descriptor changes, and only towards closing on exec.
            unsafe { libc::fcntl(number, libc::F_SETFD, libc::FD_CLOEXEC) };
        }
    }
    Ok(())
}

/// From here on this process has the processor and the disk only when nobody else wants them (`SCHED_IDLE`, sched(7), and
/// the idle class of ioprio_set(2), which not every I/O scheduler knows). A kernel that refuses leaves it as it is.
pub fn be_idle() {
    const IOPRIO_WHO_PROCESS: libc::c_int = 1;
    const IOPRIO_CLASS_IDLE: libc::c_int = 3 << 13;
    // SAFETY: the parameters outlive the call and are only read; both calls change nothing but the caller's priority.
    unsafe {
        let none = std::mem::zeroed::<libc::sched_param>();
        // Not by its function, which musl has only as a stub that fails.
        libc::syscall(libc::SYS_sched_setscheduler, 0, libc::SCHED_IDLE, &raw const none);
        libc::syscall(libc::SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_CLASS_IDLE);
    }
}

/// Puts every signal back to its default action and blocks none, as a program expects them after exec.
pub fn default_signals() {
    for signal in 1..=libc::SIGRTMAX() {
        // SAFETY: SIG_DFL runs no code of ours; SIGKILL and SIGSTOP are refused by the kernel, which is harmless.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    // SAFETY: the set is initialised by sigemptyset before it is read.
    unsafe {
        let mut none = std::mem::zeroed::<libc::sigset_t>();
        libc::sigemptyset(&raw mut none);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut());
    }
}

/// Blocks every signal that can be blocked, so that they are only seen where they are waited for: also those of a crash, of
/// which this process cannot tell any more.
pub fn block_all_signals() {
    block_signals_but(&[]);
}

/// Blocks every signal but those of a crash ([`crate::crash`]).
pub fn block_signals() {
    block_signals_but(&crate::crash::SIGNALS);
}

fn block_signals_but(open: &[libc::c_int]) {
    // SAFETY: the set is initialised by sigfillset before it is changed and read.
    unsafe {
        let mut blocked = std::mem::zeroed::<libc::sigset_t>();
        libc::sigfillset(&raw mut blocked);
        for signal in open {
            libc::sigdelset(&raw mut blocked, *signal);
        }
        libc::sigprocmask(libc::SIG_SETMASK, &raw const blocked, std::ptr::null_mut());
    }
}

/// Waits for the next signal of any kind, which must be blocked, and returns its number.
///
/// # Errors
/// What sigwaitinfo(2) says; `EINTR` after a stop and continue.
pub fn wait_signal() -> Result<i32> {
    // SAFETY: the set is initialised by sigfillset before it is read; a null info pointer is allowed.
    let signal = unsafe {
        let mut all = std::mem::zeroed::<libc::sigset_t>();
        libc::sigfillset(&raw mut all);
        libc::sigwaitinfo(&raw const all, std::ptr::null_mut())
    };
    if signal > 0 { Ok(signal) } else { Err(crate::last_errno()) }
}

/// Replaces this process by `program` (execve(2)). Returns only to say why it could not.
///
/// # Errors
/// What execve(2) says.
pub fn execute(program: &CString, arguments: &[CString], environment: &[CString]) -> Result<Infallible> {
    let arguments = pointers(arguments);
    let environment = pointers(environment);
    // SAFETY: both arrays end with a null pointer and point at NUL-terminated strings that outlive the call.
    unsafe { libc::execve(program.as_ptr(), arguments.as_ptr(), environment.as_ptr()) };
    Err(crate::last_errno())
}

fn pointers(strings: &[CString]) -> Vec<*const libc::c_char> {
    strings.iter().map(|s| s.as_ptr()).chain([std::ptr::null()]).collect()
}

/// Goes on with nothing open but stdin, stdout, stderr and `keep`: what a copy of another process must do before it
/// does anything for somebody else.
///
/// Every other descriptor is closed, also those that values of this process own; that is sound because `go_on` never
/// comes back to them, and what it captures must not be a descriptor.
pub fn alone_with(keep: OwnedFd, go_on: impl FnOnce(OwnedFd) -> Infallible) -> ! {
    let kept = keep.as_raw_fd().cast_unsigned();
    // SAFETY: see above; the two ranges leave `keep` and stdio out.
    unsafe {
        if kept > 3 {
            libc::syscall(libc::SYS_close_range, 3, kept - 1, 0);
        }
        libc::syscall(libc::SYS_close_range, kept + 1, u32::MAX, 0);
    }
    match go_on(keep) {}
}

/// Lets children be waited for, whatever the caller of this program did with SIGCHLD: an ignored signal stays ignored
/// across exec, and the kernel would then reap them by itself (sigaction(2), `SA_NOCLDWAIT`).
pub fn expect_children() {
    // SAFETY: SIG_DFL runs no code of ours.
    unsafe { libc::signal(libc::SIGCHLD, libc::SIG_DFL) };
}

/// Ends this process at once (_exit(2)): no destructors, no flushing of what was copied from a parent.
pub fn exit_now(status: i32) -> ! {
    // SAFETY: _exit never returns and runs no code of this process.
    unsafe { libc::_exit(status) }
}

/// Sends the signal of this number, real-time signals included, to a process (pidfd_send_signal(2)).
///
/// # Errors
/// What pidfd_send_signal(2) says: `ESRCH` if it is gone, `EINVAL` for no such signal.
pub fn send_signal(pidfd: BorrowedFd<'_>, number: u8) -> Result<()> {
    let none = std::ptr::null::<libc::siginfo_t>();
    // SAFETY: a null info pointer is allowed and nothing is written.
    let result = unsafe {
        libc::syscall(libc::SYS_pidfd_send_signal, pidfd.as_raw_fd(), libc::c_int::from(number), none, 0)
    };
    if result == 0 { Ok(()) } else { Err(crate::last_errno()) }
}

/// Lets a write beyond RLIMIT_FSIZE fail with `EFBIG` instead of ending the process (setrlimit(2)).
pub fn ignore_file_size_signal() {
    // SAFETY: SIG_IGN runs no code of ours.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
}

/// A descriptor on which these signals arrive from now on (signalfd(2)), to be read by [`next_signal`]; they are blocked.
///
/// # Errors
/// What signalfd(2) says.
pub fn signals(numbers: &[i32]) -> Result<OwnedFd> {
    // SAFETY: the set is initialised by sigemptyset before it is used, and the call makes a new descriptor, which
    // nothing else owns.
    unsafe {
        let mut set = std::mem::zeroed::<libc::sigset_t>();
        libc::sigemptyset(&raw mut set);
        for number in numbers {
            libc::sigaddset(&raw mut set, *number);
        }
        libc::sigprocmask(libc::SIG_BLOCK, &raw const set, std::ptr::null_mut());
        match libc::signalfd(-1, &raw const set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK) {
            fd if fd >= 0 => Ok(OwnedFd::from_raw_fd(fd)),
            _ => Err(crate::last_errno()),
        }
    }
}

/// The number of the next signal on a descriptor of [`signals`].
///
/// # Errors
/// `EAGAIN` if none is there.
pub fn next_signal(signals: BorrowedFd<'_>) -> Result<i32> {
    let mut bytes = [0; size_of::<libc::signalfd_siginfo>()];
    rustix::io::read(signals, &mut bytes)?;
    // ssi_signo is the first field, 32 bits (signalfd(2)).
    let number = u32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    i32::try_from(number).map_err(|_| Errno::INVAL)
}

/// Has the child of `command` join cgroups before it executes anything: it writes `0` to each of `groups`, which are
/// `tasks` or `cgroup.procs` files (cgroups(7)). What it uses from exec on is counted there, and not where its parent is.
/// A group that refuses is passed over.
pub fn join_before_exec(command: &mut std::process::Command, groups: std::sync::Arc<Vec<OwnedFd>>) {
    use std::os::unix::process::CommandExt;
    let join = move || {
        for group in groups.iter() {
            // SAFETY: write(2) is async-signal-safe, reads one byte of a constant, and the descriptor is open: the closure
            // holds it.
            unsafe { libc::write(group.as_raw_fd(), c"0".as_ptr().cast(), 1) };
        }
        Ok(())
    };
    // SAFETY: between fork and exec the closure only calls write(2); it allocates nothing and takes no lock.
    unsafe { command.pre_exec(join) };
}
