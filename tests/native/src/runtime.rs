//! What the isolation tests need of a runtime, so that they can be run on an independent one and be checked themselves.

use crate::live::Live;
use crate::outcome::Outcome;
use probe::report::Report;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A container of the probe: docker's defaults, except for what is set here.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    /// Arguments of the probe.
    pub command: Vec<String>,
    /// Hard memory limit in bytes; swap is not granted in addition.
    pub memory_bytes: Option<u64>,
    /// Thousandths of a CPU.
    pub cpu_millis: Option<u32>,
    /// Most tasks.
    pub pids: Option<u32>,
    /// The root cannot be written.
    pub readonly: bool,
    /// User and group.
    pub user: Option<(u32, u32)>,
    /// Name of the host.
    pub hostname: Option<String>,
    /// `NAME=value` entries.
    pub env: Vec<String>,
    /// Working directory.
    pub cwd: Option<String>,
    /// Capabilities besides the default ones, without `CAP_`.
    pub cap_add: Vec<String>,
    /// Default capabilities that are taken away, without `CAP_`.
    pub cap_drop: Vec<String>,
    /// Soft and hard limit of open files.
    pub open_files: Option<(u64, u64)>,
    /// `/proc/self/oom_score_adj`
    pub oom_score_adj: Option<i32>,
}

impl Ask {
    /// The probe with these arguments.
    #[must_use]
    pub fn probe(command: &[&str]) -> Self {
        Self { command: command.iter().map(|&word| word.to_owned()).collect(), ..Self::default() }
    }

    /// As flags of `docker run`.
    #[must_use]
    pub fn docker_flags(&self) -> Vec<String> {
        let mut flags = Vec::new();
        let mut add =
            |flag: &str, value: Option<String>| flags.extend(value.map(|value| format!("{flag}={value}")));
        add("--memory", self.memory_bytes.map(|n| n.to_string()));
        add("--cpus", self.cpu_millis.map(|n| format!("{}.{:03}", n / 1000, n % 1000)));
        add("--pids-limit", self.pids.map(|n| n.to_string()));
        add("--read-only", self.readonly.then(|| "true".to_owned()));
        add("--user", self.user.map(|(user, group)| format!("{user}:{group}")));
        add("--hostname", self.hostname.clone());
        add("--workdir", self.cwd.clone());
        add("--ulimit", self.open_files.map(|(soft, hard)| format!("nofile={soft}:{hard}")));
        add("--oom-score-adj", self.oom_score_adj.map(|n| n.to_string()));
        self.env.iter().for_each(|entry| add("--env", Some(entry.clone())));
        self.cap_add.iter().for_each(|name| add("--cap-add", Some(name.clone())));
        self.cap_drop.iter().for_each(|name| add("--cap-drop", Some(name.clone())));
        flags
    }
}

/// Something that runs the probe in a container.
pub trait Runtime {
    /// Its own name.
    fn name(&self) -> &'static str;

    /// The command that runs `ask` in a container called `name` and stays until that ends.
    fn foreground(&self, name: &str, ask: &Ask) -> Command;

    /// The container's first process, as the board sees it; waits until there is one.
    fn pid(&self, live: &Live) -> i32;

    /// Sends a signal to the container's first process.
    fn kill(&self, name: &str, signal: &str) -> Outcome;

    /// The command that runs another process in the container.
    fn exec(&self, name: &str, command: &[&str]) -> Command;

    /// Runs it to its end.
    fn run(&self, ask: &Ask) -> Outcome {
        Outcome::of(&mut self.foreground(&fresh_name(), ask))
    }

    /// What the probe reports from inside.
    #[track_caller]
    fn report(&self, ask: &Ask) -> Report {
        let ask = Ask { command: vec!["report".to_owned()], ..ask.clone() };
        self.run(&ask).ok().report()
    }

    /// Starts it and leaves it running.
    fn start(&self, ask: &Ask) -> Live {
        let name = fresh_name();
        Live::start(self.foreground(&name, ask), name)
    }
}

/// A container's name that nobody else has.
#[must_use]
pub fn fresh_name() -> String {
    format!("lt-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}
