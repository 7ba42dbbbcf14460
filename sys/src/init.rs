//! The whole life of a small PID 1: reap everything, forward signals to one child, end as it ends.

use rustix::process::Pid;
use std::ffi::c_char;

unsafe extern "C" {
    /// Both C libraries have it: the first argument, where the kernel put it (`program_invocation_name(3)`).
    static program_invocation_name: *mut c_char;
}

/// Lets `/proc/PID/cmdline` say `title` and nothing else, for a process whose arguments are nobody's business.
///
/// Whoever asks for the arguments later gets the title, or nonsense.
pub fn retitle(title: &str) {
    let argument_bytes: usize = std::env::args_os().map(|argument| argument.len() + 1).sum();
    // The title, a zero, and a last byte that is none.
    if argument_bytes < title.len() + 2 {
        return;
    }
    // SAFETY: the kernel lays the arguments one after the other from the first on, each with a zero, in memory that belongs
    // to the process and may be written to (proc(5), cmdline), so `argument_bytes` of it are there; nobody in this
    // process, which has one thread, holds a reference into it: the standard library hands out copies.
    unsafe {
        let begin = program_invocation_name.cast::<u8>();
        std::ptr::write_bytes(begin, 0, argument_bytes);
        std::ptr::copy_nonoverlapping(title.as_ptr(), begin, title.len());
        // By this the kernel knows that it is a title, and shows none of the zeros behind it (fs/proc/base.c).
        begin.add(argument_bytes - 1).write(1);
    }
}

/// Added to the number of the signal that ended the child, as shells do.
const SIGNAL_BASE: i32 = 128;

/// Serves as PID 1 for `child` until it ends, then ends with its status.
///
/// All signals must be blocked. Every descriptor but stdin, stdout and stderr is closed, so nothing that the rest of
/// the program opened is held open; that is sound because no other code of this process runs any more.
pub fn reap_until(child: Pid) -> ! {
    // SAFETY: this process has one thread, which never leaves this function, so no owner of a descriptor is used again.
    unsafe { libc::syscall(libc::SYS_close_range, 3, u32::MAX, 0) };
    let child = child.as_raw_nonzero().get();
    loop {
        match crate::process::wait_signal() {
            Ok(libc::SIGCHLD) => {
                if let Some(status) = reap(child) {
                    crate::process::exit_now(status);
                }
            }
            // The kernel's own word about this process, not a message for the child.
            Ok(libc::SIGTTIN | libc::SIGTTOU) | Err(_) => {}
            // SAFETY: kill(2) touches no memory; the child is not reaped yet, so its pid is still its own.
            Ok(signal) => unsafe {
                libc::kill(child, signal);
            },
        }
    }
}

/// Reaps all that have ended; the status to end with, if `child` was among them.
fn reap(child: libc::pid_t) -> Option<i32> {
    let mut result = None;
    loop {
        let mut status = 0;
        // SAFETY: `status` lives across the call.
        let pid = unsafe { libc::waitpid(-1, &raw mut status, libc::WNOHANG) };
        if pid <= 0 {
            return result;
        }
        if pid == child {
            result = Some(exit_status(status));
        }
    }
}

fn exit_status(status: libc::c_int) -> i32 {
    if libc::WIFSIGNALED(status) { SIGNAL_BASE + libc::WTERMSIG(status) } else { libc::WEXITSTATUS(status) }
}
