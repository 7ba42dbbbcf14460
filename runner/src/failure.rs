//! What a child tells its keeper when a step fails: eight bytes, before it ends.

use crate::steps::{ProcessStep, Step};
use limpet_protocol::exit::code;
use rustix::io::Errno;

/// Bytes of one failure on its socket.
pub const FAILURE_BYTES: usize = 8;

/// Which step failed, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Place in the list of steps.
    pub step: u32,
    /// What the kernel said.
    pub errno: Errno,
}

impl Failure {
    /// The bytes that go through the socket.
    #[must_use]
    pub fn encode(self) -> [u8; FAILURE_BYTES] {
        let mut bytes = [0; FAILURE_BYTES];
        bytes[..4].copy_from_slice(&self.step.to_le_bytes());
        bytes[4..].copy_from_slice(&self.errno.raw_os_error().to_le_bytes());
        bytes
    }

    /// The failure in `bytes`, if they are one.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let bytes: [u8; FAILURE_BYTES] = bytes.try_into().ok()?;
        let (step, errno) = bytes.split_at(4);
        let step = u32::from_le_bytes(step.try_into().ok()?);
        let errno = i32::from_le_bytes(errno.try_into().ok()?);
        Some(Self { step, errno: Errno::from_raw_os_error(errno) })
    }
}

/// One line for a person: the step, its subject, the reason, and where there is one, the remedy.
#[must_use]
pub fn describe(step: &Step, errno: Errno) -> String {
    let reason = match (step, errno) {
        (Step::Process(ProcessStep::Execute(_)), Errno::NOENT) => "not found in the container".to_owned(),
        (Step::Process(ProcessStep::Execute(_)), Errno::NOEXEC) => {
            "not a program for this machine (wrong architecture, or a script without #!)".to_owned()
        }
        (Step::Process(ProcessStep::ResolveUser(_)), Errno::NOENT) => "no such user or group".to_owned(),
        (Step::Process(ProcessStep::SetIds), Errno::INVAL) => {
            "the id is outside the container's 65536 ids; use a smaller one or --userns=host".to_owned()
        }
        (Step::Mount { .. }, Errno::LOOP) => {
            "the image has a symbolic link there, which could hide what is mounted".to_owned()
        }
        // overlayfs found no room for its work directory, or cannot write to its disk at all. (The root is made read-only
        // later, where that is asked for.)
        (Step::WriteFile { .. }, Errno::ROFS) => {
            "the disk is full, or has failed: free some space (see: limpet system df, dmesg)".to_owned()
        }
        _ => reason(errno),
    };
    format!("{step}: {reason}")
}

/// The errno in words, without the number that std appends.
#[must_use]
pub fn reason(errno: Errno) -> String {
    let text = std::io::Error::from(errno).to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}

/// docker's exit code for a container whose `step` failed.
#[must_use]
pub fn exit_code(step: &Step, errno: Errno) -> u8 {
    match step {
        Step::Process(ProcessStep::Execute(_)) if errno == Errno::NOENT => code::NOT_FOUND,
        Step::Process(ProcessStep::Execute(_)) => code::NOT_EXECUTABLE,
        _ => code::LIMPET_FAILED,
    }
}
