//! Collects a [`Report`] about the calling process. In: `/proc`, `/dev`, `/sys` and tries. Out: the report.
//!
//! Nothing here fails: what cannot be read is reported as empty or as the errno, since that is what is asked.

mod devices;
mod files;
mod limits;
mod mounts;
mod network;
mod process;
mod status;

use crate::report::{Answer, Report};
use limpet_sys::probe::TRIALS;
use nix::errno::Errno;
use std::collections::BTreeMap;
use std::{fs, io};

/// The whole report.
#[must_use]
pub fn report() -> Report {
    // Before anything opens a file of its own.
    let fds = process::fds();
    let status = status::Status::read();
    Report {
        mounts: mounts::mounts(),
        namespaces: process::namespaces(),
        ids: process::ids(&status),
        privileges: status.privileges(),
        calls: calls(),
        limits: limits::limits(),
        fds,
        devices: devices::devices(),
        foreign_devices: devices::foreign(),
        writes: files::writes(),
        reads: files::reads(),
        sysctls: files::sysctls(),
        process: process::process(&status),
        network: network::network(),
        processes: process::seen(),
    }
}

fn calls() -> BTreeMap<String, Answer> {
    let answer = |trial: &limpet_sys::probe::Trial| trial.attempt().map_or_else(errno_name, |_| "ok".into());
    TRIALS.iter().map(|trial| (trial.name().to_owned(), answer(trial))).collect()
}

fn errno_name(errno: Errno) -> Answer {
    format!("{errno:?}")
}

/// `ok` or the name of the errno.
pub(crate) fn answer<T>(result: io::Result<T>) -> Answer {
    match result {
        Ok(_) => "ok".to_owned(),
        Err(error) => errno_name(Errno::from_raw(error.raw_os_error().unwrap_or(0))),
    }
}

/// The text of a file of `/proc` or `/sys`, without its last newline; empty if it cannot be read.
pub(crate) fn text(path: &str) -> String {
    fs::read(path)
        .map(|bytes| String::from_utf8_lossy(&bytes).trim_end_matches('\n').to_owned())
        .unwrap_or_default()
}

/// Names in a directory, sorted; empty if it cannot be read.
pub(crate) fn names(directory: &str) -> Vec<String> {
    let Ok(entries) = fs::read_dir(directory) else {
        return Vec::new();
    };
    let mut names: Vec<String> =
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
