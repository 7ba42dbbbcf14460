//! `upgrade FILE`: another version in the place of this program.
//!
//! The new file is checked, tried, and put where this one is; the old one is kept beside it. The supervisor then becomes
//! the new program in the same process. If it does not answer in time, the old file is put back and the supervisor is
//! started with it again. Containers run on all the while: their keepers are processes of their own.

use crate::board::Board;
use crate::cli::command::UpgradeArgs;
use crate::control::{ControlError, Conversation};
use crate::failure::{Failure, Outcome};
use crate::screen;
use crate::trial::Trial;
use limpet_protocol::control::{Report, Request};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::OwnedFd;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Largest program that is taken.
pub(crate) const PROGRAM_BYTES_MAX: usize = 64 * 1024 * 1024;
/// How long the new program may take to say its version.
const TRIAL: Duration = Duration::from_secs(10);
/// How often it is asked whether the new supervisor is there.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How long the old supervisor, put back, may take.
const BACK: Duration = Duration::from_secs(30);

/// `upgrade`
pub(super) fn upgrade(board: &Board, args: &UpgradeArgs) -> Outcome {
    let file = fs::canonicalize(&args.file)
        .map_err(|error| Failure::new(format!("upgrade {}: {error}", args.file)))?;
    let bytes = checked(&file)?;
    let version = tried(&file)?;
    let Some(pid) = supervisor_pid(board)? else {
        return Err(Failure::new(
            "upgrade: no supervisor runs, so nothing could be watched; copy the file in place by hand",
        ));
    };
    let installed = installed_program(pid)?;
    let trial = Trial::of(&installed);
    // Its number may be another process's, once it has ended.
    let process = pidfd_open(pid, PidfdFlags::empty())?;
    trial.begin(&bytes)?;
    hand_over(board, &installed)?;
    if answers(board, pid, &process, Duration::from_millis(args.timeout_ms))? {
        trial.pass()?;
        screen::line(&format!("Upgraded {} to {version}.", installed.display()));
        return Ok(0);
    }
    back(board, &process, &installed)
}

/// A file of this machine, by its ELF header (elf(5)): class, byte order and machine are as ours.
pub(crate) fn checked(file: &Path) -> Result<Vec<u8>, Failure> {
    let wrong = |what: &str| Failure::new(format!("upgrade {}: {what}", file.display()));
    let length = fs::metadata(file).map_err(|error| wrong(&error.to_string()))?.len();
    if length > PROGRAM_BYTES_MAX as u64 {
        return Err(wrong("it is larger than any version of Limpet"));
    }
    let (theirs, ours) =
        (fs::read(file).map_err(|error| wrong(&error.to_string()))?, fs::read("/proc/self/exe")?);
    match (theirs.get(..20), ours.get(..20)) {
        (Some(their), Some(our)) if their[..4] != our[..4] => Err(wrong("it is no program")),
        (Some(their), Some(our)) if their[4..6] != our[4..6] || their[18..20] != our[18..20] => {
            Err(wrong("it is for another kind of machine"))
        }
        (Some(_), Some(_)) => Ok(theirs),
        _ => Err(wrong("it is no program")),
    }
}

/// What the new program says of itself; one that cannot even do that does not get any further.
pub(crate) fn tried(file: &Path) -> Result<String, Failure> {
    let wrong = |what: String| Failure::new(format!("upgrade {}: {what}", file.display()));
    let mut child = Command::new(file)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| wrong(format!("it does not run: {error}")))?;
    let began = Instant::now();
    while child.try_wait()?.is_none() {
        if began.elapsed() > TRIAL {
            child.kill()?;
            child.wait()?;
            return Err(wrong("it does not say its version in time".to_owned()));
        }
        sleep(LOOK_EVERY);
    }
    let output = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if output.status.success() && said.to_ascii_lowercase().contains("limpet") {
        Ok(said)
    } else {
        Err(wrong("it is not Limpet".to_owned()))
    }
}

/// The process that holds the instance's lock.
pub(crate) fn supervisor_pid(board: &Board) -> Result<Option<Pid>, Failure> {
    let mut conversation = match Conversation::with(board.state(), &Request::Ping) {
        Err(ControlError::Absent(_)) => return Ok(None),
        conversation => conversation?,
    };
    conversation.first()?;
    Ok(conversation.peer())
}

/// Where the supervisor was started from.
pub(crate) fn installed_program(pid: Pid) -> Result<PathBuf, Failure> {
    let path = fs::read_link(format!("/proc/{}/exe", pid.as_raw_nonzero()))?;
    let text = path.to_string_lossy();
    Ok(PathBuf::from(text.strip_suffix(" (deleted)").unwrap_or(&text)))
}

pub(crate) fn hand_over(board: &Board, installed: &Path) -> Result<(), Failure> {
    let program = installed.to_string_lossy().into_owned();
    Conversation::with(board.state(), &Request::Upgrade { program })?.first()?;
    Ok(())
}

/// Whether a supervisor that knows its containers answers, as the same process. One that has ended never will.
pub(crate) fn answers(
    board: &Board,
    pid: Pid,
    process: &OwnedFd,
    patience: Duration,
) -> Result<bool, Failure> {
    let pause = Timespec::try_from(LOOK_EVERY).ok();
    let began = Instant::now();
    while began.elapsed() < patience {
        if poll(&mut [PollFd::new(process, PollFlags::IN)], pause.as_ref())? > 0 {
            break;
        }
        if report(board, pid).is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn report(board: &Board, pid: Pid) -> Option<Report> {
    let mut conversation = Conversation::with(board.state(), &Request::Report).ok()?;
    if conversation.peer() != Some(pid) {
        return None;
    }
    match conversation.first().ok()? {
        limpet_protocol::control::Reply::Report(report) => Some(report),
        _ => None,
    }
}

/// Whether a supervisor, any, lets us in.
fn is_there(board: &Board) -> bool {
    Conversation::with(board.state(), &Request::Ping).is_ok()
}

/// Puts the old file back, ends what does not answer, and sees to it that a supervisor runs again.
pub(crate) fn back(board: &Board, process: &OwnedFd, installed: &Path) -> Outcome {
    Trial::of(installed).fail()?;
    let failed = "the new version did not come up";
    // ESRCH: it has ended by itself.
    pidfd_send_signal(process, Signal::KILL).ok();
    let began = Instant::now();
    // Whoever started it (systemd, PID 1) does so again; without such a one, we do.
    while began.elapsed() < Duration::from_secs(5) {
        sleep(LOOK_EVERY);
        if is_there(board) {
            return Err(Failure::new(format!("{failed}; the old one runs again")));
        }
    }
    start(board, installed)?;
    while began.elapsed() < BACK {
        sleep(LOOK_EVERY);
        if is_there(board) {
            return Err(Failure::new(format!("{failed}; the old one was started again")));
        }
    }
    Err(Failure::new(format!("{failed}, and the old one does not answer either; see: limpet doctor")))
}

fn start(board: &Board, program: &Path) -> Result<(), Failure> {
    let globals = &board.globals;
    Command::new(program)
        .args(["--root", &globals.root, "--state", &globals.state, "supervise"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .map(drop)
        .map_err(|error| Failure::new(format!("start {}: {error}", program.display())))
}
