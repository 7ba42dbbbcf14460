//! What stands between limpet and a registry: it passes requests on, counts them, and may do something else first.

use super::Registry;
use crate::http::{Asked, HttpServer};
use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;

/// What becomes of an answer on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pass {
    /// It passes.
    Whole,
    /// The connection breaks after so many bytes of the body.
    Cut(usize),
    /// It passes; but a gzip file says another time in its head: the same contents, and another digest.
    Retouched,
    /// This is said in its place, a whole response.
    Instead(String),
}

/// It forwards until it is dropped.
#[derive(Debug)]
pub struct Forwarder {
    server: HttpServer,
}

impl Forwarder {
    /// Everything passes.
    #[must_use]
    pub fn plain(registry: &Registry) -> Self {
        Self::start(registry, |_, _| Pass::Whole)
    }

    /// `decide` is told the request and how often its target was asked for before.
    #[must_use]
    pub fn start(
        registry: &Registry,
        decide: impl Fn(&Asked, usize) -> Pass + Send + Sync + 'static,
    ) -> Self {
        let upstream = registry.address().to_owned();
        let counts = Arc::new(std::sync::Mutex::new(std::collections::BTreeMap::<String, usize>::new()));
        let server = HttpServer::start(move |asked, stream| {
            let before = {
                let mut counts = counts.lock().expect("no thread panicked");
                let count = counts.entry(asked.target().to_owned()).or_default();
                *count += 1;
                *count - 1
            };
            match decide(asked, before) {
                Pass::Whole => pass(&upstream, asked, stream, |body, to| io::copy(body, to).map(drop)),
                Pass::Cut(bytes) => pass(&upstream, asked, stream, |body, to| {
                    io::copy(&mut body.take(bytes as u64), to).map(drop)
                }),
                Pass::Retouched => pass(&upstream, asked, stream, retouch),
                Pass::Instead(text) => stream.write_all(text.as_bytes()),
            }
        });
        Self { server }
    }

    /// `127.0.0.1:PORT`
    #[must_use]
    pub fn address(&self) -> &str {
        self.server.address()
    }

    /// Heads of the requests for targets that contain `part`.
    #[must_use]
    pub fn asked(&self, part: &str) -> Vec<String> {
        let target = |head: &str| head.split(' ').nth(1).unwrap_or_default().contains(part);
        self.server.asked().into_iter().filter(|head| target(head)).collect()
    }
}

/// Bytes 4 to 7 are a time (RFC 1952, 2.3).
fn retouch(body: &mut TcpStream, to: &mut TcpStream) -> io::Result<()> {
    const TIME: usize = 4;
    let mut bytes = Vec::new();
    body.read_to_end(&mut bytes)?;
    if bytes.starts_with(&[0x1f, 0x8b]) {
        bytes[TIME] ^= 1;
    }
    to.write_all(&bytes)
}

fn pass(
    upstream: &str,
    asked: &Asked,
    client: &mut TcpStream,
    body: impl Fn(&mut TcpStream, &mut TcpStream) -> io::Result<()>,
) -> io::Result<()> {
    let mut server = TcpStream::connect(upstream)?;
    server.write_all(request(asked).as_bytes())?;
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        server.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    client.write_all(&head)?;
    body(&mut server, client)
}

/// The same, for a connection that serves no second one; a proxy is asked for a whole URL.
fn request(asked: &Asked) -> String {
    let target = asked.target();
    let path = target.strip_prefix("http://").map_or(target, |rest| &rest[rest.find('/').unwrap_or(0)..]);
    let fields = asked.head().lines().skip(1).filter(|line| !line.is_empty());
    let kept = fields.filter(|line| !line.to_ascii_lowercase().starts_with("connection:"));
    format!("GET {path} HTTP/1.1\r\n{}\r\nConnection: close\r\n\r\n", kept.collect::<Vec<_>>().join("\r\n"))
}
