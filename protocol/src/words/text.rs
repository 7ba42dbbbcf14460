//! Names and words with rules of their own.

#[cfg(test)]
mod tests;

use super::{Invalid, Setting};
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;

/// Longest name of a container.
pub const NAME_BYTES_MAX: usize = 128;
/// Longest host name the kernel takes (sethostname(2)).
pub const HOSTNAME_BYTES_MAX: usize = 64;
/// Longest path (PATH_MAX of the kernel, with its final NUL).
pub const PATH_BYTES_MAX: usize = 4095;

/// The name of a container.
///
/// # Errors
/// Characters that docker does not take either, fewer than two of them, or too many.
pub fn name(text: &str) -> Result<String, Invalid> {
    let text = text.strip_prefix('/').unwrap_or(text);
    let begins = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    let rest = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b));
    if !begins || !rest || text.len() < 2 {
        return Err("names are two or more of a-z A-Z 0-9 _ . - and begin with a letter or digit".into());
    }
    if text.len() > NAME_BYTES_MAX {
        return Err(format!("longer than {NAME_BYTES_MAX} bytes").into());
    }
    Ok(text.to_owned())
}

/// The name of a host.
///
/// # Errors
/// Empty, too long, or characters that no host name has.
pub fn hostname(text: &str) -> Result<String, Invalid> {
    let ends = |c: char| c == '-' || c == '.';
    let known = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b));
    if text.is_empty() || !known || text.starts_with(ends) || text.ends_with(ends) {
        return Err("host names are of a-z A-Z 0-9 . - and begin and end with a letter or digit".into());
    }
    if text.len() > HOSTNAME_BYTES_MAX {
        return Err(format!("longer than {HOSTNAME_BYTES_MAX} bytes").into());
    }
    Ok(text.to_owned())
}

/// An absolute path inside.
///
/// # Errors
/// A relative one, or longer than [`PATH_BYTES_MAX`].
pub fn absolute(text: &str) -> Result<String, Invalid> {
    if !text.starts_with('/') {
        return Err("write an absolute path".into());
    }
    if text.len() > PATH_BYTES_MAX {
        return Err(format!("longer than {PATH_BYTES_MAX} bytes").into());
    }
    Ok(text.to_owned())
}

/// Anything but nothing.
///
/// # Errors
/// Empty.
pub fn filled(text: &str) -> Result<String, Invalid> {
    if text.is_empty() { Err("must not be empty".into()) } else { Ok(text.to_owned()) }
}

/// `user[:group]`.
///
/// # Errors
/// An empty part.
pub fn user(text: &str) -> Result<String, Invalid> {
    let parts = text.split(':');
    if parts.clone().count() > 2 || parts.clone().any(str::is_empty) {
        return Err("write USER or USER:GROUP, names or numbers".into());
    }
    Ok(text.to_owned())
}

/// A kernel parameter of a namespace that the container has to itself (namespaces(7)).
///
/// # Errors
/// No `=`, or a parameter of the whole board.
pub fn sysctl(text: &str) -> Result<Setting, Invalid> {
    const IPC: &[&str] = &["kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem"];
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    let name = name.replace('/', ".");
    let own = IPC.contains(&name.as_str())
        || ["kernel.shm", "fs.mqueue.", "net."].iter().any(|prefix| name.starts_with(prefix));
    if !own || name.split('.').any(str::is_empty) {
        return Err(
            "not a parameter of a container; kernel.msg*, kernel.sem, kernel.shm*, fs.mqueue.* and net.* are"
                .into(),
        );
    }
    Ok((name, value.to_owned()))
}

/// `--cgroup-parent`, without the slashes at its ends.
///
/// # Errors
/// Empty, or a step upwards.
pub fn cgroup_parent(text: &str) -> Result<String, Invalid> {
    let path = text.trim_matches('/');
    let upwards = path.split('/').any(|part| matches!(part, "" | "." | ".."));
    if upwards || path.len() > PATH_BYTES_MAX {
        return Err("write the path of a cgroup, such as apps/web".into());
    }
    Ok(path.to_owned())
}
