//! crun (Debian's package) as the independent runtime: the same container of the probe, from an OCI bundle.
//!
//! With docker's default capabilities, mounts and masked paths, and the default filter of the containers project
//! (package golang-github-containers-common). What fails here too is a fault of the test or of the machine.

use crate::bundle;
use crate::leftovers::{MARK, Traces};
use crate::live::Live;
use crate::outcome::Outcome;
use crate::runtime::{Ask, Runtime};
use crate::scratch::Scratch;
use crate::until::until;
use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::{fs, thread};

/// crun with a state directory and bundles of its own.
#[derive(Debug)]
pub struct Crun {
    names: Mutex<Vec<String>>,
    home: Scratch,
}

impl Crun {
    /// With nothing running.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it makes directories, and wants to be dropped")]
    pub fn new() -> Self {
        Self { names: Mutex::default(), home: Scratch::new() }
    }

    /// Debian's crun 1.8.1 refuses a machine that has both v1 and v2 mounted: it gets to see v1 alone.
    fn command(&self, args: &[&str]) -> Command {
        let state = self.home.path().join("state");
        let mut command = if Path::new("/sys/fs/cgroup/unified").exists() {
            let mut unshare = Command::new("unshare");
            unshare.args(["-m", "sh", "-c", "umount -l /sys/fs/cgroup/unified && exec \"$@\"", "sh", "crun"]);
            unshare
        } else {
            Command::new("crun")
        };
        command
            .arg("--cgroup-manager=cgroupfs")
            .arg("--root")
            .arg(state)
            .args(args)
            .env(MARK, self.home.path());
        command
    }

    fn pid_file(&self, name: &str) -> std::path::PathBuf {
        self.home.path().join(format!("{name}.pid"))
    }
}

impl Runtime for Crun {
    fn name(&self) -> &'static str {
        "crun"
    }

    fn foreground(&self, name: &str, ask: &Ask) -> Command {
        self.names.lock().unwrap_or_else(PoisonError::into_inner).push(name.to_owned());
        let bundle = bundle::make(self.home.path(), name, ask);
        let pid_file = self.pid_file(name);
        self.command(&["run", "--bundle", &bundle, "--pid-file", &pid_file.to_string_lossy(), name])
    }

    fn pid(&self, live: &Live) -> i32 {
        let path = self.pid_file(live.name());
        until(&format!("{} runs", live.name()), || fs::read_to_string(&path).ok()?.trim().parse().ok())
    }

    fn kill(&self, name: &str, signal: &str) -> Outcome {
        Outcome::of(&mut self.command(&["kill", name, signal]))
    }

    fn exec(&self, name: &str, command: &[&str]) -> Command {
        self.command(&[&["exec", name], command].concat())
    }
}

impl Drop for Crun {
    fn drop(&mut self) {
        let list = Outcome::of(&mut self.command(&["list", "-q"]));
        for name in list.lines() {
            drop(Outcome::of(&mut self.command(&["delete", "--force", name])));
        }
        let names = self.names.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let left = Traces::new(self.home.path(), names).leftovers();
        assert!(left.is_empty() || thread::panicking(), "left behind:\n{}", left.join("\n"));
    }
}
