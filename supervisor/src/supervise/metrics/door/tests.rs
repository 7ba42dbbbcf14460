use super::*;
use crate::supervise::connection::bench::{Bench, drained};
use crate::supervise::reactor::now;
use std::io::Write;
use std::net::TcpStream;
use std::os::unix::net::UnixListener;

/// Larger than what a socket holds for a client that does not read.
const TEXT_BYTES: usize = 250 * 1024;
const GET: &[u8] = b"GET /metrics HTTP/1.1\r\nHost: here\r\n\r\n";

/// A door behind which somebody answers.
struct House(Bench);

impl House {
    fn new(name: &str) -> Self {
        let open = |directory: &Path| {
            let path = directory.join("door").to_str().expect("UTF-8").to_owned();
            open(&Door::Unix(path), None).expect("socket")
        };
        Self(Bench::new((&format!("door-{name}"), "door"), "m".repeat(TEXT_BYTES), open, serve))
    }

    /// What a client hears that says `request` and listens to the end.
    fn answers(&self, request: &[u8]) -> String {
        let mut client = self.connect();
        client.write_all(request).expect("ask");
        let (ends, heard) = self.ends(&mut client);
        assert!(ends, "an answer has an end");
        String::from_utf8(heard).expect("text")
    }

    fn serves(&self) -> bool {
        let heard = self.answers(GET);
        heard.starts_with("HTTP/1.1 200 OK\r\n") && heard.ends_with(&"m".repeat(TEXT_BYTES))
    }
}

impl std::ops::Deref for House {
    type Target = Bench;

    fn deref(&self) -> &Bench {
        &self.0
    }
}

#[test]
fn a_request_has_its_answer_and_the_connection_its_end() {
    let bench = House::new("answer");
    assert!(bench.serves() && bench.serves());
    assert!(bench.answers(b"GET /else HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 404 "));
    assert!(bench.answers(&[b'x'; REQUEST_BYTES_MAX + 1]).starts_with("HTTP/1.1 431 "));
    let head = bench.answers(b"HEAD / HTTP/1.0\r\n\r\n");
    assert!(head.contains(&format!("Content-Length: {TEXT_BYTES}\r\n")) && head.ends_with("\r\n\r\n"));
}

#[test]
fn whoever_is_slow_holds_up_nobody_and_is_let_go() {
    let bench = House::new("slow");
    let mut silent = bench.connect();
    let mut half = bench.connect();
    half.write_all(&GET[..10]).expect("half a request");
    // Takes nothing of what it asked for.
    let mut full = bench.connect();
    full.write_all(GET).expect("ask");
    assert!(bench.serves(), "with three slow ones");
    for client in [&mut silent, &mut half, &mut full] {
        assert!(bench.ends(client).0);
    }
    assert!(bench.serves());
}

#[test]
fn more_slow_clients_than_there_is_room_for_make_way() {
    let bench = House::new("crowd");
    let mut crowd = Vec::new();
    for _ in 0..3 * CLIENTS_MAX {
        crowd.push(bench.connect());
        // The kernel keeps few waiting, and this thread is the one that lets them in.
        let mut turns = 0..3;
        assert!(bench.until(|| turns.next().is_none()));
    }
    let begin = now();
    assert!(bench.serves());
    assert!(now().since(begin) < PATIENCE_MS, "it did not wait until the crowd's time was over");
    assert!(drained(&mut crowd[0], &mut Vec::new()), "the first to come is the first to go");
}

#[test]
fn a_port_of_this_board_works_the_same() {
    // The kernel chooses, and gives the port back to whoever asks next.
    let free =
        std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port");
    let bench = House::new("port");
    let socket = open(&Door::Port(free), None).expect("socket");
    let _serving = serve(socket, &bench.tasks);
    let mut client = TcpStream::connect(free).expect("connect");
    client.write_all(GET).expect("ask");
    client.set_nonblocking(true).expect("nonblocking");
    let (ends, heard) = bench.ends(&mut client);
    assert!(ends && heard.starts_with(b"HTTP/1.1 200 OK\r\n"));
    assert_eq!(open(&Door::Port(free), None).err(), Some(Errno::ADDRINUSE));
}

#[test]
fn only_an_abandoned_socket_gives_way() {
    let bench = House::new("place");
    let place = |name: &str| bench.directory.join(name).to_str().expect("UTF-8").to_owned();
    let open = |name: &str| open(&Door::Unix(place(name)), None).err();
    std::fs::write(place("file"), "kept").expect("a file");
    assert_eq!(open("file"), Some(Errno::ADDRINUSE));
    assert_eq!(std::fs::read_to_string(place("file")).expect("the file"), "kept");
    assert_eq!(open("door"), Some(Errno::ADDRINUSE), "somebody listens there");
    drop(UnixListener::bind(place("old")).expect("a socket"));
    assert_eq!(open("old"), None);
}
