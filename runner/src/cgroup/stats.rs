//! What a group uses now, and the parsers of the kernel's `key value` files.

use super::error::CgroupError;
use super::file::Tree;

/// One reading. Counters grow for the life of the group; 0 or `None` where the controller is missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Memory in use, page cache included.
    pub memory_usage_bytes: u64,
    /// Page cache that can be reclaimed at once (`inactive_file`); docker's `stats` shows usage without it.
    pub memory_cache_bytes: u64,
    /// The ceiling; `None` without one.
    pub memory_limit_bytes: Option<u64>,
    /// Most memory ever held, where the kernel says.
    pub memory_peak_bytes: Option<u64>,
    /// CPU time used, all CPUs together.
    pub cpu_usage_ns: u64,
    /// Periods of the `--cpus` limit that began with something to run.
    pub cpu_periods: u64,
    /// Periods in which the group was held back by `--cpus`.
    pub cpu_throttled_periods: u64,
    /// Time for which it was held back.
    pub cpu_throttled_ns: u64,
    /// Tasks now.
    pub pids: u64,
    /// Most tasks; `None` without a ceiling.
    pub pids_limit: Option<u64>,
    /// Bytes read from block devices.
    pub block_read_bytes: u64,
    /// Bytes written to block devices.
    pub block_write_bytes: u64,
    /// Read operations.
    pub block_reads: u64,
    /// Write operations.
    pub block_writes: u64,
}

/// The numbers after these keys in a file of `key value` lines; 0 for what is not there.
pub(super) fn keyed<const N: usize>(
    tree: &Tree,
    group: &str,
    file: &str,
    keys: [&str; N],
) -> Result<[u64; N], CgroupError> {
    let mut values = [0; N];
    let mut unexpected = None;
    tree.lines(group, file, &mut |line| {
        let Some((key, value)) = line.split_once(' ') else { return };
        if let Some(index) = keys.iter().position(|wanted| *wanted == key) {
            match value.trim().parse() {
                Ok(value) => values[index] = value,
                Err(_) => unexpected = Some(tree.unexpected(group, file, line)),
            }
        }
    })?;
    unexpected.map_or(Ok(values), Err)
}

/// Split `8:0 rest` into its numbers and the rest.
pub(super) fn device(line: &str) -> Option<(u32, u32, &str)> {
    let (device, rest) = line.split_once(' ')?;
    let (major, minor) = device.split_once(':')?;
    Some((major.parse().ok()?, minor.parse().ok()?, rest))
}
