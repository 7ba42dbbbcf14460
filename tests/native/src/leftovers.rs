//! What a runtime may not leave behind: mounts, cgroups, processes, files.
//!
//! Tests run side by side with each other and with whatever else the machine does, so nothing is taken for this test's
//! without proof: a mount below its directory; a process that inherited its mark, whose root file system lies in its
//! directory, or that lives in a cgroup that carries one of its containers' names. (That a process merely *sees* a
//! mount of the test proves nothing: every process of the machine sees what is mounted there.) A new cgroup in which
//! nobody lives is reported too, since its name does not say whose it is.

#[cfg(test)]
mod tests;

use crate::until::within;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process;
use std::time::Duration;

/// What removes itself in the background gets this long.
const SETTLE: Duration = Duration::from_secs(10);
/// Environment variable that names the test's directory; whatever a runtime leaves running inherits it.
pub const MARK: &str = "LIMPET_TEST_HOME";

/// The machine before the test.
#[derive(Debug)]
pub struct Before {
    home: PathBuf,
    cgroups: BTreeSet<PathBuf>,
}

impl Before {
    /// Looks at the machine; `home` is the test's own directory.
    #[must_use]
    pub fn look(home: &Path) -> Self {
        Self { home: home.to_owned(), cgroups: cgroups() }
    }

    /// One line for each thing that is still there after it had time to go; `names` are those of the test's cgroups.
    #[must_use]
    pub fn leftovers(&self, names: &[String]) -> Vec<String> {
        let mut left = Vec::new();
        within(SETTLE, || {
            left = [self.mounts(), self.processes(names), self.new_cgroups(names)].concat();
            left.is_empty().then_some(())
        });
        left
    }

    fn mounts(&self) -> Vec<String> {
        let table = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        let ours = table.lines().filter(|line| self.is_ours(line));
        ours.map(|line| format!("mount: {line}")).collect()
    }

    fn is_ours(&self, text: &str) -> bool {
        text.contains(self.home.to_string_lossy().as_ref())
    }

    fn processes(&self, names: &[String]) -> Vec<String> {
        let name = |pid: i32| {
            fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default().replace('\0', " ")
        };
        self.pids(names).into_iter().map(|pid| format!("process: {pid} {}", name(pid))).collect()
    }

    fn pids(&self, names: &[String]) -> Vec<i32> {
        pids().filter(|pid| self.owns(*pid, names)).collect()
    }

    /// Whether process `pid` provably comes from this test; see the module's own words.
    fn owns(&self, pid: i32, names: &[String]) -> bool {
        if pid <= 1 || u32::try_from(pid) == Ok(process::id()) {
            return false;
        }
        let read = |file| fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
        let mark = format!("{MARK}={}", self.home.display());
        let marked = read("environ").split(|byte| *byte == 0).any(|entry| entry == mark.as_bytes());
        let cgroup = String::from_utf8_lossy(&read("cgroup")).into_owned();
        let in_ours =
            cgroup.lines().any(|line| line.split('/').any(|part| names.iter().any(|name| name == part)));
        marked || in_ours || self.is_root_ours(&String::from_utf8_lossy(&read("mountinfo")))
    }

    /// The overlay that is `/` names its upper directory, a bind of a bundle the directory in its file system.
    fn is_root_ours(&self, mountinfo: &str) -> bool {
        let mut roots = mountinfo.lines().filter(|line| line.split(' ').nth(4) == Some("/"));
        roots.any(|line| self.is_ours(line))
    }

    /// Ends what provably comes from this test, so that a failed one does not spoil the machine for the next.
    pub fn kill_leftovers(&self, names: &[String]) {
        for pid in self.pids(names) {
            let Some(pid) = Pid::from_raw(pid) else { continue };
            // The descriptor pins the process: what is looked at again is what is then killed.
            let Ok(pinned) = pidfd_open(pid, PidfdFlags::empty()) else { continue };
            if self.owns(pid.as_raw_nonzero().get(), names) {
                // It may have ended by itself in the meantime.
                let _ = pidfd_send_signal(&pinned, Signal::KILL);
            }
        }
    }

    fn new_cgroups(&self, names: &[String]) -> Vec<String> {
        let now = cgroups();
        let new = now.difference(&self.cgroups).filter(|path| !self.is_somebody_elses(path, names));
        new.map(|path| format!("cgroup: {}", path.display())).collect()
    }

    fn is_somebody_elses(&self, cgroup: &Path, names: &[String]) -> bool {
        let members = fs::read_to_string(cgroup.join("cgroup.procs")).unwrap_or_default();
        let members: Vec<i32> = members.lines().filter_map(|pid| pid.parse().ok()).collect();
        let gone = !cgroup.exists();
        gone || (!members.is_empty() && !members.iter().any(|pid| self.owns(*pid, names)))
    }
}

fn pids() -> impl Iterator<Item = i32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// Cgroups below one whose name begins with `limpet` or `lt-` (which is how these tests call containers of others).
fn cgroups() -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    collect(Path::new("/sys/fs/cgroup"), false, &mut found);
    found
}

fn collect(directory: &Path, inside: bool, found: &mut BTreeSet<PathBuf>) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        // The parent `limpet` itself may stay.
        if inside || name.starts_with("lt-") {
            found.insert(path.clone());
        }
        collect(&path, inside || name.starts_with("limpet"), found);
    }
}
