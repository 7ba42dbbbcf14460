//! A fleet of a test: its keys, what its operator signs, and a board that is one of it.

use crate::limpet::Limpet;
use limpet_protocol::app::{App, Workload};
use limpet_protocol::fleet::{BoardId, Desired, FleetId, Keyring, Root, Target};
use limpet_trust::sign::{Document, Secret, seal};
use limpet_trust::{Memory, Position};
use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

/// Seeds: of the key that may replace the root, of those that may deploy, of the board.
const ROOT: u8 = 1;
const DEPLOY: u8 = 11;
const DEPLOY_LATER: u8 = 12;
const BOARD: u8 = 50;
const DAY_S: u64 = 86_400;

fn secret(number: u8) -> Secret {
    Secret::from_seed(&[number; 32]).expect("32 bytes are a seed")
}

fn ring(number: u8) -> Keyring {
    Keyring { keys: [secret(number).public()].into_iter().collect(), threshold: 1 }
}

/// What an operator has.
#[derive(Clone, Copy, Debug)]
pub struct Fleet {
    began_s: u64,
}

impl Default for Fleet {
    fn default() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970");
        Self { began_s: now.as_secs() - 60 }
    }
}

impl Fleet {
    /// The root of that generation: each lets another key deploy.
    #[must_use]
    pub fn root(&self, generation: u64) -> Root {
        Root {
            fleet: FleetId([7; 32]),
            generation,
            issued_s: self.began_s,
            expires_s: self.began_s + 365 * DAY_S,
            root: ring(ROOT),
            deploy: ring(if generation == 1 { DEPLOY } else { DEPLOY_LATER }),
        }
    }

    /// The state of that generation, for the board of [`Fleet::enrol`].
    #[must_use]
    pub fn desired(&self, generation: u64, apps: Vec<App>) -> Desired {
        Desired {
            fleet: FleetId([7; 32]),
            target: Target::Board(BoardId(secret(BOARD).public())),
            root_generation: 1,
            generation,
            issued_s: self.began_s,
            expires_s: self.began_s + DAY_S,
            windows: std::iter::empty().collect(),
            program: None,
            apps,
        }
    }

    /// Makes the board one of the fleet, as `limpet join` does.
    ///
    /// # Panics
    /// A file cannot be written.
    pub fn enrol(&self, limpet: &Limpet) {
        let payload = self.root(1).payload().expect("a root has a form");
        let board = BoardId(secret(BOARD).public());
        let memory = Memory::enrolled(board, std::iter::empty().collect(), &payload).expect("a good root");
        let directory = limpet.root().join("fleet");
        fs::create_dir_all(&directory).expect("make the fleet's directory");
        fs::write(directory.join("memory"), memory.to_bytes().expect("it has a form"))
            .expect("write the memory");
    }

    /// What the board has taken last.
    ///
    /// # Panics
    /// Its memory cannot be read.
    #[must_use]
    pub fn taken(&self, limpet: &Limpet) -> Position {
        let bytes = fs::read(limpet.root().join("fleet/memory")).expect("read the memory");
        Memory::from_bytes(&bytes).expect("it is whole").taken.position
    }
}

/// A file with this document, signed by the deploy key of the first root.
#[must_use]
pub fn signed(limpet: &Limpet, name: &str, desired: &Desired) -> String {
    signed_by(limpet, name, desired, &[DEPLOY])
}

/// A file with the root that follows another, signed by the keys that may replace it.
#[must_use]
pub fn rotated(limpet: &Limpet, name: &str, root: &Root) -> String {
    signed_by(limpet, name, root, &[ROOT])
}

/// A file with this document, signed by the deploy key of later roots.
#[must_use]
pub fn signed_later(limpet: &Limpet, name: &str, desired: &Desired) -> String {
    signed_by(limpet, name, desired, &[DEPLOY_LATER])
}

fn signed_by<D: Document>(limpet: &Limpet, name: &str, document: &D, numbers: &[u8]) -> String {
    let secrets: Vec<Secret> = numbers.iter().map(|number| secret(*number)).collect();
    let bytes = seal(&secrets.iter().collect::<Vec<_>>(), document).expect("it is small enough");
    written(limpet, name, &bytes)
}

/// A file of the test.
///
/// # Panics
/// It cannot be written.
#[must_use]
pub fn written(limpet: &Limpet, name: &str, bytes: &[u8]) -> String {
    let path = limpet.home().join(name);
    fs::write(&path, bytes).unwrap_or_else(|e| panic!("writing {}: {e}", path.display()));
    path.to_str().expect("the temporary directory's path is UTF-8").to_owned()
}

/// An app of one service `web`, which lasts and says `says` in its environment.
#[must_use]
pub fn app(name: &str, image: &str, says: &str) -> App {
    let mut web = Workload::new("web", image);
    let script = "trap 'exit 0' TERM; echo begun; while :; do sleep 1000 & wait; done";
    web.command = Some(["sh", "-c", script].map(str::to_owned).to_vec());
    web.environment = vec![("SAYS".to_owned(), Some(says.to_owned()))];
    App { name: name.to_owned(), workloads: vec![web], volumes: Vec::new() }
}
