//! What stands beside an idle container: limpet's keeper and conmon.

use crate::places::{Places, limit_flags};
use native_tests::until;
use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

/// A keeper gives its memory back after a while of quiet; conmon does not, but gets the same time.
const QUIET: Duration = Duration::from_secs(1);

/// Means over several containers, in KiB.
pub(crate) struct Memory {
    /// For the table.
    pub(crate) name: &'static str,
    /// How many at a time.
    pub(crate) containers: usize,
    /// Private_Clean and Private_Dirty.
    pub(crate) private_kib: u64,
    /// Shared pages divided by their users.
    pub(crate) pss_kib: u64,
}

/// One container of each alone, whose code pages nobody shares, then `count` at a time.
pub(crate) fn per_container(places: &Places, count: usize) -> Result<Vec<Memory>, String> {
    let counts = [1, count];
    let keepers = counts.map(|count| keepers(places, count));
    let conmons = counts.map(|count| conmons(places, count));
    keepers.into_iter().chain(conmons).collect()
}

/// Sum of the fields of smaps_rollup that begin with `name`, in KiB.
fn rollup(pid: i32, name: &str) -> Result<u64, String> {
    let path = format!("/proc/{pid}/smaps_rollup");
    let text = fs::read_to_string(&path).map_err(|e| format!("reading {path}: {e}"))?;
    let values = text.lines().filter(|line| line.starts_with(name));
    Ok(values.filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).sum())
}

fn mean(name: &'static str, pids: &[i32]) -> Result<Memory, String> {
    thread::sleep(QUIET);
    let sum = |field: &str| pids.iter().map(|pid| rollup(*pid, field)).sum::<Result<u64, String>>();
    let (containers, count) = (pids.len(), pids.len() as u64);
    Ok(Memory { name, containers, private_kib: sum("Private_")? / count, pss_kib: sum("Pss:")? / count })
}

fn output(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|e| format!("starting {command:?}: {e}"))?;
    if !output.status.success() {
        return Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn parent(pid: &str) -> Option<i32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()
}

fn keepers(places: &Places, count: usize) -> Result<Memory, String> {
    let flags = limit_flags();
    let mut run = vec!["run", "-d", "--network=none"];
    run.extend(flags.iter().map(String::as_str));
    run.extend(["bench", "/idle"]);
    let ids = (0..count).map(|_| output(&mut places.limpet(&run))).collect::<Result<Vec<_>, _>>()?;
    let measured = keeper_pids(places, &ids).and_then(|pids| mean("limpet's keeper", &pids));
    for id in &ids {
        output(&mut places.limpet(&["rm", "-f", id]))?;
    }
    measured
}

/// The parent of a container's first process.
fn keeper_pids(places: &Places, ids: &[String]) -> Result<Vec<i32>, String> {
    let pid = |id: &String| {
        let pid = output(&mut places.limpet(&["inspect", "--format", "{{.State.Pid}}", id]))?;
        parent(&pid).ok_or_else(|| format!("process {pid} of {id} has no parent"))
    };
    ids.iter().map(pid).collect()
}

fn conmons(places: &Places, count: usize) -> Result<Memory, String> {
    let names: Vec<String> =
        (0..count).map(|number| places.name(&format!("conmon-{number}-of-{count}"))).collect();
    let pids = names.iter().map(|name| start_conmon(places, name)).collect::<Result<Vec<_>, _>>();
    let measured = pids.and_then(|pids| mean("conmon", &pids));
    for name in &names {
        let mut delete = Command::new("crun");
        delete.args([
            "--cgroup-manager=cgroupfs",
            "--root",
            &places.own("conmon"),
            "delete",
            "--force",
            name,
        ]);
        output(&mut delete)?;
    }
    measured
}

/// As podman starts it, with crun below; gives its pid.
fn start_conmon(places: &Places, name: &str) -> Result<i32, String> {
    let bundle = places.bundle(name, "/idle")?;
    let file = |what: &str| format!("{bundle}/{what}");
    let crun = "--cgroup-manager=cgroupfs".to_owned();
    let mut conmon = Command::new("conmon");
    conmon.args(["--api-version", "1", "--cid", name, "--cuuid", name, "--runtime", "/usr/bin/crun"]);
    conmon.args(["--runtime-arg", &crun, "--runtime-arg", "--root", "--runtime-arg", &places.own("conmon")]);
    conmon.args(["--bundle", &bundle, "--name", name, "--exit-dir", &bundle, "--persist-dir", &bundle]);
    conmon.args(["--container-pidfile", &file("pid"), "--conmon-pidfile", &file("conmon.pid")]);
    conmon.args(["--log-path", &format!("k8s-file:{}", file("log")), "--socket-dir-path", &bundle]);
    output(conmon.stdin(Stdio::null()))?;
    let pid =
        until(&format!("{name} runs"), || fs::read_to_string(file("conmon.pid")).ok()?.trim().parse().ok());
    until(&format!("the container of {name} runs"), || {
        fs::read_to_string(file("pid")).ok().filter(|t| !t.is_empty())
    });
    start_created(places, name)?;
    Ok(pid)
}

/// conmon only creates.
fn start_created(places: &Places, name: &str) -> Result<(), String> {
    let mut start = Command::new("crun");
    output(start.args(["--cgroup-manager=cgroupfs", "--root", &places.own("conmon"), "start", name]))
        .map(drop)
}
