//! Limpet's own file, as a fleet wants it: tried, put in place, watched, put back.
//!
//! Two processes. The effect compares what runs with what is wanted, and says what is to be done; with leave to do it, it
//! starts the watcher and ends. The watcher is nobody's child then: it sees the supervisor become the new program, and puts the
//! old one back if that does not come up or does not stay. What came of it is in `ROOT/fleet/program`.

use super::status;
use crate::board::Board;
use crate::failure::Failure;
use crate::fleet::{Files, FleetError, Outcome, Tried, read};
use crate::screen;
use crate::trial::Trial;
use crate::verbs::upgrade::{self, answers, checked, hand_over, installed_program, supervisor_pid};
use limpet_store::Digest;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::OwnedFd;
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// What the new supervisor may take to answer.
const ANSWER: Duration = Duration::from_secs(30);
/// How long it must then stay.
const WATCH: Duration = Duration::from_secs(20);
/// Times that a file is tried which was cut off before it was well.
const TRIES_MAX: u8 = 2;

/// What is to be done about the file.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Next {
    /// Nothing: it runs.
    Runs,
    /// It runs, and is not yet known to stay.
    Watch,
    /// Nothing: it was tried.
    Failed(String),
    /// It is not here.
    Fetch,
    /// It can be tried.
    Try,
}

/// Pure. `tried` is of this very file.
fn next(tried: Option<&Outcome>, runs: bool, here: bool) -> Next {
    match (tried, runs) {
        (Some(Outcome::Trying { .. }), true) => Next::Watch,
        (_, true) => Next::Runs,
        (Some(Outcome::Failed(why)), false) => Next::Failed(why.clone()),
        (Some(Outcome::Trying { times }), false) if *times >= TRIES_MAX => {
            Next::Failed("it ended before it was well, each time that it was tried".to_owned())
        }
        (_, false) if here => Next::Try,
        (_, false) => Next::Fetch,
    }
}

/// `program look|go SHA256`: says `runs`, `failed WHY`, `fetch`, `ready` or `begun`.
pub(super) fn program(board: &Board, may: &str, sha256: &str) -> Result<u8, Failure> {
    let files = Files::new(Path::new(&board.globals.root), board.state());
    let Some(lock) = files.try_lock_program()? else {
        screen::line("begun");
        return Ok(status::DONE);
    };
    let Some(pid) = supervisor_pid(board)? else { return Ok(status::DISAGREES) };
    let tried = files.tried()?.filter(|tried| tried.sha256 == sha256);
    let runs = is(Path::new(&format!("/proc/{}/exe", pid.as_raw_nonzero())), sha256);
    let here = is(&files.program(), sha256);
    let said = match next(tried.as_ref().map(|tried| &tried.outcome), runs, here) {
        Next::Runs => {
            fs::remove_file(files.program()).ok();
            "runs".to_owned()
        }
        Next::Failed(why) => {
            fs::remove_file(files.program()).ok();
            format!("failed {why}")
        }
        Next::Fetch => "fetch".to_owned(),
        Next::Try if may != "go" => "ready".to_owned(),
        Next::Try | Next::Watch => {
            drop(lock);
            start_watcher(board, sha256)?;
            "begun".to_owned()
        }
    };
    screen::line(&said);
    Ok(status::DONE)
}

fn is(path: &Path, sha256: &str) -> bool {
    let bytes = read(path, upgrade::PROGRAM_BYTES_MAX);
    bytes.is_ok_and(|bytes| bytes.is_some_and(|bytes| Digest::of(&bytes).hex() == sha256))
}

/// In a session of its own; whoever is the first process takes it over when its parent ends.
fn start_watcher(board: &Board, sha256: &str) -> Result<(), Failure> {
    let globals = &board.globals;
    let words = [super::VERB, &globals.root, &globals.state, "watch", sha256];
    let mut command = Command::new("/proc/self/exe");
    command.arg0("limpet").args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.process_group(0).spawn()?;
    Ok(())
}

/// `watch SHA256`: the watcher. It tells nobody but `ROOT/fleet/program`.
pub(super) fn watch(board: &Board, sha256: &str) -> Result<u8, Failure> {
    let files = Files::new(Path::new(&board.globals.root), board.state());
    let Some(_lock) = files.try_lock_program()? else { return Ok(status::DISAGREES) };
    let note = |outcome| files.put_tried(&Tried { sha256: sha256.to_owned(), outcome });
    match replace(board, &files, sha256, &note) {
        Ok(()) => note(Outcome::Committed)?,
        Err(failure) => note(Outcome::Failed(failure.to_string()))?,
    }
    fs::remove_file(files.program()).ok();
    Ok(status::DONE)
}

/// Comes back when the new program has stayed, or when the old one is back.
fn replace(
    board: &Board,
    files: &Files,
    sha256: &str,
    note: &dyn Fn(Outcome) -> Result<(), FleetError>,
) -> Result<(), Failure> {
    let pid = supervisor_pid(board)?.ok_or_else(|| Failure::new("no supervisor runs"))?;
    let process = pidfd_open(pid, PidfdFlags::empty())?;
    let installed = installed_program(pid)?;
    let trial = Trial::of(&installed);
    if !is(&installed, sha256) {
        let new = files.program();
        fs::set_permissions(&new, Permissions::from_mode(0o700))?;
        let bytes = checked(&new)?;
        upgrade::tried(&new)?;
        let times = match files.tried()?.filter(|tried| tried.sha256 == sha256).map(|tried| tried.outcome) {
            Some(Outcome::Trying { times }) => times,
            Some(Outcome::Committed | Outcome::Failed(_)) | None => 0,
        };
        note(Outcome::Trying { times: times + 1 })?;
        trial.begin(&bytes)?;
        hand_over(board, &installed)?;
    }
    if answers(board, pid, &process, ANSWER)? && stays(board, pid, &process)? {
        return trial.pass();
    }
    if !trial.is_open() && is(&installed, sha256) {
        return Err(Failure::new("it did not stay, and nothing is left to go back to"));
    }
    upgrade::back(board, &process, &installed).map(drop)
}

/// Whether the same process still answers after a while.
fn stays(board: &Board, pid: Pid, process: &OwnedFd) -> Result<bool, Failure> {
    let watch = Timespec::try_from(WATCH).ok();
    let ended = poll(&mut [PollFd::new(process, PollFlags::IN)], watch.as_ref())? > 0;
    Ok(!ended && answers(board, pid, process, ANSWER)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_tried_until_it_runs_or_has_failed() {
        let trying = |times| Outcome::Trying { times };
        let failed = Outcome::Failed("mute".to_owned());
        assert_eq!(next(None, false, false), Next::Fetch);
        assert_eq!(next(None, false, true), Next::Try);
        assert_eq!(next(Some(&trying(1)), true, false), Next::Watch, "a cut came while it was watched");
        assert_eq!(next(Some(&trying(1)), false, true), Next::Try, "a cut came before it was in place");
        assert!(matches!(next(Some(&trying(TRIES_MAX)), false, true), Next::Failed(_)));
        assert_eq!(next(Some(&failed), false, true), Next::Failed("mute".to_owned()));
        assert_eq!(next(Some(&Outcome::Committed), true, false), Next::Runs);
        // A board whose file lies in memory begins with the old one.
        assert_eq!(next(Some(&Outcome::Committed), false, false), Next::Fetch);
    }
}
