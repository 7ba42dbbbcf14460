//! `attach`: a person is connected with a container that runs already.

use super::run::{Link, converse};
use crate::board::Board;
use crate::cli::command::AttachArgs;
use crate::cli::options::Streams;
use crate::failure::{Failure, Outcome};
use limpet_protocol::container::Container;
use limpet_protocol::keeper::Request;
use limpet_protocol::launch::WindowSize;
use limpet_runner::attach::Connection;
use limpet_runner::status::Status;
use rustix::stdio::stdin;
use rustix::termios::{isatty, tcgetwinsize};

/// `attach`
pub(super) fn attach(board: &Board, args: &AttachArgs) -> Outcome {
    let container = board.container(&args.container)?;
    attach_to(board, &container, args)
}

/// To this container, which `args` name.
pub(super) fn attach_to(board: &Board, container: &Container, args: &AttachArgs) -> Outcome {
    let name = &container.name;
    match board.status(&container.keep.launch.id)? {
        Status::Running(_) => {}
        Status::Paused(_) => {
            return Err(Failure::new(format!("container {name} is paused; unpause it first")));
        }
        Status::Created | Status::Exited(_) => {
            return Err(Failure::new(format!(
                "container {name} is not running; start it with: limpet start -ai {name}"
            )));
        }
    }
    let connection = board.connect(container)?;
    let process = &container.keep.launch.process;
    let keys = args.detach_keys.clone();
    let streams = Streams { stdin: args.stdin && process.stdin_open, stdout: true, stderr: true };
    if process.terminal.is_some() && streams.stdin {
        provoke_redraw(&connection, container)?;
    }
    converse(
        board,
        container,
        connection,
        Link { streams, keys, signal_proxy: args.signal_proxy, ends_stdin: false, is_new: false },
    )
}

/// A program draws itself anew when its terminal's size changes: it does so now, for whoever comes back to a screen of
/// the same size.
fn provoke_redraw(connection: &Connection, container: &Container) -> Result<(), Failure> {
    if !isatty(stdin()) || container.keep.launch.process.terminal.is_none() {
        return Ok(());
    }
    let Ok(size) = tcgetwinsize(stdin()) else { return Ok(()) };
    let other = WindowSize { rows: size.ws_row.saturating_add(1), columns: size.ws_col };
    Ok(connection.send(&Request::Resize(other))?)
}
