//! A fleet with its keys, a server that can be killed, and an operator.

use crate::board::Board;
use crate::client::{Answer, Client};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use limpet_controller::api::{self, BoardUpload, Invite, NewInvite, NewRollout};
use limpet_fleet::rollout::{Share, Strategy};
use limpet_protocol::fleet::{BoardId, Desired, FleetId, Keyring, Root, Target};
use limpet_trust::presence::prove;
use limpet_trust::sign::{Secret, seal};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// $CONTROLLER_BIN, for figures of what ships.
pub(crate) fn controller() -> String {
    std::env::var("CONTROLLER_BIN").unwrap_or_else(|_| env!("CARGO_BIN_EXE_limpet-controller").into())
}

pub(crate) fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs()
}

/// When documents of these tests are signed: one time, so that a document can be made again.
fn signed_s() -> u64 {
    static AT: OnceLock<u64> = OnceLock::new();
    *AT.get_or_init(now_s)
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn bytes(hex: &str) -> [u8; 16] {
    std::array::from_fn(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).expect("digits"))
}

/// A directory of this test alone, gone afterwards.
pub(crate) struct Directory(pub PathBuf);

impl Directory {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("limpet-controller-{}-{count}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a directory");
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The secrets of a fleet.
pub(crate) struct Keys {
    pub(crate) root: Secret,
    pub(crate) deploy: Secret,
}

pub(crate) fn secret(seed: u8) -> Secret {
    secret_of(&[seed; 32])
}

pub(crate) fn secret_of(seed: &[u8; 32]) -> Secret {
    Secret::from_seed(seed).expect("32 bytes")
}

pub(crate) const FLEET: FleetId = FleetId([7; 32]);

impl Keys {
    pub(crate) fn new() -> Self {
        Self { root: secret(1), deploy: secret(2) }
    }

    pub(crate) fn document(&self, generation: u64, deploy: &Secret) -> Root {
        let ring = |secret: &Secret| Keyring { keys: [secret.public()].into_iter().collect(), threshold: 1 };
        let now_s = signed_s();
        Root {
            fleet: FLEET,
            generation,
            issued_s: now_s - 10,
            expires_s: now_s + 1_000_000,
            root: ring(&self.root),
            deploy: ring(deploy),
        }
    }

    pub(crate) fn sealed_root(&self, generation: u64, deploy: &Secret) -> Vec<u8> {
        seal(&[&self.root], &self.document(generation, deploy)).expect("fits")
    }

    pub(crate) fn desired(&self, board: BoardId, root_generation: u64, generation: u64) -> Desired {
        let now_s = now_s();
        Desired {
            fleet: FLEET,
            target: Target::Board(board),
            root_generation,
            generation,
            issued_s: now_s - 10,
            expires_s: now_s + 100_000,
            windows: Default::default(),
            program: None,
            apps: Vec::new(),
        }
    }

    pub(crate) fn upload(&self, board: &Board, generation: u64) -> BoardUpload {
        let sealed = |generation| {
            let desired = self.desired(board.id(), 1, generation);
            base64(&seal(&[&self.deploy], &desired).expect("fits"))
        };
        BoardUpload {
            board: board.id().to_string(),
            desired: sealed(generation),
            undo: sealed(generation + 1),
        }
    }
}

/// Everything at once.
pub(crate) fn at_once() -> Strategy {
    Strategy {
        canary: Share::Count(0),
        batch: Share::Percent(100),
        soak_s: 0,
        failures: Share::Count(0),
        undo: false,
        patience_s: 600,
    }
}

pub(crate) struct Rig {
    pub(crate) keys: Keys,
    pub(crate) directory: Directory,
    pub(crate) server: Option<Server>,
    pub(crate) extra: Vec<String>,
}

pub(crate) struct Server {
    pub(crate) child: Child,
    pub(crate) address: SocketAddr,
    pub(crate) metrics: Option<SocketAddr>,
}

impl Server {
    pub(crate) fn spawn(mut command: Command) -> Self {
        command.stderr(Stdio::piped()).stdin(Stdio::null());
        let mut child = command.spawn().expect("it starts");
        let mut log = BufReader::new(child.stderr.take().expect("a pipe"));
        let (mut address, mut metrics, mut said) = (None, None, String::new());
        while address.is_none() {
            let mut line = String::new();
            assert!(log.read_line(&mut line).expect("a log") > 0, "it ended: {said}");
            said.push_str(&line);
            let Ok(value) = serde_json::from_str::<serde_json::Value>(&line) else { continue };
            let fields = &value["fields"];
            let bound = || fields["address"].as_str().and_then(|text| text.parse().ok());
            match fields["message"].as_str() {
                Some("serving") => {
                    address = bound();
                    crate::client::learn(address.expect("said"), fields["pin"].as_str().expect("said"));
                }
                Some("serving metrics") => metrics = bound(),
                _ => {}
            }
        }
        // Nobody else reads it, and it must not block.
        std::thread::spawn(move || {
            for line in log.lines().map_while(Result::ok) {
                if std::env::var_os("SHOW_LOGS").is_some() {
                    eprintln!("{line}");
                }
            }
        });
        Self { child, address: address.expect("said"), metrics }
    }

