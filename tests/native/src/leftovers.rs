//! What a runtime may not leave behind: mounts, cgroups, processes. (Files lie in the test's directory anyway.)
//!
//! Tests run side by side with each other and with whatever else the machine does, so nothing is taken for this test's
//! without proof: a mount below its directory; a cgroup that carries the name of one of its containers; a process that
//! lives in one, that inherited the test's mark, or whose root file system lies in its directory. (That a process
//! merely *sees* a mount of the test proves nothing: every process of the machine sees what is mounted there.)

#[cfg(test)]
mod tests;

use crate::until::within;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::fs;
use std::path::{Path, PathBuf};
use std::process;
use std::time::Duration;

/// What removes itself in the background gets this long.
const SETTLE: Duration = Duration::from_secs(10);
/// Environment variable that names the test's directory; whatever a runtime leaves running inherits it.
pub const MARK: &str = "LIMPET_TEST_HOME";

/// What a test could leave, by its directory and the names of its containers' cgroups.
#[derive(Debug)]
pub struct Traces {
    home: PathBuf,
    names: Vec<String>,
}

impl Traces {
    /// Of the test in `home`, whose containers had cgroups called `names`.
    #[must_use]
    pub fn new(home: &Path, names: Vec<String>) -> Self {
        Self { home: home.to_owned(), names }
    }

    /// One line for each thing that is still there after it had time to go.
    #[must_use]
    pub fn leftovers(&self) -> Vec<String> {
        let mut left = Vec::new();
        within(SETTLE, || {
            left = [self.mounts(), self.processes(), self.cgroups()].concat();
            left.is_empty().then_some(())
        });
        left
    }

    fn mounts(&self) -> Vec<String> {
        let table = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        table.lines().filter(|line| self.is_at_home(line)).map(|line| format!("mount: {line}")).collect()
    }

    fn is_at_home(&self, text: &str) -> bool {
        text.contains(self.home.to_string_lossy().as_ref())
    }

    fn processes(&self) -> Vec<String> {
        let command = |pid: i32| {
            fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default().replace('\0', " ")
        };
        self.pids().into_iter().map(|pid| format!("process: {pid} {}", command(pid))).collect()
    }

    fn pids(&self) -> Vec<i32> {
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        pids.filter(|pid| self.owns(*pid)).collect()
    }

    /// Whether process `pid` provably comes from this test; see the module's own words.
    fn owns(&self, pid: i32) -> bool {
        if pid <= 1 || u32::try_from(pid) == Ok(process::id()) {
            return false;
        }
        let read = |file| fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
        let text = |file| String::from_utf8_lossy(&read(file)).into_owned();
        let mark = format!("{MARK}={}", self.home.display());
        let is_marked = read("environ").split(|byte| *byte == 0).any(|entry| entry == mark.as_bytes());
        is_marked || self.is_named(&text("cgroup")) || self.is_root_at_home(&text("mountinfo"))
    }

    fn is_named(&self, cgroups: &str) -> bool {
        cgroups.lines().any(|line| line.split('/').any(|part| self.names.iter().any(|name| name == part)))
    }

    /// The overlay that is `/` names its upper directory, a bind of a bundle the directory in its file system.
    fn is_root_at_home(&self, mountinfo: &str) -> bool {
        let mut roots = mountinfo.lines().filter(|line| line.split(' ').nth(4) == Some("/"));
        roots.any(|line| self.is_at_home(line))
    }

    fn cgroups(&self) -> Vec<String> {
        let mut found = Vec::new();
        self.collect_cgroups(Path::new("/sys/fs/cgroup"), &mut found);
        found.iter().map(|path| format!("cgroup: {}", path.display())).collect()
    }

    fn collect_cgroups(&self, directory: &Path, found: &mut Vec<PathBuf>) {
        let entries = fs::read_dir(directory).into_iter().flatten().flatten();
        for entry in entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())) {
            self.collect_cgroups(&entry.path(), found);
            if self.names.iter().any(|name| entry.file_name() == name.as_str()) {
                found.push(entry.path());
            }
        }
    }

    /// Ends and removes what provably comes from this test, so that a failed one does not spoil the machine for the
    /// next. Mounts go from the innermost.
    pub fn clear(&self) {
        self.pids().into_iter().filter_map(Pid::from_raw).for_each(|pid| self.kill(pid));
        let table = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        let targets = table.lines().filter_map(|line| line.split(' ').nth(4));
        for target in targets
            .filter(|target| Path::new(target).starts_with(&self.home))
            .collect::<Vec<_>>()
            .iter()
            .rev()
        {
            let _ = rustix::mount::unmount(*target, rustix::mount::UnmountFlags::DETACH);
        }
        // What was only just killed may still be in its cgroup for a moment.
        within(SETTLE, || {
            let left = self.cgroups();
            left.iter()
                .filter_map(|line| line.strip_prefix("cgroup: "))
                .for_each(|path| drop(fs::remove_dir(path)));
            left.is_empty().then_some(())
        });
    }

    /// The descriptor pins the process: what is looked at again is what is then killed.
    fn kill(&self, pid: Pid) {
        let Ok(pinned) = pidfd_open(pid, PidfdFlags::empty()) else { return };
        if self.owns(pid.as_raw_nonzero().get()) {
            // It may have ended by itself in the meantime.
            let _ = pidfd_send_signal(&pinned, Signal::KILL);
        }
    }
}
