//! `--cap-add` and `--cap-drop`: capabilities(7) by name.

#[cfg(test)]
mod tests;

use super::Invalid;
use limpet_runner::capabilities::number;

/// All of them at once.
const ALL: &str = "ALL";

/// Capabilities to give and to take, by name; [`limpet_runner::capabilities::resolve`] says what they come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CapabilityRules {
    /// `--cap-add`
    pub add: Vec<String>,
    /// `--cap-drop`
    pub drop: Vec<String>,
}

/// `NET_ADMIN` or `CAP_NET_ADMIN`, in either case, or `ALL`.
///
/// # Errors
/// No such capability.
pub fn parse(text: &str) -> Result<String, Invalid> {
    if !text.eq_ignore_ascii_case(ALL) {
        number(text).map_err(|error| error.to_string())?;
    }
    Ok(text.to_owned())
}
