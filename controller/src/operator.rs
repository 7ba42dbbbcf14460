//! `limpetctl`: keys, invitations, signing, and looking at a fleet.

use std::process::ExitCode;

/// Entry of `limpetctl`.
#[must_use]
pub fn main() -> ExitCode {
    ExitCode::FAILURE
}
