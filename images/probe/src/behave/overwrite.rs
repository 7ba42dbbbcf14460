//! Tries to get at the program files of other processes through `/proc/PID/exe`.
//!
//! A runtime that runs inside the container for a moment (at its start, at an exec) shows its own file there. While it
//! runs, opening it for writing gives ETXTBSY; one who keeps a descriptor can try again when it no longer runs. Nothing
//! is ever written: to have opened it for writing is proof enough.

use super::tell;
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd as _;
use std::time::{Duration, Instant};

/// Tries its own, PID 1's and the parent's. Prints `exe PID PATH ANSWER` for each.
///
/// # Errors
/// stdout is gone.
pub fn once() -> io::Result<u8> {
    let parent =
        rustix::process::getppid().map_or_else(|| "0".to_owned(), |pid| pid.as_raw_nonzero().to_string());
    for pid in ["self", "1", &parent] {
        let path = format!("/proc/{pid}/exe");
        let target = fs::read_link(&path).map(|path| path.display().to_string()).unwrap_or_default();
        tell(&format!("exe {pid} {target} {}", try_writing(&path)))?;
    }
    Ok(0)
}

/// Holds a descriptor of every other program file that shows up in `/proc` for `duration`, and tries to write each when
/// its process has gone. Prints `ready`, then `seen PATH ANSWER` for each, then `done`.
///
/// # Errors
/// stdout is gone.
pub fn watch(duration: Duration) -> io::Result<u8> {
    tell("ready")?;
    let own = fs::read_link("/proc/self/exe")?.display().to_string();
    let mut held: BTreeMap<String, File> = BTreeMap::new();
    let begin = Instant::now();
    while begin.elapsed() < duration {
        for (path, file) in programs() {
            if path != own {
                held.entry(path).or_insert(file);
            }
        }
    }
    for (path, file) in &held {
        tell(&format!("seen {path} {}", try_writing(&format!("/proc/self/fd/{}", file.as_raw_fd()))))?;
    }
    tell("done")?;
    Ok(0)
}

fn programs() -> impl Iterator<Item = (String, File)> {
    let pids = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter_map(|pid| {
        let link = format!("/proc/{pid}/exe");
        let path = fs::read_link(&link).ok()?.display().to_string();
        Some((path, File::open(&link).ok()?))
    })
}

fn try_writing(path: &str) -> String {
    crate::collect::answer(OpenOptions::new().write(true).open(path))
}
