//! Taking the board down: the supervisor stops all containers in order; then everybody is asked to end, and made to;
//! disks are left clean; the power goes.

use super::machine::{Ending, now_ms};
use super::order::Order;
use super::watchdog::Watchdog;
use super::{children, last_resort, say};
use limpet_runner::mountinfo;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rustix::io::Errno;
use rustix::mount::{MountFlags, UnmountFlags, mount_remount, unmount};
use rustix::process;
use rustix::system::RebootCommand;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

/// How long the supervisor has to stop all containers: it gives them 60 s in all.
const CONTAINERS: Duration = Duration::from_secs(70);
/// How long processes have after SIGTERM.
const GRACE: Duration = Duration::from_secs(5);
/// How long they may take to be gone after SIGKILL.
const KILLING: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// What stays mounted to the end: the kernel needs none of it in order, and this process does.
const KEPT: [&str; 4] = ["/", "/proc", "/sys", "/dev"];

/// Carries the order out, first through the supervisor if that runs. What hangs on the way is the watchdog's.
pub(super) fn carry_out(ending: Ending) -> ! {
    let Ending { order, supervisor, mut watchdog } = ending;
    say::line(order.verb());
    if let Some(supervisor) = supervisor {
        stop_containers(supervisor, &mut watchdog);
    }
    end_everybody(&mut watchdog);
    rustix::fs::sync();
    watchdog.iter_mut().for_each(|watchdog| watchdog.ping(now_ms()));
    leave_disks();
    leave_watchdog(order, watchdog);
    last_resort::end(match order {
        Order::PowerOff => RebootCommand::PowerOff,
        Order::Reboot => RebootCommand::Restart,
        Order::Halt => RebootCommand::Halt,
    })
}

/// A reboot that hangs is one more thing that it can end; a board that is off is not to come back.
fn leave_watchdog(order: Order, watchdog: Option<Watchdog>) {
    match order {
        Order::PowerOff | Order::Halt => watchdog.into_iter().for_each(Watchdog::release),
        // Open to the end.
        Order::Reboot => std::mem::forget(watchdog),
    }
}

fn stop_containers(supervisor: process::Pid, watchdog: &mut Option<Watchdog>) {
    // Gone already, it cannot be asked, and its containers end with everybody.
    if process::kill_process(supervisor, process::Signal::POWER).is_ok()
        && !is_within(CONTAINERS, watchdog, || process::test_kill_process(supervisor).is_err())
    {
        say::line("the supervisor does not end; containers that still run are not stopped in order");
    }
}

fn end_everybody(watchdog: &mut Option<Watchdog>) {
    for (signal, patience) in [(Signal::SIGTERM, GRACE), (Signal::SIGKILL, KILLING)] {
        // ESRCH: nobody is there any more.
        kill(Pid::from_raw(-1), signal).ok();
        if is_within(patience, watchdog, || !anybody_is_left()) {
            return;
        }
    }
    say::line("some processes do not end; their disks may not be clean");
}

/// Whether it is `done` in time; meanwhile whoever ends is reaped, and the watchdog knows that this goes on.
fn is_within(patience: Duration, watchdog: &mut Option<Watchdog>, done: impl Fn() -> bool) -> bool {
    let begin = Instant::now();
    loop {
        watchdog.iter_mut().for_each(|watchdog| watchdog.ping(now_ms()));
        while children::reap().is_some() {}
        if done() {
            return true;
        }
        if begin.elapsed() > patience {
            return false;
        }
        thread::sleep(LOOK_EVERY);
    }
}

/// Whether a process other than this one is alive; threads of the kernel have no memory, and zombies none any more.
fn anybody_is_left() -> bool {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| *pid != 1).any(|pid| {
        fs::read_to_string(format!("/proc/{pid}/statm")).is_ok_and(|statm| !statm.starts_with("0 "))
    })
}

/// Unmounts everything, the latest first; what is busy is made read-only, which also leaves it clean.
fn leave_disks() {
    let table = mountinfo::table().unwrap_or_else(|error| {
        say::line(&format!("nothing is unmounted: reading /proc/self/mountinfo: {error}"));
        String::new()
    });
    for point in mountinfo::points(&table).rev().filter(|point| !KEPT.contains(&point.as_str())) {
        match unmount(point.as_str(), UnmountFlags::empty()) {
            // INVAL: it was below something that is unmounted already.
            Ok(()) | Err(Errno::INVAL | Errno::NOENT) => {}
            Err(errno) => make_readonly(&point, errno),
        }
    }
    // The root, if it is on a disk.
    mount_remount("/", MountFlags::RDONLY, c"").ok();
}

fn make_readonly(point: &str, busy: Errno) {
    if let Err(errno) = mount_remount(point, MountFlags::RDONLY, c"") {
        say::failed(&format!("unmounting {point} ({busy}), and making it read-only"), errno);
    }
}
