//! The verbs of the supervisor.

use crate::cli::command::{Command, SuperviseArgs};
use crate::cli::problem::Problem;
use crate::cli::scan::Matches;
use crate::cli::value::size;

/// `supervise`
pub(in crate::cli) fn supervise(matches: &Matches) -> Result<Command, Problem> {
    Ok(Command::Supervise(SuperviseArgs { reserve_bytes: matches.one("reserve", size::parse)? }))
}
