//! Names of apps.

use super::Invalid;
use limpet_protocol::app::{NAME_BYTES_MAX, is_app_name};

/// compose's project names.
///
/// # Errors
/// Characters that compose does not take either, or too many.
pub fn name(text: &str) -> Result<String, Invalid> {
    if is_app_name(text) {
        return Ok(text.to_owned());
    }
    Err(format!(
        "names of apps are a-z 0-9 _ -, begin with a letter or digit, and have at most {NAME_BYTES_MAX} bytes"
    )
    .into())
}
