//! What the controller knows, in memory: what was loaded, with every change that was made durable since.
//!
//! In: [`Loaded`] once, then each [`Change`] after its commit. Out: answers without a database. Nothing here is known that
//! is not durable, but for what is true of connections only ([`Live`]).

use super::live::{Live, Offer};
use super::store::{BoardRow, Change, InviteRow, Loaded, PartRow, RolloutRow, RootRow, SerialRow, StateRef};
use limpet_fleet::rollout;
use limpet_protocol::fleet::report::Report;
use limpet_protocol::fleet::{BoardId, Keyring, PublicKey, Root};
use limpet_trust::{Accepted, Clock, Memory, Position, Refusal, envelope};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// A board, with what is known of it now.
pub(crate) struct Board {
    /// As it is stored.
    pub(crate) row: BoardRow,
    /// What it said last, and in which boot.
    pub(crate) report: Option<([u8; 16], Report)>,
    /// What its connections share.
    pub(crate) live: Arc<Live>,
}

/// A rollout with its boards.
pub(crate) struct Rollout {
    /// As it is stored.
    pub(crate) row: RolloutRow,
    /// Each board's part as it is stored, in order.
    pub(crate) parts: Vec<PartRow>,
    /// What decides; it knows who is there, too.
    pub(crate) engine: rollout::Rollout,
}

/// Everything.
pub(crate) struct World {
    /// In order; there is always one.
    pub(crate) roots: Vec<RootRow>,
    /// What a board would remember that took the last of them; its own key is nobody's.
    pub(crate) trust: Memory,
    /// By key.
    pub(crate) boards: HashMap<BoardId, Board>,
    /// Who has which name.
    pub(crate) names: BTreeMap<String, BoardId>,
    /// By what tokens say.
    pub(crate) invites: HashMap<[u8; 16], InviteRow>,
    /// By number.
    pub(crate) serials: BTreeMap<String, SerialRow>,
    /// By number.
    pub(crate) rollouts: BTreeMap<u64, Rollout>,
    /// The last rollout that each board is part of, and its place there: that one says what it is offered.
    pub(crate) places: HashMap<BoardId, (u64, u32)>,
    /// Deploy keys of every root, by its generation.
    rings: BTreeMap<u64, Keyring>,
    /// Highest position of any state.
    pub(crate) position_last: Position,
    /// Highest number of a state.
    pub(crate) state_last: u64,
    /// Highest number of an event.
    pub(crate) event_last: u64,
    /// Counts up with each change that a list of boards shows.
    pub(crate) revision: u64,
}

/// A root does not follow the one before it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unrooted {
    /// There is none.
    #[error("there is no root; run limpet-controller init first")]
    None,
    /// It would be refused by any board.
    #[error("root {0} of the database is not valid: {1}")]
    Refused(u64, Refusal),
}

/// What a board would remember that took all of these.
pub(crate) fn trusted(roots: &[RootRow]) -> Result<Memory, Unrooted> {
    let (first, rest) = roots.split_first().ok_or(Unrooted::None)?;
    let refused = |row: &RootRow| {
        let generation = row.generation;
        move |why| Unrooted::Refused(generation, why)
    };
    let mut memory = first_root(&first.envelope).map_err(refused(first))?;
    for row in rest {
        memory = next_root(&memory, &row.envelope, 0).map_err(refused(row))?;
    }
    Ok(memory)
}

/// The first root of a fleet: nobody vouches for it but its own keys and whoever gives it.
pub(crate) fn first_root(bytes: &[u8]) -> Result<Memory, Refusal> {
    let claim = envelope::open(bytes)?;
    let nobody = BoardId(PublicKey([0; 32]));
    let memory = Memory::enrolled(nobody, heapless_none(), claim.payload)?;
    match claim.kind {
        limpet_protocol::fleet::Kind::Root => {}
        limpet_protocol::fleet::Kind::Desired => return Err(Refusal::Invalid("it is no root")),
    }
    envelope::verify(&claim, &memory.root.root)?;
    Ok(memory)
}

/// The deploy keys of a root that was judged before.
fn ring(row: &RootRow) -> Option<(u64, Keyring)> {
    let opened = envelope::open(&row.envelope).ok()?;
    let root: Root = postcard::from_bytes(opened.payload).ok()?;
    Some((row.generation, root.deploy))
}

