//! Which hierarchies of control groups to mount.
//!
//! In: what the image wants, `/proc/filesystems` and `/proc/cgroups`. Out: file systems in order; none if the kernel has
//! no control groups. A kernel that lacks the wanted kind gets the other one.

#[cfg(test)]
mod tests;

use super::base::{NOTHING_RUNS, Virtual};
use super::options::Cgroup;

const ROOT: &str = "/sys/fs/cgroup";
/// Controllers that are mounted together, as every system does and programs expect.
const TOGETHER: [&str; 2] = ["cpu", "cpuacct"];

/// The mounts.
pub(super) fn plan(wanted: Cgroup, filesystems: &str, controllers: &str) -> Vec<Virtual> {
    let has = |kind: &str| filesystems.lines().any(|line| line.split('\t').nth(1) == Some(kind));
    match (wanted, has("cgroup2"), has("cgroup")) {
        (Cgroup::V2, true, _) | (Cgroup::V1, true, false) => v2(),
        (Cgroup::V1, _, true) | (Cgroup::V2, false, true) => v1(controllers),
        (Cgroup::V1 | Cgroup::V2, false, false) => Vec::new(),
    }
}

fn v2() -> Vec<Virtual> {
    // A container with a cgroup namespace cannot change the limits on itself.
    vec![virtual_at("cgroup2", ROOT.to_owned(), "nsdelegate")]
}

fn v1(controllers: &str) -> Vec<Virtual> {
    let mut planned = vec![virtual_at("tmpfs", ROOT.to_owned(), "mode=0755")];
    let enabled: Vec<&str> = enabled(controllers).collect();
    let together =
        TOGETHER.iter().filter(|name| enabled.contains(name)).copied().collect::<Vec<_>>().join(",");
    let alone = enabled.iter().filter(|name| !TOGETHER.contains(name)).map(|&name| name.to_owned());
    let all = alone.chain((!together.is_empty()).then_some(together));
    planned.extend(all.map(|name| virtual_at("cgroup", format!("{ROOT}/{name}"), &name)));
    planned
}

/// Lines of `/proc/cgroups`: name, hierarchy, number of groups, whether it is on.
fn enabled(controllers: &str) -> impl Iterator<Item = &str> {
    controllers.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        match fields[..] {
            [name, _, _, "1"] => Some(name),
            _ => None,
        }
    })
}

fn virtual_at(kind: &'static str, path: String, data: &str) -> Virtual {
    Virtual { kind, path, flags: NOTHING_RUNS, data: data.to_owned() }
}
