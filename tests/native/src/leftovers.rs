//! What a runtime may not leave behind: mounts, cgroups, processes, files.
//!
//! Tests run side by side, so what is found belongs to this test if it names the test's directory (mounts,
//! processes), or if it is new and nobody lives in it (cgroups: their names say nothing about whose they are).

use crate::until::within;
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

    /// One line for each thing that is still there after it had time to go.
    #[must_use]
    pub fn leftovers(&self) -> Vec<String> {
        let mut left = Vec::new();
        within(SETTLE, || {
            left = [self.mounts(), self.processes(), self.new_cgroups()].concat();
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

    fn processes(&self) -> Vec<String> {
        let name = |pid: u32| {
            fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default().replace('\0', " ")
        };
        self.pids().into_iter().map(|pid| format!("process: {pid} {}", name(pid))).collect()
    }

    /// Processes that inherited the mark or that see the test's directory mounted.
    #[must_use]
    pub fn pids(&self) -> Vec<u32> {
        pids().filter(|pid| *pid != process::id() && self.owns(*pid)).collect()
    }

    fn owns(&self, pid: u32) -> bool {
        let read = |file| fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
        let mark = format!("{MARK}={}", self.home.display());
        let marked = read("environ").split(|byte| *byte == 0).any(|entry| entry == mark.as_bytes());
        marked || self.is_ours(&String::from_utf8_lossy(&read("mountinfo")))
    }

    fn new_cgroups(&self) -> Vec<String> {
        let now = cgroups();
        let new = now.difference(&self.cgroups).filter(|path| !self.is_somebody_elses(path));
        new.map(|path| format!("cgroup: {}", path.display())).collect()
    }

    fn is_somebody_elses(&self, cgroup: &Path) -> bool {
        let members = fs::read_to_string(cgroup.join("cgroup.procs")).unwrap_or_default();
        let members: Vec<u32> = members.lines().filter_map(|pid| pid.parse().ok()).collect();
        let gone = !cgroup.exists();
        gone || (!members.is_empty() && !members.iter().any(|pid| self.owns(*pid)))
    }
}

fn pids() -> impl Iterator<Item = u32> {
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