    /// In order, as a service manager does it.
    pub(crate) fn terminate(&mut self) -> std::process::ExitStatus {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs").success());
        self.child.wait().expect("it ends")
    }

    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Rig {
    /// A fleet whose server runs.
    pub(crate) fn new() -> Self {
        let mut rig = Self::stopped();
        rig.start();
        rig
    }

    pub(crate) fn stopped() -> Self {
        let keys = Keys::new();
        let root = keys.sealed_root(1, &keys.deploy);
        Self::rooted(keys, &root)
    }

    /// Of that first root, made by whomever.
    pub(crate) fn rooted(keys: Keys, document: &[u8]) -> Self {
        let directory = Directory::new();
        let root = directory.0.join("root");
        std::fs::write(&root, document).expect("written");
        let rig = Self { keys, directory, server: None, extra: Vec::new() };
        let made = rig.run(&["init", "--root", root.to_str().expect("UTF-8"), "--data"]);
        assert!(made.status.success(), "{made:?}");
        rig
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.directory.0.join("data")
    }

    /// A command whose last word is the data directory.
    pub(crate) fn run(&self, words: &[&str]) -> std::process::Output {
        Command::new(controller()).args(words).arg(self.data()).output().expect("it runs")
    }

    pub(crate) fn command(&self, program: &str, data: &Path) -> Command {
        let mut command = Command::new(program);
        command.args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--data"]).arg(data);
        command.args(&self.extra);
        command
    }

    pub(crate) fn start(&mut self) {
        self.server = Some(Server::spawn(self.command(&controller(), &self.data())));
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.server.as_ref().expect("it runs").address
    }

    pub(crate) fn connect(&self) -> Client {
        Client::connect(self.address()).expect("a connection")
    }

    pub(crate) fn operator(&self) -> Operator {
        Operator::new(self.address(), &self.keys.deploy)
    }

    /// A board that has enrolled.
    pub(crate) fn board(&self, seed: u8, name: &str) -> Board {
        let invite = self.operator().invite(1);
        let board = Board::new(seed, name);
        let answer = board.enrol(self.address(), invite);
        assert_eq!(answer.status, 200, "{}", answer.text());
        board
    }
}

pub(crate) struct Operator {
    client: Client,
    proof: Option<String>,
}

impl Operator {
    pub(crate) fn new(address: SocketAddr, secret: &Secret) -> Self {
        Self::try_new(address, secret).expect("a connection")
    }

    pub(crate) fn try_new(address: SocketAddr, secret: &Secret) -> std::io::Result<Self> {
        let client = Client::connect(address)?;
        let proof = prove(secret, &client.exported(api::EXPORTER), [0; 16]);
        let proof = base64(&postcard::to_allocvec(&proof).expect("has a form"));
        Ok(Self { client, proof: Some(proof) })
    }

    pub(crate) fn rollout_of_note(&mut self, note: &str) -> std::io::Result<api::Rollout> {
        let answer = self.ask("GET", "/rollouts", &[])?;
        let rollouts: Vec<api::Rollout> = serde_json::from_slice(&answer.body).expect("as the API says");
        Ok(rollouts.into_iter().rfind(|rollout| rollout.note == note).expect("it was uploaded"))
    }

    /// All of them.
    pub(crate) fn events(&mut self) -> Vec<api::Event> {
        let mut all: Vec<api::Event> = Vec::new();
        loop {
            let since = all.last().map_or(0, |event| event.id);
            let more: Vec<api::Event> = self.get(&format!("/events?since={since}"));
            if more.is_empty() {
                return all;
            }
            all.extend(more);
        }
    }

    pub(crate) fn ask(&mut self, method: &str, path: &str, body: &[u8]) -> std::io::Result<Answer> {
        let path = format!("{}{path}", api::PREFIX);
        let proof = self.proof.take();
        let headers: Vec<_> = proof.iter().map(|proof| (api::PROOF, proof.as_str())).collect();
        self.client.ask(method, &path, &headers, body)
    }

    pub(crate) fn get<T: DeserializeOwned>(&mut self, path: &str) -> T {
        let answer = self.ask("GET", path, &[]).expect("an answer");
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        serde_json::from_slice(&answer.body).expect("as the API says")
    }

    pub(crate) fn send<T: Serialize>(&mut self, method: &str, path: &str, value: &T) -> Answer {
        let body = serde_json::to_vec(value).expect("has a form");
        self.ask(method, path, &body).expect("an answer")
    }

    pub(crate) fn invite(&mut self, uses: u32) -> [u8; 16] {
        self.invited(&NewInvite { ttl_s: 600, uses, ..NewInvite::default() })
    }

    pub(crate) fn invited(&mut self, new: &NewInvite) -> [u8; 16] {
        let answer = self.send("POST", "/invites", new);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let invite: Invite = serde_json::from_slice(&answer.body).expect("as the API says");
        bytes(&invite.invite)
    }

    pub(crate) fn generation(&mut self) -> u64 {
        self.get::<api::Fleet>("/fleet").generation
    }

    pub(crate) fn roll_out(
        &mut self,
        keys: &Keys,
        strategy: Strategy,
        boards: &[&Board],
    ) -> (Answer, NewRollout) {
        let generation = self.generation() + 1;
        let boards = boards.iter().map(|board| keys.upload(board, generation)).collect();
        let new = NewRollout { subject: "web".into(), note: "test".into(), strategy, boards };
        (self.send("POST", "/rollouts", &new), new)
    }
}
