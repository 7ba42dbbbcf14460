//! The verbs about registries.

use crate::cli::command::Command;
use crate::cli::fetching::{LoginArgs, PullArgs};
use crate::cli::problem::Problem;
use crate::cli::scan::Matches;
use crate::cli::value::{platform, size, text};

/// `pull`
pub(in crate::cli) fn pull(matches: &Matches) -> Result<Command, Problem> {
    Ok(Command::Pull(PullArgs {
        images: matches.operands.clone(),
        quiet: matches.on("quiet"),
        platform: matches.one("platform", platform::parse)?,
        size_bytes_max: matches.one("max-size", size::parse_positive)?,
        rate_bytes_per_s: matches.one("limit-rate", size::parse_positive)?,
    }))
}

/// `login`
pub(in crate::cli) fn login(matches: &Matches) -> Result<Command, Problem> {
    let password_from_stdin = matches.on("password-stdin");
    let user = matches.one("username", text::filled)?;
    if password_from_stdin && user.is_none() {
        return Err(Problem::flag("--password-stdin needs --username"));
    }
    Ok(Command::Login(LoginArgs { registry: matches.operands.first().cloned(), user, password_from_stdin }))
}

/// `logout`
pub(in crate::cli) fn logout(matches: &Matches) -> Result<Command, Problem> {
    Ok(Command::Logout(matches.operands.first().cloned()))
}
