//! `shutdown` and `metrics`: plain questions to the supervisor.

use crate::board::Board;
use crate::control::Conversation;
use crate::failure::Outcome;
use crate::screen;
use limpet_protocol::control::{Reply, Request};

/// `shutdown`: every container is stopped within the time, and the supervisor ends.
pub(super) fn shutdown(board: &Board, within_ms: u64) -> Outcome {
    let mut conversation = Conversation::needed(board)?;
    conversation.ask(&Request::Shutdown { within_ms })?;
    while conversation.answer()?.is_some() {}
    Ok(0)
}

/// `metrics`
pub(super) fn metrics(board: &Board) -> Outcome {
    let mut conversation = Conversation::needed(board)?;
    conversation.ask(&Request::Metrics)?;
    while let Some(reply) = conversation.answer()? {
        if let Reply::Text(text) = reply {
            screen::print(&text);
        }
    }
    Ok(0)
}
