//! A real `limpet-controller` with a fleet of its own, and the operator's tool for it.

use crate::outcome::Outcome;
use crate::places;
use crate::scratch::Scratch;
use crate::until::until;
use serde_json::Value;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

/// Both, until dropped.
#[derive(Debug)]
pub struct Controller {
    directory: Scratch,
    address: String,
    serving: Option<Child>,
}

impl Controller {
    /// Makes a fleet and serves it.
    ///
    /// # Panics
    /// A step fails.
    #[must_use]
    pub fn open() -> Self {
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = free.local_addr().expect("it is bound").to_string();
        drop(free);
        let mut controller = Self { directory: Scratch::new(), address, serving: None };
        let (keys, data) = (controller.path("keys"), controller.path("data"));
        controller.operate(&["keys", "init", "--no-passphrase", &keys]);
        let (root, url) = (format!("{keys}/root-1.doc"), format!("https://{}", controller.address));
        let mut init = Command::new(places::controller());
        init.args(["init", "--data", &data, "--root", &root, "--url", &url]);
        let made = Outcome::of(&mut init).ok();
        let pin = made.lines().find_map(|line| line.strip_prefix("pin ")).expect("it says its pin");
        controller.serve();
        let key = format!("{keys}/deploy.key");
        controller.operate(&["connect", &url, "--pin", pin, "--root", &root, "--key", &key]);
        controller
    }

    fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.directory.text())
    }

    /// Serves, again after [`Controller::stop`].
    ///
    /// # Panics
    /// It does not.
    pub fn serve(&mut self) {
        let child = Command::new(places::controller())
            .args(["serve", "--data", &self.path("data"), "--listen", &self.address])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.serving = Some(child.expect("limpet-controller starts"));
        until("the controller listens", || TcpStream::connect(&self.address).ok().map(drop));
    }

    /// Ends it at once, as a power cut would.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.serving.take() {
            // It may have ended by itself.
            child.kill().ok();
            child.wait().ok();
        }
    }

    /// `127.0.0.1:PORT`
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What `limpetctl` says.
    ///
    /// # Panics
    /// It fails.
    #[track_caller]
    pub fn operate(&self, args: &[&str]) -> String {
        self.try_to(args).ok().stdout
    }

    /// Runs `limpetctl`, whatever comes of it.
    pub fn try_to(&self, args: &[&str]) -> Outcome {
        let mut limpetctl = Command::new(places::limpetctl());
        Outcome::of(limpetctl.args(args).env("LIMPETCTL_CONFIG", self.path("fleet.json")))
    }

    /// A token for so many boards.
    #[must_use]
    pub fn invite(&self, uses: u32) -> String {
        self.invite_to(&format!("https://{}", self.address), uses, &[])
    }

    /// Likewise, for boards that reach it by another address, and get these labels.
    ///
    /// # Panics
    /// There is none.
    #[must_use]
    pub fn invite_to(&self, url: &str, uses: u32, labels: &[&str]) -> String {
        let uses = uses.to_string();
        let labels = labels.iter().flat_map(|label| ["--label", label]);
        let words = ["board", "invite", "--url", url, "--uses", &uses];
        let said = self.operate(&words.into_iter().chain(labels).collect::<Vec<_>>());
        let token = said.split_whitespace().find(|word| word.starts_with("limpet1_"));
        token.expect("it prints a token").to_owned()
    }

    /// What the operator sees of a board.
    ///
    /// # Panics
    /// What is printed is no JSON.
    #[must_use]
    pub fn board(&self, name: &str) -> Option<Value> {
        self.list("boards").into_iter().find(|board| board["name"] == name)
    }

    /// The newest rollout, if there is one.
    ///
    /// # Panics
    /// What is printed is no JSON.
    #[must_use]
    pub fn rollout(&self) -> Option<Value> {
        self.list("rollouts").into_iter().max_by_key(|rollout| rollout["id"].as_u64())
    }

    fn list(&self, kind: &str) -> Vec<Value> {
        let all: Value = serde_json::from_str(&self.operate(&["get", kind, "-o", "json"])).expect("JSON");
        all.get(kind).unwrap_or(&all).as_array().expect("a list").clone()
    }
}

impl Drop for Controller {
    fn drop(&mut self) {
        self.stop();
    }
}
