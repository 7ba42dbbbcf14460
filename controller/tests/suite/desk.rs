//! An operator's desk with `limpetctl`, and boards that do what a test says.

use crate::board::{Board, delivery, etag};
use crate::rig::{Directory, Keys, Rig, base64};
use limpet_protocol::fleet::Desired;
use limpet_protocol::fleet::enrol::{TOKEN_PREFIX, Token};
use limpet_protocol::fleet::link::Delivery;
use limpet_protocol::fleet::report::{AppReport, Progress};
use limpet_trust::sign::Secret;
use limpet_trust::{Accepted, Clock, Memory, envelope};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

pub(crate) const IMAGE_1: &str =
    "example.test/web@sha256:1111111111111111111111111111111111111111111111111111111111111111";
pub(crate) const IMAGE_2: &str =
    "example.test/web@sha256:2222222222222222222222222222222222222222222222222222222222222222";
/// So long an operator waits for anything, at most.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(120);
/// One board after the other, without a pause.
pub(crate) const QUICK: [&str; 6] = ["--soak", "0s", "--canary", "1", "--batch", "100%"];

/// An operator at a desk of their own.
pub(crate) struct Desk {
    pub(crate) directory: Directory,
    pub(crate) rig: Rig,
}

impl Desk {
    /// Connected to a fleet.
    pub(crate) fn new() -> Self {
        let desk = Self { directory: Directory::new(), rig: Rig::new() };
        desk.key("deploy.key", "deploy", &desk.rig.keys.deploy, 2);
        desk.key("root.key", "root", &desk.rig.keys.root, 1);
        std::fs::write(desk.path("root-1.doc"), desk.root()).expect("written");
        desk.connect();
        desk
    }

