//! `rename`: another name for a container, whatever it does.

use crate::board::Board;
use crate::cli::command::RenameArgs;
use crate::control;
use crate::failure::{Failure, Outcome};
use limpet_protocol::control::Did;

/// `rename`
pub(super) fn rename(board: &Board, args: &RenameArgs) -> Outcome {
    let id = board.home.find(&args.container)?;
    let _lock = board.home.lock(&id)?;
    let mut container = board.home.load(&id)?;
    if container.name == args.name {
        return Err(Failure::new(format!("container {} has that name already", container.name)));
    }
    board.home.rename(&mut container, &args.name)?;
    control::tell(board, &container, Did::Rename);
    Ok(0)
}
