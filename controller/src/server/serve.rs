//! `limpet-controller serve`: everything put together, and ended in order.

use super::controller::{Controller, now_s};
use super::limits::CONNECTIONS_MAX;
use super::presence::Connection;
use super::store::Store as _;
use super::store::sqlite::Sqlite;
use super::tls::Identity;
use super::world::World;
use super::{accept, boards, operators, tick};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// What serving needs.
pub(crate) struct Serving {
    /// Made by `init`.
    pub(crate) data: PathBuf,
    /// Where to listen.
    pub(crate) listen: SocketAddr,
    /// For a certificate that is made.
    pub(crate) url: Option<String>,
    /// Certificate and key that were given.
    pub(crate) identity: Option<(PathBuf, PathBuf)>,
    /// Where Prometheus may ask.
    pub(crate) metrics: Option<SocketAddr>,
}

/// Why it ends.
#[derive(Debug, thiserror::Error)]
#[error("cannot {doing}: {why}")]
pub(crate) struct Ended {
    /// What was being done.
    pub(crate) doing: String,
    /// Why it failed.
    pub(crate) why: String,
}

/// For `map_err`.
pub(crate) fn because<E: std::fmt::Display>(doing: impl Into<String>) -> impl FnOnce(E) -> Ended {
    let doing = doing.into();
    move |why| Ended { doing, why: why.to_string() }
}

/// Until a signal says that it is to end.
pub(crate) async fn serve(serving: Serving) -> Result<(), Ended> {
    let identity = match &serving.identity {
        Some((certificate, key)) => Identity::read(certificate, key),
        None => Identity::own(&serving.data, serving.url.as_deref()),
    }
    .map_err(because("serve"))?;
    let (pin, pin_text) = (identity.pin, identity.pin_text());
    let tls = identity.config().map_err(because("use the certificate"))?;
    let (controller, changing) = opened(&serving.data, pin).await?;
    let at = format!("listen on {}", serving.listen);
    let listener = TcpListener::bind(serving.listen).await.map_err(because(at.clone()))?;
    let address = listener.local_addr().map_err(because(at))?;
    if let Some(address) = serving.metrics {
        tokio::spawn(metered(controller.clone(), address).await?);
    }
    raise_files();
    tracing::info!(%address, pin = pin_text, version = env!("CARGO_PKG_VERSION"), "serving");
    let ticking = tokio::spawn(tick::run(controller.clone()));
    let changing = tokio::spawn(changing);
    let accepting = tokio::spawn(accept::serve(controller.clone(), listener, tls, router(&controller)));
    end(&controller, changing, ticking, accepting).await
}

async fn opened(
    data: &Path,
    pin: [u8; 32],
) -> Result<(Arc<Controller>, impl Future<Output = Result<(), super::store::StoreError>> + Send + use<>), Ended>
{
    let doing = format!("open the data in {}", data.display());
    let store = Sqlite::open(data, false).await.map_err(because(doing.clone()))?;
    let loaded = store.load().await.map_err(because(doing.clone()))?;
    // Later than any that an earlier process gave, unless it changed something a thousand times a second.
    let revision = now_s().saturating_mul(1000);
    let world = World::new(loaded, revision, now_s()).map_err(because(doing))?;
    Ok(Controller::new(world, Box::new(store), pin))
}

/// Each connection is an open file, and a soft limit of 1024 is what most systems begin with.
fn raise_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let known = getrlimit(Resource::Nofile);
    let wanted = Rlimit { current: known.maximum, ..known };
    // None is no limit.
    let most = match setrlimit(Resource::Nofile, wanted) {
        Ok(()) => known.maximum,
        Err(_) => known.current,
    };
    if most.is_some_and(|most| most < CONNECTIONS_MAX as u64) {
        tracing::warn!(
            files = most,
            "fewer connections than {CONNECTIONS_MAX} are possible: raise the limit of open files"
        );
    }
}

type Task<T> = tokio::task::JoinHandle<T>;

async fn end(
    controller: &Controller,
    mut changing: Task<Result<(), super::store::StoreError>>,
    ticking: Task<()>,
    accepting: Task<()>,
) -> Result<(), Ended> {
    let doing = "wait for signals";
    let mut terminate = signal(SignalKind::terminate()).map_err(because(doing))?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(because(doing))?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        ended = &mut changing => {
            let why = match ended {
                Ok(Err(error)) => error.to_string(),
                Ok(Ok(())) | Err(_) => "the task that changes things ended".to_owned(),
            };
            return Err(Ended { doing: "go on; start it again".into(), why });
        }
    }
    tracing::info!("stopping");
    controller.stopping.send_replace(true);
    // The last changes of connections and of the tick are made durable before the task that does so ends.
    let _ = accepting.await;
    let _ = ticking.await;
    controller.over.send_replace(true);
    let _ = changing.await;
    Ok(())
}

fn router(controller: &Arc<Controller>) -> Router {
    Router::new()
        .merge(boards::routes())
        .merge(operators::routes())
        .route("/healthz", get(health))
        .route("/readyz", get(ready))
        .fallback(|| async { (StatusCode::NOT_FOUND, "there is nothing here") })
        .layer(from_fn_with_state(controller.clone(), watch))
        .with_state(controller.clone())
}

/// Counts and logs what was refused.
async fn watch(State(controller): State<Arc<Controller>>, request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let address = request.extensions().get::<Arc<Connection>>().map(|connection| connection.address);
    let response = next.run(request).await;
    if response.status().is_client_error() || response.status().is_server_error() {
        controller.metrics.refused.inc();
        let status = response.status().as_u16();
        tracing::debug!(%method, path, status, ?address, "refused");
    }
    response
}

async fn health() -> &'static str {
    "well\n"
}

/// Its database answers.
async fn ready(State(controller): State<Arc<Controller>>) -> Response {
    match controller.store.envelope(0).await {
        Ok(_) => "ready\n".into_response(),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response(),
    }
}

async fn metered(
    controller: Arc<Controller>,
    address: SocketAddr,
) -> Result<impl Future<Output = ()> + Send, Ended> {
    let doing = format!("serve metrics on {address}");
    if !address.ip().is_loopback() {
        return Err(because(doing)(
            "they have no access control, so the address must be one of this machine alone",
        ));
    }
    let listener = TcpListener::bind(address).await.map_err(because(doing))?;
    let bound = listener.local_addr().map_err(because("serve metrics"))?;
    tracing::info!(address = %bound, "serving metrics");
    let router = Router::new()
        .route("/metrics", get(scrape))
        .route("/healthz", get(health))
        .route("/readyz", get(ready))
        .with_state(controller);
    Ok(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(%error, "metrics are not served any more");
        }
    })
}

async fn scrape(State(controller): State<Arc<Controller>>) -> impl IntoResponse {
    let boards = controller.know(|world| world.boards.len());
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(axum::http::header::CONTENT_TYPE, kind)], controller.metrics.text(boards))
}
