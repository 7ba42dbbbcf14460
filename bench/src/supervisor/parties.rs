//! Who keeps containers running: how each is started, ended, and asked. All three are typed like docker.

mod docker;
mod limpet;
mod podman;

pub(super) use limpet::LimpetParty;

use super::processes::parent;
use native_tests::scratch::Scratch;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One of them.
pub(super) trait Party {
    /// For the tables.
    fn name(&self) -> String;
    /// Its command line, up to the verb.
    fn command(&self) -> Command;
    /// What `run` needs to know beside the rest.
    fn run_flags(&self) -> Vec<String>;
    /// Brings up what ran when it was halted; does not wait for it.
    fn launch(&mut self);
    /// The same, and waits until it can be asked.
    fn start(&mut self);
    /// Ends its containers, and itself, as a board that goes down does.
    fn halt(&mut self, names: &[String]);
    /// Processes that are there without any container.
    fn daemon(&self) -> Vec<i32>;
}

/// Everybody who is on this machine, limpet first; and who is not.
pub(super) fn others(scratch: &Scratch) -> (Vec<Box<dyn Party>>, Vec<&'static str>) {
    let (mut there, mut absent): (Vec<Box<dyn Party>>, _) = (Vec::new(), Vec::new());
    match has(&["dockerd", "containerd", "docker"]) {
        true => there.push(Box::new(docker::Docker::new(scratch))),
        false => absent.push("dockerd with containerd (Debian: docker.io)"),
    }
    match has(&["podman", "conmon", "crun"]) {
        true => there.push(Box::new(podman::Podman::new(scratch))),
        false => absent.push("podman with conmon (Debian: podman, crun)"),
    }
    (there, absent)
}

fn has(programs: &[&str]) -> bool {
    let path = std::env::var("PATH").unwrap_or_default();
    let is_there = |name: &&str| path.split(':').any(|directory| Path::new(directory).join(name).exists());
    programs.iter().all(is_there)
}

/// Runs `VERB ARGS` to its end and gives what it printed.
pub(super) fn ask(party: &dyn Party, args: &[&str]) -> String {
    let mut command = party.command();
    printed(command.args(args))
}

fn printed(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|e| panic!("starting {command:?}: {e}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// A container that is to run for ever.
pub(super) fn run(party: &dyn Party, name: &str, more: &[&str]) {
    let flags = party.run_flags();
    let mut args = vec!["run", "-d", "--name", name, "--restart", "always", "--network", "none"];
    args.extend(flags.iter().map(String::as_str));
    args.extend(more);
    args.extend(["busybox", "sleep", "100000"]);
    ask(party, &args);
}

pub(super) fn remove(party: &dyn Party, names: &[String]) {
    if !names.is_empty() {
        ask(party, &[&["rm", "-f"], &*strs(names)].concat());
    }
}

/// First processes of containers.
pub(super) fn pids(party: &dyn Party, names: &[String]) -> Vec<i32> {
    if names.is_empty() {
        return Vec::new();
    }
    let asked = [&["inspect", "--format", "{{.State.Pid}}"], &*strs(names)].concat();
    let answer = ask(party, &asked);
    let pids: Vec<i32> = answer.lines().filter_map(|line| line.parse().ok().filter(|pid| *pid > 0)).collect();
    assert_eq!(pids.len(), names.len(), "{} does not run them all: {answer}", party.name());
    pids
}

/// What stands beside containers: keepers, shims, conmons.
pub(super) fn companions(party: &dyn Party, names: &[String]) -> Vec<i32> {
    pids(party, names).into_iter().map(parent).collect()
}

pub(super) fn strs(names: &[String]) -> Vec<&str> {
    names.iter().map(String::as_str).collect()
}

/// A parent of cgroups that only this run has, and what is below it when it is gone.
struct CgroupParent(String);

impl CgroupParent {
    fn new(of: &str) -> Self {
        Self(format!("lt-bench-{}-{of}", std::process::id()))
    }
}

impl Drop for CgroupParent {
    fn drop(&mut self) {
        let hierarchies = fs::read_dir("/sys/fs/cgroup").into_iter().flatten().flatten();
        let places = hierarchies.map(|entry| entry.path()).chain([PathBuf::from("/sys/fs/cgroup")]);
        places.for_each(|place| remove_groups(&place.join(&self.0)));
    }
}

/// Nobody is in them any more.
fn remove_groups(group: &Path) {
    let below = fs::read_dir(group).into_iter().flatten().flatten();
    below.filter(|entry| entry.path().is_dir()).for_each(|entry| remove_groups(&entry.path()));
    // In most hierarchies it is not there.
    let _ = fs::remove_dir(group);
}