    /// Of a fleet whose keys `limpetctl keys init` made, with these words besides: the first deploy key is the operator's.
    pub(crate) fn made(words: &[&str]) -> Self {
        let (directory, keys) = (Directory::new(), Keys::new());
        let mut desk = Self { directory, rig: Rig::stopped() };
        desk.good(&[&["keys", "init", ".", "--no-passphrase"], words].concat());
        desk.rig = Rig::rooted(Keys { deploy: desk.secret("deploy.key"), ..keys }, &desk.read("root-1.doc"));
        desk.rig.start();
        desk.connect();
        desk
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).expect("a file")
    }

    /// Of an open key file.
    pub(crate) fn secret(&self, name: &str) -> Secret {
        use base64::Engine as _;
        use base64::engine::general_purpose::URL_SAFE_NO_PAD;
        let file: serde_json::Value = serde_json::from_slice(&self.read(name)).expect("JSON");
        let seed = URL_SAFE_NO_PAD.decode(file["seed"].as_str().expect("text")).expect("base64url");
        crate::rig::secret_of(&seed.try_into().expect("32 bytes"))
    }

    /// The first root, as the server has it.
    pub(crate) fn root(&self) -> Vec<u8> {
        std::fs::read(self.rig.directory.0.join("root")).expect("a file")
    }

    pub(crate) fn connect(&self) {
        let pin: String = self.rig.connect().pin.iter().map(|byte| format!("{byte:02x}")).collect();
        self.good(&["connect", &self.url(), "--pin", &pin, "--root", "root-1.doc", "--key", "deploy.key"]);
    }

    pub(crate) fn key(&self, name: &str, role: &str, secret: &Secret, seed: u8) {
        let (public, seed) = (secret.public(), base64(&[seed; 32]));
        let text = format!(r#"{{"limpet_key":1,"role":"{role}","public":"{public}","seed":"{seed}"}}"#);
        std::fs::write(self.path(name), text).expect("written");
    }

    pub(crate) fn url(&self) -> String {
        format!("https://{}", self.rig.address())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.0.join(name)
    }

    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_limpetctl"));
        command.args(words).current_dir(&self.directory.0).stdin(Stdio::null()).env_clear();
        command.env("LIMPETCTL_CONFIG", self.path("fleet.json")).env("HOME", &self.directory.0);
        command.env("LIMPET_CONFIG", self.path("none"));
        command
    }

    /// To its end; one that never comes to it is ended, as when a board of the test did not do its part.
    pub(crate) fn run(&self, words: &[&str]) -> Output {
        let child = self.begin(words);
        let pid = child.id().to_string();
        let (tell, told) = std::sync::mpsc::channel();
        let wait = std::thread::spawn(move || drop(tell.send(child.wait_with_output())));
        let output = told.recv_timeout(PATIENCE);
        if output.is_err() {
            let _ = Command::new("kill").args(["-KILL", &pid]).status();
        }
        wait.join().expect("it waits");
        output.unwrap_or_else(|_| panic!("{words:?} does not end")).expect("it runs")
    }

    /// What it says when it works.
    pub(crate) fn good(&self, words: &[&str]) -> String {
        let output = self.run(words);
        assert!(output.status.success(), "{words:?}: {output:?}");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// What it says when it does not.
    pub(crate) fn bad(&self, words: &[&str]) -> String {
        let output = self.run(words);
        assert_eq!(output.status.code(), Some(1), "{words:?}: {output:?}");
        let text = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(text.lines().last().map(|line| line.starts_with("limpetctl: ")), Some(true), "{text}");
        text
    }

    pub(crate) fn begin(&self, words: &[&str]) -> Child {
        self.command(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts")
    }

    pub(crate) fn compose(&self, name: &str, image: &str) {
        let text = format!(
            "name: {name}\nservices:\n  main:\n    image: {image}\n    environment:\n      SITE: ${{SITE-none}} ${{LIMPET_BOARD}}\n"
        );
        std::fs::write(self.path(&format!("{name}.yaml")), text).expect("written");
    }

    /// A board that joined by a token of this desk.
    pub(crate) fn join(&self, seed: u8, name: &str, labels: &[&str]) -> Board {
        let mut words = vec!["board", "invite"];
        labels.iter().for_each(|label| words.extend(["--label", label]));
        let token = token(&self.good(&words));
        let board = Board::new(seed, name);
        let answer = board.enrol(self.rig.address(), token.invite);
        assert_eq!(answer.status, 200, "{}", answer.text());
        board
    }
}

pub(crate) fn token(text: &str) -> Token {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let text = text.trim().strip_prefix(TOKEN_PREFIX).expect("a token");
    postcard::from_bytes(&URL_SAFE_NO_PAD.decode(text).expect("base64url")).expect("a token")
}

/// A board that judges what it is given as real ones do, and says of each state what a test wants.
pub(crate) struct Life {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<Vec<Desired>>>,
}

impl Life {
    /// It comes to every state unless an image in it is `bad`, which it reverts.
    pub(crate) fn of(desk: &Desk, board: Board, bad: &'static str) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (address, seen) = (desk.rig.address(), stop.clone());
        let first = desk.root();
        let thread = std::thread::spawn(move || {
            let first = envelope::open(&first).expect("a root");
            let mut memory = Memory::enrolled(board.id(), Default::default(), first.payload).expect("a root");
            let mut link = board.connect(address);
            let (mut tag, mut taken, mut sequence) = (None, Vec::new(), 0);
            while !seen.load(Ordering::Relaxed) {
                let answer = link.poll(tag.as_deref(), 1);
                if answer.status == 304 {
                    continue;
                }
                tag = Some(etag(&answer));
                let Delivery { roots, desired } = delivery(&answer);
                let clock = Clock { synchronised_s: Some(crate::rig::now_s()), built_s: 0 };
                for document in roots.iter().chain([&desired]).filter(|document| !document.is_empty()) {
                    // Nothing is offered that is refused.
                    let accepted = limpet_trust::accept(&memory, document, &clock);
                    match accepted.unwrap_or_else(|refusal| panic!("a board takes it: {refusal}")) {
                        Accepted::Root(next) => memory = *next,
                        Accepted::Desired { desired, memory: next } => {
                            memory = *next;
                            sequence += 1;
                            let place = (desired.root_generation, desired.generation);
                            let mut report = board.report(sequence, place);
                            report.root_generation = memory.root.generation;
                            report.apps = desired.apps.iter().map(|app| said(app, bad)).collect();
                            assert_eq!(link.tell(&report).status, 204);
                            taken.push(desired);
                        }
                        Accepted::KnownRoot | Accepted::Known(_) => {}
                    }
                }
            }
            taken
        });
        Self { stop, thread: Some(thread) }
    }

    /// What it took.
    pub(crate) fn end(mut self) -> Vec<Desired> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.take().expect("it lives").join().expect("it took everything")
    }
}

fn said(app: &limpet_protocol::app::App, bad: &str) -> AppReport {
    let progress = match app.workloads.iter().any(|workload| workload.image == bad) {
        true => Progress::Reverted("unhealthy".try_into().expect("short")),
        false => Progress::Committed,
    };
    let name = app.name.as_str().try_into().expect("short");
    AppReport { name, progress, wanted: 1, running: 1, well: 1, restarts: 0 }
}

pub(crate) fn images(desired: &Desired) -> Vec<(&str, &str)> {
    desired.apps.iter().map(|app| (app.name.as_str(), app.workloads[0].image.as_str())).collect()
}
