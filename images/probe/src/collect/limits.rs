//! rlimits and the part of the cgroup tree that is visible.

use super::{names, text};
use crate::report::Limits;
use std::collections::BTreeMap;

/// Files that hold a limit or a counter, of v1 and v2.
const LIMIT_FILES: [&str; 16] = [
    "memory.limit_in_bytes",
    "memory.soft_limit_in_bytes",
    "memory.memsw.limit_in_bytes",
    "memory.max_usage_in_bytes",
    "memory.max",
    "memory.low",
    "memory.high",
    "memory.swap.max",
    "memory.peak",
    "cpu.cfs_quota_us",
    "cpu.cfs_period_us",
    "cpu.shares",
    "cpu.max",
    "cpu.weight",
    "cpuset.cpus",
    "pids.max",
];
const CGROUP: &str = "/sys/fs/cgroup";

pub(super) fn limits() -> Limits {
    Limits {
        rlimits: text("/proc/self/limits").lines().skip(1).filter_map(rlimit).collect(),
        cgroup: text("/proc/self/cgroup").lines().map(str::to_owned).collect(),
        cgroup_files: cgroup_files(),
        oom_score_adj: text("/proc/self/oom_score_adj").parse().unwrap_or(0),
    }
}

/// `Max open files            1024                 4096                 files`; names hold spaces, columns are fixed.
fn rlimit(line: &str) -> Option<(String, [Option<u64>; 2])> {
    let (name, values) = line.split_at_checked(25)?;
    let mut values = values.split_whitespace().map(|value| value.parse().ok());
    Some((name.trim().to_owned(), [values.next()?, values.next()?]))
}

/// v2 has the files in the root of the mount, v1 below one directory per controller.
fn cgroup_files() -> BTreeMap<String, String> {
    let directories = names(CGROUP).into_iter().map(|name| format!("{CGROUP}/{name}"));
    let paths = directories
        .chain([CGROUP.to_owned()])
        .flat_map(|directory| LIMIT_FILES.iter().map(move |file| format!("{directory}/{file}")));
    paths.map(|path| (path.clone(), text(&path))).filter(|(_, text)| !text.is_empty()).collect()
}
