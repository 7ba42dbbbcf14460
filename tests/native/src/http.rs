//! A server of the tests' own on the loopback, which may answer whatever it likes: one thread and one request per connection.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// The first byte of whoever tries TLS (RFC 8446, 5.1).
const TLS_HANDSHAKE: u8 = 22;
/// A client that sends nothing is let go.
const PATIENCE: Duration = Duration::from_secs(60);

/// The head of a request.
#[derive(Clone, Debug)]
pub struct Asked {
    head: String,
}

impl Asked {
    /// Path and query.
    #[must_use]
    pub fn target(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }

    /// A field, by its name in small letters.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        fields.find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// A parameter of the query.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<String> {
        let (_, query) = self.target().split_once('?')?;
        let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
        Some(value.replace("%3A", ":").replace("%2F", "/").replace("%2C", ","))
    }

    /// All of it.
    #[must_use]
    pub fn head(&self) -> &str {
        &self.head
    }
}

/// It serves until it is dropped.
#[derive(Debug)]
pub struct HttpServer {
    address: String,
    listener: TcpListener,
    asked: Arc<Mutex<Vec<String>>>,
}

impl HttpServer {
    /// Calls `answer` for each request; what it writes goes out as it is.
    ///
    /// # Panics
    /// The loopback has no free port.
    #[must_use]
    pub fn start<F>(answer: F) -> Self
    where
        F: Fn(&Asked, &mut TcpStream) -> io::Result<()> + Send + Sync + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback has a free port");
        let address = listener.local_addr().expect("it is bound").to_string();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (heads, accepting, answer) =
            (asked.clone(), listener.try_clone().expect("it is open"), Arc::new(answer));
        thread::spawn(move || {
            // Shutting the listener down ends this.
            while let Ok((stream, _)) = accepting.accept() {
                let (heads, answer) = (heads.clone(), answer.clone());
                // A client that goes away in the middle is no concern of the server's.
                thread::spawn(move || serve(stream, &heads, &*answer).ok());
            }
        });
        Self { address, listener, asked }
    }

    /// `127.0.0.1:PORT`
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The heads of all requests so far.
    ///
    /// # Panics
    /// A thread of the server panicked.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no thread panicked").clone()
    }
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        // That wakes whoever accepts, with an error. It has no descriptor type of its own for this.
        rustix::net::shutdown(&self.listener, rustix::net::Shutdown::Both).ok();
    }
}

fn serve(
    mut stream: TcpStream,
    heads: &Mutex<Vec<String>>,
    answer: &(dyn Fn(&Asked, &mut TcpStream) -> io::Result<()> + Send + Sync),
) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        if byte[0] == TLS_HANDSHAKE {
            // As Go's servers say it to whoever speaks TLS to them.
            return stream.write_all(b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTPS request");
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    heads.lock().expect("no thread panicked").push(head.clone());
    answer(&Asked { head }, &mut stream)?;
    stream.shutdown(Shutdown::Write)?;
    // What the client still sends is read, or the kernel would reset the connection and take our answer away.
    io::copy(&mut stream, &mut io::sink()).map(drop)
}
