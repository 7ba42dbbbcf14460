//! Small verbs that look: `version`, `completion`, `port`.

use super::shown;
use crate::board::Board;
use crate::cli::command::{FormatArgs, PortArgs, Shell};
use crate::cli::completion;
use crate::failure::{Failure, Outcome};
use crate::output::board;
use crate::output::format::Format;
use crate::screen;

/// Limpet's version.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");
/// No clock that is right says an earlier time: the day of this version, seconds since 1970 (2026-11-27).
pub(crate) const RELEASED_S: u64 = 1_795_737_600;

/// `version`
pub(super) fn version(args: &FormatArgs) -> Outcome {
    let format = shown::format(args.format.as_deref())?;
    let kernel = rustix::system::uname().release().to_string_lossy().into_owned();
    let document = board::version(VERSION, &kernel);
    let text =
        if format == Format::Table { board::version_lines(&document) } else { format.document(&document)? };
    screen::print(&text);
    Ok(0)
}

/// `completion`
pub(super) fn completion(shell: Shell) -> Outcome {
    screen::print(&completion::script(shell));
    Ok(0)
}

/// `port`: a container has the board's network or none, so there is nothing to list.
pub(super) fn port(board: &Board, args: &PortArgs) -> Outcome {
    let container = board.container(&args.container)?;
    match &args.port {
        None => Ok(0),
        Some(port) => Err(Failure::new(format!("container {} publishes no port {port}", container.name))),
    }
}
