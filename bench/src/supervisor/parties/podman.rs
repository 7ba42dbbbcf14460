//! podman, which has no daemon: conmon stands beside each container and calls podman again at its end; at boot a service
//! starts what is always to run.

use super::{CgroupParent, Party, printed};
use native_tests::places;
use native_tests::scratch::Scratch;
use std::process::{Child, Command, Stdio};

pub(super) struct Podman {
    directory: String,
    cgroups: CgroupParent,
    starting: Option<Child>,
    version: String,
}

impl Podman {
    pub(super) fn new(scratch: &Scratch) -> Self {
        let version = printed(Command::new("podman").arg("--version"));
        let version = version.rsplit(' ').next().unwrap_or_default().to_owned();
        let directory = format!("{}/podman", scratch.text());
        let podman = Self { directory, cgroups: CgroupParent::new("podman"), starting: None, version };
        let image = places::docker_archive("busybox");
        printed(podman.command().arg("load").arg("-i").arg(image));
        podman
    }

    fn wait(&mut self) {
        if let Some(mut starting) = self.starting.take() {
            let status = starting.wait().unwrap_or_else(|e| panic!("waiting for podman start: {e}"));
            assert!(status.success(), "podman start: {status}");
        }
    }
}

impl Party for Podman {
    fn name(&self) -> String {
        format!("podman {}, conmon, crun", self.version)
    }

    fn command(&self) -> Command {
        let own = |name: &str| format!("{}/{name}", self.directory);
        let mut command = Command::new("podman");
        command.args(["--root", &own("root"), "--runroot", &own("run"), "--tmpdir", &own("tmp")]);
        command.args(["--cgroup-manager", "cgroupfs", "--runtime", "crun", "--events-backend", "file"]);
        command
    }

    /// podman would raise limits, which not every machine lets it do.
    fn run_flags(&self) -> Vec<String> {
        let parent = format!("/{}", self.cgroups.0);
        let flags =
            ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1000:1000", "--cgroup-parent", &parent];
        flags.map(str::to_owned).to_vec()
    }

    /// As its podman-restart.service does.
    fn launch(&mut self) {
        let mut command = self.command();
        command.args(["start", "--all", "--filter", "restart-policy=always"]);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        self.starting = Some(command.spawn().unwrap_or_else(|e| panic!("starting {command:?}: {e}")));
    }

    fn start(&mut self) {}

    fn halt(&mut self, _names: &[String]) {
        self.wait();
        printed(self.command().args(["stop", "--all", "-t", "0"]));
    }

    fn daemon(&self) -> Vec<i32> {
        Vec::new()
    }
}

impl Drop for Podman {
    fn drop(&mut self) {
        if let Some(mut starting) = self.starting.take() {
            // Whatever it came to.
            let _ = starting.wait();
        }
        // What it says no matter: the cgroups and mounts of a run that failed go with it.
        let _ = self.command().args(["rm", "--all", "--force", "-t", "0"]).output();
    }
}
