//! Rollouts, driven: what boards said, who is there and what time it is goes to `fleet::rollout`; what comes out goes into
//! rows, which are made durable before any board is offered anything by them.

use super::limits::{LATELY_S, ROLLOUTS_KEPT};
use super::refused::Refused;
use super::store::{BoardRow, Change, Line, PartRow, RolloutRow, StateRef};
use super::upload::{Judged, Sealed};
use super::world::{Board, Rollout, World};
use limpet_fleet::rollout::{self, Changes, Input, Offer, Status, Told};
use limpet_protocol::fleet::{BoardId, PublicKey, Root};
use limpet_trust::Position;
use std::collections::{BTreeMap, HashSet};

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

    fn input(self) -> Input {
        let why = || "an operator wanted it".to_owned();
        match self {
            Self::Pause => Input::Pause(why()),
            Self::Resume => Input::Resume,
            Self::Undo => Input::Undo(why()),
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
    let outdated = kept_too_long(world, &judged.subject);
    let id = world.rollouts.keys().next_back().map_or(1, |last| last + 1);
    let mut changes = taken_over(world, &judged, now_s);
    let Judged { digest, subject, note, strategy, mut boards } = judged;
    let there = |board: &Board| distance(board.live.is_online(), board.live.seen_s(), now_s);
    boards.sort_by_key(|judged| world.boards.get(&judged.board).map(there));
    let positions: Vec<_> =
        boards.iter().map(|board| (pair(&board.forward.state), pair(&board.undo.state))).collect();
    let engine = rollout::Rollout::begin(strategy, &positions, now_s)
        .map_err(|why| Refused::bad(format!("the rollout cannot be followed: {why}")))?;
    let header = engine.header().clone();
    changes.push(Change::Rollout(RolloutRow { id, subject, note, by, created_s: now_s, digest, header }));
    let mut number = world.state_last;
    let mut keep = |board: BoardId, sealed: Sealed, changes: &mut Vec<Change>| {
        number += 1;
        let state = StateRef { id: number, ..sealed.state };
        changes.push(Change::State(board, state, sealed.envelope));
        state
    };
    for (place, (judged, member)) in (0..).zip(boards.into_iter().zip(engine.members())) {
        let board = judged.board;
        let forward = keep(board, judged.forward, &mut changes);
        let undo = keep(board, judged.undo, &mut changes);
        let Some(known) = world.boards.get(&board) else { continue };
        let row = BoardRow { latest: Some(forward), ..known.row.clone() };
        let (before, member) = (row.offered, member.clone());
        changes.push(Change::Board(Box::new(row)));
        changes.push(Change::Part(PartRow { rollout: id, place, board, member, before, forward, undo }));
    }
    changes.push(Change::Engine(id, Box::new(engine)));
    if !outdated.is_empty() {
        changes.push(Change::PruneRollouts(outdated));
    }
    Ok((changes, id))
}

/// Whose turn comes first: who was heard of lately, who has a connection at least, the others. Within these, as they were
/// uploaded.
fn distance(is_online: bool, seen_s: u64, now_s: u64) -> u8 {
    match (is_online, now_s.saturating_sub(seen_s) <= LATELY_S) {
        (true, true) => 0,
        (true, false) => 1,
        (false, _) => 2,
    }
}

/// Rollouts of an app that are over, and say of no board what it is offered; all but the newest so many.
fn kept_too_long(world: &World, subject: &str) -> Vec<u64> {
    let app = |subject: &str| subject.trim_start_matches('-').to_owned();
    let speaks: HashSet<u64> = world.places.values().map(|(rollout, _)| *rollout).collect();
    let over = world
        .rollouts
        .values()
        .filter(|rollout| rollout.row.header.status.is_over() && app(&rollout.row.subject) == app(subject));
    let over: Vec<u64> = over.map(|rollout| rollout.row.id).collect();
    let kept = over.len().saturating_sub(ROLLOUTS_KEPT);
    over.into_iter().take(kept).filter(|id| !speaks.contains(id)).collect()
}

fn pair(state: &StateRef) -> rollout::Position {
    (state.position.root, state.position.generation)
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
        is_later(name, new.forward.state.position, world)?;
    }
    Ok(())
}

fn is_later(name: &str, found: Position, world: &World) -> Result<(), Refused> {
    let last = world.position_last;
    // Judged under a root that was the present one a moment ago.
    let root = world.root().generation;
    if found.root != root {
        return Err(Refused::conflict(format!(
            "the state for {name} is under root {}, the root is {root}",
            found.root
        )));
    }
    if found > last {
        return Ok(());
    }
    Err(Refused::conflict(format!(
        "the state for {name} is {found}, and {last} was uploaded already; another operator may have been faster, apply \
         it again"
    )))
}

