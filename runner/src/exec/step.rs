//! The steps of an exec, in order. Client, holder and entrant hold the same list, so a failure travels as a number.

use crate::failure;
use crate::steps::{ProcessStep, Step, joining_steps};
use limpet_protocol::exit::code;
use limpet_protocol::launch::Launch;
use rustix::io::Errno;
use std::fmt;

/// One operation on the way into a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnterStep {
    /// Holder: its children are born in the container's PID namespace.
    EnterPidNamespace,
    /// Holder: start the entrant, on cgroup v2 in the cgroup.
    StartProcess,
    /// Holder: resource limits and the OOM score, which only the board's root may set.
    SetLimits,
    /// Entrant: move into the cgroup (v1).
    JoinCgroup,
    /// Entrant: enter the other namespaces, the container's root among them.
    EnterNamespaces,
    /// Entrant: see that the working directory is there; `exec` makes none.
    FindDirectory(String),
    /// Entrant: make the terminal or the pipes.
    OpenStdio,
    /// Entrant: become what the process may be, and execute it.
    Process(ProcessStep),
}

/// What the holder does before the entrant goes on.
const OF_HOLDER: [EnterStep; 3] =
    [EnterStep::EnterPidNamespace, EnterStep::StartProcess, EnterStep::SetLimits];
/// What the entrant does with what it has inherited.
const AT_THE_DOOR: [EnterStep; 2] = [EnterStep::JoinCgroup, EnterStep::EnterNamespaces];
/// The first step of the entrant.
pub(super) const FIRST_OF_ENTRANT: usize = OF_HOLDER.len();
/// The first step inside of the container.
pub(super) const FIRST_INSIDE: usize = FIRST_OF_ENTRANT + AT_THE_DOOR.len();

/// All steps for `launch.process`.
pub(super) fn steps(launch: &Launch) -> Vec<EnterStep> {
    let mut steps = OF_HOLDER.to_vec();
    steps.extend(AT_THE_DOOR);
    steps.extend([EnterStep::FindDirectory(launch.process.cwd.clone()), EnterStep::OpenStdio]);
    steps.extend(joining_steps(launch).into_iter().map(EnterStep::Process));
    steps
}

/// One line for a person.
#[must_use]
pub fn describe(step: &EnterStep, errno: Errno) -> String {
    match (step, errno) {
        (EnterStep::Process(step), errno) => failure::describe(&Step::Process(step.clone()), errno),
        (EnterStep::FindDirectory(_), Errno::NOENT) => format!("{step}: no such directory in the container"),
        (EnterStep::OpenStdio, Errno::NXIO) => {
            format!("{step}: /dev in the container is not as it was when it started")
        }
        _ => format!("{step}: {}", failure::reason(errno)),
    }
}

/// docker's exit code for a failed step.
#[must_use]
pub fn exit_code(step: &EnterStep, errno: Errno) -> u8 {
    match step {
        EnterStep::Process(ProcessStep::Execute(_)) if errno == Errno::NOENT => code::NOT_FOUND,
        EnterStep::FindDirectory(_) if errno == Errno::NOENT => code::NOT_FOUND,
        _ => code::NOT_EXECUTABLE,
    }
}

impl fmt::Display for EnterStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EnterPidNamespace => f.write_str("enter the container's PID namespace"),
            Self::StartProcess => f.write_str("start a process in the container"),
            Self::SetLimits => f.write_str("set resource limits and oom_score_adj"),
            Self::JoinCgroup => f.write_str("join the container's cgroup"),
            Self::EnterNamespaces => f.write_str("enter the container's namespaces"),
            Self::FindDirectory(path) => write!(f, "change to the working directory {path}"),
            Self::OpenStdio => f.write_str("open standard input and output"),
            Self::Process(step) => step.fmt(f),
        }
    }
}
