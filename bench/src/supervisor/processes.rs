//! What the kernel says about processes. What cannot be read is no measurement: nothing here becomes a zero.

use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The program that every container runs.
const PROGRAM: &str = "sleep";
const LOOK_EVERY: Duration = Duration::from_millis(1);
/// What takes longer than this will not happen.
const PATIENCE: Duration = Duration::from_secs(120);
/// Of `/proc/PID/stat` (sysconf(3), `_SC_CLK_TCK`).
const TICK_MS: u64 = 10;

fn proc_file(pid: impl std::fmt::Display, file: &str) -> String {
    let path = format!("/proc/{pid}/{file}");
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("reading {path}: {e}"))
}

/// Sums over several processes.
#[derive(Clone, Copy, Default)]
pub(super) struct Memory {
    /// Private_Clean and Private_Dirty, KiB.
    pub(super) private: u64,
    /// Shared pages divided by their users, KiB.
    pub(super) pss: u64,
}

pub(super) fn memory(pids: &[i32]) -> Memory {
    let sum = |field: &str| {
        let of = |pid: &i32| {
            let text = proc_file(pid, "smaps_rollup");
            let lines = text.lines().filter(|line| line.starts_with(field));
            let values = lines.filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
            let values: Vec<u64> = values.collect();
            assert!(!values.is_empty(), "process {pid} has no {field}");
            values.iter().sum::<u64>()
        };
        pids.iter().map(of).sum()
    };
    Memory { private: sum("Private_"), pss: sum("Pss:") }
}

/// What several processes have done so far.
#[derive(Clone, Copy)]
pub(super) struct Work {
    pub(super) cpu_ms: u64,
    pub(super) written_bytes: u64,
    /// Voluntary switches of all threads.
    pub(super) woken: u64,
}

pub(super) fn work(pids: &[i32]) -> Work {
    let sum = |of: &dyn Fn(i32) -> u64| pids.iter().map(|pid| of(*pid)).sum();
    Work {
        cpu_ms: sum(&ticks) * TICK_MS,
        written_bytes: sum(&|pid| counted(&proc_file(pid, "io"), "write_bytes:")),
        woken: sum(&woken),
    }
}

impl Work {
    pub(super) fn since(self, before: Self) -> Self {
        Self {
            cpu_ms: self.cpu_ms - before.cpu_ms,
            written_bytes: self.written_bytes - before.written_bytes,
            // A thread that has ended takes its count with it.
            woken: self.woken.saturating_sub(before.woken),
        }
    }
}

/// A number by the word before it.
fn counted(text: &str, word: &str) -> u64 {
    let number = text.lines().find_map(|line| line.strip_prefix(word)?.trim().parse().ok());
    number.unwrap_or_else(|| panic!("no number after {word}: {text}"))
}

/// User and system time, its own and that of children which it has waited for (proc_pid_stat(5), fields 14 to 17).
fn ticks(pid: i32) -> u64 {
    let stat = proc_file(pid, "stat");
    let (_, rest) = stat.rsplit_once(") ").expect("a name in parentheses is its second field");
    let ticks = rest.split(' ').skip(11).take(4);
    ticks.map(|number| number.parse::<u64>().expect("times are numbers")).sum()
}

fn woken(pid: i32) -> u64 {
    let threads =
        fs::read_dir(format!("/proc/{pid}/task")).unwrap_or_else(|e| panic!("threads of {pid}: {e}"));
    let status = |thread: fs::DirEntry| fs::read_to_string(thread.path().join("status")).ok();
    // A thread may end while its file is opened.
    let texts = threads.flatten().filter_map(status);
    texts.map(|text| counted(&text, "voluntary_ctxt_switches:")).sum()
}

/// Its parent.
pub(super) fn parent(pid: i32) -> i32 {
    let stat = proc_file(pid, "stat");
    let parent = stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(1)?.parse().ok());
    parent.unwrap_or_else(|| panic!("process {pid} has no parent: {stat}"))
}

pub(super) fn children(pid: i32) -> Vec<i32> {
    let text = proc_file(pid, &format!("task/{pid}/children"));
    text.split_whitespace().filter_map(|pid| pid.parse().ok()).collect()
}

/// Where the kernel lists a container's processes, found by one of them: to ask its engine each time would be measured as
/// well.
pub(super) fn list_of(pid: i32) -> PathBuf {
    let text = proc_file(pid, "cgroup");
    let place = |line: &str| {
        let mut fields = line.splitn(3, ':').skip(1);
        let (controller, path) = (fields.next()?, fields.next()?.trim_start_matches('/'));
        let list = PathBuf::from("/sys/fs/cgroup").join(controller).join(path).join("cgroup.procs");
        (!path.is_empty() && list.exists()).then_some(list)
    };
    text.lines().find_map(place).unwrap_or_else(|| panic!("process {pid} is in no cgroup"))
}

/// The process of a container, once it executes its own program.
pub(super) fn process(list: &Path) -> Option<i32> {
    let is_program = |pid: &i32| {
        fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|comm| comm.trim_end() == PROGRAM)
    };
    let pids = fs::read_to_string(list).ok()?;
    pids.lines().filter_map(|pid| pid.parse().ok()).find(is_program)
}

pub(super) fn kill(pid: i32) {
    let pid = Pid::from_raw(pid).expect("a pid is positive");
    kill_process(pid, Signal::KILL).unwrap_or_else(|e| panic!("killing {pid:?}: {e}"));
}

/// Waits until it is so, and no longer than what can still happen.
pub(super) fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < PATIENCE, "waited in vain until {what}");
        sleep(LOOK_EVERY);
    }
}
