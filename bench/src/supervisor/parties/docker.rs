//! dockerd, which starts containerd, with a shim per container. Everything of it is below one directory; its network
//! namespace is its own, so that it finds nothing to change.

use super::super::processes::children;
use super::{CgroupParent, Party, printed};
use native_tests::scratch::Scratch;
use native_tests::{places, until};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::File;
use std::process::{Child, Command, Stdio};

pub(super) struct Docker {
    directory: String,
    cgroups: CgroupParent,
    daemon: Option<Child>,
    version: String,
}

impl Docker {
    pub(super) fn new(scratch: &Scratch) -> Self {
        let directory = format!("{}/docker", scratch.text());
        let version = printed(Command::new("dockerd").arg("--version"));
        let version = version.split([' ', ',']).nth(2).unwrap_or_default().to_owned();
        let mut docker = Self { directory, cgroups: CgroupParent::new("docker"), daemon: None, version };
        std::fs::create_dir(&docker.directory).unwrap_or_else(|e| panic!("making {}: {e}", docker.directory));
        docker.start();
        let image = places::docker_archive("busybox");
        printed(docker.command().arg("load").arg("-i").arg(image));
        docker.halt(&[]);
        docker
    }

    fn own(&self, name: &str) -> String {
        format!("{}/{name}", self.directory)
    }

    fn log(&self) -> File {
        let path = self.own("log");
        File::options()
            .create(true)
            .append(true)
            .open(&path)
            .unwrap_or_else(|e| panic!("opening {path}: {e}"))
    }
}

impl Party for Docker {
    fn name(&self) -> String {
        format!("dockerd {}, containerd, runc", self.version)
    }

    fn command(&self) -> Command {
        let mut command = Command::new("docker");
        command.env("DOCKER_HOST", format!("unix://{}", self.own("sock")));
        command
    }

    /// An end without a grace period, for this bench's sake.
    fn run_flags(&self) -> Vec<String> {
        ["--stop-timeout", "0"].map(str::to_owned).to_vec()
    }

    fn launch(&mut self) {
        let mut command = Command::new("unshare");
        command.args(["-n", "dockerd", "--iptables=false", "--ip6tables=false", "--bridge=none"]);
        command.args(["--data-root", &self.own("data"), "--exec-root", &self.own("exec")]);
        command.args(["--pidfile", &self.own("pid"), "-H", &format!("unix://{}", self.own("sock"))]);
        command.args(["--exec-opt", "native.cgroupdriver=cgroupfs"]);
        command.args(["--cgroup-parent", &format!("/{}", self.cgroups.0)]);
        command.stdin(Stdio::null()).stdout(self.log()).stderr(self.log());
        self.daemon = Some(command.spawn().unwrap_or_else(|e| panic!("starting {command:?}: {e}")));
    }

    fn start(&mut self) {
        self.launch();
        until("dockerd answers", || {
            let asked = self.command().arg("info").output().ok()?;
            asked.status.success().then_some(())
        });
    }

    /// SIGTERM stops the containers, and the next start brings them up.
    fn halt(&mut self, _names: &[String]) {
        let Some(mut daemon) = self.daemon.take() else { return };
        let pid = i32::try_from(daemon.id()).ok().and_then(Pid::from_raw).expect("a pid is positive");
        // It may have ended by itself.
        let _ = kill_process(pid, Signal::TERM);
        daemon.wait().unwrap_or_else(|e| panic!("waiting for dockerd: {e}"));
    }

    /// unshare(1) becomes dockerd; containerd is its one child that stays.
    fn daemon(&self) -> Vec<i32> {
        let pids = self.daemon.iter().filter_map(|daemon| i32::try_from(daemon.id()).ok());
        let with_children: Vec<i32> = pids.flat_map(|pid| [vec![pid], children(pid)].concat()).collect();
        with_children
    }
}

impl Drop for Docker {
    fn drop(&mut self) {
        self.halt(&[]);
    }
}
