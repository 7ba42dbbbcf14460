//! The HTTPS client of this crate: TLS 1.3 to a server that is known by the pin of its key, HTTP/1.1 over it, and a proof
//! of who asks by the exporter of each connection.
//!
//! In: a request. Out: the answer's status, headers and body, of which no more is taken than was said. A connection that
//! the server closed meanwhile is made anew, once.

mod pin;
#[cfg(test)]
mod tests;

pub use pin::config;

use crate::api;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{HeaderMap, Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use limpet_protocol::fleet::link;
use limpet_trust::presence::prove;
use limpet_trust::sign::Secret;
use rustls::pki_types::ServerName;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Port of a URL without one.
const PORT: u16 = 443;

/// As what a key proves itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// By [`api::EXPORTER`].
    Operator,
    /// By [`link::EXPORTER`].
    Board,
}

impl Role {
    /// Label of the exporter, and the header that carries the proof.
    #[must_use]
    pub fn words(self) -> (&'static [u8], &'static str) {
        match self {
            Self::Operator => (api::EXPORTER, api::PROOF),
            Self::Board => (link::EXPORTER, link::PROOF),
        }
    }
}

/// Why a request came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Not `https://HOST[:PORT]`.
    #[error("{0:?} is no address of a controller; write https://HOST[:PORT]")]
    Url(String),
    /// No connection.
    #[error("connect to {0}")]
    Connect(String, #[source] std::io::Error),
    /// TLS cannot be set up, or the server's key is another.
    #[error("speak TLS with {0}")]
    Tls(String, #[source] std::io::Error),
    /// TLS itself, at this end.
    #[error("set up TLS")]
    Setup(#[from] rustls::Error),
    /// HTTP.
    #[error("speak HTTP with {0}")]
    Http(String, #[source] hyper::Error),
    /// Who asks cannot be proven.
    #[error("say who asks")]
    Proof(#[from] postcard::Error),
    /// The request makes no sense.
    #[error("make a request")]
    Request(#[from] hyper::http::Error),
    /// More than is taken.
    #[error("the answer has more than {0} bytes")]
    TooLong(usize),
    /// The body broke off.
    #[error("read the answer")]
    Body(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What the server answered.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct Ask {
    /// `GET` and so on.
    pub method: Method,
    /// Path with query.
    pub path: String,
    /// Further headers.
    pub headers: Vec<(String, String)>,
    /// Body; its type is JSON if it is not empty and no header says otherwise.
    pub body: Bytes,
    /// Longest answer that is taken.
    pub answer_bytes_max: usize,
}

impl Ask {
    /// Without a body, for an answer of at most 64 MiB.
    #[must_use]
    pub fn new(method: Method, path: &str) -> Self {
        Self {
            method,
            path: path.to_owned(),
            headers: Vec::new(),
            body: Bytes::new(),
            answer_bytes_max: api::BODY_BYTES_MAX,
        }
    }
}

/// One server, and whoever asks it.
pub struct Client {
    host: String,
    port: u16,
    connector: TlsConnector,
    identity: Option<(Role, Arc<Secret>)>,
    instance: [u8; 16],
    open: Option<Open>,
}

struct Open {
    sender: SendRequest<Full<Bytes>>,
    /// Goes with the first request.
    proof: Option<(&'static str, String)>,
}

impl Client {
    /// Nothing is sent yet. Without an identity, nothing is proven.
    ///
    /// # Errors
    /// The URL is none of a controller.
    pub fn new(url: &str, pin: [u8; 32], identity: Option<(Role, Arc<Secret>)>) -> Result<Self, ClientError> {
        let (host, port) = parse_url(url).ok_or_else(|| ClientError::Url(url.to_owned()))?;
        let connector = TlsConnector::from(Arc::new(config(pin)?));
        Ok(Self { host, port, connector, identity, instance: random(), open: None })
    }

    /// The boot that a board tells; random otherwise.
    #[must_use]
    pub fn with_instance(mut self, instance: [u8; 16]) -> Self {
        self.instance = instance;
        self
    }

    /// Asks, and waits for the whole answer.
    ///
    /// # Errors
    /// See [`ClientError`]. An answer of whatever status is none.
    pub async fn ask(&mut self, ask: &Ask) -> Result<Answer, ClientError> {
        if let Some(open) = self.open.take() {
            match self.exchange(open, ask).await {
                // The server closed it in the meantime: what it never heard, or does nothing, is asked again.
                Err(ClientError::Http(_, error)) if error.is_canceled() || ask.method == Method::GET => {}
                other => return other,
            }
        }
        let open = self.connect().await?;
        self.exchange(open, ask).await
    }

    async fn exchange(&mut self, mut open: Open, ask: &Ask) -> Result<Answer, ClientError> {
        let failed = |source| ClientError::Http(self.authority(), source);
        open.sender.ready().await.map_err(failed)?;
        let request = self.request(ask, open.proof.take())?;
        let response = open.sender.send_request(request).await.map_err(failed)?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, ask.answer_bytes_max).collect().await;
        let body = body.map_err(|error| match error.is::<LengthLimitError>() {
            true => ClientError::TooLong(ask.answer_bytes_max),
            false => ClientError::Body(error),
        })?;
        self.open = Some(open);
        Ok(Answer { status: head.status, headers: head.headers, body: body.to_bytes() })
    }

    fn request(
        &self,
        ask: &Ask,
        proof: Option<(&'static str, String)>,
    ) -> Result<Request<Full<Bytes>>, ClientError> {
        let mut request = Request::builder()
            .method(&ask.method)
            .uri(&ask.path)
            .header("host", self.authority())
            .header("user-agent", concat!("limpetctl/", env!("CARGO_PKG_VERSION")));
        let typed = ask.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        if !ask.body.is_empty() && !typed {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in &ask.headers {
            request = request.header(name, value);
        }
        if let Some((name, value)) = proof {
            request = request.header(name, value);
        }
        Ok(request.body(Full::new(ask.body.clone()))?)
    }

    async fn connect(&self) -> Result<Open, ClientError> {
        let address = self.authority();
        let tcp = TcpStream::connect((self.host.as_str(), self.port)).await;
        let tcp = tcp.map_err(|source| ClientError::Connect(address.clone(), source))?;
        // Small requests are answered at once.
        let _hint = tcp.set_nodelay(true);
        let name = ServerName::try_from(self.host.clone());
        let name = name.map_err(|_| ClientError::Url(format!("https://{address}")))?;
        let tls = self.connector.connect(name, tcp).await;
        let tls = tls.map_err(|source| ClientError::Tls(address.clone(), source))?;
        let proof = self.proof(&tls)?;
        let failed = |source| ClientError::Http(address.clone(), source);
        let (sender, connection) = handshake(TokioIo::new(tls)).await.map_err(failed)?;
        // Its errors come out of the request that meets them.
        drop(tokio::spawn(connection));
        Ok(Open { sender, proof })
    }

    fn proof(&self, tls: &TlsStream<TcpStream>) -> Result<Option<(&'static str, String)>, ClientError> {
        let Some((role, secret)) = &self.identity else { return Ok(None) };
        let (label, header) = role.words();
        let exported = [0; link::EXPORTED_BYTES];
        let exported = tls.get_ref().1.export_keying_material(exported, label, None)?;
        let proof = prove(secret, &exported, self.instance);
        let bytes = postcard::to_allocvec(&proof)?;
        Ok(Some((header, URL_SAFE_NO_PAD.encode(bytes))))
    }

    /// `HOST[:PORT]`
    fn authority(&self) -> String {
        let host = match self.host.contains(':') {
            true => format!("[{}]", self.host),
            false => self.host.clone(),
        };
        if self.port == PORT { host } else { format!("{host}:{}", self.port) }
    }
}

/// Host, without brackets, and port of `https://HOST[:PORT]`.
#[must_use]
pub fn parse_url(url: &str) -> Option<(String, u16)> {
    let rest = url.strip_prefix("https://")?;
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let (host, port) = match rest.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => rest.split_at(rest.find(':').unwrap_or(rest.len())),
    };
    let port = match port {
        "" => PORT,
        port => port.strip_prefix(':')?.parse().ok().filter(|port| *port != 0)?,
    };
    ServerName::try_from(host.to_owned()).ok()?;
    Some((host.to_owned(), port))
}

/// Random bytes of the system.
///
/// # Panics
/// The system has none: nothing here is safe then.
#[must_use]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    let random = rustls::crypto::ring::default_provider().secure_random;
    random.fill(&mut bytes).expect("the system gives random bytes");
    bytes
}
