//! A desired state in short: what the supervisor needs to know to decide what is to be done.

use limpet_protocol::app::App;
use limpet_protocol::fleet::enrol::URL_BYTES_MAX;
use limpet_protocol::fleet::{Desired, Program, WINDOWS_MAX, Window};
use limpet_trust::Memory;
use serde::{Deserialize, Serialize};

/// What a fleet wants of this board.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Outline {
    /// Generation of the root that counts.
    pub(crate) root_generation: u64,
    /// Root and generation of the state that was taken last.
    pub(crate) position: (u64, u64),
    /// It is no earlier than that, seconds since 1970.
    pub(crate) floor_s: u64,
    /// Nothing was taken yet, or what was is lost: nothing is to be done.
    pub(crate) state: Option<State>,
}

/// What is to run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    /// When changes may begin.
    pub(crate) windows: heapless::Vec<Window, WINDOWS_MAX>,
    /// Limpet's own file.
    pub(crate) program: Option<Program>,
    /// Every app.
    pub(crate) apps: Vec<Wanted>,
}

/// An app that is to run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Wanted {
    /// Its name.
    pub(crate) name: String,
    /// See [`version`].
    pub(crate) version: u64,
}

/// How far an app of the fleet was handed on, `ROOT/fleet/apps/NAME`: that it is there says that the app is the fleet's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Begun {
    /// The version that was handed to the ledger last. What becomes of it, the ledger says; it is not handed on again.
    pub(crate) version: u64,
    /// What the ledger calls it ([`App::version`]): with the ids of its images.
    pub(crate) known_as: u64,
}

/// Where the fleet's controller is, `ROOT/fleet/controller`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Controller {
    /// `https://HOST[:PORT]`
    pub(crate) url: heapless::String<URL_BYTES_MAX>,
    /// SHA-256 of the SubjectPublicKeyInfo of its certificate.
    pub(crate) pin: [u8; 32],
}

/// What came of a file of Limpet's own, `ROOT/fleet/program`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tried {
    /// Which, in hexadecimal.
    pub(crate) sha256: String,
    /// What.
    pub(crate) outcome: Outcome,
}

/// See [`Tried`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Outcome {
    /// It is put in place, or watched.
    Trying {
        /// How often that was begun.
        times: u8,
    },
    /// It came up and stayed.
    Committed,
    /// It did not; the one before is back. It is not tried again.
    Failed(String),
}

/// A number that differs when anything differs in an app as it was signed: the beginning of its SHA-256.
pub(crate) fn version(app: &App) -> u64 {
    // What was taken has a form.
    let digest = limpet_trust::envelope::digest(&app.encode().unwrap_or_default());
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&digest[..8]);
    u64::from_le_bytes(bytes)
}

impl Outline {
    /// Of what a board remembers, and of the state that goes with it, if that is there.
    pub(crate) fn of(memory: &Memory, desired: Option<&Desired>) -> Self {
        let position = memory.taken.position;
        Self {
            root_generation: memory.root.generation,
            position: (position.root, position.generation),
            floor_s: memory.floor_s,
            state: desired.map(|desired| State {
                windows: desired.windows.clone(),
                program: desired.program.clone(),
                apps: desired
                    .apps
                    .iter()
                    .map(|app| Wanted { name: app.name.clone(), version: version(app) })
                    .collect(),
            }),
        }
    }

    /// The apps that are to run.
    pub(crate) fn apps(&self) -> &[Wanted] {
        self.state.as_ref().map_or(&[], |state| &state.apps)
    }

    /// The version of an app that is to run.
    pub(crate) fn version_of(&self, app: &str) -> Option<u64> {
        self.apps().iter().find(|wanted| wanted.name == app).map(|wanted| wanted.version)
    }
}
