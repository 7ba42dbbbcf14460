use super::*;
use crate::supervise::connection::bench::{Bench, drained};
use crate::supervise::reactor::now;
use std::io::Write;
use std::os::unix::net::UnixStream;

/// A control socket, served for root and a group.
struct House(Bench);

impl House {
    fn new(name: &str) -> Self {
        let place = (&*format!("clients-{name}"), SOCKET_NAME);
        let open = |directory: &Path| open(directory, None).expect("socket");
        Self(Bench::new(place, "answered".to_owned(), open, |socket, tasks| serve(socket, None, tasks)))
    }

    /// Someone who has greeted and sent this.
    fn says(&self, bytes: &[u8]) -> UnixStream {
        let mut client = self.connect();
        client.write_all(&greeting()).expect("greet");
        client.write_all(bytes).expect("say");
        client
    }

    /// Whether a client that behaves is served now.
    fn serves(&self) -> bool {
        let mut client = self.says(&asking(&Request::Ping));
        let mut heard = Vec::new();
        self.until(|| {
            drained(&mut client, &mut heard);
            String::from_utf8_lossy(&heard).contains("answered")
        })
    }
}

impl std::ops::Deref for House {
    type Target = Bench;

    fn deref(&self) -> &Bench {
        &self.0
    }
}

fn asking(request: &Request) -> Vec<u8> {
    frame(request, REQUEST_BYTES_MAX).expect("frame")
}

#[test]
fn a_request_is_answered() {
    assert!(House::new("answer").serves());
}

#[test]
fn a_client_that_says_nothing_is_dropped_and_others_are_served_meanwhile() {
    let house = House::new("silent");
    let mut silent = house.connect();
    assert!(house.serves());
    assert!(house.ends(&mut silent).0, "it is dropped in the end");
}

#[test]
fn a_client_that_dribbles_is_dropped() {
    let house = House::new("dribble");
    let mut slow = house.says(&asking(&Request::Ping)[..LENGTH_BYTES]);
    assert!(house.ends(&mut slow).0);
    assert!(house.serves());
}

#[test]
fn garbage_and_frames_that_are_too_long_are_not_read() {
    let house = House::new("garbage");
    let mut garbage = house.connect();
    garbage.write_all(&[0xff; 64]).expect("write");
    for mut client in [garbage, house.says(&[0xff; 64])] {
        assert!(house.ends(&mut client).0);
    }
    assert!(house.serves());
}

#[test]
fn another_version_is_told_so() {
    let house = House::new("version");
    let mut client = house.connect();
    let hello = Hello { version: Hello::OURS.version + 1, ..Hello::OURS };
    client.write_all(&frame(&hello, HELLO_BYTES_MAX).expect("frame")).expect("greet");
    let (ends, heard) = house.ends(&mut client);
    assert!(ends && String::from_utf8_lossy(&heard).contains("restart the older one"));
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
fn those_who_say_nothing_take_no_place_from_those_who_do() {
    let house = House::new("seats");
    let mut silent = Vec::new();
    for _ in 0..2 * CLIENTS_MAX {
        silent.push(house.connect());
        // The kernel keeps few waiting, and this thread is the one that lets them in.
        let mut turns = 0..3;
        assert!(house.until(|| turns.next().is_none()));
    }
    let begin = now();
    assert!(house.serves());
    assert!(now().since(begin) < PATIENCE_MS, "it did not wait until the crowd's time was over");
    assert!(drained(&mut silent[0], &mut Vec::new()), "the first to come is the first to go");
}

#[test]
fn one_large_request_is_read_at_a_time() {
    let house = House::new("large");
    let large = u32::try_from(LARGE_BYTES + 1).expect("small enough").to_le_bytes();
    let _first = house.says(&large);
    let mut turns = 0..3;
    assert!(house.until(|| turns.next().is_none()));
    let (ends, heard) = house.ends(&mut house.says(&large));
    assert!(ends && String::from_utf8_lossy(&heard).contains("another large request"));
}
