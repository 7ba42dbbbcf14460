//! Rollouts, as operators see, upload and steer them.

use super::{Answer, Operator, Ours, body, check_line};
use crate::api::{BODY_BYTES_MAX, NewRollout, Rollout};
use crate::server::controller::now_s;
use crate::server::refused::Refused;
use crate::server::rollouts::{self, Wish};
use crate::server::store::PartRow;
use crate::server::upload;
use crate::server::world;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use limpet_fleet::rollout::Waits;
use sha2::{Digest, Sha256};

pub(super) async fn list(State(controller): Ours, _: Operator) -> Answer<Vec<Rollout>> {
    Ok(Json(controller.know(|world| world.rollouts.values().map(|rollout| show(world, rollout)).collect())))
}

pub(super) async fn one(State(controller): Ours, _: Operator, Path(id): Path<u64>) -> Answer<Rollout> {
    let shown = controller.know(|world| world.rollouts.get(&id).map(|rollout| show(world, rollout)));
    Ok(Json(shown.ok_or_else(|| missing(id))?))
}

fn missing(id: u64) -> Refused {
    Refused::missing(format!("there is no rollout {id}; limpetctl get rollouts lists them"))
}

fn show(world: &world::World, rollout: &world::Rollout) -> Rollout {
    let row = &rollout.row;
    let part = |part: &PartRow| (world.name(&part.board), part.member.part.clone());
    let mut boards: Vec<_> = rollout.parts.iter().map(part).collect();
    boards.sort_by(|(one, _), (other, _)| one.cmp(other));
    Rollout {
        id: row.id,
        subject: row.subject.clone(),
        note: row.note.clone(),
        strategy: row.header.strategy.clone(),
        by: row.by.to_string(),
        created_s: row.created_s,
        status: row.header.status.clone(),
        waits: waits(world, rollout),
        boards,
    }
}

/// Most names in what it waits for.
const NAMES_SHOWN: usize = 5;

fn waits(world: &world::World, rollout: &world::Rollout) -> String {
    let name = |place: &u32| rollout.parts.get(*place as usize).map(|part| world.name(&part.board));
    let names = |places: &[u32]| {
        let more = places.len().saturating_sub(NAMES_SHOWN);
        let shown: Vec<_> = places.iter().take(NAMES_SHOWN).filter_map(name).collect();
        shown.join(", ") + &if more > 0 { format!(" and {more} more") } else { String::new() }
    };
    match rollout.engine.waits() {
        Waits::Nothing => String::new(),
        Waits::Boards(places) if places.is_empty() => String::new(),
        Waits::Boards(places) => format!("waits for {}", names(&places)),
        Waits::Vanished(places) => format!(
            "waits for {}, away since it was offered, as that may be why: limpetctl rollout resume goes on with others",
            names(&places)
        ),
        Waits::Time => "this step is watched".to_owned(),
        Waits::Turns => "waits for boards that are away, or put it off".to_owned(),
    }
}

/// What was uploaded is judged beside everything else, as thousands of signatures take a while; whether it fits to what is
/// known is asked when it is stored.
pub(super) async fn upload(State(controller): Ours, operator: Operator, request: Body) -> Answer<Rollout> {
    let bytes = body(request, BODY_BYTES_MAX).await?;
    let trust = controller.know(|world| world.trust.clone());
    let judging = tokio::task::spawn_blocking(move || {
        let digest: [u8; 32] = Sha256::digest(&bytes).into();
        let new: NewRollout = serde_json::from_slice(&bytes)
            .map_err(|error| Refused::bad(format!("the request does not decode: {error}")))?;
        check_line("subject", &new.subject)?;
        check_line("note", &new.note)?;
        upload::judged(&trust, new, digest, now_s())
    });
    let failed = |_| Refused::new(StatusCode::INTERNAL_SERVER_ERROR, "the upload could not be judged");
    let judged = judging.await.map_err(failed)??;
    let id = controller
        .change(move |world, now_s| {
            // The answer may have been lost.
            if let Some(same) = world.rollouts.values().find(|rollout| rollout.row.digest == judged.digest) {
                return Ok((Vec::new(), same.row.id));
            }
            let text = format!("{} to {} boards", judged.subject, judged.boards.len());
            let (mut changes, id) = rollouts::begin(world, judged, operator.0, now_s)?;
            changes.push(operator.did(now_s, "rollout", format!("rollout {id}: {text}")));
            Ok((changes, id))
        })
        .await?;
    let shown = controller.know(|world| world.rollouts.get(&id).map(|rollout| show(world, rollout)));
    Ok(Json(shown.ok_or_else(|| missing(id))?))
}

pub(super) async fn wish(
    State(controller): Ours,
    operator: Operator,
    Path((id, wish)): Path<(u64, String)>,
) -> Answer<Rollout> {
    let wish = match wish.as_str() {
        "pause" => Wish::Pause,
        "resume" => Wish::Resume,
        "undo" => Wish::Undo,
        other => return Err(Refused::missing(format!("a rollout cannot {other}")).into()),
    };
    controller
        .change(move |world, now_s| {
            let rollout = world.rollouts.get(&id).ok_or_else(|| missing(id))?;
            let mut changes = rollouts::wish(world, rollout, wish, now_s)?;
            changes.push(operator.did(now_s, wish.name(), format!("rollout {id}: {}", rollout.row.subject)));
            Ok((changes, ()))
        })
        .await?;
    let shown = controller.know(|world| world.rollouts.get(&id).map(|rollout| show(world, rollout)));
    Ok(Json(shown.ok_or_else(|| missing(id))?))
}
