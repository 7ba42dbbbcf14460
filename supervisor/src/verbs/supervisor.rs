//! `shutdown` and `metrics`: plain questions to the supervisor.

use crate::board::Board;
use crate::control::{ControlError, Conversation, Heard};
use crate::failure::{Failure, Outcome};
use crate::screen;
use limpet_protocol::control::{Reply, Request};

/// `shutdown`: every container is stopped within the time, and the supervisor ends. It answers when that is done.
pub(super) fn shutdown(board: &Board, within_ms: u64) -> Outcome {
    let mut asked = Conversation::with(board.state(), &Request::Ping)?;
    asked.first()?;
    if asked.peer().is_some_and(super::power::is_kept_by_init) {
        return Err(Failure::new(
            "the first process of this board would start the supervisor again, and it every container; end the board \
             with: limpet poweroff, or: limpet reboot",
        ));
    }
    let mut conversation = Conversation::with(board.state(), &Request::Shutdown { within_ms })?;
    match conversation.hear(None, None)? {
        Heard::Reply(Reply::Done) => Ok(0),
        Heard::Reply(Reply::Refused(why)) => Err(ControlError::Refused(why).into()),
        Heard::Reply(_) | Heard::TimeOut | Heard::Other => Err(ControlError::Unexpected.into()),
    }
}

/// `metrics`
pub(super) fn metrics(board: &Board) -> Outcome {
    match Conversation::with(board.state(), &Request::Metrics)?.first()? {
        Reply::Text(text) => screen::print(&text),
        _ => return Err(ControlError::Unexpected.into()),
    }
    Ok(0)
}
