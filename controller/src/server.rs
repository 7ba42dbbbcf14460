//! `limpet-controller`: stores and delivers.

use std::process::ExitCode;

/// Entry of `limpet-controller`.
#[must_use]
pub fn main() -> ExitCode {
    ExitCode::FAILURE
}
