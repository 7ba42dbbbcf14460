//! `stats`: what containers use, measured between two looks at their cgroups.

mod row;
#[cfg(test)]
mod tests;

use super::pause::group_of;
use super::{shown, style};
use crate::board::Board;
use crate::census::{Census, Listed};
use crate::cli::command::StatsArgs;
use crate::failure::{Failure, Outcome};
use crate::output::terminal::Style;
use crate::screen;
use limpet_protocol::id::ContainerId;
use limpet_runner::cgroup::{self, Stats};
use row::{COLUMNS, HEADINGS};
pub(super) use row::{Usage, hundredths, share};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Between two tables.
const REFRESH: Duration = Duration::from_secs(1);
/// Between the two looks of the first table.
const FIRST_LOOK: Duration = Duration::from_millis(500);
/// Cursor to the upper left corner, and the screen from there on erased (ECMA-48 CUP, ED).
const CLEAR: &str = "\x1b[H\x1b[J";

/// What one container used when it was looked at.
pub(super) struct Look {
    /// The container.
    pub(super) listed: Listed,
    at: Instant,
    /// `None`: it does not run.
    stats: Option<Stats>,
}

/// `stats`
pub(super) fn stats(board: &Board, args: &StatsArgs) -> Outcome {
    let format = shown::format(args.format.as_deref())?;
    let wanted = wanted(board, args)?;
    let mut before = looks(Census::take(board)?.complaining(), args, wanted.as_deref());
    sleep(FIRST_LOOK);
    loop {
        let now = looks(Census::take(board)?.containers, args, wanted.as_deref());
        let text = format.rows(&rows(&before, &now, args.no_trunc), COLUMNS, HEADINGS)?;
        let clear = args.stream && style() == Style::Terminal;
        screen::print(&if clear { format!("{CLEAR}{text}") } else { text });
        if !args.stream || (wanted.is_some() && now.is_empty()) {
            return Ok(0);
        }
        before = now;
        sleep(REFRESH);
    }
}

/// The ids that were named; all of them must be there at first.
fn wanted(board: &Board, args: &StatsArgs) -> Result<Option<Vec<ContainerId>>, Failure> {
    if args.containers.is_empty() {
        return Ok(None);
    }
    let ids =
        args.containers.iter().map(|name| Ok(board.home.find(name)?)).collect::<Result<_, Failure>>()?;
    Ok(Some(ids))
}

fn looks(mut listed: Vec<Listed>, args: &StatsArgs, wanted: Option<&[ContainerId]>) -> Vec<Look> {
    match wanted {
        Some(ids) => {
            let place = |listed: &Listed| ids.iter().position(|id| *id == listed.container.keep.launch.id);
            listed.retain(|listed| place(listed).is_some());
            listed.sort_by_key(place);
        }
        None => listed.retain(|listed| args.all || listed.status.running().is_some()),
    }
    listed.into_iter().map(look).collect()
}

/// A container that ends just now uses nothing any more.
pub(super) fn look(listed: Listed) -> Look {
    let runs = listed.status.running().is_some();
    let stats = || group_of(&listed.container).ok()?.stats().ok();
    Look { stats: if runs { stats() } else { None }, at: Instant::now(), listed }
}

/// What a container uses by two looks; nothing, if it does not run.
pub(super) fn usage(before: &[Look], now: &Look, board_bytes: u64) -> Option<Usage> {
    let id = &now.listed.container.keep.launch.id;
    let earlier = before.iter().find(|earlier| earlier.listed.container.keep.launch.id == *id);
    now.stats.map(|stats| Usage {
        now: stats,
        cpu_before_ns: earlier.and_then(|earlier| Some(earlier.stats?.cpu_usage_ns)),
        elapsed: earlier.map_or(Duration::ZERO, |earlier| now.at.duration_since(earlier.at)),
        board_bytes,
    })
}

fn rows(before: &[Look], now: &[Look], no_trunc: bool) -> Vec<serde_json::Value> {
    let board_bytes = cgroup::Board::here().memory_bytes;
    let row = |look: &Look| {
        let container = &look.listed.container;
        let usage = usage(before, look, board_bytes);
        row::row(&container.keep.launch.id, &container.name, usage.as_ref(), no_trunc)
    };
    now.iter().map(row).collect()
}
