//! What boards ask, as `limpet_protocol::fleet::link` says it.

mod blob;
mod enrol;
mod report;

use super::controller::{Controller, now_s};
use super::limits::BOARD_BODY;
use super::live::Offer;
use super::presence::{Connection, Present};
use super::refused::Refused;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Extension, Router};
use http_body_util::{BodyExt as _, Limited};
use limpet_protocol::fleet::link::{self, Delivery, WAIT_S_MAX};
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use blob::blob_of;

type Who = Extension<Arc<Connection>>;
type Ours = State<Arc<Controller>>;

/// All of their paths.
pub(crate) fn routes() -> Router<Arc<Controller>> {
    Router::new()
        .route(link::ENROL, post(enrol::enrol))
        .route(link::DESIRED, get(desired))
        .route(link::REPORT, put(report::report))
        .route(&format!("{}/{{sha256}}", link::BLOB), get(blob::blob))
}

async fn desired(
    State(controller): Ours,
    Extension(connection): Who,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let present = connection.board(&headers).await?;
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let wait_s = headers.get(link::WAIT).and_then(|value| value.to_str().ok()?.parse().ok()).unwrap_or(0);
    if let Some(known) = known
        && let Some(unchanged) = unchanged(&controller, &present, known, wait_s).await
    {
        controller.metrics.polls_unchanged.inc();
        return Ok(unchanged);
    }
    let offer = present.live.offer(Offer::clone);
    if offer.revoked {
        return Err(Refused::forbidden("this board was revoked"));
    }
    if !present.live.may_ask(now_s()) {
        return Err(Refused::too_often());
    }
    deliver(&controller, offer).await
}

/// The answer, if there is nothing else within the time.
async fn unchanged(controller: &Controller, present: &Present, known: &str, wait_s: u32) -> Option<Response> {
    if !present.live.offer(|offer| offer.is_named(known)) {
        return None;
    }
    if wait_s > 0 {
        // Boxed: it is waited here for hours, and nothing else is to be kept for so long.
        Box::pin(another(controller, present, known, wait_s)).await;
    }
    let same = |offer: &Offer| !offer.revoked && offer.is_named(known);
    let etag = present.live.offer(|offer| same(offer).then(|| HeaderValue::from_str(&offer.etag)))?;
    Some((StatusCode::NOT_MODIFIED, [(header::ETAG, etag.ok()?)]).into_response())
}

async fn another(controller: &Controller, present: &Present, known: &str, wait_s: u32) {
    let mut offers = present.live.offers();
    let mut stopping = controller.stopping.subscribe();
    let wait = Duration::from_secs(wait_s.min(WAIT_S_MAX).into());
    tokio::select! {
        _ = offers.wait_for(|offer| offer.revoked || !offer.is_named(known)) => {}
        () = tokio::time::sleep(wait) => {}
        _ = stopping.wait_for(|stop| *stop) => {}
    }
}

async fn deliver(controller: &Controller, offer: Offer) -> Result<Response, Refused> {
    let roots = controller.know(|world| {
        let lacking = |generation| offer.root_known < generation && generation <= offer.root_last;
        let lacking = world.roots.iter().filter(|row| lacking(row.generation));
        lacking.map(|row| row.envelope.to_vec()).collect()
    });
    let desired = match offer.state {
        Some(state) => controller.store.envelope(state.id).await?.unwrap_or_default(),
        None => Vec::new(),
    };
    let mut response = postcard_answer(&Delivery { roots, desired })?;
    if let Ok(etag) = HeaderValue::from_str(&offer.etag) {
        response.headers_mut().insert(header::ETAG, etag);
    }
    controller.metrics.polls_delivered.inc();
    Ok(response)
}

/// 200, with that as its body.
fn postcard_answer<T: Serialize>(value: &T) -> Result<Response, Refused> {
    let bytes = postcard::to_allocvec(value)
        .map_err(|error| Refused::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response())
}

/// All of a body that is no larger than that.
async fn body(body: Body, bytes_max: usize) -> Result<Bytes, Refused> {
    let collected = tokio::time::timeout(BOARD_BODY, Limited::new(body, bytes_max).collect()).await;
    match collected {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => Err(Refused::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("the request has more than the {bytes_max} bytes that are read"),
        )),
        Ok(Err(error)) => Err(Refused::bad(format!("the request was cut short: {error}"))),
        Err(_) => Err(Refused::new(StatusCode::REQUEST_TIMEOUT, "the request came too slowly")),
    }
}

/// Exactly one document, in its one form.
fn strictly<T: Serialize + serde::de::DeserializeOwned>(bytes: &[u8], what: &str) -> Result<T, Refused> {
    let wrong = || Refused::bad(format!("this is no {what} that this version of the controller knows"));
    let document: T = postcard::from_bytes(bytes).map_err(|_| wrong())?;
    let again = postcard::to_allocvec(&document).map_err(|_| wrong())?;
    if again == bytes { Ok(document) } else { Err(wrong()) }
}
