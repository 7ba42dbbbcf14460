//! One more process in a container that runs (`exec`).
//!
//! In: a running container's launch with the process that is wanted, and the descriptors of whoever wants it. Out: an
//! [`Outcome`], or an [`ExecError`] that names the step.
//!
//! Three processes of the same program take part. The *client* is the command that a person typed. Its child, the
//! *holder*, leaves the client's session and starts the *entrant*, which joins the container's cgroup and namespaces
//! and becomes the command. The holder waits for it and tells the client how it ended. If the client is gone before
//! that without having left on purpose, the holder kills the command: nothing runs on for nobody. If the holder is
//! killed, so is the command (PR_SET_PDEATHSIG). What the command itself started lives as long as the container.
//!
//! All three must run from [`crate::spawn::protected_program`] (CVE-2019-5736), and cannot be traced by anything in
//! the container, which sees the entrant from its birth. The command's stdio is made inside the container, so that it
//! holds nothing of the client's terminal, files or pipes.

mod entrant;
mod flow;
mod holder;
mod namespaces;
mod relay;
mod step;
#[cfg(test)]
mod tests;

pub use relay::{Outcome, Streams};
pub use step::{EnterStep, describe, exit_code};

use crate::cgroup::{self, CgroupError, Join};
use crate::channel;
use crate::failure::{self, Failure};
use crate::start::Stdio;
use limpet_protocol::keeper::Running;
use limpet_protocol::launch::Launch;
use limpet_sys::clone::{Cloned, clone_process};
use rustix::fd::{AsFd, OwnedFd};
use rustix::io::Errno;
use rustix::process::{DumpableBehavior, Pid, PidfdFlags, pidfd_open, set_dumpable_behavior};
use rustix::thread::UnshareFlags;

/// The holder's word that the command runs, with the client's ends of its stdio.
const STARTED: &[u8] = b"s";
/// The client's word that it leaves and the command goes on.
const LEAVE: &[u8] = b"l";
/// The first byte of the holder's last word; the exit code follows.
const EXITED: u8 = b'e';

/// What is to be executed, and where.
#[derive(Clone, Copy, Debug)]
pub struct Exec<'a> {
    /// The container's launch; [`Launch::process`] is the process that joins.
    pub launch: &'a Launch,
    /// The container's first process, from the record of its keeper.
    pub running: &'a Running,
    /// Nobody will read or write: without a terminal its stdio is /dev/null.
    pub detached: bool,
}

/// Why a command could not be executed in a container.
#[derive(Debug, thiserror::Error)]
pub enum ExecError {
    /// The record names a process that is not the container's: it ended just now.
    #[error("the container has just ended")]
    Ended,
    /// Its cgroup cannot be joined.
    #[error(transparent)]
    Cgroup(#[from] CgroupError),
    /// The client's own part.
    #[error("{doing}: {}", failure::reason(*.errno))]
    Client {
        /// What was being done.
        doing: &'static str,
        /// What the kernel said.
        errno: Errno,
    },
    /// A step of the holder or the entrant.
    #[error("{}", describe(.step, *.errno))]
    Step {
        /// Which.
        step: EnterStep,
        /// What the kernel said.
        errno: Errno,
    },
    /// The entrant ended without a word.
    #[error("the process was killed before it could execute the command; is the container out of memory?")]
    Killed,
    /// The holder ended without a word.
    #[error("the process that holds the command was killed")]
    Lost,
    /// The user's terminal or signals.
    #[error(transparent)]
    Session(#[from] crate::attach::Error),
}

impl ExecError {
    /// docker's exit code for it.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Step { step, errno } => exit_code(step, *errno),
            Self::Killed => limpet_protocol::exit::code::NOT_EXECUTABLE,
            _ => 1,
        }
    }
}

fn client(doing: &'static str) -> impl FnOnce(Errno) -> ExecError {
    move |errno| ExecError::Client { doing, errno }
}

/// A command that runs in a container.
pub struct Held {
    channel: OwnedFd,
    stdio: Option<Stdio>,
}

/// What the client finds out, and the holder and the entrant inherit.
struct Door<'a> {
    exec: Exec<'a>,
    steps: Vec<EnterStep>,
    pidfd: OwnedFd,
    /// One `tasks` file per hierarchy (cgroup v1).
    tasks: Vec<OwnedFd>,
    /// The group's directory (cgroup v2).
    directory: Option<OwnedFd>,
    namespaces: namespaces::Differing,
}

/// Executes the command; returns when that has succeeded. The caller must have one thread only, and run from a
/// protected program.
///
/// # Errors
/// See [`ExecError`]; nothing is left running then.
pub fn begin(exec: &Exec<'_>) -> Result<Held, ExecError> {
    set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(client("forbid tracing"))?;
    let door = Door::find(exec)?;
    let (ours, theirs) = channel::pair().map_err(client("make a socket pair"))?;
    match clone_process(UnshareFlags::empty(), None).map_err(client("start a process"))? {
        Cloned::Child => {
            drop(ours);
            holder::hold(door, theirs)
        }
        Cloned::Parent(_) => drop(theirs),
    }
    let message = channel::receive(ours.as_fd()).map_err(client("hear from the process in the container"))?;
    match message.bytes() {
        [] => Err(ExecError::Lost),
        STARTED => Ok(Held { channel: ours, stdio: Stdio::from_descriptors(message.descriptors) }),
        bytes => Err(door.failed(bytes)),
    }
}

impl<'a> Door<'a> {
    fn find(exec: &Exec<'a>) -> Result<Self, ExecError> {
        let group = cgroup::detect()?.open(&exec.launch.cgroup)?;
        let pid = Pid::from_raw(exec.running.pid).ok_or(ExecError::Ended)?;
        let pidfd = pidfd_open(pid, PidfdFlags::empty()).map_err(|_| ExecError::Ended)?;
        // The number may mean another process by now; one of this cgroup is one of this container.
        if !group.pids()?.contains(&exec.running.pid) {
            return Err(ExecError::Ended);
        }
        let namespaces = namespaces::differing(pid).map_err(client("compare namespaces"))?;
        let (tasks, directory) = match group.join()? {
            Join::Tasks(files) => (files, None),
            Join::Directory(directory) => (Vec::new(), Some(directory)),
        };
        Ok(Self { exec: *exec, steps: step::steps(exec.launch), pidfd, tasks, directory, namespaces })
    }

    fn failed(&self, bytes: &[u8]) -> ExecError {
        let failure = Failure::decode(bytes);
        let step = failure.and_then(|failure| self.steps.get(failure.step as usize).cloned());
        match (failure, step) {
            (Some(Failure { errno, .. }), Some(step)) => ExecError::Step { step, errno },
            _ => ExecError::Killed,
        }
    }
}

impl Held {
    /// Leaves; the command goes on, and what it writes to its terminal is thrown away.
    ///
    /// # Errors
    /// The holder is gone, and the command with it.
    pub fn leave(self) -> Result<(), ExecError> {
        channel::send(self.channel.as_fd(), LEAVE, &[]).map_err(|_| ExecError::Lost)
    }
}
