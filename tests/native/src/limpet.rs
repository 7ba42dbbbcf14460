//! One limpet with directories of its own, and the check that it left nothing behind.

use crate::bundle;
use crate::leftovers::{MARK, Traces};
use crate::live::Live;
use crate::outcome::{Outcome, typed};
use crate::places;
use crate::runtime::{Ask, Runtime};
use crate::scratch::Scratch;
use crate::until::until;
use crate::witness::Witness;
use serde_json::Value;
use std::ffi::{OsStr, OsString};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{fs, thread};

/// The file under test, with its own `--root` and `--state`.
///
/// When it is dropped, its containers are removed and everything that is left of them fails the test.
#[derive(Debug)]
pub struct Limpet {
    program: PathBuf,
    root: PathBuf,
    state: PathBuf,
    witness: Witness,
    classic_mounts: bool,
    bundles: bool,
    environment: Vec<(String, OsString)>,
    // Last: removed when everything in it is gone.
    home: Scratch,
}

impl Limpet {
    /// With an empty store.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it makes directories, and wants to be dropped")]
    pub fn new() -> Self {
        let home = Scratch::new();
        let (root, state) = (home.path().join("root"), home.path().join("state"));
        let witness = Witness::watch(&root.join("containers"));
        Self {
            program: places::limpet(),
            root,
            state,
            witness,
            classic_mounts: false,
            bundles: false,
            environment: vec![],
            home,
        }
    }

    /// With these sample images loaded.
    #[must_use]
    pub fn with(images: &[&str]) -> Self {
        let limpet = Self::new();
        for image in images {
            limpet.load(image);
        }
        limpet
    }

    /// The same store in another place (`--root` on a file system of the test's choice).
    #[must_use]
    pub fn with_root(mut self, root: &Path) -> Self {
        root.clone_into(&mut self.root);
        self.witness = Witness::watch(&root.join("containers"));
        self
    }

    /// The same from a copy of the file that nobody else runs, so that all its pages are its own processes'.
    ///
    /// # Panics
    /// It cannot be copied.
    #[must_use]
    pub fn from_own_file(mut self) -> Self {
        let copy = self.home.path().join("limpet");
        fs::copy(&self.program, &copy).unwrap_or_else(|e| panic!("copying {}: {e}", self.program.display()));
        self.program = copy;
        self
    }

    /// The same with mount(2) alone, as on kernels before 5.12.
    #[must_use]
    pub fn classic(mut self) -> Self {
        self.classic_mounts = true;
        self
    }

    /// The same, running OCI bundles instead of images.
    #[must_use]
    pub fn of_bundles(mut self) -> Self {
        self.bundles = true;
        self
    }

    /// The same with a variable in its environment.
    #[must_use]
    pub fn with_variable(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.environment.push((name.to_owned(), value.as_ref().to_owned()));
        self
    }

    /// The same with another `--state`.
    #[must_use]
    pub fn with_state(mut self, state: &Path) -> Self {
        state.clone_into(&mut self.state);
        self
    }

    fn load(&self, image: &str) {
        let layout = places::image(image);
        self.ok(&["load", "-i", layout.to_str().expect("the checkout's path is UTF-8")]);
    }

    /// A directory for the test's own files.
    #[must_use]
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// `--root`.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// `--state`.
    #[must_use]
    pub fn state(&self) -> &Path {
        &self.state
    }

