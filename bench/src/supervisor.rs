//! What the supervisor costs: memory with more and more containers, the time to bring them up, to start one again, and
//! what it does while nothing happens.

use native_tests::{Limpet, Supervisor};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How many containers it answers for, in turn.
const COUNTS: [usize; 3] = [0, 10, 64];
/// How many are to run after a start, and how many are killed one by one.
const BROUGHT_UP: usize = 10;
/// It has done what it had to by then.
const REST: Duration = Duration::from_secs(3);
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// Everything, as Markdown.
pub(crate) fn measure(idle: Duration) {
    let limpet = Limpet::with(&["busybox"]).from_own_file();
    println!("\nThe supervisor, KiB (smaps_rollup).\n\n| containers | private | PSS |\n| --- | --- | --- |");
    let supervisor = Supervisor::start(&limpet);
    for count in COUNTS {
        (limpet.ids().len()..count).for_each(|number| run(&limpet, number));
        sleep(REST);
        let (private, pss) = (supervisor.memory_kib("Private_"), supervisor.memory_kib("Pss:"));
        println!("| {count} | {private} | {pss} |");
    }
    at_rest(&supervisor, idle);
    supervisor.leave();
    (BROUGHT_UP..COUNTS[2]).for_each(|number| drop(limpet.ok(&["rm", "-f", &name(number)])));
    bring_up(&limpet);
}

fn name(number: usize) -> String {
    format!("c{number}")
}

fn run(limpet: &Limpet, number: usize) {
    limpet.detached(&["--name", &name(number), "--restart", "always", "busybox", "sleep", "100000"]);
}

/// A file of `/proc/PID`. What cannot be read is no measurement: nothing here becomes a zero.
fn proc_file(pid: impl std::fmt::Display, file: &str) -> String {
    let path = format!("/proc/{pid}/{file}");
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("reading {path}: {e}"))
}

/// A number in a file of `/proc/PID`, by the word before it.
fn counted(supervisor: &Supervisor<'_>, file: &str, word: &str) -> u64 {
    let text = proc_file(supervisor.pid(), file);
    let number = text.lines().find_map(|line| line.strip_prefix(word)?.trim().parse().ok());
    number.unwrap_or_else(|| panic!("{file} has no number after {word}: {text}"))
}

/// User and system time, in clock ticks (proc_pid_stat(5), fields 14 and 15).
fn ticks(supervisor: &Supervisor<'_>) -> u64 {
    let stat = proc_file(supervisor.pid(), "stat");
    let (_, rest) = stat.rsplit_once(") ").expect("a name in parentheses is its second field");
    let ticks = rest.split(' ').skip(11).take(2);
    ticks.map(|number| number.parse::<u64>().expect("times are numbers")).sum()
}

fn at_rest(supervisor: &Supervisor<'_>, idle: Duration) {
    let look = || {
        let wakes = counted(supervisor, "status", "voluntary_ctxt_switches:");
        (ticks(supervisor), counted(supervisor, "io", "write_bytes:"), wakes)
    };
    let before = look();
    sleep(idle);
    let after = look();
    println!(
        "\nWith {} containers and nothing to do for {} s: {} ms of CPU, {} bytes written, awake {} times.",
        COUNTS[2],
        idle.as_secs(),
        (after.0 - before.0) * 10,
        after.1 - before.1,
        after.2 - before.2
    );
}

/// Where the kernel lists a container's processes: to ask limpet each time would be measured as well.
fn list_of(limpet: &Limpet, name: &str) -> PathBuf {
    let pid = limpet.pid_of(name).unwrap_or_else(|| panic!("{name} does not run"));
    let text = proc_file(pid, "cgroup");
    let place = |line: &str| {
        let mut fields = line.splitn(3, ':').skip(1);
        let (controller, path) = (fields.next()?, fields.next()?.trim_start_matches('/'));
        let list = PathBuf::from("/sys/fs/cgroup").join(controller).join(path).join("cgroup.procs");
        (!path.is_empty() && list.exists()).then_some(list)
    };
    text.lines().find_map(place).unwrap_or_else(|| panic!("{name} is in no cgroup"))
}

/// The process of a container, once it executes its own program.
fn process(list: &Path) -> Option<i32> {
    let pid = fs::read_to_string(list).ok()?.lines().next()?.parse().ok()?;
    let comm = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    (comm.trim_end() == "sleep").then_some(pid)
}

fn kill(pid: i32) {
    let pid = Pid::from_raw(pid).expect("a pid is positive");
    kill_process(pid, Signal::KILL).unwrap_or_else(|e| panic!("killing {pid:?}: {e}"));
}

fn wait_for(list: &Path, not: Option<i32>) {
    while process(list).is_none_or(|pid| Some(pid) == not) {
        sleep(LOOK_EVERY);
    }
}

/// From the start of the supervisor until all run again; then from the death of one until it runs again.
fn bring_up(limpet: &Limpet) {
    let lists: Vec<PathBuf> = (0..BROUGHT_UP).map(|number| list_of(limpet, &name(number))).collect();
    limpet.ok(&[vec!["kill"], (0..BROUGHT_UP).map(|n| &*name(n).leak()).collect()].concat());
    lists.iter().for_each(|list| {
        while list.exists() {
            sleep(LOOK_EVERY);
        }
    });
    let begin = Instant::now();
    let supervisor = Supervisor::launch(limpet, &[], &[]);
    lists.iter().for_each(|list| wait_for(list, None));
    println!("\nFrom its start to {BROUGHT_UP} containers running: {:.0} ms.", ms(begin));
    sleep(REST);
    let mut times: Vec<f64> = lists.iter().map(|list| died_and_back(list)).collect();
    times.sort_by(f64::total_cmp);
    println!(
        "From a container's death to its first restart: {:.1} ms (median of {BROUGHT_UP}, {:.1} to {:.1}).",
        times[BROUGHT_UP / 2],
        times[0],
        times[BROUGHT_UP - 1]
    );
    supervisor.leave();
}

fn died_and_back(list: &Path) -> f64 {
    let before = process(list).expect("it runs");
    let begin = Instant::now();
    kill(before);
    wait_for(list, Some(before));
    ms(begin)
}

fn ms(begin: Instant) -> f64 {
    begin.elapsed().as_secs_f64() * 1000.0
}
