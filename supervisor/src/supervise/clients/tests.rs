use super::*;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

/// A control socket in a directory of its own, whose every request is answered with its own name.
struct Bench {
    tasks: Tasks,
    directory: PathBuf,
    _serving: Task<()>,
}

impl Bench {
    fn new(name: &str) -> Self {
        let directory = std::env::temp_dir().join(format!("limpet-clients-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&directory).expect("directory");
        let tasks = Tasks::new().expect("tasks");
        let serving = serve(open(&directory, None).expect("socket"), None, &tasks);
        Self { tasks, directory, _serving: serving }
    }

    fn connect(&self) -> UnixStream {
        let stream = UnixStream::connect(self.directory.join(SOCKET_NAME)).expect("connect");
        stream.set_nonblocking(true).expect("nonblocking");
        stream
    }

    /// Lets time pass until `done`, for at most as long as a client may take, twice.
    fn until(&self, mut done: impl FnMut() -> bool) -> bool {
        let end = now().after(2 * PATIENCE_MS + 1000);
        while now() < end {
            self.tasks.run();
            while let Some(message) = self.tasks.mailbox.take() {
                let Message::Client(asked) = message else { continue };
                asked.outbox.put(&Reply::Text(format!("{:?}", asked.request)));
                asked.outbox.put(&Reply::Done);
            }
            self.tasks.run();
            if done() {
                return true;
            }
            self.tasks.reactor.turn(Some(now().after(20))).expect("turn");
        }
        false
    }

    /// Whether a client that behaves is served now.
    fn serves(&self) -> bool {
        let mut client = self.connect();
        client.write_all(&greeting()).expect("greet");
        client.write_all(&frame(&Request::Ping, REQUEST_BYTES_MAX).expect("frame")).expect("ask");
        let mut heard = Vec::new();
        self.until(|| {
            drain(&mut client, &mut heard);
            String::from_utf8_lossy(&heard).contains("Ping")
        })
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.directory).ok();
    }
}

/// Reads what is there; whether the other side has closed.
fn drain(client: &mut UnixStream, heard: &mut Vec<u8>) -> bool {
    let mut piece = [0; 4096];
    loop {
        match client.read(&mut piece) {
            Ok(0) => return true,
            Ok(count) => heard.extend_from_slice(&piece[..count]),
            Err(error) => return error.kind() != std::io::ErrorKind::WouldBlock,
        }
    }
}

#[test]
fn a_request_is_answered() {
    assert!(Bench::new("answer").serves());
}

#[test]
fn a_client_that_says_nothing_is_dropped_and_others_are_served_meanwhile() {
    let bench = Bench::new("silent");
    let mut silent = bench.connect();
    assert!(bench.serves());
    let mut heard = Vec::new();
    assert!(bench.until(|| drain(&mut silent, &mut heard)), "it is dropped in the end");
}

#[test]
fn a_client_that_dribbles_is_dropped() {
    let bench = Bench::new("dribble");
    let mut slow = bench.connect();
    slow.write_all(&greeting()).expect("greet");
    let request = frame(&Request::Ping, REQUEST_BYTES_MAX).expect("frame");
    slow.write_all(&request[..LENGTH_BYTES]).expect("half a frame");
    let mut heard = Vec::new();
    assert!(bench.until(|| drain(&mut slow, &mut heard)));
    assert!(bench.serves());
}

#[test]
fn garbage_and_frames_that_are_too_long_are_not_read() {
    let bench = Bench::new("garbage");
    let long = [greeting(), vec![0xff; 64]].concat();
    for bytes in [vec![0xff; 64], long] {
        let mut client = bench.connect();
        client.write_all(&bytes).expect("write");
        let mut heard = Vec::new();
        assert!(bench.until(|| drain(&mut client, &mut heard)));
    }
    assert!(bench.serves());
}

#[test]
fn another_version_is_told_so() {
    let bench = Bench::new("version");
    let mut client = bench.connect();
    let hello = Hello { version: Hello::OURS.version + 1, ..Hello::OURS };
    client.write_all(&frame(&hello, HELLO_BYTES_MAX).expect("frame")).expect("greet");
    let mut heard = Vec::new();
    assert!(bench.until(|| drain(&mut client, &mut heard)));
    assert!(String::from_utf8_lossy(&heard).contains("restart the older one"));
}

#[test]
fn a_client_that_does_not_take_what_it_is_owed_is_dropped() {
    let outbox = Outbox::default();
    let reply = Reply::Text("x".repeat(1000));
    for _ in 0..REPLY_BYTES_MAX / 1000 + 2 {
        outbox.put(&reply);
    }
    assert!(outbox.is_closed());
}

#[test]
fn more_clients_than_there_are_seats_are_turned_away() {
    let bench = Bench::new("seats");
    let mut seated: Vec<UnixStream> = (0..CLIENTS_MAX).map(|_| bench.connect()).collect();
    let mut greeted = vec![Vec::new(); CLIENTS_MAX];
    assert!(bench.until(|| {
        for (client, heard) in seated.iter_mut().zip(&mut greeted) {
            drain(client, heard);
        }
        greeted.iter().all(|heard| !heard.is_empty())
    }));
    let mut late = bench.connect();
    let mut heard = Vec::new();
    assert!(bench.until(|| drain(&mut late, &mut heard)));
    assert!(heard.is_empty(), "it is not even greeted");
    drop(seated);
    assert!(bench.serves());
}