/// Groups of a board that has none; the type is the protocol's.
fn heapless_none<T: Default>() -> T {
    T::default()
}

/// The memory after one more root; `now_s` 0 asks no clock.
pub(crate) fn next_root(memory: &Memory, bytes: &[u8], now_s: u64) -> Result<Memory, Refusal> {
    let clock = Clock { synchronised_s: (now_s > 0).then_some(now_s), built_s: 0 };
    match limpet_trust::accept(memory, bytes, &clock)? {
        Accepted::Root(memory) => Ok(*memory),
        Accepted::KnownRoot => Ok(memory.clone()),
        Accepted::Known(_) | Accepted::Desired { .. } => Err(Refusal::Invalid("it is no root")),
    }
}

impl World {
    /// What was loaded. `revision` is one that no earlier process gave.
    pub(crate) fn new(loaded: Loaded, revision: u64, now_s: u64) -> Result<Self, Unrooted> {
        let trust = trusted(&loaded.roots)?;
        let rings = loaded.roots.iter().filter_map(ring).collect();
        let mut world = Self {
            trust,
            roots: loaded.roots,
            boards: HashMap::new(),
            names: BTreeMap::new(),
            invites: loaded.invites.into_iter().map(|row| (row.invite, row)).collect(),
            serials: loaded.serials.into_iter().map(|row| (row.serial.clone(), row)).collect(),
            rollouts: BTreeMap::new(),
            places: HashMap::new(),
            rings,
            position_last: loaded.position_last,
            state_last: loaded.state_last,
            event_last: loaded.event_last,
            revision,
        };
        let mut reports: HashMap<_, _> =
            loaded.reports.into_iter().map(|row| (row.board, (row.instance, row.report))).collect();
        for (row, seen_s) in loaded.boards {
            let report = reports.remove(&row.id);
            world.names.insert(row.name.clone(), row.id);
            let live = Arc::new(Live::new(seen_s, now_s));
            world.boards.insert(row.id, Board { row, report, live });
        }
        world.restore_rollouts(loaded.rollouts, loaded.parts, now_s);
        world.offer_everybody();
        Ok(world)
    }

    /// The present root.
    pub(crate) fn root(&self) -> &Root {
        &self.trust.root
    }

    /// Whether that key may operate: it has either role in the present root.
    pub(crate) fn is_operator(&self, key: &PublicKey) -> bool {
        self.root().root.keys.contains(key) || self.root().deploy.keys.contains(key)
    }

    /// The board with that name, or with that key in hexadecimal.
    pub(crate) fn named(&self, name: &str) -> Option<&Board> {
        let by_name = self.names.get(name).and_then(|id| self.boards.get(id));
        by_name.or_else(|| self.boards.get(&BoardId(PublicKey(super::text::from_hex(name)?))))
    }

    /// Name of a board, for people.
    pub(crate) fn name(&self, id: &BoardId) -> String {
        self.boards.get(id).map_or_else(|| id.to_string(), |board| board.row.name.clone())
    }

    /// What is durable now counts.
    pub(crate) fn apply(&mut self, change: Change, now_s: u64) {
        match change {
            Change::Root(row) => self.new_root(row),
            Change::Invite(row) => drop(self.invites.insert(row.invite, row)),
            Change::InviteGone(invite) => drop(self.invites.remove(&invite)),
            Change::Serial(row) => drop(self.serials.insert(row.serial.clone(), row)),
            Change::Board(row) => self.board(*row, now_s),
            Change::Report(row) => {
                if let Some(board) = self.boards.get_mut(&row.board) {
                    board.report = Some((row.instance, row.report));
                    self.offer(&row.board);
                }
            }
            Change::State(_, state, _) => {
                self.state_last = self.state_last.max(state.id);
                self.position_last = self.position_last.max(state.position);
            }
            Change::Rollout(row) => self.rollout(row, now_s),
            Change::Part(row) => self.part(row),
            Change::Engine(id, engine) => {
                if let Some(rollout) = self.rollouts.get_mut(&id) {
                    rollout.engine = *engine;
                }
            }
            Change::PruneRollouts(ids) => ids.iter().for_each(|id| drop(self.rollouts.remove(id))),
            Change::Event(_) => self.event_last += 1,
            Change::Seen(..) | Change::Audit(_) | Change::Blob(..) | Change::PruneEvents(_) => {}
        }
    }

