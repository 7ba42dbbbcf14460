//! How much memory a process and all below it have, looked at again and again until it ends.

use std::fs;
use std::thread::sleep;
use std::time::Duration;

const LOOK_EVERY: Duration = Duration::from_millis(5);

/// The largest sum of PSS that was seen, in KiB. Returns when the process has ended.
pub(super) fn of(pid: u32) -> f64 {
    let mut most = 0;
    // One that has ended and was not waited for has no memory.
    while let Some(own) = pss_kib(pid) {
        most = most.max(own + below(pid).into_iter().filter_map(pss_kib).sum::<u64>());
        sleep(LOOK_EVERY);
    }
    most as f64
}

fn pss_kib(pid: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    text.lines().find_map(|line| line.strip_prefix("Pss:")?.split_whitespace().next()?.parse().ok())
}

/// Everything that it or its children started. What ends meanwhile is left out.
fn below(pid: u32) -> Vec<u32> {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let lists = threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    let children: Vec<u32> = lists
        .flat_map(|list| list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>())
        .collect();
    children.into_iter().flat_map(|child| [vec![child], below(child)].concat()).collect()
}
