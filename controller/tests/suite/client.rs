//! One TLS connection, with what it exports, and HTTP as little as the tests need.

use limpet_protocol::fleet::link::EXPORTED_BYTES;
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// So long a test waits for an answer, at most.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Client {
    stream: StreamOwned<ClientConnection, TcpStream>,
    pub(crate) pin: [u8; 32],
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// What servers that run say of their keys, by where they listen.
static PINS: Mutex<BTreeMap<SocketAddr, [u8; 32]>> = Mutex::new(BTreeMap::new());

/// A server says in its log where it listens, and its pin.
pub(crate) fn learn(address: SocketAddr, pin: &str) {
    let pin = std::array::from_fn(|at| u8::from_str_radix(&pin[2 * at..2 * at + 2], 16).expect("digits"));
    PINS.lock().expect("nobody panicked").insert(address, pin);
}

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> std::io::Result<Self> {
        let mut tcp = TcpStream::connect(address)?;
        tcp.set_read_timeout(Some(PATIENCE))?;
        tcp.set_write_timeout(Some(PATIENCE))?;
        tcp.set_nodelay(true)?;
        let pin = *PINS.lock().expect("nobody panicked").get(&address).expect("a server that runs");
        let name = ServerName::try_from("localhost").expect("a name");
        let config = Arc::new(limpet_controller::client::config(pin).expect("ring has TLS 1.3"));
        let mut tls = ClientConnection::new(config, name).map_err(std::io::Error::other)?;
        while tls.is_handshaking() {
            tls.complete_io(&mut tcp)?;
        }
        Ok(Self { stream: StreamOwned::new(tls, tcp), pin })
    }

    pub(crate) fn exported(&self, label: &[u8]) -> [u8; EXPORTED_BYTES] {
        self.stream
            .conn
            .export_keying_material([0; EXPORTED_BYTES], label, None)
            .expect("after the handshake")
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.write_all(bytes)?;
        self.stream.flush()
    }

    pub(crate) fn ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> std::io::Result<Answer> {
        self.request(method, path, headers, body)?;
        self.answer()
    }

    pub(crate) fn request(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> std::io::Result<()> {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: controller\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if !body.is_empty() || method != "GET" {
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(body);
        self.send(&bytes)
    }

    pub(crate) fn answer(&mut self) -> std::io::Result<Answer> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            self.stream.read_exact(&mut byte)?;
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).expect("ASCII");
        let mut lines = head.lines();
        let status =
            lines.next().and_then(|line| line.split(' ').nth(1)).expect("a status").parse().expect("digits");
        let headers: Vec<_> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let mut answer = Answer { status, headers, body: Vec::new() };
        let length = answer.header("content-length").map_or(0, |text| text.parse().expect("digits"));
        answer.body = vec![0; if status == 304 || status == 204 { 0 } else { length }];
        self.stream.read_exact(&mut answer.body)?;
        Ok(answer)
    }
}
