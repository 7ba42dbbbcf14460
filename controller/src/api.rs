//! What `limpetctl` and `limpet-controller` say to each other: JSON over HTTP/1.1 over TLS 1.3, below [`PREFIX`].
//!
//! An operator is known by a key of the fleet's root (of either role), by a signature over the connection as a board is
//! (`limpet_protocol::fleet::link`), but with the label [`EXPORTER`], in the header [`PROOF`] of the first request.
//! Bytes are base64url without padding; ids, keys and digests are lower-case hexadecimal; times are seconds since 1970.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// All operators' paths begin with it; what follows may gain fields and paths, and loses none.
pub const PREFIX: &str = "/operator/v1";
/// Header: base64url of a `link::Proof` whose `board` is the operator's key.
pub const PROOF: &str = "limpet-operator";
/// Label of the TLS exporter.
pub const EXPORTER: &[u8] = b"EXPORTER-limpet-operator";
/// Largest body of any request but a blob.
pub const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Names with values, as of a board.
pub type Labels = BTreeMap<String, String>;

/// `GET /fleet`
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Fleet {
    /// Its id.
    pub fleet: String,
    /// Every root as an envelope, from the first.
    pub roots: Vec<String>,
    /// Highest generation of any state that was uploaded under the present root; 0 before the first.
    pub generation: u64,
    /// SHA-256 of the public key of the server's certificate.
    pub pin: String,
    /// Version of the server.
    pub version: String,
    /// The server's time.
    pub now_s: u64,
}

/// `POST /roots`: one more root, an envelope that follows the last.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NewRoot {
    /// The envelope.
    pub root: String,
}

/// `POST /invites`
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct NewInvite {
    /// Labels of boards that come by it.
    pub labels: Labels,
    /// Seconds that it lasts.
    pub ttl_s: u64,
    /// How many boards may come by it.
    pub uses: u32,
    /// Only boards whose serial number was approved.
    pub serials_only: bool,
}

/// `GET /invites` (a list), and the answer to [`NewInvite`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Invite {
    /// 16 bytes; in lists only their first four.
    pub invite: String,
    /// See [`NewInvite`].
    pub labels: Labels,
    /// When it ends.
    pub expires_s: u64,
    /// Boards that may still come.
    pub uses_left: u32,
    /// See [`NewInvite`].
    pub serials_only: bool,
}

/// `POST /serials`: these serial numbers may enrol once each, and get these labels. `GET` lists those not used yet.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Serials {
    /// As boards tell them.
    pub serials: Vec<String>,
    /// Besides those of the invitation.
    pub labels: Labels,
}

/// `GET /boards` (a list; `?wait=S&revision=N` puts the answer off until something differs from that revision).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Boards {
    /// Counts up with every change of what this list shows.
    pub revision: u64,
    /// By name.
    pub boards: Vec<Board>,
}

/// One board.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Board {
    /// Its public key.
    pub id: String,
    /// Unique within the fleet.
    pub name: String,
    /// Those of its invitation as changed since, and `arch`, `hostname`, `board` (its name).
    pub labels: Labels,
    /// Serial number, if it has one.
    pub serial: Option<String>,
    /// When it enrolled.
    pub enrolled_s: u64,
    /// When it was heard of last.
    pub seen_s: u64,
    /// It has a connection now.
    pub online: bool,
    /// No rollout goes there.
    pub cordoned: bool,
    /// It gets nothing any more.
    pub revoked: bool,
    /// Two boards were seen with its key, at this time last.
    pub cloned_s: Option<u64>,
    /// Position of the state that is offered to it now: root and generation.
    pub offered: (u64, u64),
    /// What it is to have was signed by keys that count no more: it is offered nothing until that is signed anew.
    #[serde(default)]
    pub sign_anew: bool,
    /// What it said last.
    pub report: Option<limpet_protocol::fleet::report::Report>,
}

/// `PATCH /boards/ID`; what is `None` stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct BoardChange {
    /// A new name.
    pub name: Option<String>,
    /// Labels to set; without a value, to take away.
    pub labels: BTreeMap<String, Option<String>>,
    /// See [`Board`].
    pub cordoned: Option<bool>,
    /// See [`Board`]; a revoked board does not come back but by a new key.
    pub revoked: Option<bool>,
    /// The copied card was dealt with.
    pub forget_clone: bool,
}

/// `GET /boards/ID/desired`: the last state that was uploaded for a board, whether offered yet or not; of a rollout that is
/// undone for it, the `undo`. What is signed next is built on it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BoardDesired {
    /// The envelope; `None` if there is none.
    pub desired: Option<String>,
}

/// `POST /rollouts`; answered with a [`Rollout`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NewRollout {
    /// What it brings: an app's name, `-app` for one that is deleted, or `limpet`.
    pub subject: String,
    /// One line for the history.
    pub note: String,
    /// By which steps.
    pub strategy: limpet_fleet::rollout::Strategy,
    /// What each board is to have. A board is part of one unfinished rollout at most.
    pub boards: Vec<BoardUpload>,
}

/// What one board is to have.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BoardUpload {
    /// Which.
    pub board: String,
    /// The envelope.
    pub desired: String,
    /// An envelope of a higher generation that says what was before: offered if the rollout is undone.
    pub undo: String,
}

/// `GET /rollouts` (a list; of each app some that are over are kept), `GET /rollouts/ID`; `POST /rollouts/ID/pause`, `/resume` and `/undo` have no body and answer
/// with it, too.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Rollout {
    /// Counts up.
    pub id: u64,
    /// See [`NewRollout`].
    pub subject: String,
    /// See [`NewRollout`].
    pub note: String,
    /// See [`NewRollout`].
    pub strategy: limpet_fleet::rollout::Strategy,
    /// The operator's key.
    pub by: String,
    /// When it was uploaded.
    pub created_s: u64,
    /// Where it stands.
    pub status: limpet_fleet::rollout::Status,
    /// What it waits for, for people; empty if it waits for nothing.
    #[serde(default)]
    pub waits: String,
    /// Each board's part, by name.
    pub boards: Vec<(String, limpet_fleet::rollout::Part)>,
}

/// `GET /events?since=N&limit=N&wait=S` and `GET /audit?...`, oldest first.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Event {
    /// Counts up.
    pub id: u64,
    /// When.
    pub at_s: u64,
    /// One word: `enrolled`, `online`, `offline`, `taken`, `refused`, `committed`, `reverted`, `cloned`, `rollout-paused`, ...
    pub kind: String,
    /// Name of the board, or who did it in the audit.
    pub who: String,
    /// One line for people.
    pub text: String,
}

/// `PUT /blobs/SHA256` has the bytes as its body; answered with 204. What goes wrong is answered with this.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Problem {
    /// One line: what was being done, to what, why it failed.
    pub error: String,
}
