//! Why a command failed: one line for a person, and docker's exit status.

use limpet_protocol::exit::code::LIMPET_FAILED;
use std::error::Error;
use std::fmt;

/// The end of a command that could not do what it was asked.
#[derive(Debug)]
pub struct Failure {
    message: String,
    exit_code: Option<u8>,
}

/// What a command ends with: an exit status, or a failure.
pub type Outcome = Result<u8, Failure>;

impl Failure {
    /// A failure with docker's status for "could not".
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), exit_code: None }
    }

    /// The same failure with another status.
    #[must_use]
    pub fn with_code(self, exit_code: u8) -> Self {
        Self { exit_code: Some(exit_code), ..self }
    }

    /// The same failure, and what was being done.
    #[must_use]
    pub fn during(self, doing: &str) -> Self {
        Self { message: format!("{doing}: {}", self.message), ..self }
    }

    /// The same failure of a command that has one status for all of them.
    #[must_use]
    pub fn without_code(self) -> Self {
        Self { exit_code: None, ..self }
    }

    /// The same failure of a command whose own failures end with 125, as those of `run`; a status that was given
    /// before stays.
    #[must_use]
    pub fn of_run(self) -> Self {
        let exit_code = self.exit_code.or(Some(LIMPET_FAILED));
        Self { exit_code, ..self }
    }

    /// The status to end with.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        self.exit_code.unwrap_or(1)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Whatever a library returns becomes one line: it, and all its sources.
impl<E: Error> From<E> for Failure {
    fn from(error: E) -> Self {
        let mut message = error.to_string();
        let mut source = error.source();
        while let Some(inner) = source {
            message.push_str(": ");
            message.push_str(&inner.to_string().replace('\n', " "));
            source = inner.source();
        }
        Self::new(message)
    }
}
