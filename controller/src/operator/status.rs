//! A board's and an app's state in one word, or a few: whatever asks for a person comes first. Pure.

use super::encoding::shown;
use crate::api::Board;
use limpet_protocol::fleet::report::{Held, Progress};

/// What `get boards` shows.
pub(crate) fn board_status(board: &Board) -> String {
    let mut words = vec![if board.online { "Online" } else { "Offline" }];
    if board.revoked {
        words = vec!["Revoked"];
    }
    if board.cloned_s.is_some() {
        words.push("Cloned");
    }
    if board.cordoned {
        words.push("Cordoned");
    }
    if board.sign_anew {
        words.push("SignAnew");
    }
    if let Some(report) = &board.report {
        if report.refused.is_some() {
            words.push("Refused");
        }
        match report.held {
            Some(Held::Locked) => words.push("Locked"),
            Some(Held::Window) => words.push("Window"),
            None => {}
        }
        if !report.at.synchronised {
            words.push("ClockUnset");
        }
        if report.disk_is_low {
            words.push("DiskLow");
        }
        let bad = |progress: &Progress| matches!(progress, Progress::Reverted(_) | Progress::Failed(_));
        if report.apps.iter().any(|app| bad(&app.progress)) {
            words.push("Failed");
        }
    }
    words.join(",")
}

/// A word, and why.
pub(crate) fn progress(progress: &Progress) -> (&'static str, String) {
    match progress {
        Progress::Waiting => ("Waiting", String::new()),
        Progress::Fetching => ("Fetching", String::new()),
        Progress::Updating => ("Updating", String::new()),
        Progress::Committed => ("Committed", String::new()),
        Progress::Reverted(why) => ("Reverted", shown(why)),
        Progress::Failed(why) => ("Failed", shown(why)),
        Progress::Paused(why) => ("Paused", shown(why)),
    }
}
