//! Names and words with rules of their own.

#[cfg(test)]
mod tests;

use super::{Invalid, Setting};
use crate::cli::environment::EnvRule;

pub use limpet_protocol::words::text::{absolute, cgroup_parent, filled, hostname, name, sysctl, user};

/// A variable: `NAME=VALUE`, or `NAME` alone.
///
/// # Errors
/// No name.
pub fn variable(text: &str) -> Result<EnvRule, Invalid> {
    match text.split_once('=') {
        Some(("", _)) => Err("write NAME=VALUE, or NAME to pass yours on".into()),
        None if text.is_empty() => Err("write NAME=VALUE, or NAME to pass yours on".into()),
        Some((name, value)) => Ok(EnvRule::Set(name.to_owned(), value.to_owned())),
        None => Ok(EnvRule::Copy(text.to_owned())),
    }
}

/// A label: `NAME=VALUE`, or `NAME` alone, which is empty.
///
/// # Errors
/// No name.
pub fn label(text: &str) -> Result<Setting, Invalid> {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    if name.is_empty() {
        return Err("write NAME=VALUE".into());
    }
    Ok((name.to_owned(), value.to_owned()))
}
