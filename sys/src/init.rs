//! The whole life of a small PID 1: reap everything, forward signals to one child, end as it ends.

use rustix::process::Pid;

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
