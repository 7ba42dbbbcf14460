//! When PID 1 itself fails. It must not end, as the kernel panics then; so it says what happened, waits long enough for
//! a person to read it, and reboots.

use super::say;
use limpet_sys::crash::{self, Crash, OnCrash};
use rustix::system::RebootCommand;
use std::thread;
use std::time::Duration;

/// How long the reason stays on the console. `LastResort` says it in words, as it may not allocate.
const READING_TIME: Duration = Duration::from_secs(10);

/// Makes a crash of this process a reboot.
pub(super) fn install() {
    crash::install::<LastResort>();
}

struct LastResort;

impl OnCrash for LastResort {
    fn crashed(crash: Crash) {
        crash::tell("limpet init", crash, "; rebooting in 10 s");
        loop {
            thread::sleep(READING_TIME);
            rustix::fs::sync();
            // There is nothing else to try, and to say why is not safe here.
            let _ = rustix::system::reboot(RebootCommand::Restart);
        }
    }
}

/// Reboots without any order, for want of anything better.
pub(super) fn give_up() -> ! {
    say::line(&format!("rebooting in {} s", READING_TIME.as_secs()));
    thread::sleep(READING_TIME);
    end(RebootCommand::Restart)
}

/// Ends the board at once, with what was written so far on its disks.
pub(super) fn end(command: RebootCommand) -> ! {
    rustix::fs::sync();
    loop {
        if let Err(errno) = rustix::system::reboot(command) {
            say::failed("rebooting", errno);
        }
        thread::sleep(READING_TIME);
    }
}
