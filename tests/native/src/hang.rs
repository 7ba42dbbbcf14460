//! A command that never ends must fail its test, not stop the suite.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::process::Child;
use std::thread::{self, JoinHandle};

/// No command of these tests takes nearly as long; this is no claim about speed.
const SECONDS_MAX: i64 = 180;

/// Kills `child` if it has not ended in time; joined, it says whether it had to.
pub(crate) fn guard(child: &Child) -> JoinHandle<bool> {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let pinned = pid.and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
    thread::spawn(move || {
        let Some(pinned) = pinned else { return false };
        let limit = Timespec { tv_sec: SECONDS_MAX, tv_nsec: 0 };
        let ended =
            poll(&mut [PollFd::new(&pinned, PollFlags::IN)], Some(&limit)).is_ok_and(|ready| ready > 0);
        // It may have ended by itself just now.
        !ended && pidfd_send_signal(&pinned, Signal::KILL).is_ok()
    })
}
