//! What is durable, behind one trait: rows, the changes that are made to them, and what a database has to offer.
//!
//! In: lists of [`Change`], each list made durable as a whole or not at all. Out: everything, once, at the start
//! ([`Loaded`]); afterwards only what memory does not hold (envelopes, blobs, events). A database decides nothing.

pub(crate) mod sqlite;

use crate::api::{Event, Labels};
use limpet_fleet::rollout::{self, Header, Member};
use limpet_protocol::fleet::report::Report;
use limpet_protocol::fleet::{BoardId, PublicKey};
use limpet_trust::Position;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// Bytes of a piece of a blob.
pub(crate) const PIECE_BYTES: u64 = 64 * 1024;
/// Instances of a board that are remembered.
pub(crate) const INSTANCES_MAX: usize = 8;

/// Why something is not durable, or could not be read.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// No room. Nothing was changed.
    #[error("the controller's disk is full; free some room there, then try again")]
    Full,
    /// Anything else of which it is certain that nothing was changed.
    #[error("the controller's database failed: {0}")]
    Failed(String),
    /// Nobody knows whether the change is durable: only starting anew tells.
    #[error("the controller's disk failed while a change was made durable: {0}")]
    Doubtful(String),
}

/// What a store gives back.
pub(crate) type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Where everything durable is.
pub(crate) trait Store: Send + Sync {
    /// Everything but envelopes of states, blobs, events and audit.
    fn load(&self) -> Answer<'_, Loaded>;
    /// Makes all of these durable, or none.
    fn commit<'a>(&'a self, changes: &'a [Change]) -> Answer<'a, ()>;
    /// The envelope of a state.
    fn envelope(&self, state: u64) -> Answer<'_, Option<Vec<u8>>>;
    /// At most `limit` lines after `since`, oldest first.
    fn lines(&self, log: Log, since: u64, limit: u32) -> Answer<'_, Vec<Event>>;
    /// Bytes of a blob, if it is there.
    fn blob(&self, sha256: [u8; 32]) -> Answer<'_, Option<u64>>;
    /// The piece with that number, of [`PIECE_BYTES`] but for the last.
    fn piece(&self, sha256: [u8; 32], number: u64) -> Answer<'_, Vec<u8>>;
}

/// Which list of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Log {
    /// What happened.
    Events,
    /// What operators did.
    Audit,
}

/// A root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RootRow {
    /// Its generation.
    pub(crate) generation: u64,
    /// As it was signed.
    pub(crate) envelope: Arc<[u8]>,
}

/// An invitation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InviteRow {
    /// Of the token.
    pub(crate) invite: [u8; 16],
    /// Labels of boards that come by it.
    pub(crate) labels: Labels,
    /// When it ends.
    pub(crate) expires_s: u64,
    /// Boards that may still come.
    pub(crate) uses_left: u32,
    /// Only boards whose serial number was approved.
    pub(crate) serials_only: bool,
    /// Generation of the root when it was made: its token names that or an earlier one.
    pub(crate) root: u64,
}

/// A serial number that was approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SerialRow {
    /// As the board tells it.
    pub(crate) serial: String,
    /// Labels of the board.
    pub(crate) labels: Labels,
    /// The board that came with it.
    pub(crate) used_by: Option<BoardId>,
}

/// Where a signed state is, without its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StateRef {
    /// Its number here.
    pub(crate) id: u64,
    /// Where it stands.
    pub(crate) position: Position,
    /// Of the envelope.
    pub(crate) sha256: [u8; 32],
    /// Who signed it: bits for places among the deploy keys of its position's root; 0 if that is not known.
    pub(crate) signers: u16,
}

