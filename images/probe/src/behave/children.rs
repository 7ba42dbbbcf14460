//! Makes processes: too many, or without looking after them.

use super::tell;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{env, fs, io, thread};

/// How long the zombies get to become ones, or to be reaped.
const SETTLE: Duration = Duration::from_millis(500);

fn myself(args: &[&str]) -> io::Result<Command> {
    let mut command = Command::new(env::current_exe()?);
    command.args(args).stdin(Stdio::null()).stderr(Stdio::null());
    Ok(command)
}

/// Tries to hold `wanted` sleeping children at once. Prints `held N` and why it stopped, then ends them.
///
/// # Errors
/// The program's own path is unknown, or stdout is gone.
pub fn bomb(wanted: u64) -> io::Result<u8> {
    let mut children: Vec<Child> = Vec::new();
    let mut stopped = "enough".to_owned();
    for _ in 0..wanted {
        match myself(&["sleep", "3600"])?.stdout(Stdio::null()).spawn() {
            Ok(child) => children.push(child),
            Err(error) => {
                stopped = error.to_string();
                break;
            }
        }
    }
    tell(&format!("held {}: {stopped}", children.len()))?;
    for mut child in children {
        child.kill()?;
        child.wait()?;
    }
    Ok(0)
}

/// Has a child leave `count` orphans that end at once. Prints `zombies N`, those that nobody reaped.
///
/// # Errors
/// A process cannot be started.
pub fn zombies(count: u64) -> io::Result<u8> {
    if env::var_os("PROBE_LEAVE").is_some() {
        for _ in 0..count {
            // Never waited for: that is the point.
            drop(myself(&["true"])?.spawn()?);
        }
        return Ok(0);
    }
    myself(&["zombies", &count.to_string()])?.env("PROBE_LEAVE", "1").status()?;
    thread::sleep(SETTLE);
    tell(&format!("zombies {}", zombies_of_init()))?;
    Ok(0)
}

fn zombies_of_init() -> usize {
    let is_zombie_of_init = |pid: u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit_once(") ").is_some_and(|(_, fields)| fields.starts_with("Z 1 "))
    };
    let pids = fs::read_dir("/proc").into_iter().flatten().flatten();
    pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid| is_zombie_of_init(*pid))
        .count()
}

/// Leaves a process behind that is in a session of its own, and ends. Prints its pid, as seen here.
///
/// # Errors
/// The process cannot be started.
pub fn orphan() -> io::Result<u8> {
    let child = myself(&["detached"])?.spawn()?;
    tell(&format!("orphan {}", child.id()))?;
    Ok(0)
}

/// The process that [`orphan`] leaves: holds stdout open for an hour.
///
/// # Errors
/// It already leads its process group.
pub fn detached() -> io::Result<u8> {
    rustix::process::setsid()?;
    thread::sleep(Duration::from_secs(3600));
    Ok(0)
}
