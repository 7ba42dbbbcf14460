//! `top`: the processes of a container, as ps(1) shows them; without a container, all of them on a live screen.
//!
//! In: the pids of its cgroup and what /proc says of each. Process ids are the board's; users are the container's.

mod live;
mod picture;
mod process;
#[cfg(test)]
mod tests;

use super::pause::group_of;
use crate::board::{Board, not_running};
use crate::cli::command::{TOP_COLUMNS_DEFAULT, TopArgs};
use crate::failure::Outcome;
use crate::output::table;
use crate::screen;
use limpet_protocol::keeper::Running;
use limpet_runner::ids::IDS_PER_CONTAINER;
use limpet_runner::keeper::now_ns;
use limpet_runner::user;
use process::{Clock, Process, Users};
use std::fs;
use std::io::Read;

/// Longest command line that is shown.
const COMMAND_BYTES_MAX: u64 = 4096;
/// Longest status file that is read; the kernel's has about 1500 bytes.
const STATUS_BYTES_MAX: u64 = 64 * 1024;

/// `top`
pub(super) fn top(board: &Board, args: &TopArgs) -> Outcome {
    match &args.container {
        Some(name) => processes(board, name, &args.columns),
        None => live::live(board),
    }
}

fn processes(board: &Board, name: &str, columns: &[&str]) -> Outcome {
    let container = board.container(name)?;
    let status = board.status(&container.keep.launch.id)?;
    let running = status.running().ok_or_else(|| not_running(&container))?;
    let mut pids = group_of(&container)?.pids()?;
    pids.sort_unstable();
    let clock = clock();
    let users = users(running, columns == TOP_COLUMNS_DEFAULT);
    let row = |process: Process| columns.iter().map(|column| process.cell(column, &clock, &users)).collect();
    // One that has ended meanwhile is none any more.
    let rows: Vec<Vec<String>> = pids.into_iter().filter_map(read).map(row).collect();
    let headings: Vec<&str> = columns.iter().map(|column| process::heading(column)).collect();
    screen::print(&table::render(&headings, &rows));
    Ok(0)
}

fn read(pid: i32) -> Option<Process> {
    let stat = text(pid, "stat", STATUS_BYTES_MAX)?;
    let status = text(pid, "status", STATUS_BYTES_MAX)?;
    let command = text(pid, "cmdline", COMMAND_BYTES_MAX)?;
    Process::parse(&stat, &status, &command)
}

/// What a program says of itself need not be UTF-8.
fn text(pid: i32, file: &str, bytes_max: u64) -> Option<String> {
    let mut bytes = Vec::new();
    fs::File::open(format!("/proc/{pid}/{file}")).ok()?.take(bytes_max).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn clock() -> Clock {
    let booted = fs::read_to_string("/proc/stat").unwrap_or_default();
    let booted = booted.lines().find_map(|line| line.strip_prefix("btime ")?.trim().parse().ok());
    Clock {
        now_s: now_ns() / 1_000_000_000,
        booted_s: booted.unwrap_or(0),
        ticks_per_s: rustix::param::clock_ticks_per_second().max(1),
        page_bytes: rustix::param::page_size() as u64,
        board_bytes: limpet_runner::cgroup::Board::here().memory_bytes,
    }
}

/// docker's default shows names under UID, as `ps -ef` does; `-o uid` shows numbers.
fn users(running: &Running, named: bool) -> Users {
    Users {
        passwd: user::passwd_of(running.pid),
        first_host_id: running.first_host_id,
        count: IDS_PER_CONTAINER,
        uid_named: named,
    }
}
