//! Why the supervisor could not be asked.

use limpet_protocol::control::{CLIENTS_MAX, FrameError, VERSION};
use rustix::io::Errno;
use std::path::PathBuf;

/// Why the supervisor could not be asked, or what it refused.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// Nobody listens.
    #[error("no supervisor answers at {}; start it with: systemctl start limpet, or: limpet supervise", .0.display())]
    Absent(PathBuf),
    /// The socket's mode is against it.
    #[error("{} is for root and the group limpet; ask with sudo", .0.display())]
    Forbidden(PathBuf),
    /// It closed the connection without a word.
    #[error("the supervisor lets in {CLIENTS_MAX} at a time, of root and the group limpet; try again")]
    TurnedAway,
    /// Something else listens there.
    #[error("what listens at the control socket is no limpet")]
    Foreign,
    /// It is older or newer.
    #[error(
        "the supervisor speaks version {theirs} of the control protocol, this command version {VERSION}; restart the older one"
    )]
    Version {
        /// What it speaks.
        theirs: u16,
    },
    /// It lets us wait.
    #[error("the supervisor does not answer; see: limpet doctor")]
    Silent,
    /// It went away before the last answer.
    #[error("the supervisor ended before it had answered; what it was asked goes on when it is back")]
    Gone,
    /// Our request is too large.
    #[error("the request cannot be sent")]
    Request(#[source] FrameError),
    /// Its answer does not decode.
    #[error("the supervisor's answer is not understood")]
    Answer(#[from] FrameError),
    /// Its answer is to another question.
    #[error("the supervisor's answer is not the one that was asked for")]
    Unexpected,
    /// It said no.
    #[error("{0}")]
    Refused(String),
    /// The kernel said no.
    #[error("{doing} the control socket: {}", limpet_runner::failure::reason(*.errno))]
    Io {
        /// What was being done.
        doing: &'static str,
        /// Why not.
        errno: Errno,
    },
}

impl ControlError {
    /// There is no supervisor, or none that this process may ask: nothing is wrong with it.
    #[must_use]
    pub fn is_absence(&self) -> bool {
        matches!(self, Self::Absent(_) | Self::Forbidden(_))
    }
}
