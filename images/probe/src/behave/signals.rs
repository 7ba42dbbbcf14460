//! Waits, and what signals do to it. As PID 1 a process gets no signal that it has not asked for (pid_namespaces(7)).

use super::tell;
use nix::sys::signal::{SigSet, Signal};
use rustix::process::{getpid, kill_process};
use std::time::Duration;
use std::{io, thread};

/// Waits for `duration`.
///
/// # Errors
/// None.
pub fn sleep(duration: Duration) -> io::Result<u8> {
    thread::sleep(duration);
    Ok(0)
}

/// Sends itself signal `number`; where it survives that, says so and ends with 3.
///
/// # Errors
/// There is no such signal.
pub fn raise(number: u64) -> io::Result<u8> {
    let number = i32::try_from(number).map_err(io::Error::other)?;
    let signal =
        rustix::process::Signal::from_named_raw(number).ok_or_else(|| io::Error::other("no such signal"))?;
    kill_process(getpid(), signal)?;
    tell("survived")?;
    Ok(3)
}

/// Blocks SIGTERM, which then waits for ever, prints `ready`, and waits an hour.
///
/// # Errors
/// stdout is gone.
pub fn ignore_term() -> io::Result<u8> {
    SigSet::from(Signal::SIGTERM).thread_block()?;
    tell("ready")?;
    thread::sleep(Duration::from_secs(3600));
    Ok(0)
}

/// Prints `ready`, waits for SIGTERM, prints `SIGTERM` and ends with `code`.
///
/// # Errors
/// stdout is gone.
pub fn on_term(code: u8) -> io::Result<u8> {
    let wanted = SigSet::from(Signal::SIGTERM);
    wanted.thread_block()?;
    tell("ready")?;
    tell(wanted.wait()?.as_str())?;
    Ok(code)
}
