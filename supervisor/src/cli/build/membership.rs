//! The verbs about being in a fleet.

use crate::cli::command::Command;
use crate::cli::membership::{JoinArgs, TokenSource};
use crate::cli::problem::Problem;
use crate::cli::scan::Matches;
use crate::cli::value::{Invalid, text};
use limpet_protocol::fleet::enrol::WORD_BYTES_MAX;

/// `join`
pub(in crate::cli) fn join(matches: &Matches) -> Result<Command, Problem> {
    let file = matches.one("token-file", text::filled)?;
    let token = match (matches.operands.first().cloned(), file) {
        (Some(token), None) => TokenSource::Word(token),
        (None, Some(file)) => TokenSource::File(file),
        (Some(_), Some(_)) => return Err(Problem::flag("give a token or --token-file, not both")),
        (None, None) => return Err(Problem::flag("give a token, or --token-file FILE")),
    };
    Ok(Command::Join(JoinArgs { token, name: matches.one("name", name)? }))
}

/// `leave`
pub(in crate::cli) fn leave(matches: &Matches) -> Result<Command, Problem> {
    Ok(Command::Leave { force: matches.on("force") })
}

fn name(text: &str) -> Result<String, Invalid> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    if (1..=WORD_BYTES_MAX).contains(&text.len()) && text.bytes().all(plain) {
        return Ok(text.to_owned());
    }
    Err("write up to 63 letters, digits, . _ and -".into())
}