    /// `limpet --root ... --state ... ARGS`, not started yet.
    #[must_use]
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("--root").arg(&self.root).arg("--state").arg(&self.state).args(args);
        command.env(MARK, self.home.path()).env("NO_COLOR", "1");
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        if self.classic_mounts {
            command.env("LIMPET_CLASSIC_MOUNTS", "1");
        }
        command
    }

    /// Runs `limpet ARGS` to its end.
    #[must_use]
    pub fn try_to(&self, args: &[&str]) -> Outcome {
        Outcome::of(&mut self.command(args))
    }

    /// Runs `limpet ARGS`, which must succeed.
    #[track_caller]
    pub fn ok(&self, args: &[&str]) -> Outcome {
        self.try_to(args).ok()
    }

    /// Runs `limpet ARGS` with `input` on stdin.
    ///
    /// # Panics
    /// It cannot be started.
    #[must_use]
    pub fn fed(&self, input: &[u8], args: &[&str]) -> Outcome {
        let mut command = self.command(args);
        let typed = typed(&command);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|e| panic!("starting {typed}: {e}"));
        let mut stdin = child.stdin.take().expect("stdin is a pipe");
        let input = input.to_owned();
        // A program that ends without reading everything breaks the pipe, which is its good right.
        let writer = thread::spawn(move || drop(stdin.write_all(&input)));
        let output = child.wait_with_output().unwrap_or_else(|e| panic!("waiting for {typed}: {e}"));
        writer.join().expect("the writer does not panic");
        Outcome::from_output(typed, &output)
    }

    /// `limpet run -d ARGS`; gives the id.
    #[track_caller]
    pub fn detached(&self, args: &[&str]) -> String {
        let id = self.ok(&[&["run", "-d"], args].concat()).text().to_owned();
        assert!(id.len() == 64 && id.bytes().all(|b| b.is_ascii_hexdigit()), "not an id: {id:?}");
        id
    }

    /// The one object of `limpet inspect NAME`.
    #[track_caller]
    #[must_use]
    pub fn inspect(&self, name: &str) -> Value {
        self.ok(&["inspect", name]).json()[0].clone()
    }

    /// A field of `inspect`, by a JSON pointer: `/State/Status`.
    #[track_caller]
    #[must_use]
    pub fn field(&self, name: &str, pointer: &str) -> Value {
        let all = self.inspect(name);
        all.pointer(pointer).unwrap_or_else(|| panic!("inspect has no {pointer}: {all:#}")).clone()
    }

    /// Waits until the container's status is `status` (`running`, `exited`).
    pub fn until_status(&self, name: &str, status: &str) {
        until(&format!("{name} is {status}"), || (self.field(name, "/State/Status") == status).then_some(()));
    }

    /// Waits until the container's log holds `text`.
    pub fn until_logged(&self, name: &str, text: &str) {
        until(&format!("{name} logs {text:?}"), || {
            let logs = self.ok(&["logs", name]);
            (logs.stdout.contains(text) || logs.stderr.contains(text)).then_some(())
        });
    }

    /// Process id of a container's first process; `None` if it does not run.
    #[must_use]
    pub fn pid_of(&self, name: &str) -> Option<i32> {
        let answer = self.try_to(&["inspect", name]);
        let state: Value = serde_json::from_str(&answer.stdout).ok()?;
        let pid = state.pointer("/0/State/Pid")?.as_i64()?;
        i32::try_from(pid).ok().filter(|pid| *pid > 0)
    }

    /// Waits until the container runs in another process than `before`; gives that.
    pub fn until_runs_anew(&self, name: &str, before: i32) -> i32 {
        until(&format!("{name} runs, and not in {before}"), || self.pid_of(name).filter(|pid| *pid != before))
    }

    /// How many lines of the container's log are `line`.
    #[must_use]
    pub fn logged(&self, name: &str, line: &str) -> usize {
        self.ok(&["logs", name]).lines().filter(|logged| *logged == line).count()
    }

    /// Ids of all containers.
    #[must_use]
    pub fn ids(&self) -> Vec<String> {
        self.ok(&["ps", "-aq", "--no-trunc"]).lines().map(str::to_owned).collect()
    }

    /// What is left behind apart from the containers that exist.
    #[must_use]
    pub fn leftovers(&self) -> Vec<String> {
        [self.traces().leftovers(), self.directories()].concat()
    }

    /// Directories of containers, durable and not.
    fn directories(&self) -> Vec<String> {
        self.container_paths().map(|path| format!("directory: {}", path.display())).collect()
    }

    fn container_paths(&self) -> impl Iterator<Item = PathBuf> {
        let containers = [&self.root, &self.state].map(|base| base.join("containers"));
        let entries =
            containers.into_iter().flat_map(|path| fs::read_dir(path).into_iter().flatten().flatten());
        entries.map(|entry| entry.path())
    }

    fn traces(&self) -> Traces {
        Traces::new(self.home.path(), self.witness.ids())
    }

    /// The keeper of a container that runs.
    ///
    /// # Panics
    /// The parent of the container's first process is not a keeper of this limpet.
    #[must_use]
    pub fn keeper(&self, name: &str) -> u32 {
        let pid = self.field(name, "/State/Pid");
        let stat =
            fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_else(|e| panic!("{name} ({pid}): {e}"));
        let parent = stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(1)).unwrap_or_default();
        let command = fs::read_to_string(format!("/proc/{parent}/cmdline")).unwrap_or_default();
        assert!(
            command.contains(self.home.text()),
            "process {parent} is no keeper of this test: {command:?}"
        );
        parent.parse().unwrap_or_else(|e| panic!("{parent}: {e}"))
    }

    fn remove_containers(&self) {
        let ids = self.try_to(&["ps", "-aq", "--no-trunc"]);
        for id in ids.lines() {
            drop(self.try_to(&["rm", "-f", id]));
        }
    }
}

impl Drop for Limpet {
    fn drop(&mut self) {
        self.remove_containers();
        let left = self.leftovers();
        if left.is_empty() {
            return;
        }
        self.traces().clear();
        let message = format!("left behind:\n{}", left.join("\n"));
        assert!(thread::panicking(), "{message}");
        eprintln!("{message}");
    }
}

impl Runtime for Limpet {
    fn name(&self) -> &'static str {
        if self.bundles { "limpet with a bundle" } else { "limpet" }
    }

    fn foreground(&self, name: &str, ask: &Ask) -> Command {
        if self.bundles {
            let bundle = bundle::make(self.home.path(), name, ask);
            return self.command(&["run", "--rm", "--name", name, "--bundle", &bundle]);
        }
        if self.try_to(&["image", "inspect", "probe"]).code != 0 {
            self.load("probe");
        }
        let flags = ask.docker_flags();
        let mut args = vec!["run", "--rm", "--name", name];
        args.extend(flags.iter().map(String::as_str));
        args.push("probe");
        args.extend(ask.command.iter().map(String::as_str));
        self.command(&args)
    }

    fn pid(&self, live: &Live) -> i32 {
        until(&format!("{} runs", live.name()), || {
            let answer = self.try_to(&["inspect", live.name()]);
            let pid =
                serde_json::from_str::<Value>(&answer.stdout).ok()?.pointer("/0/State/Pid")?.as_i64()?;
            i32::try_from(pid).ok().filter(|pid| *pid > 0)
        })
    }

    fn kill(&self, name: &str, signal: &str) -> Outcome {
        self.try_to(&["kill", "-s", signal, name])
    }

    fn exec(&self, name: &str, command: &[&str]) -> Command {
        self.command(&[&["exec", name], command].concat())
    }
}