/// Rollouts that had these boards hear that they lose them.
fn taken_over(world: &World, judged: &Judged, now_s: u64) -> Vec<Change> {
    let mut inputs = BTreeMap::<u64, Vec<Input>>::new();
    for board in &judged.boards {
        if let Some((rollout, place)) = world.places.get(&board.board) {
            inputs.entry(*rollout).or_default().push(Input::TakenOver(*place));
        }
    }
    let mut changes = Vec::new();
    for (id, inputs) in inputs {
        if let Some(rollout) = world.rollouts.get(&id) {
            let (engine, stepped) = stepped(rollout, &inputs, now_s);
            // What these boards are offered is the new rollout's matter.
            changes.extend(rows(world, rollout, engine, &stepped, now_s, false));
        }
    }
    changes
}

/// What follows from the next root: boards are offered nothing more by a rollout whose states they would refuse. One that is
/// under way ends by that; one that is over waits for nobody who was away.
pub(crate) fn outdated(world: &World, root: &Root, now_s: u64) -> Vec<Change> {
    let counts = |part: &PartRow| world.counts(&part.forward, root) && world.counts(&part.undo, root);
    let mut changes = Vec::new();
    for rollout in world.rollouts.values() {
        let gone = rollout.parts.iter().filter(|part| !counts(part));
        let inputs: Vec<Input> = gone.map(|part| Input::TakenOver(part.place)).collect();
        if !inputs.is_empty() {
            let (engine, stepped) = stepped(rollout, &inputs, now_s);
            changes.extend(rows(world, rollout, engine, &stepped, now_s, false));
        }
    }
    // Of what counted until now.
    let stale = |state: &StateRef| world.counts(state, world.root()) && !world.counts(state, root);
    let boards = world.boards.values().filter(|board| board.row.latest.as_ref().is_some_and(stale)).count();
    if boards > 0 {
        let text = format!("what {boards} boards are to have must be signed anew (limpetctl renew)");
        let who = "root".to_owned();
        changes.push(Change::Event(Line { at_s: now_s, kind: "sign-anew", who, text }));
    }
    changes
}

/// What an operator's wish changes.
pub(crate) fn wish(world: &World, rollout: &Rollout, wish: Wish, now_s: u64) -> Result<Vec<Change>, Refused> {
    let mut engine = rollout.engine.clone();
    let changes = engine.step(&wish.input(), now_s).map_err(|why| {
        Refused::conflict(format!("cannot {} rollout {}: {why}", wish.name(), rollout.row.id))
    })?;
    Ok(rows(world, rollout, engine, &changes, now_s, true))
}

/// What follows from going back to a backup.
pub(crate) fn restored(world: &World, rollout: &Rollout, now_s: u64) -> Vec<Change> {
    let (engine, changes) = stepped(rollout, &[Input::Restored], now_s);
    rows(world, rollout, engine, &changes, now_s, true)
}

/// What follows from what boards of which something is new said, from who is there, and from the time.
pub(crate) fn next(world: &World, stirred: &HashSet<BoardId>, now_s: u64) -> Vec<Change> {
    let mut inputs = BTreeMap::<u64, Vec<Input>>::new();
    // In the order of their turns: who is first in the list is heard first.
    let places: BTreeMap<_, _> = stirred.iter().filter_map(|id| Some((world.places.get(id)?, id))).collect();
    for ((rollout, place), id) in places {
        if let Some(rollout) = world.rollouts.get(rollout) {
            inputs.entry(rollout.row.id).or_default().extend(news(world, rollout, id, *place));
        }
    }
    for (id, rollout) in &world.rollouts {
        if rollout.engine.deadline().is_some_and(|at_s| at_s <= now_s) {
            inputs.entry(*id).or_default().push(Input::Time);
        }
    }
    let mut changes = Vec::new();
    for (id, inputs) in inputs {
        if let Some(rollout) = world.rollouts.get(&id) {
            let (engine, stepped) = stepped(rollout, &inputs, now_s);
            changes.extend(rows(world, rollout, engine, &stepped, now_s, true));
        }
    }
    changes
}

/// All that a rollout may have to hear of a board; what it knows already changes nothing.
fn news(world: &World, rollout: &Rollout, id: &BoardId, place: u32) -> Vec<Input> {
    let Some(board) = world.boards.get(id) else { return Vec::new() };
    if board.row.revoked {
        return vec![Input::Revoked(place)];
    }
    let presence = if board.live.is_online() { Input::Online(place) } else { Input::Offline(place) };
    let mut news = vec![Input::Cordoned(place, board.row.cordoned), presence];
    if let (Some((_, report)), Some(part)) = (&board.report, rollout.parts.get(place as usize)) {
        let told = Told::of(report, &rollout.row.subject, pair(&part.forward));
        news.push(Input::Told(place, Box::new(told)));
    }
    news
}

