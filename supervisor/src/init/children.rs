//! Starting children and noticing that they, or anybody's orphans, have ended.

use super::say;
use limpet_sys::clone::{Cloned, clone_process};
use limpet_sys::process::{default_signals, execute, exit_now};
use rustix::io::{Errno, Result};
use rustix::process::{Pid, WaitOptions, WaitStatus, wait};
use rustix::thread::UnshareFlags;
use std::ffi::{CStr, CString};

/// What a program finds in its environment.
const ENVIRONMENT: [&CStr; 3] =
    [c"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", c"HOME=/root", c"TERM=linux"];
/// The status of a child that could not become its program, as a shell has it.
const CANNOT_EXECUTE: i32 = 127;

/// Starts `program`, called `arguments[0]`, with `environment` besides the usual, after `prepare` in the child. Signals are as a program expects them: this
/// process has blocked all but those of a crash.
///
/// # Errors
/// There can be no more processes. What fails in the child is said there, and is its end.
pub(super) fn spawn(
    program: &CStr,
    arguments: &[&CStr],
    environment: &[&CStr],
    prepare: impl FnOnce() -> Result<()>,
) -> Result<Pid> {
    match clone_process(UnshareFlags::empty(), None)? {
        Cloned::Parent(child) => Ok(child.pid),
        Cloned::Child => {
            let errno =
                prepare().map_or_else(|errno| errno, |()| become_program(program, arguments, environment));
            say::failed(&format!("starting {}", program.to_string_lossy()), errno);
            exit_now(CANNOT_EXECUTE)
        }
    }
}

fn become_program(program: &CStr, arguments: &[&CStr], environment: &[&CStr]) -> Errno {
    default_signals();
    let owned = |strings: &[&CStr]| strings.iter().map(|&string| string.to_owned()).collect::<Vec<CString>>();
    let program = program.to_owned();
    let environment = [&ENVIRONMENT[..], environment].concat();
    match execute(&program, &owned(arguments), &owned(&environment)) {
        Ok(never) => match never {},
        Err(errno) => errno,
    }
}

/// Takes the remains of one process that has ended, if there is any.
pub(super) fn reap() -> Option<(Pid, WaitStatus)> {
    match wait(WaitOptions::NOHANG) {
        Ok(ended) => ended,
        Err(Errno::CHILD | Errno::INTR) => None,
        Err(errno) => {
            say::failed("waiting for a child", errno);
            None
        }
    }
}

/// How it ended, in words.
pub(super) fn ending(status: WaitStatus) -> String {
    match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => format!("ended with status {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => "ended".to_owned(),
    }
}
