//! Why a request brought nothing, and whether another attempt may.

use std::error::Error;
use std::io;

/// What can be done about a [`Trouble`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// It may pass: try again, not before so many seconds if the server said so.
    Again(Option<u64>),
    /// The server does not have it; another one may.
    Elsewhere,
    /// The server speaks no TLS; plain HTTP may be allowed.
    Plain,
    /// Nothing.
    None,
}

/// One failed attempt, in words for a person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Trouble {
    /// What happened.
    pub message: String,
    /// What may help.
    pub remedy: Remedy,
}

impl Trouble {
    /// That will not change by itself.
    #[must_use]
    pub fn lasting(message: impl Into<String>) -> Self {
        Self { message: message.into(), remedy: Remedy::None }
    }

    /// That may pass.
    #[must_use]
    pub fn passing(message: impl Into<String>) -> Self {
        Self { message: message.into(), remedy: Remedy::Again(None) }
    }

    /// That this server does not have.
    #[must_use]
    pub fn missing(message: impl Into<String>) -> Self {
        Self { message: message.into(), remedy: Remedy::Elsewhere }
    }

    /// A connection that broke.
    #[must_use]
    pub fn broken(operation: &str, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::passing("the connection ended in the middle"),
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                Self::slow(&format!("cannot {operation} in time"))
            }
            _ => Self::passing(format!("cannot {operation}: {}", words(error))),
        }
    }

    /// Too slow.
    #[must_use]
    pub fn slow(message: &str) -> Self {
        Self::passing(message)
    }

    /// What is no HTTP, or not what was asked for.
    #[must_use]
    pub fn protocol(error: impl Error) -> Self {
        Self::lasting(error.to_string())
    }

    /// The same, of what.
    #[must_use]
    pub fn of(self, subject: &str) -> Self {
        Self { message: format!("{subject}: {}", self.message), remedy: self.remedy }
    }
}

/// An error as the C library words it, without its number.
#[must_use]
pub fn words(error: &io::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(" (os error ") {
        Some((plain, _)) => plain.to_ascii_lowercase(),
        None => text,
    }
}

/// What a server sent, as it may be shown: one line, no control characters, not too long.
#[must_use]
pub fn shown(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect::<String>().trim().to_owned()
}
