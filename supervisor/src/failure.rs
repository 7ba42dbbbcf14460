//! Why a command failed: one line for a person, and docker's exit status.

use limpet_protocol::exit::code::LIMPET_FAILED;
use std::error::Error;
use std::fmt;

/// The end of a command that could not do what it was asked. One word: it is handed up through many calls.
#[derive(Debug)]
pub struct Failure(Box<Told>);

#[derive(Debug)]
struct Told {
    message: String,
    exit_code: Option<u8>,
}

/// What a command ends with: an exit status, or a failure.
pub type Outcome = Result<u8, Failure>;

impl Failure {
    /// A failure with docker's status for "could not".
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self(Box::new(Told { message: message.into(), exit_code: None }))
    }

    /// The same failure with another status.
    #[must_use]
    pub fn with_code(mut self, exit_code: u8) -> Self {
        self.0.exit_code = Some(exit_code);
        self
    }

    /// The same failure, and what was being done.
    #[must_use]
    pub fn during(mut self, doing: &str) -> Self {
        self.0.message = format!("{doing}: {}", self.0.message);
        self
    }

    /// The same failure of a command that has one status for all of them.
    #[must_use]
    pub fn without_code(mut self) -> Self {
        self.0.exit_code = None;
        self
    }

    /// The same failure of a command whose own failures end with 125, as those of `run`; a status that was given
    /// before stays.
    #[must_use]
    pub fn of_run(mut self) -> Self {
        self.0.exit_code.get_or_insert(LIMPET_FAILED);
        self
    }

    /// The status to end with.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        self.0.exit_code.unwrap_or(1)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

/// Whatever a library returns becomes one line: it, and all its sources.
impl<E: Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::new(one_line(&error))
    }
}

fn one_line(error: &dyn Error) -> String {
    let mut message = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        message.push_str(": ");
        message.push_str(&inner.to_string().replace('\n', " "));
        source = inner.source();
    }
    message
}
