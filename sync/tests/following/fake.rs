//! A controller that says what a test tells it to, and tells the test what it was asked. It counts every byte of TLS.

use limpet_protocol::fleet::link::EXPORTER;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

/// What was asked.
pub(crate) struct Asked {
    /// Which connection, from 1.
    pub(crate) connection: usize,
    pub(crate) line: String,
    pub(crate) fields: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
    /// What the exporter of its connection gives.
    pub(crate) exported: [u8; 32],
    answer: Sender<Answer>,
}

pub(crate) enum Answer {
    /// These bytes, and then the next request.
    Bytes(Vec<u8>),
    /// These bytes again and again, until nobody wants them.
    Endless(Vec<u8>),
    /// These bytes, and then the end.
    Close(Vec<u8>),
}

pub(crate) struct Fake {
    pub(crate) url: String,
    pub(crate) pin: [u8; 32],
    pub(crate) bytes: Arc<AtomicU64>,
    asked: Receiver<Asked>,
}

impl Asked {
    pub(crate) fn answer(&self, answer: Answer) {
        // Whoever has gone needs no answer.
        let _gone = self.answer.send(answer);
    }

    pub(crate) fn reply(&self, status: &str, fields: &str, body: &[u8]) {
        let head = format!("HTTP/1.1 {status}\r\n{fields}Content-Length: {}\r\n\r\n", body.len());
        self.answer(Answer::Bytes([head.as_bytes(), body].concat()));
    }

    pub(crate) fn unchanged(&self) {
        self.answer(Answer::Bytes(b"HTTP/1.1 304 Not Modified\r\n\r\n".to_vec()));
    }

    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }
}

impl Fake {
    pub(crate) fn new() -> Self {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut parameters = rcgen::CertificateParams::new(vec!["another.example".to_owned()]).unwrap();
        // Neither name nor dates count.
        parameters.not_after = rcgen::date_time_ymd(1999, 1, 1);
        parameters.not_before = rcgen::date_time_ymd(1998, 1, 1);
        let certificate = parameters.self_signed(&key).unwrap();
        let spki = rcgen::PublicKeyData::subject_public_key_info(&key);
        let pin = ring::digest::digest(&ring::digest::SHA256, &spki).as_ref().try_into().unwrap();
        let secret = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], secret)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let (sender, asked) = channel();
        let bytes = Arc::new(AtomicU64::new(0));
        let counted = bytes.clone();
        let (config, count, sender) = (Arc::new(config), AtomicUsize::new(0), Mutex::new(sender));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let connection = count.fetch_add(1, Ordering::Relaxed) + 1;
                let counting = Counting(stream, counted.clone());
                let (config, sender) = (config.clone(), sender.lock().unwrap().clone());
                // It ends when the board goes.
                std::thread::spawn(move || serve(connection, counting, config, &sender).ok());
            }
        });
        Self { url, pin, bytes, asked }
    }

    /// The next request.
    pub(crate) fn asked(&self) -> Asked {
        self.asked.recv_timeout(super::HANG).expect("the board asks")
    }

    /// Whether nothing was asked so far.
    pub(crate) fn is_idle(&self) -> bool {
        self.asked.try_recv().is_err()
    }
}

fn serve(
    connection: usize,
    stream: Counting,
    config: Arc<ServerConfig>,
    sender: &Sender<Asked>,
) -> io::Result<()> {
    let session = ServerConnection::new(config).map_err(io::Error::other)?;
    let mut reader = BufReader::new(StreamOwned::new(session, stream));
    loop {
        let Some((line, fields, body)) = request(&mut reader)? else { return Ok(()) };
        let tls = reader.get_mut();
        let exported = tls.conn.export_keying_material([0; 32], EXPORTER, None).map_err(io::Error::other)?;
        let (answer, answers) = channel();
        sender.send(Asked { connection, line, fields, body, exported, answer }).map_err(io::Error::other)?;
        match answers.recv().map_err(io::Error::other)? {
            Answer::Bytes(bytes) => tls.write_all(&bytes)?,
            Answer::Endless(bytes) => loop {
                tls.write_all(&bytes)?;
            },
            Answer::Close(bytes) => return tls.write_all(&bytes),
        }
        tls.flush()?;
    }
}

type Parts = (String, BTreeMap<String, String>, Vec<u8>);

fn request(reader: &mut impl BufRead) -> io::Result<Option<Parts>> {
    let mut next = || {
        let mut line = String::new();
        reader.read_line(&mut line).map(|_| line.trim_end().to_owned())
    };
    let line = next()?;
    if line.is_empty() {
        return Ok(None);
    }
    let mut fields = BTreeMap::new();
    loop {
        let field = next()?;
        let Some((name, value)) = field.split_once(": ") else { break };
        fields.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length = fields.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some((line, fields, body)))
}

/// Counts what goes by.
struct Counting(TcpStream, Arc<AtomicU64>);

impl Read for Counting {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.0.read(buffer)?;
        self.1.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

impl Write for Counting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.0.write(bytes)?;
        self.1.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
