//! What is done from time to time, not because somebody asked.

use super::controller::{Controller, now_s};
use super::limits::{AWAY_S, EVENTS_MAX};
use super::store::{BoardRow, Change, Line};
use super::world::World;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// How often it is looked who is there, and rollouts are told the time.
const TICK: Duration = Duration::from_secs(2);
/// How often the times at which boards were heard of are stored: so much of them is lost at most.
const SEEN_EVERY: u32 = 60;
/// How often old events are dropped.
const PRUNE_EVERY: u32 = 1800;

/// Until the controller stops.
pub(crate) async fn run(controller: Arc<Controller>) {
    let mut stopping = controller.stopping.subscribe();
    let mut seen = HashMap::new();
    let started_s = now_s();
    for count in 1_u32.. {
        let stops = tokio::select! {
            () = tokio::time::sleep(TICK) => false,
            _ = stopping.wait_for(|stop| *stop) => true,
        };
        let store_seen = stops || count % SEEN_EVERY == 0;
        let heard = if store_seen { heard(&controller, &mut seen) } else { Vec::new() };
        let done = controller.change(move |world, now_s| {
            let mut changes = comings(world, started_s, now_s);
            changes.extend(heard);
            if count % PRUNE_EVERY == 0 {
                changes.push(Change::PruneEvents(EVENTS_MAX));
            }
            Ok((changes, ()))
        });
        // It says so itself, and the next time comes.
        let _ = done.await;
        if stops {
            return;
        }
    }
}

fn heard(controller: &Controller, stored: &mut HashMap<limpet_protocol::fleet::BoardId, u64>) -> Vec<Change> {
    controller.know(|world| {
        let fresh = world.boards.iter().filter_map(|(id, board)| {
            let seen_s = board.live.seen_s();
            (stored.insert(*id, seen_s) != Some(seen_s)).then_some(Change::Seen(*id, seen_s))
        });
        fresh.collect()
    })
}

/// Who came, and who has been away for a while.
fn comings(world: &World, started_s: u64, now_s: u64) -> Vec<Change> {
    let mut changes = Vec::new();
    for board in world.boards.values() {
        let (row, is_online) = (&board.row, board.live.is_online());
        // After a start everybody is given the time to come back.
        let since_s = board.live.seen_s().max(started_s);
        let is_away = !is_online && now_s.saturating_sub(since_s) > AWAY_S;
        let (kind, text) = match (row.online, is_online, is_away) {
            (false, true, _) => ("online", "has a connection again"),
            (true, _, true) => ("offline", "has no connection"),
            (false, false, _) | (true, _, false) => continue,
        };
        let line = Line { at_s: now_s, kind, who: row.name.clone(), text: text.into() };
        changes.push(Change::Event(line));
        changes.push(Change::Board(Box::new(BoardRow { online: is_online, ..row.clone() })));
    }
    changes
}
