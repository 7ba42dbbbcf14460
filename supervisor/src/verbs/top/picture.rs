//! What the live screen shows: containers and the board in, text out, cut to a window. Pure.

#[cfg(test)]
mod tests;

use crate::output::apps::health_word;
use crate::output::size::binary;
use crate::output::terminal::Style;
use crate::output::{duration, table};
use crate::verbs::stats::{Usage, hundredths, share};
use limpet_protocol::control::{Health, Instance};
use limpet_protocol::launch::WindowSize;
use limpet_runner::status::Status;
use std::cmp::Reverse;

const HEADINGS: &[&str] =
    &["NAME", "STATE", "HEALTH", "CPU %", "MEM USAGE / LIMIT", "MEM %", "PIDS", "RESTARTS", "SINCE"];
/// Cursor to the upper left corner; the rest of the line erased; the rest of the screen erased (ECMA-48 CUP, EL, ED).
const HOME: &str = "\x1b[H";
const REST_OF_LINE: &str = "\x1b[K\r\n";
const REST_OF_SCREEN: &str = "\x1b[J";
const NOTHING: &str = "-";

/// One container, looked at twice.
pub(super) struct Line {
    pub(super) name: String,
    /// docker's word for what it does.
    pub(super) word: &'static str,
    pub(super) status: Status,
    /// What the supervisor says of it.
    pub(super) supervision: Option<Instance>,
    /// What it uses, if it runs.
    pub(super) usage: Option<Usage>,
}

/// How the board does.
#[derive(Clone, Debug, Default)]
pub(super) struct Weather {
    /// `/proc/loadavg`
    pub(super) load: String,
    /// `/proc/meminfo`
    pub(super) memory: String,
    /// Bytes of the store's disk that are free.
    pub(super) disk_free_bytes: Option<u64>,
}

/// The table: those that run before others, the busiest first.
pub(super) fn table(lines: &mut [Line], now_ns: u64) -> String {
    lines.sort_by(|a, b| rank(a).cmp(&rank(b)));
    let rows: Vec<Vec<String>> = lines.iter().map(|line| cells(line, now_ns)).collect();
    table::render(HEADINGS, &rows)
}

/// Whole percents: containers that do next to nothing keep their places.
fn rank(line: &Line) -> (bool, Reverse<u64>, &str) {
    let percents = line.usage.as_ref().map_or(0, |usage| usage.cpu_hundredths() / 100);
    (line.status.running().is_none(), Reverse(percents), &line.name)
}

fn cells(line: &Line, now_ns: u64) -> Vec<String> {
    let Line { name, word, status, supervision, usage } = line;
    let supervision = supervision.as_ref();
    let health = supervision.map(|instance| instance.health).filter(|health| *health != Health::Unwatched);
    let (memory, part) = usage.as_ref().map_or((NOTHING.to_owned(), NOTHING.to_owned()), |usage| {
        let (used, limit) = usage.memory_bytes();
        (format!("{} / {}", binary(used), binary(limit)), hundredths(share(used, limit)))
    });
    let of_usage = |text: fn(&Usage) -> String| usage.as_ref().map_or_else(|| NOTHING.to_owned(), text);
    vec![
        name.clone(),
        state(word, status),
        health.map_or(NOTHING, health_word).to_owned(),
        of_usage(|usage| hundredths(usage.cpu_hundredths())),
        memory,
        part,
        of_usage(|usage| usage.now.pids.to_string()),
        supervision.map_or_else(|| NOTHING.to_owned(), |instance| instance.restarts.to_string()),
        since(status, now_ns),
    ]
}

/// docker's word, and how it ended.
fn state(word: &str, status: &Status) -> String {
    match status {
        Status::Exited(exit) => format!("{word} ({})", exit.code),
        Status::Created | Status::Running(_) | Status::Paused(_) => word.to_owned(),
    }
}

/// How long it has run, or not run.
fn since(status: &Status, now_ns: u64) -> String {
    let since_ns = match status {
        Status::Running(running) | Status::Paused(running) => running.started_ns,
        Status::Exited(exit) => exit.finished_ns,
        Status::Created => 0,
    };
    match since_ns {
        0 => NOTHING.to_owned(),
        since_ns => duration::human(now_ns.saturating_sub(since_ns) / 1_000_000_000),
    }
}

/// The line above the table.
pub(super) fn heading(lines: &[Line], weather: &Weather) -> String {
    let running = lines.iter().filter(|line| line.status.running().is_some()).count();
    let load: Vec<&str> = weather.load.split(' ').take(3).collect();
    let mut text = format!("{running} of {} running", lines.len());
    if let (Some(free), Some(all)) =
        (memory_bytes(&weather.memory, "MemAvailable:"), memory_bytes(&weather.memory, "MemTotal:"))
    {
        text += &format!(", memory {} of {}", binary(all.saturating_sub(free)), binary(all));
    }
    text += &weather.disk_free_bytes.map_or_else(String::new, |free| format!(", disk {} free", binary(free)));
    text + &format!(", load {}", load.join(" "))
}

fn memory_bytes(meminfo: &str, name: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok()?.checked_mul(1024)
}

/// One frame: the heading, the table as far as it fits, and the keys.
pub(super) fn frame(heading: &str, table: &str, note: &str, window: WindowSize, style: Style) -> String {
    let (rows, columns) = (usize::from(window.rows), usize::from(window.columns));
    let mut lines = table.lines();
    let titles = cut(lines.next().unwrap_or_default(), columns);
    let room = rows.saturating_sub(4);
    let hidden = lines.clone().count().saturating_sub(room);
    let more = if hidden > 0 { format!("{hidden} more; ") } else { String::new() };
    let mut text = format!("{HOME}{}{REST_OF_LINE}", cut(heading, columns));
    text += &format!("{}{REST_OF_LINE}", cut(note, columns));
    text += &format!("{}{REST_OF_LINE}", style.bold(&titles));
    for line in lines.take(room) {
        text += &cut(line, columns);
        text += REST_OF_LINE;
    }
    text + &cut(&format!("{more}q quits"), columns) + REST_OF_SCREEN
}

fn cut(line: &str, columns: usize) -> String {
    line.chars().take(columns).collect()
}