    fn new_root(&mut self, row: RootRow) {
        // It was judged before it was stored.
        if let Ok(trust) = next_root(&self.trust, &row.envelope, 0) {
            self.rings.extend(ring(&row));
            self.trust = trust;
            self.roots.push(row);
            self.offer_everybody();
        }
    }

    fn board(&mut self, row: BoardRow, now_s: u64) {
        let id = row.id;
        match self.boards.get_mut(&id) {
            Some(board) => {
                if board.row.name != row.name && self.names.get(&board.row.name) == Some(&id) {
                    self.names.remove(&board.row.name);
                }
                self.names.insert(row.name.clone(), id);
                board.row = row;
            }
            None => {
                self.names.insert(row.name.clone(), id);
                self.boards.insert(id, Board { row, report: None, live: Arc::new(Live::new(now_s, now_s)) });
            }
        }
        self.offer(&id);
    }

    fn restore_rollouts(&mut self, rows: Vec<RolloutRow>, parts: Vec<PartRow>, now_s: u64) {
        let mut of: HashMap<u64, Vec<PartRow>> = HashMap::new();
        for part in parts {
            of.entry(part.rollout).or_default().push(part);
        }
        for row in rows {
            let parts = of.remove(&row.id).unwrap_or_default();
            let members = parts.iter().map(|part| part.member.clone()).collect();
            let engine = rollout::Rollout::restore(row.header.clone(), members, now_s);
            let id = row.id;
            self.rollouts.insert(id, Rollout { row, parts: Vec::new(), engine });
            parts.into_iter().for_each(|part| self.part(part));
        }
    }

    fn rollout(&mut self, row: RolloutRow, now_s: u64) {
        match self.rollouts.get_mut(&row.id) {
            Some(rollout) => rollout.row = row,
            None => {
                // What decides comes with it.
                let engine = rollout::Rollout::restore(row.header.clone(), Vec::new(), now_s);
                self.rollouts.insert(row.id, Rollout { row, parts: Vec::new(), engine });
            }
        }
    }

    fn part(&mut self, row: PartRow) {
        let last = self.places.entry(row.board).or_insert((row.rollout, row.place));
        *last = (*last).max((row.rollout, row.place));
        if let Some(rollout) = self.rollouts.get_mut(&row.rollout) {
            match rollout.parts.get_mut(row.place as usize) {
                Some(part) => *part = row,
                None => rollout.parts.push(row),
            }
        }
    }

    /// Whether enough of those who signed a state count under `root`, and none who does not.
    pub(crate) fn counts(&self, state: &StateRef, root: &Root) -> bool {
        let known = self.rings.get(&state.position.root).filter(|_| state.signers != 0);
        known.is_none_or(|ring| {
            let signed = ring.keys.iter().enumerate().filter(|(place, _)| state.signers >> place & 1 == 1);
            let good = signed.clone().filter(|(_, key)| root.deploy.keys.contains(key)).count();
            good == signed.count() && good >= usize::from(root.deploy.threshold)
        })
    }

    /// What was uploaded for a board last, or is offered to it, has to be signed anew.
    pub(crate) fn is_to_be_signed(&self, row: &BoardRow) -> bool {
        [row.offered, row.latest].iter().flatten().any(|state| !self.counts(state, self.root()))
    }

    /// Tells a board's polls what they are to answer now.
    fn offer(&self, id: &BoardId) {
        if let Some(board) = self.boards.get(id) {
            let newest = self.root().generation;
            // It was given all roots when it enrolled, and says later what it has.
            let known = board.report.as_ref().map_or(board.row.root, |(_, report)| report.root_generation);
            // What a board would refuse is not offered: it stays with what it has.
            let state = board.row.offered.filter(|state| self.counts(state, self.root()));
            board.live.set(Offer::new(board.row.revoked, state, known.min(newest), newest));
        }
    }

    fn offer_everybody(&self) {
        for id in self.boards.keys() {
            self.offer(id);
        }
    }

    /// The rollout that is not over and that a board is part of.
    pub(crate) fn rollout_of(&self, board: &BoardId) -> Option<&Rollout> {
        let rollout = self.rollouts.get(&self.places.get(board)?.0)?;
        (!rollout.row.header.status.is_over()).then_some(rollout)
    }
}
