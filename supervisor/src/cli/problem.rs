//! What can be wrong with a command line, in one line, and the exit status that docker gives for it.
//!
//! Tried with docker 28: a flag that is unknown, misused or contradicted ends every verb, `run` or not, with 125; an
//! unknown verb and a wrong number of operands (`docker run` without an image, too) with 1.

use limpet_protocol::exit::code::LIMPET_FAILED;

/// docker's status for an unknown verb and for too few or too many operands.
const WRONG_OPERANDS: u8 = 1;

/// What is wrong, before it is known under which name the verb was called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    message: String,
    exit_code: u8,
}

/// Why a command line cannot be carried out.
///
/// Display is one line without the program's name: what is wrong and where help is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} (see: limpet {verb}{}--help)", if verb.is_empty() { "" } else { " " })]
pub struct UsageError {
    message: String,
    verb: String,
    exit_code: u8,
}

impl Problem {
    /// A flag or a combination of flags.
    pub(super) fn flag(message: impl Into<String>) -> Self {
        Self { message: message.into(), exit_code: LIMPET_FAILED }
    }

    /// A verb, or the operands.
    pub(super) fn operand(message: impl Into<String>) -> Self {
        Self { message: message.into(), exit_code: WRONG_OPERANDS }
    }

    /// The finished error of the verb that was called `verb`; empty before any verb.
    pub(super) fn at(self, verb: &str) -> UsageError {
        UsageError { message: self.message, verb: verb.to_owned(), exit_code: self.exit_code }
    }
}

impl UsageError {
    /// The status to end with, as docker's.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        self.exit_code
    }
}
