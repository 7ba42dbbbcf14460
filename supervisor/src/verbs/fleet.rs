//! `apply`, `lock` and `unlock`: a fleet's board by hand.

use crate::board::Board;
use crate::control::{ControlError, Conversation, Heard};
use crate::failure::{Failure, Outcome};
use crate::lock;
use crate::screen;
use limpet_protocol::control::{LinkLine, Reply, Request};
use limpet_protocol::fleet::report::Report;
use std::fs;
use std::path::Path;

/// `apply`: signed documents, as a controller would deliver them.
pub(super) fn apply(board: &Board, files: &[String]) -> Outcome {
    let whole = |file: &String| {
        let path = fs::canonicalize(file).map_err(|error| Failure::new(format!("apply {file}: {error}")))?;
        path.into_os_string()
            .into_string()
            .map_err(|path| Failure::new(format!("apply: the path {} is not UTF-8", path.display())))
    };
    let files = files.iter().map(whole).collect::<Result<_, _>>()?;
    let mut conversation = Conversation::with(board.state(), &Request::Apply { files })?;
    loop {
        match conversation.hear(None, None)? {
            Heard::Reply(Reply::Text(text)) => text.lines().for_each(screen::line),
            Heard::Reply(Reply::Done) => return Ok(0),
            Heard::Reply(Reply::Refused(why)) => {
                why.lines().for_each(screen::complain);
                return Ok(1);
            }
            Heard::Reply(_) | Heard::TimeOut | Heard::Other => return Err(ControlError::Unexpected.into()),
        }
    }
}

/// `lock`
pub(super) fn lock(board: &Board, reason: Option<&str>) -> Outcome {
    lock::set(Path::new(&board.globals.root), reason.unwrap_or_default())?;
    Ok(0)
}

/// `unlock`: whoever else holds one is named, as nothing is changed until that goes, too.
pub(super) fn unlock(board: &Board) -> Outcome {
    lock::clear(Path::new(&board.globals.root))?;
    poke(board);
    match lock::held(Path::new(&board.globals.root), board.state()) {
        Some(who) => Err(Failure::new(format!("updates are still held back: {who}"))),
        None => Ok(0),
    }
}

/// The supervisor is to look at the files of its fleet, and at the lock. Without one there is nobody to look.
pub(crate) fn poke(board: &Board) {
    drop(status(board));
}

/// What the board tells its fleet, and by which connection; nothing if it is in none, or no supervisor runs.
pub(crate) fn status(board: &Board) -> (Option<Box<Report>>, Option<LinkLine>) {
    match Conversation::with(board.state(), &Request::Fleet).and_then(|mut asked| asked.first()) {
        Ok(Reply::Fleet(report, link)) => (report, link),
        Ok(_) | Err(_) => (None, None),
    }
}
