//! What operators ask, as [`crate::api`] says it. Everything that they change is in the audit.

mod boards;
mod rollouts;

use super::boards::blob_of;
use super::controller::{Controller, now_s};
use super::limits::{
    INVITES_MAX, LINES_MAX, NOTE_BYTES_MAX, OPERATOR_BODY, ROOTS_MAX, SERIALS_MAX, WAIT_S_MAX,
};
use super::presence::Connection;
use super::refused::{OperatorRefused, Refused};
use super::store::{Change, InviteRow, Line, Log, RootRow, SerialRow};
use super::text::{base64, from_base64, from_hex, hex};
use super::world::next_root;
use crate::api::{BODY_BYTES_MAX, Event, Fleet, Invite, Labels, NewInvite, NewRoot, PREFIX, Serials};
use axum::body::{Body, Bytes};
use axum::extract::{FromRequestParts, Path, Query, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use axum::routing::{get, patch, post};
use axum::{Extension, Json, Router};
use http_body_util::{BodyExt as _, Limited};
use limpet_protocol::fleet::enrol::{LABELS_MAX, WORD_BYTES_MAX};
use limpet_protocol::fleet::{PROGRAM_BYTES_MAX, PublicKey};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;

type Ours = State<Arc<Controller>>;
type Answer<T> = Result<Json<T>, OperatorRefused>;

/// All of their paths.
pub(crate) fn routes() -> Router<Arc<Controller>> {
    let ours = Router::new()
        .route("/fleet", get(fleet))
        .route("/roots", post(new_root))
        .route("/invites", get(invites).post(new_invite))
        .route("/serials", get(serials).post(new_serials))
        .route("/boards", get(boards::list))
        .route("/boards/{board}", patch(boards::change))
        .route("/boards/{board}/desired", get(boards::desired))
        .route("/rollouts", get(rollouts::list).post(rollouts::upload))
        .route("/rollouts/{rollout}", get(rollouts::one))
        .route("/rollouts/{rollout}/{wish}", post(rollouts::wish))
        .route("/events", get(events))
        .route("/audit", get(audit))
        .route("/blobs/{sha256}", get(get_blob).put(put_blob));
    Router::new().nest(PREFIX, ours)
}

/// An operator, by the connection.
pub(crate) struct Operator(PublicKey);

impl FromRequestParts<Arc<Controller>> for Operator {
    type Rejection = OperatorRefused;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<Controller>) -> Result<Self, OperatorRefused> {
        let Extension(connection) = Extension::<Arc<Connection>>::from_request_parts(parts, state)
            .await
            .map_err(|_| Refused::new(StatusCode::UNAUTHORIZED, "this needs TLS"))?;
        Ok(Self(connection.operator(&parts.headers)?))
    }
}

impl Operator {
    fn did(&self, now_s: u64, kind: &'static str, text: impl Into<String>) -> Change {
        Change::Audit(Line { at_s: now_s, kind, who: self.0.to_string(), text: text.into() })
    }
}

async fn body(body: Body, bytes_max: usize) -> Result<Bytes, Refused> {
    match tokio::time::timeout(OPERATOR_BODY, Limited::new(body, bytes_max).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => Err(Refused::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("the request has more than the {bytes_max} bytes that are read"),
        )),
        Ok(Err(error)) => Err(Refused::bad(format!("the request was cut short: {error}"))),
        Err(_) => Err(Refused::new(StatusCode::REQUEST_TIMEOUT, "the request came too slowly")),
    }
}

async fn json<T: DeserializeOwned>(from: Body) -> Result<T, Refused> {
    let bytes = body(from, BODY_BYTES_MAX).await?;
    serde_json::from_slice(&bytes)
        .map_err(|error| Refused::bad(format!("the request does not decode: {error}")))
}

async fn fleet(State(controller): Ours, _: Operator) -> Answer<Fleet> {
    let pin = hex(&controller.pin);
    Ok(Json(controller.know(|world| Fleet {
        fleet: world.root().fleet.to_string(),
        roots: world.roots.iter().map(|row| base64(&row.envelope)).collect(),
        generation: match world.position_last.root == world.root().generation {
            true => world.position_last.generation,
            false => 0,
        },
        pin,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        now_s: now_s(),
    })))
}

