//! `--restart`: docker's policies.

use super::Invalid;
use limpet_protocol::restart::RestartPolicy;

/// See [`RestartPolicy::parse`].
///
/// # Errors
/// Anything else.
pub fn parse(text: &str) -> Result<RestartPolicy, Invalid> {
    RestartPolicy::parse(text).map_err(|error| error.to_string().into())
}
