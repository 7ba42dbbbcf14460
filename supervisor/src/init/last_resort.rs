//! When PID 1 itself fails. It must not end, as the kernel panics then; so it says what happened, waits long enough for
//! a person to read it, and reboots.

use super::say;
use rustix::system::RebootCommand;
use std::time::Duration;
use std::{panic, thread};

/// How long the reason stays on the console.
const READING_TIME: Duration = Duration::from_secs(10);

/// Makes a panic of this process a reboot. This works although the program aborts on panic: the hook runs before that,
/// and does not come back.
pub(super) fn install() {
    panic::set_hook(Box::new(|panicked| {
        say::line(&format!("the first process failed: {panicked}"));
        give_up()
    }));
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
