//! What PID 1 says: lines on the console.

use std::io::Write as _;

/// Says it. There is nobody to tell when the console is gone.
pub(super) fn line(text: &str) {
    writeln!(std::io::stderr(), "limpet init: {text}").ok();
}

/// Says that something failed, and that the board goes on without it.
pub(super) fn failed(what: &str, error: impl std::fmt::Display) {
    line(&format!("{what}: {error}"));
}
