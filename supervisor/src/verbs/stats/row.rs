//! One row of `stats`, in docker's words. Pure.

use crate::output::format::Column;
use crate::output::size::{binary, decimal};
use limpet_protocol::id::ContainerId;
use limpet_runner::cgroup::Stats;
use serde_json::{Value, json};
use std::time::Duration;

/// What `stats` shows by itself.
pub(super) const COLUMNS: &[Column] = &[
    Column { field: "ID", heading: "CONTAINER ID" },
    Column { field: "Name", heading: "NAME" },
    Column { field: "CPUPerc", heading: "CPU %" },
    Column { field: "MemUsage", heading: "MEM USAGE / LIMIT" },
    Column { field: "MemPerc", heading: "MEM %" },
    Column { field: "NetIO", heading: "NET I/O" },
    Column { field: "BlockIO", heading: "BLOCK I/O" },
    Column { field: "PIDs", heading: "PIDS" },
];

/// What may be chosen.
pub(super) const HEADINGS: &[Column] = &[
    Column { field: "Container", heading: "CONTAINER" },
    Column { field: "ID", heading: "CONTAINER ID" },
    Column { field: "Name", heading: "NAME" },
    Column { field: "CPUPerc", heading: "CPU %" },
    Column { field: "MemUsage", heading: "MEM USAGE / LIMIT" },
    Column { field: "MemPerc", heading: "MEM %" },
    Column { field: "NetIO", heading: "NET I/O" },
    Column { field: "BlockIO", heading: "BLOCK I/O" },
    Column { field: "PIDs", heading: "PIDS" },
];

/// A second look at a container that runs.
pub(in crate::verbs) struct Usage {
    /// What it used now.
    pub(in crate::verbs) now: Stats,
    /// Its CPU time at the first look, if it ran then.
    pub(in crate::verbs) cpu_before_ns: Option<u64>,
    /// Between the looks.
    pub(in crate::verbs) elapsed: Duration,
    /// Memory of the board: the limit of those that have none.
    pub(in crate::verbs) board_bytes: u64,
}

/// The row; a container that does not run uses nothing.
pub(super) fn row(id: &ContainerId, name: &str, usage: Option<&Usage>, no_trunc: bool) -> Value {
    let id = if no_trunc { id.as_str() } else { id.short() };
    let (used, limit) = usage.map_or((0, 0), Usage::memory_bytes);
    let blocks = usage.map_or((0, 0), |usage| (usage.now.block_read_bytes, usage.now.block_write_bytes));
    json!({
        "Container": id,
        "ID": id,
        "Name": name,
        "CPUPerc": hundredths(usage.map_or(0, Usage::cpu_hundredths)),
        "MemUsage": format!("{} / {}", binary(used), binary(limit)),
        "MemPerc": hundredths(share(used, limit)),
        // Limpet counts no packets.
        "NetIO": "--",
        "BlockIO": format!("{} / {}", decimal(blocks.0), decimal(blocks.1)),
        "PIDs": usage.map_or(0, |usage| usage.now.pids).to_string(),
    })
}

impl Usage {
    /// In use without what can be reclaimed at once, and the ceiling.
    pub(in crate::verbs) fn memory_bytes(&self) -> (u64, u64) {
        let used = self.now.memory_usage_bytes.saturating_sub(self.now.memory_cache_bytes);
        (used, self.now.memory_limit_bytes.unwrap_or(self.board_bytes).min(self.board_bytes))
    }

    /// Hundredths of a percent of one CPU.
    pub(in crate::verbs) fn cpu_hundredths(&self) -> u64 {
        let used_ns = self.cpu_before_ns.map_or(0, |before| self.now.cpu_usage_ns.saturating_sub(before));
        share(used_ns, u64::try_from(self.elapsed.as_nanos()).unwrap_or(u64::MAX))
    }
}

/// `part` of `whole` in hundredths of a percent; of nothing it is nothing.
pub(in crate::verbs) fn share(part: u64, whole: u64) -> u64 {
    let hundredths = (u128::from(part) * 10_000).checked_div(u128::from(whole)).unwrap_or(0);
    u64::try_from(hundredths).unwrap_or(u64::MAX)
}

/// `25.25%`
pub(in crate::verbs) fn hundredths(value: u64) -> String {
    format!("{}.{:02}%", value / 100, value % 100)
}
