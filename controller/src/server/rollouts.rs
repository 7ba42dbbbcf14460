//! Rollouts, driven: from what is known to what boards are offered next, as changes that are made durable first.

use super::refused::Refused;
use super::store::{BoardRow, Change, Line, PartRow, RolloutRow, StateRef};
use super::upload::{Judged, Sealed};
use super::world::{Rollout, World};
use limpet_fleet::rollout::{Part, Status};
use limpet_protocol::fleet::{BoardId, PublicKey};

/// What an operator wants of a rollout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// No further.
    Pause,
    /// On.
    Resume,
    /// Back.
    Undo,
}

impl Wish {
    /// In the audit.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Undo => "undo",
        }
    }
}

/// What is stored when one begins; and its number.
pub(crate) fn begin(
    world: &World,
    judged: Judged,
    by: PublicKey,
    now_s: u64,
) -> Result<(Vec<Change>, u64), Refused> {
    fits(world, &judged)?;
    let id = world.rollouts.keys().next_back().map_or(1, |last| last + 1);
    let Judged { digest, subject, note, strategy, boards } = judged;
    let row = RolloutRow { id, subject, note, strategy, by, created_s: now_s, status: Status::Done, digest };
    let mut changes = vec![Change::Rollout(row)];
    let mut number = world.state_last;
    let mut keep = |board: BoardId, sealed: Sealed, changes: &mut Vec<Change>| {
        number += 1;
        let state = StateRef { id: number, ..sealed.state };
        changes.push(Change::State(board, state, sealed.envelope));
        state
    };
    for judged in boards {
        let board = judged.board;
        let forward = keep(board, judged.forward, &mut changes);
        let undo = keep(board, judged.undo, &mut changes);
        let Some(known) = world.boards.get(&board) else { continue };
        let row = BoardRow { offered: Some(forward), latest: Some(forward), ..known.row.clone() };
        changes.push(Change::Board(Box::new(row)));
        let part = Part::Offered { since_s: now_s, said: None };
        changes.push(Change::Part(PartRow { rollout: id, board, part, forward, undo }));
    }
    Ok((changes, id))
}

/// All boards can be in it, and nothing in it was signed before what is here already.
fn fits(world: &World, judged: &Judged) -> Result<(), Refused> {
    for new in &judged.boards {
        let board = world.boards.get(&new.board).ok_or_else(|| {
            Refused::missing(format!(
                "there is no board {}; enrol it first (limpetctl board invite)",
                new.board
            ))
        })?;
        let name = &board.row.name;
        if board.row.revoked || board.row.cordoned {
            let why = if board.row.revoked { "revoked" } else { "cordoned" };
            return Err(Refused::conflict(format!("{name} is {why}; choose other boards")));
        }
        if let Some(rollout) = world.rollout_of(&new.board) {
            return Err(Refused::conflict(format!(
                "{name} is part of rollout {}, which is not over; wait for it, resume it or undo it",
                rollout.row.id
            )));
        }
        let (found, last) = (new.forward.state.position, world.position_last);
        if found <= last {
            return Err(Refused::conflict(format!(
                "the state for {name} is {found}, and {last} was uploaded already; another operator may have been \
                 faster, apply it again"
            )));
        }
    }
    Ok(())
}

/// What an operator's wish changes.
pub(crate) fn wish(world: &World, rollout: &Rollout, wish: Wish, now_s: u64) -> Result<Vec<Change>, Refused> {
    match wish {
        Wish::Pause | Wish::Resume => {
            return Err(Refused::conflict(format!("rollout {} is over", rollout.row.id)));
        }
        Wish::Undo => {}
    }
    let status = Status::Undone("an operator wanted it".into());
    let mut changes = vec![Change::Rollout(RolloutRow { status, ..rollout.row.clone() })];
    for part in rollout.parts.values() {
        let Some(board) = world.boards.get(&part.board) else { continue };
        if board.row.latest.is_none_or(|latest| latest.id != part.forward.id) {
            continue;
        }
        let row = BoardRow { offered: Some(part.undo), latest: Some(part.undo), ..board.row.clone() };
        changes.push(Change::Board(Box::new(row)));
        changes.push(Change::Part(PartRow { part: Part::Undoing { since_s: now_s }, ..part.clone() }));
    }
    let text = format!("rollout {} is undone", rollout.row.id);
    let who = rollout.row.subject.clone();
    changes.push(Change::Event(Line { at_s: now_s, kind: "rollout-undone", who, text }));
    Ok(changes)
}

/// What follows from what boards said and from the time.
pub(crate) fn next(_world: &World, _now_s: u64) -> Vec<Change> {
    Vec::new()
}
