//! `--security-opt`, `--userns`, `--pull` and `--log-opt`: words of which few are taken.

#[cfg(test)]
mod tests;

use super::{Invalid, size};
use crate::cli::options::LogOptions;
use limpet_protocol::app::{LOG_FILE_BYTES_MIN, LOG_FILES_MAX};

/// Which system call filter is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SeccompChoice {
    /// The default profile.
    #[default]
    Default,
    /// None at all.
    Unconfined,
    /// A profile in docker's JSON form, at this path.
    Profile(String),
}

/// One `--security-opt`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecurityOption {
    /// `no-new-privileges[=true|false]`
    NoNewPrivileges(bool),
    /// `seccomp=...`
    Seccomp(SeccompChoice),
    /// What is so in any case: `apparmor=unconfined`, `label=disable`.
    AsItIs,
}

/// One `--security-opt`; docker's old `:` in place of `=` is taken.
///
/// # Errors
/// Any other option, with what there is.
pub fn option(text: &str) -> Result<SecurityOption, Invalid> {
    let (name, value) = text.split_once(['=', ':']).unwrap_or((text, ""));
    match (name, value) {
        ("no-new-privileges", "" | "true") => Ok(SecurityOption::NoNewPrivileges(true)),
        ("no-new-privileges", "false") => Ok(SecurityOption::NoNewPrivileges(false)),
        ("seccomp", "unconfined") => Ok(SecurityOption::Seccomp(SeccompChoice::Unconfined)),
        ("seccomp", "builtin" | "default") => Ok(SecurityOption::Seccomp(SeccompChoice::Default)),
        ("seccomp", "") => Err("write seccomp=FILE or seccomp=unconfined".into()),
        ("seccomp", file) => Ok(SecurityOption::Seccomp(SeccompChoice::Profile(file.to_owned()))),
        ("apparmor", "unconfined") | ("label", "disable") => Ok(SecurityOption::AsItIs),
        ("apparmor", _) => Err("AppArmor profiles are not supported; leave it out".into()),
        ("label", _) => Err("SELinux labels are not supported; leave it out".into()),
        _ => Err("write no-new-privileges, seccomp=FILE or seccomp=unconfined".into()),
    }
}

/// `--userns`: whether it is the board's.
///
/// # Errors
/// Anything but `host` and `private`.
pub fn user_namespace_is_host(text: &str) -> Result<bool, Invalid> {
    match text {
        "host" => Ok(true),
        "private" | "" => Ok(false),
        _ => Err("write host; without it the container has ids of its own where the kernel can".into()),
    }
}

/// `--pull`.
///
/// # Errors
/// Anything but `never`.
pub fn pull(text: &str) -> Result<(), Invalid> {
    match text {
        "never" => Ok(()),
        _ => {
            Err("nothing is fetched from a registry yet; write never, and bring images with limpet load"
                .into())
        }
    }
}

/// One `--log-opt`: the other of its two bounds stays `None`.
///
/// # Errors
/// Another option than `max-size` and `max-file`, or a value out of bounds.
pub fn log_option(text: &str) -> Result<LogOptions, Invalid> {
    match text.split_once('=') {
        Some(("max-size", value)) => {
            Ok(LogOptions { file_bytes_max: Some(log_file_bytes(value)?), files_max: None })
        }
        Some(("max-file", value)) => {
            Ok(LogOptions { file_bytes_max: None, files_max: Some(log_files(value)?) })
        }
        _ => Err("write max-size=SIZE or max-file=NUMBER".into()),
    }
}

fn log_file_bytes(text: &str) -> Result<u64, Invalid> {
    match size::parse(text)? {
        bytes if bytes < LOG_FILE_BYTES_MIN => Err("a log file has at least 4k".into()),
        bytes => Ok(bytes),
    }
}

fn log_files(text: &str) -> Result<u16, Invalid> {
    let files = text.parse().ok().filter(|files| *files <= LOG_FILES_MAX);
    files.ok_or_else(|| format!("write a number up to {LOG_FILES_MAX}; 0 keeps no log").into())
}
