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

/// A path that goes into a unit: systemd takes no blanks and no specifiers in it as they are.
///
/// # Errors
/// It is another path.
pub fn unit_path(path: &str) -> Result<String, Invalid> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'.' | b'_' | b'-');
    if path.starts_with('/') && path.bytes().all(plain) {
        return Ok(path.trim_end_matches('/').to_owned());
    }
    Err("write an absolute path of letters, digits, / . _ and -".into())
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
