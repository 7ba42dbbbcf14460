//! Room on the disk for what is new. At the reserve, what nothing refers to goes first; only if that is not enough, new work is
//! refused. What exists already goes on: it is started, stopped and started again.

use crate::board::Board;
use crate::failure::Failure;
use crate::screen;
use crate::verbs::prune;
use limpet_protocol::disk::Room;
use limpet_runner::reserve;
use limpet_store::load::LoadError;
use std::path::Path;

/// The room of the root directory's disk.
pub(crate) fn of(board: &Board) -> Option<Room> {
    reserve::room(there(board)?, reserve::asked(board.state())).ok()
}

/// What the file system of that disk keeps for the board's root; nothing where that is not known.
pub(crate) fn kept(board: &Board) -> u64 {
    there(board).and_then(|path| reserve::kept(path).ok()).unwrap_or(0)
}

/// The nearest directory that is there, as the root is made only when something is put into it.
fn there(board: &Board) -> Option<&Path> {
    Path::new(&board.globals.root).ancestors().find(|path| path.exists())
}

/// What a person reads where there is no room, and what to do about it.
pub(crate) fn refusal(room: &Room) -> String {
    format!("the disk is full: {room}: free some space (see: limpet system df)")
}

/// Makes sure that something new may be made.
///
/// # Errors
/// Less is free than the reserve, also after what nothing refers to was removed.
pub(crate) fn admit(board: &Board) -> Result<(), Failure> {
    clear_if_low(board);
    match of(board) {
        Some(room) if room.is_low() => Err(Failure::new(refusal(&room))),
        Some(_) | None => Ok(()),
    }
}

/// Removes what nothing refers to, if the reserve is reached.
pub(crate) fn clear_if_low(board: &Board) {
    if of(board).is_some_and(|room| room.is_low()) {
        clear(board);
    }
}

/// What `work` brings; where it had no room, once more after what nothing refers to was removed.
///
/// # Errors
/// Its own.
pub(crate) fn made<T>(board: &Board, work: impl Fn() -> Result<T, LoadError>) -> Result<T, LoadError> {
    match work() {
        Err(error) if error.is_no_room() && clear(board) => work(),
        done => done,
    }
}

/// Whether that freed anything.
fn clear(board: &Board) -> bool {
    match prune::unreferenced(board) {
        Ok(bytes) => bytes > 0,
        Err(failure) => {
            screen::complain(&failure.during("make room on the disk").to_string());
            false
        }
    }
}