fn stepped(rollout: &Rollout, inputs: &[Input], now_s: u64) -> (rollout::Rollout, Changes) {
    let mut engine = rollout.engine.clone();
    let mut all = Changes::default();
    for input in inputs {
        match engine.step(input, now_s) {
            Ok(changes) => {
                all.header |= changes.header;
                all.members.extend(changes.members);
            }
            // Only wishes are refused, and places that it does not have.
            Err(error) => tracing::error!(rollout = rollout.row.id, %error, "an input was refused"),
        }
    }
    all.members.sort_unstable();
    all.members.dedup();
    (engine, all)
}

/// What a step says, as rows; with `offers`, also what boards are offered from now on.
fn rows(
    world: &World,
    rollout: &Rollout,
    engine: rollout::Rollout,
    stepped: &Changes,
    now_s: u64,
    offers: bool,
) -> Vec<Change> {
    let mut changes = Vec::new();
    if stepped.header {
        let row = RolloutRow { header: engine.header().clone(), ..rollout.row.clone() };
        changes.extend(event(&rollout.row, &row, now_s).map(Change::Event));
        changes.push(Change::Rollout(row));
    }
    let old = &rollout.row.header.status;
    let turns = goes_back(&engine.header().status) && !goes_back(old);
    // When it turns back, what was uploaded last is the undo, for boards whose turn had not come, too.
    let everybody: Vec<u32> = if turns { (0..).take(rollout.parts.len()).collect() } else { Vec::new() };
    for place in &stepped.members {
        if let (Some(part), Some(member)) =
            (rollout.parts.get(*place as usize), engine.members().get(*place as usize))
        {
            changes.push(Change::Part(PartRow { member: member.clone(), ..part.clone() }));
        }
    }
    if offers {
        let touched = if turns { &everybody } else { &stepped.members };
        changes.extend(touched.iter().filter_map(|place| offered(world, rollout, &engine, *place)));
    }
    changes.push(Change::Engine(rollout.row.id, Box::new(engine)));
    changes
}

fn goes_back(status: &Status) -> bool {
    match status {
        Status::Undoing(_) | Status::Undone(_) => true,
        Status::Canary | Status::Batch(_) | Status::Paused(_) | Status::Done | Status::Superseded => false,
    }
}

/// The row of a board that is offered something else from now on, if this is the rollout that says so.
fn offered(world: &World, rollout: &Rollout, engine: &rollout::Rollout, place: u32) -> Option<Change> {
    let part = rollout.parts.get(place as usize)?;
    if world.places.get(&part.board) != Some(&(rollout.row.id, place)) {
        return None;
    }
    let row = &world.boards.get(&part.board)?.row;
    let offered = match engine.offer(place) {
        Offer::Before => part.before,
        Offer::Forward => Some(part.forward),
        Offer::Undo => Some(part.undo),
    };
    let latest = if goes_back(&engine.header().status) { Some(part.undo) } else { row.latest };
    let differs = row.offered != offered || row.latest != latest;
    differs.then(|| Change::Board(Box::new(BoardRow { offered, latest, ..row.clone() })))
}

/// What people hear of another status.
fn event(old: &RolloutRow, new: &RolloutRow, now_s: u64) -> Option<Line> {
    if old.header.status == new.header.status {
        return None;
    }
    let (kind, text) = match &new.header.status {
        Status::Canary => ("rollout-resumed", "canaries".to_owned()),
        Status::Batch(done) => ("rollout-batch", format!("{done} batches are done")),
        Status::Paused(why) => ("rollout-paused", why.clone()),
        Status::Undoing(why) => ("rollout-undoing", why.clone()),
        Status::Undone(why) => ("rollout-undone", why.clone()),
        Status::Done => ("rollout-done", "every board has come to it, or gets it when it is back".to_owned()),
        Status::Superseded => (
            "rollout-superseded",
            "later rollouts have all of its boards, or who signed it counts no more".to_owned(),
        ),
    };
    Some(Line {
        at_s: now_s,
        kind,
        who: format!("rollout {}", new.id),
        text: format!("{}: {text}", new.subject),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_heard_of_lately_comes_before_who_only_has_a_connection() {
        let boards = [(false, 9999), (true, 10_000 - LATELY_S - 1), (true, 10_000 - LATELY_S), (false, 0)];
        assert_eq!(boards.map(|(is_online, seen_s)| distance(is_online, seen_s, 10_000)), [2, 1, 0, 2]);
    }
}
