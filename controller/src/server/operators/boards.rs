//! Boards, as operators see and change them.

use super::{Answer, Operator, Ours, check_label, json};
use crate::api::{Board, BoardChange, BoardDesired, Boards, Labels};
use crate::server::limits::WAIT_S_MAX;
use crate::server::refused::{OperatorRefused, Refused};
use crate::server::store::{BoardRow, Change, Line};
use crate::server::text::base64;
use crate::server::world::{self, World};
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use limpet_protocol::fleet::enrol::{LABELS_MAX, WORD_BYTES_MAX};
use serde::Deserialize;
use std::time::Duration;

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    wait: u64,
    revision: Option<u64>,
}

pub(super) async fn list(State(controller): Ours, _: Operator, Query(asked): Query<Asked>) -> Answer<Boards> {
    if let Some(known) = asked.revision {
        let mut revisions = controller.revisions.subscribe();
        let mut stopping = controller.stopping.subscribe();
        tokio::select! {
            _ = revisions.wait_for(|revision| *revision != known) => {}
            () = tokio::time::sleep(Duration::from_secs(asked.wait.min(WAIT_S_MAX))) => {}
            _ = stopping.wait_for(|stop| *stop) => {}
        }
    }
    Ok(Json(controller.know(|world| {
        Boards {
            revision: world.revision,
            boards: world
                .names
                .values()
                .filter_map(|id| world.boards.get(id))
                .map(|board| show(world, board))
                .collect(),
        }
    })))
}

fn show(world: &World, board: &world::Board) -> Board {
    let row = &board.row;
    let report = board.report.as_ref().map(|(_, report)| report);
    let arch = report.map_or(row.arch.as_str(), |report| &report.arch);
    let hostname = report.map_or(row.hostname.as_str(), |report| &report.name);
    let said = [("arch", arch), ("hostname", hostname), ("board", row.name.as_str())];
    let said = said.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Board {
        id: row.id.to_string(),
        name: row.name.clone(),
        labels: row.labels.clone().into_iter().chain(said).collect::<Labels>(),
        serial: row.serial.clone(),
        enrolled_s: row.enrolled_s,
        seen_s: board.live.seen_s(),
        online: board.live.is_online(),
        cordoned: row.cordoned,
        revoked: row.revoked,
        cloned_s: row.cloned_s,
        offered: row.offered.map_or((0, 0), |state| (state.position.root, state.position.generation)),
        sign_anew: world.is_to_be_signed(row),
        report: report.cloned(),
    }
}

pub(super) async fn change(
    State(controller): Ours,
    operator: Operator,
    Path(board): Path<String>,
    request: Body,
) -> Answer<Board> {
    let change: BoardChange = json(request).await?;
    let id = controller
        .change(move |world, now_s| {
            let row = changed(world, &board, &change)?;
            let mut changes = vec![operator.did(now_s, "board", format!("{}: {}", row.name, told(&change)))];
            if change.revoked == Some(true) {
                let line = Line {
                    at_s: now_s,
                    kind: "revoked",
                    who: row.name.clone(),
                    text: "by an operator".into(),
                };
                changes.push(Change::Event(line));
            }
            let id = row.id;
            changes.push(Change::Board(Box::new(row)));
            Ok((changes, id))
        })
        .await?;
    let shown = controller.know(|world| world.boards.get(&id).map(|board| show(world, board)));
    Ok(Json(shown.ok_or_else(|| missing(&id.to_string()))?))
}

fn changed(world: &World, board: &str, change: &BoardChange) -> Result<BoardRow, Refused> {
    let mut row = world.named(board).ok_or_else(|| missing(board))?.row.clone();
    if let Some(name) = &change.name {
        row.name = free(world, &row, name)?;
    }
    for (name, value) in &change.labels {
        check_label(name, value.as_deref())?;
        match value {
            Some(value) => drop(row.labels.insert(name.clone(), value.clone())),
            None => drop(row.labels.remove(name)),
        }
    }
    if row.labels.len() > LABELS_MAX {
        return Err(Refused::bad(format!("{} would have more than {LABELS_MAX} labels", row.name)));
    }
    row.cordoned = change.cordoned.unwrap_or(row.cordoned);
    match change.revoked {
        Some(false) if row.revoked => {
            return Err(Refused::conflict(format!(
                "{} was revoked for good; enrol it with a new key (limpet join)",
                row.name
            )));
        }
        Some(revoked) => row.revoked = revoked,
        None => {}
    }
    if change.forget_clone {
        row.cloned_s = None;
        row.instances.drain(..row.instances.len().saturating_sub(1));
    }
    Ok(row)
}

fn free(world: &World, row: &BoardRow, name: &str) -> Result<String, Refused> {
    let usable = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if name.is_empty() || name.len() > WORD_BYTES_MAX || !name.chars().all(usable) {
        return Err(Refused::bad(format!(
            "the name of a board has 1 to {WORD_BYTES_MAX} letters, digits, dots, dashes or underscores"
        )));
    }
    match world.names.get(name) {
        Some(holder) if *holder != row.id => {
            Err(Refused::conflict(format!("another board is called {name}")))
        }
        Some(_) | None => Ok(name.to_owned()),
    }
}

/// What was asked for, in few words.
fn told(change: &BoardChange) -> String {
    let mut told = Vec::new();
    told.extend(change.name.as_ref().map(|name| format!("name {name}")));
    for (name, value) in &change.labels {
        told.push(match value {
            Some(value) => format!("label {name}={value}"),
            None => format!("label {name} away"),
        });
    }
    told.extend(change.cordoned.map(|cordoned| if cordoned { "cordoned" } else { "uncordoned" }.to_owned()));
    told.extend(change.revoked.filter(|revoked| *revoked).map(|_| "revoked".to_owned()));
    told.extend(change.forget_clone.then(|| "copied card dealt with".to_owned()));
    told.join(", ")
}

pub(super) async fn desired(
    State(controller): Ours,
    _: Operator,
    Path(board): Path<String>,
) -> Result<Json<BoardDesired>, OperatorRefused> {
    let latest = controller.know(|world| world.named(&board).map(|board| board.row.latest));
    let latest = latest.ok_or_else(|| missing(&board))?;
    let desired = match latest {
        Some(state) => controller.store.envelope(state.id).await?.map(|bytes| base64(&bytes)),
        None => None,
    };
    Ok(Json(BoardDesired { desired }))
}

pub(super) fn missing(board: &str) -> Refused {
    let shown: String = board.chars().take(2 * WORD_BYTES_MAX).collect();
    Refused::missing(format!("there is no board {shown}; limpetctl get boards lists them"))
}
