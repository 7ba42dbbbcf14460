//! Connections: taken in, counted, told apart from each other by what TLS exports, and ended in order.

use super::controller::{Controller, now_s};
use super::limits::{CONNECTIONS_MAX, HANDSHAKE, HEAD, HEAD_BYTES, HEADERS, STOP};
use super::presence::Connection;
use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use limpet_protocol::fleet::link;
use rustls::ServerConfig;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tower::Service as _;

/// After such a silence the kernel asks whether the other end is still there: a board behind a NAT that forgot its
/// connection must not count for ever.
const PROBE_AFTER: Duration = Duration::from_secs(120);
/// Between two such questions; three without an answer end the connection.
const PROBE_EVERY: Duration = Duration::from_secs(30);
/// How long nothing is taken in when the system has no room for one more connection.
const BREATH: Duration = Duration::from_millis(200);

/// Takes connections until the controller stops, and gives those that are open a little time then.
pub(crate) async fn serve(
    controller: Arc<Controller>,
    listener: TcpListener,
    tls: Arc<ServerConfig>,
    router: Router,
) {
    let acceptor = TlsAcceptor::from(tls);
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut stopping = controller.stopping.subscribe();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopping.wait_for(|stop| *stop) => break,
        };
        match accepted {
            Ok((stream, peer)) => welcome(&controller, &acceptor, &places, &router, (stream, peer)),
            Err(error) => {
                tracing::warn!(%error, "no connection is taken in for now");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
    drop(listener);
    let all = u32::try_from(CONNECTIONS_MAX).unwrap_or(u32::MAX);
    // Whoever is not done by then is cut off.
    let _ = tokio::time::timeout(STOP, places.acquire_many(all)).await;
}

fn welcome(
    controller: &Arc<Controller>,
    acceptor: &TlsAcceptor,
    places: &Arc<Semaphore>,
    router: &Router,
    (stream, peer): (TcpStream, SocketAddr),
) {
    let place = places.clone().try_acquire_owned();
    let (Ok(place), true) = (place, controller.addresses.arrive(peer.ip(), now_s())) else {
        controller.metrics.turned_away.inc();
        return;
    };
    let (controller, acceptor, router) = (controller.clone(), acceptor.clone(), router.clone());
    tokio::spawn(async move {
        controller.metrics.connections.inc();
        talk(&controller, acceptor, router, stream, peer).await;
        controller.metrics.connections.dec();
        drop(place);
    });
}

async fn talk(
    controller: &Arc<Controller>,
    acceptor: TlsAcceptor,
    router: Router,
    stream: TcpStream,
    peer: SocketAddr,
) {
    keep_alive(&stream);
    let Some(stream) = handshake(acceptor, stream).await else {
        controller.metrics.handshakes_failed.inc();
        controller.addresses.left(peer.ip(), now_s());
        return;
    };
    let (Some(board), Some(operator)) =
        (exported(&stream, link::EXPORTER), exported(&stream, crate::api::EXPORTER))
    else {
        controller.addresses.left(peer.ip(), now_s());
        return;
    };
    let connection = Arc::new(Connection::new(controller.clone(), peer.ip(), board, operator));
    exchange(controller, connection, router, stream).await;
}

type Handshake = Pin<Box<dyn Future<Output = Option<Box<TlsStream<TcpStream>>>> + Send>>;

// Boxed: what a handshake needs is not kept for as long as the connection lasts.
fn handshake(acceptor: TlsAcceptor, stream: TcpStream) -> Handshake {
    Box::pin(async move {
        let done = tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await.ok()?;
        done.ok().map(Box::new)
    })
}

fn exported(stream: &TlsStream<TcpStream>, label: &[u8]) -> Option<[u8; link::EXPORTED_BYTES]> {
    stream.get_ref().1.export_keying_material([0; link::EXPORTED_BYTES], label, None).ok()
}

async fn exchange(
    controller: &Arc<Controller>,
    connection: Arc<Connection>,
    router: Router,
    stream: Box<TlsStream<TcpStream>>,
) {
    let service = hyper::service::service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(connection.clone());
        let mut router = router.clone();
        router.call(Request::from(request.map(axum::body::Body::new)))
    });
    let mut stopping = controller.stopping.subscribe();
    let http = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(HEAD_BYTES)
        .max_headers(HEADERS)
        .serve_connection(TokioIo::new(stream), service);
    let mut http = std::pin::pin!(http);
    // How a connection ends is of no interest: whoever needs an answer asks again.
    let stops = tokio::select! {
        _ = http.as_mut() => false,
        _ = stopping.wait_for(|stop| *stop) => true,
    };
    if stops {
        http.as_mut().graceful_shutdown();
        let _ = tokio::time::timeout(STOP, http).await;
    }
}

fn keep_alive(stream: &TcpStream) {
    let probing =
        socket2::TcpKeepalive::new().with_time(PROBE_AFTER).with_interval(PROBE_EVERY).with_retries(3);
    let socket = socket2::SockRef::from(stream);
    // Without it the connection only lasts longer than it should.
    let _ = socket.set_tcp_keepalive(&probing);
    let _ = stream.set_nodelay(true);
}
