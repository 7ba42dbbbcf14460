//! Files and directories of one run of the benchmarks; everything that is made is removed when it ends.

use native_tests::scratch::Scratch;
use native_tests::{Ask, bundle};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where things are.
pub(crate) struct Places {
    scratch: Scratch,
    /// What `bench/run` built.
    pub(crate) built: PathBuf,
    /// The file under test.
    pub(crate) limpet: PathBuf,
}

/// The limits that every contestant gets.
fn limits(command: &[&str]) -> Ask {
    Ask { memory_bytes: Some(64 << 20), cpu_millis: Some(500), pids: Some(100), ..Ask::probe(command) }
}

/// The same as flags of `limpet run`.
pub(crate) fn limit_flags() -> Vec<String> {
    limits(&[]).docker_flags()
}

impl Places {
    /// Loads the image into a store of its own.
    pub(crate) fn prepare(built: &Path) -> Result<Self, String> {
        let scratch = Scratch::new();
        // A copy, so that no other process shares its pages.
        let (file, limpet) = (native_tests::places::limpet(), scratch.path().join("limpet"));
        fs::copy(&file, &limpet).map_err(|e| format!("copying {}: {e}", file.display()))?;
        let places = Self { scratch, built: built.to_owned(), limpet };
        let archive = places.built.join("bench.tar");
        let load = places.limpet(&["load", "-i", &archive.to_string_lossy()]).output();
        match load {
            Ok(output) if output.status.success() => Ok(places),
            Ok(output) => Err(format!("limpet load: {}", String::from_utf8_lossy(&output.stderr))),
            Err(error) => Err(format!("starting {}: {error}", places.limpet.display())),
        }
    }

    /// A path that only this run has.
    pub(crate) fn own(&self, name: &str) -> String {
        format!("{}/{name}", self.scratch.text())
    }

    /// A name for containers and cgroups that only this run has.
    pub(crate) fn name(&self, of: &str) -> String {
        format!("lt-bench-{}-{of}", std::process::id())
    }

    /// `limpet ARGS` with directories of its own.
    pub(crate) fn limpet(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.limpet);
        command.args(["--root", &self.own("root"), "--state", &self.own("state")]).args(args);
        command
    }

    /// A bundle that runs `program` (`/true`, `/idle`) in the cgroup `/NAME`; gives its directory.
    pub(crate) fn bundle(&self, name: &str, program: &str) -> Result<String, String> {
        let directory = self.own(&format!("bundle-{name}"));
        let mut config = bundle::config(name, program, &limits(&[]));
        config["root"]["path"] = self.built.join("root").to_string_lossy().into();
        let written = fs::create_dir(&directory)
            .and_then(|()| fs::write(format!("{directory}/config.json"), config.to_string()));
        written.map(|()| directory).map_err(|e| format!("writing the bundle of {name}: {e}"))
    }
}
