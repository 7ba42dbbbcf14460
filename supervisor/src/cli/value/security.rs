//! `--security-opt`, `--userns`, `--log-driver` and `--log-opt`: words of which few are taken.

#[cfg(test)]
mod tests;

use super::Invalid;
use limpet_protocol::app::{LOG_FILES_MAX, LogRequest};
use limpet_protocol::words::log;

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

/// `--log-driver`: how many files there are, if that says it.
///
/// # Errors
/// Another driver than those that mean bounded files, or none.
pub fn log_driver(text: &str) -> Result<Option<u16>, Invalid> {
    match text {
        "json-file" | "local" => Ok(None),
        "none" => Ok(Some(0)),
        _ => Err("write json-file or none, and read it with limpet logs".into()),
    }
}

/// One `--log-opt`: what it does not say stays `None`.
///
/// # Errors
/// An unknown option, or a value out of bounds.
pub fn log_option(text: &str) -> Result<LogRequest, Invalid> {
    let none = LogRequest::default();
    Ok(match text.split_once('=') {
        Some(("max-size", value)) => LogRequest { file_bytes_max: Some(log::file_bytes(value)?), ..none },
        Some(("max-file", value)) => LogRequest { files_max: Some(log_files(value)?), ..none },
        Some(("storage", value)) => LogRequest { disk: Some(log::is_on_disk(value)?), ..none },
        Some(("rate", value)) => LogRequest { rate: Some(log::rate(value)?), ..none },
        _ => return Err("write max-size=SIZE, max-file=NUMBER, storage=ram|disk or rate=SIZE/s".into()),
    })
}

fn log_files(text: &str) -> Result<u16, Invalid> {
    let files = text.parse().ok().filter(|files| *files <= LOG_FILES_MAX);
    files.ok_or_else(|| format!("write a number up to {LOG_FILES_MAX}; 0 keeps no log").into())
}