/// A board, but for what it reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BoardRow {
    /// Its key.
    pub(crate) id: BoardId,
    /// Unique.
    pub(crate) name: String,
    /// Those that operators gave.
    pub(crate) labels: Labels,
    /// What it said at enrolment.
    pub(crate) serial: Option<String>,
    /// What it said at enrolment.
    pub(crate) arch: String,
    /// What it said at enrolment.
    pub(crate) hostname: String,
    /// When.
    pub(crate) enrolled_s: u64,
    /// Generation of the last root that it was given at enrolment.
    pub(crate) root: u64,
    /// No rollout goes there.
    pub(crate) cordoned: bool,
    /// It gets nothing any more.
    pub(crate) revoked: bool,
    /// Two boards were seen with its key, at this time last.
    pub(crate) cloned_s: Option<u64>,
    /// What the last event said of it.
    pub(crate) online: bool,
    /// At most [`INSTANCES_MAX`], the newest last.
    pub(crate) instances: Vec<[u8; 16]>,
    /// What it is offered.
    pub(crate) offered: Option<StateRef>,
    /// What was uploaded for it last, for good or for an undo.
    pub(crate) latest: Option<StateRef>,
}

/// What a board said last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReportRow {
    /// Who.
    pub(crate) board: BoardId,
    /// In which of its boots.
    pub(crate) instance: [u8; 16],
    /// What.
    pub(crate) report: Report,
}

/// A rollout, but for its boards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RolloutRow {
    /// Counts up.
    pub(crate) id: u64,
    /// See [`crate::api::NewRollout`].
    pub(crate) subject: String,
    /// See [`crate::api::NewRollout`].
    pub(crate) note: String,
    /// Who uploaded it.
    pub(crate) by: PublicKey,
    /// When.
    pub(crate) created_s: u64,
    /// Of what was uploaded: sent again, it is recognised.
    pub(crate) digest: [u8; 32],
    /// Where it stands.
    pub(crate) header: Header,
}

/// A board's part in a rollout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PartRow {
    /// Of which.
    pub(crate) rollout: u64,
    /// Its place in the list.
    pub(crate) place: u32,
    /// Whose.
    pub(crate) board: BoardId,
    /// How far it is.
    pub(crate) member: Member,
    /// What it was offered before.
    pub(crate) before: Option<StateRef>,
    /// What it is to have.
    pub(crate) forward: StateRef,
    /// What says what it had before.
    pub(crate) undo: StateRef,
}

/// A line of a log that has no number yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// When.
    pub(crate) at_s: u64,
    /// One word.
    pub(crate) kind: &'static str,
    /// Board or operator.
    pub(crate) who: String,
    /// For people.
    pub(crate) text: String,
}

/// One thing that becomes different. Rows replace the one with the same key.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// One more root.
    Root(RootRow),
    /// An invitation is made or used.
    Invite(InviteRow),
    /// An invitation is over.
    InviteGone([u8; 16]),
    /// A serial number is approved or used.
    Serial(SerialRow),
    /// A board comes or is changed.
    Board(Box<BoardRow>),
    /// A board was heard of.
    Seen(BoardId, u64),
    /// A board said something.
    Report(Box<ReportRow>),
    /// A state was uploaded for a board.
    State(BoardId, StateRef, Arc<[u8]>),
    /// A rollout comes or goes on.
    Rollout(RolloutRow),
    /// A board's part in one.
    Part(PartRow),
    /// For memory alone, beside the rows that say the same: a rollout as it is from now on.
    Engine(u64, Box<rollout::Rollout>),
    /// Something happened.
    Event(Line),
    /// An operator did something.
    Audit(Line),
    /// A blob comes; its bytes are as their digest says.
    Blob([u8; 32], Arc<[u8]>),
    /// All but the newest so many events go.
    PruneEvents(u64),
    /// These rollouts go, and states that nothing refers to any more.
    PruneRollouts(Vec<u64>),
}

/// Everything that memory holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Loaded {
    /// In order.
    pub(crate) roots: Vec<RootRow>,
    /// In no order, like the rest.
    pub(crate) invites: Vec<InviteRow>,
    /// Used ones, too.
    pub(crate) serials: Vec<SerialRow>,
    /// With the time at which each was heard of last.
    pub(crate) boards: Vec<(BoardRow, u64)>,
    /// Of boards that have said something that this version understands.
    pub(crate) reports: Vec<ReportRow>,
    /// Finished ones, too.
    pub(crate) rollouts: Vec<RolloutRow>,
    /// Of all rollouts.
    pub(crate) parts: Vec<PartRow>,
    /// Highest number of a state.
    pub(crate) state_last: u64,
    /// Highest number of an event.
    pub(crate) event_last: u64,
    /// Highest position of any state.
    pub(crate) position_last: Position,
}
