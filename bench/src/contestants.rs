//! Who is measured: how each runs a static true in a container with limits, to its end.

use crate::places::{Places, limit_flags};
use std::fs;
use std::path::Path;
use std::process::Command;

/// One of them. The floor comes first in [`all`], limpet second.
pub(crate) struct Contestant {
    /// For the table.
    pub(crate) name: &'static str,
    program: String,
    args: Vec<String>,
}

impl Contestant {
    fn new(name: &'static str, program: &str, args: Vec<String>) -> Self {
        Self { name, program: program.to_owned(), args }
    }

    /// The command to be timed.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.args);
        command
    }
}

/// Everybody.
pub(crate) fn all(places: &Places) -> Result<Vec<Contestant>, String> {
    Ok(vec![floor(places), limpet(places), limpet_host_ids(places), crun(places)?, runc(places)?])
}

fn floor(places: &Places) -> Contestant {
    let program = places.built.join("floor");
    let lower = places.built.join("root").to_string_lossy().into_owned();
    let cgroups = cgroup_roots().into_iter().map(|root| format!("{root}/{}", places.name("floor")));
    let args = [lower, places.own("floor")].into_iter().chain(cgroups).collect();
    Contestant::new("floor: the same kernel calls, in C", &program.to_string_lossy(), args)
}

/// Directories of all v1 controllers, or of v2. A hierarchy without a controller (systemd's) is left out, as limpet does.
fn cgroup_roots() -> Vec<String> {
    let v2 = Path::new("/sys/fs/cgroup/cgroup.controllers").exists();
    if v2 {
        return vec!["/sys/fs/cgroup".to_owned()];
    }
    let table = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let v1 = table.lines().filter(|line| line.contains(" - cgroup ") && !line.contains(",name="));
    v1.filter_map(|line| line.split(' ').nth(4).map(str::to_owned)).collect()
}

fn limpet_args(places: &Places, more: &[&str]) -> Vec<String> {
    let directories = ["--root".to_owned(), places.own("root"), "--state".to_owned(), places.own("state")];
    let run = ["run", "--rm", "--network=none"].iter().chain(more).map(|&word| word.to_owned());
    directories
        .into_iter()
        .chain(run)
        .chain(limit_flags())
        .chain(["bench".to_owned(), "/true".to_owned()])
        .collect()
}

fn limpet(places: &Places) -> Contestant {
    Contestant::new("**limpet run --rm**", &places.limpet.to_string_lossy(), limpet_args(places, &[]))
}

fn limpet_host_ids(places: &Places) -> Contestant {
    let args = limpet_args(places, &["--userns=host"]);
    Contestant::new("limpet run --rm --userns=host", &places.limpet.to_string_lossy(), args)
}

fn crun(places: &Places) -> Result<Contestant, String> {
    let name = places.name("crun");
    let bundle = places.bundle(&name, "/true")?;
    let args =
        ["--cgroup-manager=cgroupfs", "--root", &places.own("crun"), "run", "--bundle", &bundle, &name];
    Ok(Contestant::new("crun run", "crun", args.map(str::to_owned).to_vec()))
}

fn runc(places: &Places) -> Result<Contestant, String> {
    let name = places.name("runc");
    let bundle = places.bundle(&name, "/true")?;
    let args = ["--root", &places.own("runc"), "run", "--bundle", &bundle, &name];
    Ok(Contestant::new("runc run", "runc", args.map(str::to_owned).to_vec()))
}