async fn new_root(
    State(controller): Ours,
    operator: Operator,
    request: Body,
) -> Result<StatusCode, OperatorRefused> {
    let new: NewRoot = json(request).await?;
    let envelope = from_base64(&new.root).ok_or_else(|| Refused::bad("the root is no base64url"))?;
    let known = move |world: &super::world::World, now_s: u64| {
        let known = world.trust.root.generation;
        let trust = next_root(&world.trust, &envelope, now_s)
            .map_err(|why| Refused::bad(format!("the root is refused as boards would: {why}")))?;
        let generation = trust.root.generation;
        if generation == known {
            return Ok((Vec::new(), ()));
        }
        if world.roots.len() >= ROOTS_MAX {
            return Err(Refused::conflict(format!("the fleet has {ROOTS_MAX} roots, which is the most")));
        }
        let row = RootRow { generation, envelope: envelope.into() };
        let text = format!("root {generation}");
        let mut changes = super::rollouts::outdated(world, &trust.root, now_s);
        changes.extend([Change::Root(row), operator.did(now_s, "root", text)]);
        Ok((changes, ()))
    };
    controller.change(known).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn invites(State(controller): Ours, _: Operator) -> Answer<Vec<Invite>> {
    let now_s = now_s();
    let mut list: Vec<_> = controller.know(|world| {
        let open = |row: &&InviteRow| row.expires_s > now_s && row.uses_left > 0;
        world.invites.values().filter(open).map(|row| invite(row, &row.invite[..4])).collect()
    });
    list.sort_by(|one, other| (one.expires_s, &one.invite).cmp(&(other.expires_s, &other.invite)));
    Ok(Json(list))
}

fn invite(row: &InviteRow, shown: &[u8]) -> Invite {
    Invite {
        invite: hex(shown),
        labels: row.labels.clone(),
        expires_s: row.expires_s,
        uses_left: row.uses_left,
        serials_only: row.serials_only,
    }
}

async fn new_invite(State(controller): Ours, operator: Operator, request: Body) -> Answer<Invite> {
    let new: NewInvite = json(request).await?;
    check_labels(&new.labels)?;
    if new.ttl_s == 0 || new.uses == 0 {
        return Err(Refused::bad("an invitation lasts a second and is for one board at least").into());
    }
    let invited = random()?;
    let row = controller
        .change(move |world, now_s| {
            let over = |row: &&InviteRow| row.expires_s <= now_s || row.uses_left == 0;
            let gone: Vec<_> = world.invites.values().filter(over).map(|row| row.invite).collect();
            if world.invites.len() - gone.len() >= INVITES_MAX {
                return Err(Refused::conflict(format!(
                    "{INVITES_MAX} invitations are open, which is the most"
                )));
            }
            let row = InviteRow {
                invite: invited,
                labels: new.labels,
                expires_s: now_s.saturating_add(new.ttl_s),
                uses_left: new.uses,
                serials_only: new.serials_only,
                root: world.root().generation,
            };
            let text = format!("for {} boards, {} s long", new.uses, new.ttl_s);
            let mut changes: Vec<_> = gone.into_iter().map(Change::InviteGone).collect();
            changes.extend([Change::Invite(row.clone()), operator.did(now_s, "invite", text)]);
            Ok((changes, row))
        })
        .await?;
    Ok(Json(invite(&row, &row.invite)))
}

fn random<const N: usize>() -> Result<[u8; N], Refused> {
    let mut bytes = [0; N];
    let failed = |_| Refused::busy(StatusCode::SERVICE_UNAVAILABLE, "the system gives no random numbers", 5);
    rustls::crypto::ring::default_provider().secure_random.fill(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

fn check_labels(labels: &Labels) -> Result<(), Refused> {
    if labels.len() > LABELS_MAX {
        return Err(Refused::bad(format!("there are more than {LABELS_MAX} labels")));
    }
    labels.iter().try_for_each(|(name, value)| check_label(name, Some(value)))
}

fn check_label(name: &str, value: Option<&str>) -> Result<(), Refused> {
    if ["arch", "hostname", "board"].contains(&name) {
        return Err(Refused::bad(format!("label {name} is what the board says; choose another name")));
    }
    let fits = |text: &str| text.len() <= WORD_BYTES_MAX && !text.chars().any(char::is_control);
    if name.is_empty() || !fits(name) || !value.is_none_or(fits) {
        return Err(Refused::bad(format!(
            "label {:?} is empty, has control characters, or more than {WORD_BYTES_MAX} bytes",
            name.chars().take(WORD_BYTES_MAX).collect::<String>()
        )));
    }
    Ok(())
}

/// One line of an operator's.
fn check_line(what: &str, text: &str) -> Result<(), Refused> {
    if text.len() > NOTE_BYTES_MAX || text.chars().any(char::is_control) {
        return Err(Refused::bad(format!(
            "the {what} has control characters, or more than {NOTE_BYTES_MAX} bytes"
        )));
    }
    Ok(())
}

async fn serials(State(controller): Ours, _: Operator) -> Answer<Vec<Serials>> {
    Ok(Json(controller.know(|world| {
        let mut by_labels = std::collections::BTreeMap::<&Labels, Vec<String>>::new();
        for row in world.serials.values().filter(|row| row.used_by.is_none()) {
            by_labels.entry(&row.labels).or_default().push(row.serial.clone());
        }
        by_labels.into_iter().map(|(labels, serials)| Serials { serials, labels: labels.clone() }).collect()
    })))
}

async fn new_serials(
    State(controller): Ours,
    operator: Operator,
    request: Body,
) -> Result<StatusCode, OperatorRefused> {
    let new: Serials = json(request).await?;
    check_labels(&new.labels)?;
    let odd = |text: &&String| text.is_empty() || text.len() > WORD_BYTES_MAX;
    if let Some(odd) = new.serials.iter().find(odd) {
        let shown: String = odd.chars().take(WORD_BYTES_MAX).collect();
        return Err(Refused::bad(format!(
            "serial number {shown:?} is empty or has more than {WORD_BYTES_MAX} bytes"
        ))
        .into());
    }
    controller
        .change(move |world, now_s| {
            if world.serials.len() + new.serials.len() > SERIALS_MAX {
                return Err(Refused::conflict(format!(
                    "there would be more than {SERIALS_MAX} serial numbers"
                )));
            }
            let text = format!("{} serial numbers", new.serials.len());
            let row = |serial| SerialRow { serial, labels: new.labels.clone(), used_by: None };
            let mut changes: Vec<_> = new.serials.into_iter().map(row).map(Change::Serial).collect();
            changes.push(operator.did(now_s, "serials", text));
            Ok((changes, ()))
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    since: u64,
    limit: Option<u32>,
    #[serde(default)]
    wait: u64,
}

async fn events(State(controller): Ours, _: Operator, Query(page): Query<Page>) -> Answer<Vec<Event>> {
    lines(&controller, Log::Events, &page).await
}

async fn audit(State(controller): Ours, _: Operator, Query(page): Query<Page>) -> Answer<Vec<Event>> {
    lines(&controller, Log::Audit, &page).await
}

async fn lines(controller: &Controller, log: Log, page: &Page) -> Answer<Vec<Event>> {
    let limit = page.limit.unwrap_or(LINES_MAX).min(LINES_MAX);
    let wait = Duration::from_secs(page.wait.min(WAIT_S_MAX));
    let until = tokio::time::Instant::now() + wait;
    // Before the first look: what comes after it wakes. The audit grows with the list of boards' revision at the latest.
    let (mut events, mut revisions) = (controller.events.subscribe(), controller.revisions.subscribe());
    let mut stopping = controller.stopping.subscribe();
    loop {
        events.mark_unchanged();
        revisions.mark_unchanged();
        let lines = controller.store.lines(log, page.since, limit).await?;
        if !lines.is_empty() {
            return Ok(Json(lines));
        }
        let changed = async {
            match log {
                Log::Events => events.changed().await,
                Log::Audit => revisions.changed().await,
            }
        };
        tokio::select! {
            _ = changed => {}
            () = tokio::time::sleep_until(until) => return Ok(Json(Vec::new())),
            _ = stopping.wait_for(|stop| *stop) => return Ok(Json(Vec::new())),
        }
    }
}

async fn put_blob(
    State(controller): Ours,
    operator: Operator,
    Path(name): Path<String>,
    request: Body,
) -> Result<StatusCode, OperatorRefused> {
    let sha256: [u8; 32] =
        from_hex(&name).ok_or_else(|| Refused::bad(format!("{name} is no SHA-256 in hexadecimal")))?;
    let bytes = body(request, PROGRAM_BYTES_MAX as usize).await?;
    if <[u8; 32]>::from(Sha256::digest(&bytes)) != sha256 {
        return Err(Refused::bad(format!(
            "the {} bytes that came do not have the digest {name}",
            bytes.len()
        ))
        .into());
    }
    if controller.store.blob(sha256).await?.is_some() {
        return Ok(StatusCode::NO_CONTENT);
    }
    controller
        .change(move |_, now_s| {
            let did = operator.did(now_s, "blob", format!("{name}, {} bytes", bytes.len()));
            Ok((vec![Change::Blob(sha256, bytes.to_vec().into()), did], ()))
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn get_blob(
    State(controller): Ours,
    _: Operator,
    Path(name): Path<String>,
    headers: axum::http::HeaderMap,
) -> Result<Response, OperatorRefused> {
    Ok(blob_of(controller, &name, &headers).await?)
}
