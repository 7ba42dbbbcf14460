//! What a controller does.

use super::Case;
use super::fake::{Answer, Asked, Fake};
use super::parent::{Heard, Parent};
use limpet_protocol::fleet::enrol::Enrolled;
use limpet_protocol::fleet::link::{Delivery, Proof};
use limpet_sync::wire::{Purpose, Told};
use std::fs;
use std::sync::atomic::Ordering;

pub(crate) const CASES: &[Case] = &[
    ("a state is delivered once, and its etag counts when it was seen", delivered),
    ("a change comes while a poll waits", woken),
    ("a report goes between polls, or at once on a new connection", reported),
    ("the newest report is the one that goes when the controller is back", replaced),
    ("a connection that breaks is made anew, and proven anew", again),
    ("a file comes, in parts if it must", file),
    ("a board is enrolled, or told why not", enrolled),
    ("an idle board sends less than 100 kB a day", thrifty),
    ("the process is nobody", nobody),
];

pub(crate) fn delivery(desired: &[u8]) -> Vec<u8> {
    let delivery = Delivery { roots: vec![vec![1; 9], vec![2; 9]], desired: desired.to_vec() };
    postcard::to_allocvec(&delivery).unwrap()
}

pub(crate) fn deliver(asked: &Asked, etag: &str, desired: &[u8]) {
    asked.reply("200 OK", &format!("ETag: {etag}\r\n"), &delivery(desired));
}

/// Connected, with nothing new.
fn settled() -> (Fake, Parent) {
    let fake = Fake::new();
    let mut parent = Parent::follow(&fake);
    prove(&fake, &mut parent).unchanged();
    assert_eq!(parent.hear(), Heard::Connected);
    (fake, parent)
}

/// The first request of a connection, whose proof was asked for.
pub(crate) fn prove(fake: &Fake, parent: &mut Parent) -> Asked {
    let Heard::Prove(exported) = parent.next() else { panic!("it asks for a proof first") };
    parent.sign(exported);
    let asked = fake.asked();
    let proof = limpet_fetcher::base64::decode_url(asked.field("limpet-proof").expect("it proves")).unwrap();
    let proof: Proof = postcard::from_bytes(&proof).unwrap();
    assert_eq!(proof.signature.r, asked.exported, "what is signed is of this connection");
    asked
}

fn delivered() {
    let fake = Fake::new();
    let mut parent = Parent::follow(&fake);
    let first = prove(&fake, &mut parent);
    assert_eq!(first.line, "GET /board/v1/desired HTTP/1.1");
    assert_eq!((first.field("if-none-match"), first.field("limpet-wait")), (None, Some("2")));
    deliver(&first, "\"a\"", b"state");
    assert_eq!(parent.hear(), Heard::Root(vec![1; 9]));
    assert_eq!(parent.hear(), Heard::Root(vec![2; 9]));
    assert_eq!(parent.hear(), Heard::Desired(b"state".to_vec()));
    assert_eq!(parent.hear(), Heard::Delivered("\"a\"".to_owned()));
    parent.tell(&Told::Seen("\"z\"".to_owned()));
    parent.tell(&Told::Seen("\"a\"".to_owned()));
    let second = fake.asked();
    assert_eq!(second.field("if-none-match"), Some("\"a\""));
    assert_eq!(second.field("limpet-proof"), None, "one proof for a connection");
    assert_eq!(second.connection, first.connection);
    second.unchanged();
    assert_eq!(parent.hear(), Heard::Connected);
}

fn woken() {
    let (fake, mut parent) = settled();
    let poll = fake.asked();
    assert_eq!(poll.field("limpet-wait"), Some("900"));
    deliver(&poll, "\"b\"", b"");
    assert_eq!(parent.hear(), Heard::Root(vec![1; 9]));
    assert_eq!(parent.hear(), Heard::Root(vec![2; 9]));
    assert_eq!(parent.hear(), Heard::Delivered("\"b\"".to_owned()));
}

fn reported() {
    let (fake, mut parent) = settled();
    let poll = fake.asked();
    parent.report(1, false);
    parent.report(2, false);
    poll.unchanged();
    let report = fake.asked();
    assert_eq!((&*report.line, report.body.len()), ("PUT /board/v1/report HTTP/1.1", 300));
    assert_eq!(report.connection, poll.connection);
    report.reply("204 No Content", "", b"");
    assert_eq!(parent.hear(), Heard::Reported(2));
    let poll = fake.asked();
    assert_eq!(poll.field("limpet-wait"), Some("900"), "nothing goes on");
    parent.report(3, true);
    let report = prove(&fake, &mut parent);
    assert!(report.line.starts_with("PUT") && report.connection != poll.connection, "{}", report.line);
    report.reply("204 No Content", "", b"");
    assert_eq!(parent.hear(), Heard::Reported(3));
    fake.asked().unchanged();
    assert_eq!(parent.hear(), Heard::Connected);
    let poll = fake.asked();
    assert_eq!(poll.field("limpet-wait"), Some("2"), "something goes on");
    parent.report(4, true);
    poll.unchanged();
    assert_eq!(fake.asked().connection, report.connection, "no new connection for it");
}

fn replaced() {
    let (fake, mut parent) = settled();
    let poll = fake.asked();
    poll.answer(Answer::Close(Vec::new()));
    assert!(matches!(parent.hear(), Heard::Failing(_)));
    for sequence in 1..=5 {
        parent.report(sequence, true);
    }
    parent.tell(&Told::Hurry);
    prove(&fake, &mut parent).reply("204 No Content", "", b"");
    assert_eq!(parent.hear(), Heard::Reported(5));
    assert!(fake.asked().line.starts_with("GET"), "the others are gone");
}

fn again() {
    let (fake, mut parent) = settled();
    let first = fake.asked();
    first.answer(Answer::Close(b"HTTP/1.1 304 No".to_vec()));
    let Heard::Failing(why) = parent.hear() else { panic!("it says so") };
    assert!(why.contains("ended in the middle"), "{why}");
    parent.tell(&Told::Hurry);
    let second = prove(&fake, &mut parent);
    assert_ne!(second.exported, first.exported);
    second.reply("503 Service Unavailable", "Retry-After: 1\r\n", b"starting\n\x1b[31m");
    let why = parent.failing();
    assert!(why.contains("busy (status 503): starting") && !why.contains('\x1b'), "{why}");
    prove(&fake, &mut parent).unchanged();
    assert_eq!(parent.hear(), Heard::Connected);
}

fn file() {
    let (fake, mut parent) = settled();
    let _poll = fake.asked();
    let whole: Vec<u8> = (0..100_000u32).flat_map(u32::to_le_bytes).collect();
    parent.tell(&Told::Fetch { sha256: [0xab; 32], from_bytes: 0, bytes: whole.len() as u64 });
    let asked = prove(&fake, &mut parent);
    assert!(asked.line.contains(&format!("/board/v1/blob/{}", "ab".repeat(32))), "{}", asked.line);
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", whole.len());
    asked.answer(Answer::Close([head.as_bytes(), &whole[..150_000]].concat()));
    let mut come = Vec::new();
    let mut take = |parent: &mut Parent| loop {
        match parent.hear() {
            Heard::Chunk(bytes) => come.extend_from_slice(&bytes),
            Heard::Connected => {}
            other => return (other, come.len()),
        }
    };
    let (failed, so_far) = take(&mut parent);
    assert!(matches!(failed, Heard::Failing(_)), "{failed:?}");
    parent.tell(&Told::Hurry);
    let asked = prove(&fake, &mut parent);
    assert_eq!(asked.field("range"), Some(&*format!("bytes={so_far}-")));
    let range = format!("Content-Range: bytes {so_far}-{}/{}\r\n", whole.len() - 1, whole.len());
    asked.reply("206 Partial Content", &range, &whole[so_far..]);
    assert_eq!(take(&mut parent).0, Heard::Whole);
    assert!(come == whole);
}

fn enrolled() {
    let fake = Fake::new();
    let answered = |status: &str, body: &[u8]| {
        let mut parent = Parent::start(&fake.url, fake.pin, Purpose::Enrol);
        assert!(matches!(parent.next(), Heard::Prove(_)));
        parent.tell(&Told::Enrol(vec![5; 50]));
        let asked = fake.asked();
        assert_eq!((&*asked.line, &asked.body), ("POST /board/v1/enrol HTTP/1.1", &vec![5; 50]));
        asked.reply(status, "", body);
        let mut heard = Vec::new();
        while !matches!(heard.last(), Some(Heard::Enrolled(_) | Heard::Refused(_) | Heard::Failing(_))) {
            heard.push(parent.next());
        }
        assert!(parent.child.wait().is_ok_and(|status| status.success()), "and ends");
        heard
    };
    let good = Enrolled { roots: vec![vec![1], vec![2]], name: "shed\n".to_owned() };
    let bytes = postcard::to_allocvec(&good).unwrap();
    let heard = answered("200 OK", &bytes);
    assert_eq!(heard, [Heard::Root(vec![1]), Heard::Root(vec![2]), Heard::Enrolled("shed".to_owned())]);
    let heard = answered("403 Forbidden", b"this token was used up");
    assert!(matches!(&heard[..], [Heard::Refused(why)] if why.contains("used up")), "{heard:?}");
    for body in [&b"garbage"[..], &[0; 300_000], &[255; 3]] {
        assert!(matches!(&answered("200 OK", body)[..], [Heard::Failing(_)]));
    }
}

/// A poll every 15 minutes, with what TCP adds; and what keeps the connection alive through NATs.
fn thrifty() {
    const HEADERS: u64 = 20 + 32;
    let (fake, mut parent) = settled();
    let handshake = fake.bytes.load(Ordering::Relaxed);
    let deliver_etag = fake.asked();
    deliver(&deliver_etag, &format!("\"{}\"", "e".repeat(64)), b"state");
    parent.hear_but(&Heard::Root(vec![1; 9]));
    parent.hear();
    parent.hear();
    parent.tell(&Told::Seen(format!("\"{}\"", "e".repeat(64))));
    let poll = fake.asked();
    let before = fake.bytes.load(Ordering::Relaxed);
    poll.unchanged();
    let _next = fake.asked();
    let cycle = fake.bytes.load(Ordering::Relaxed) - before;
    let polls = 96 * (cycle + 4 * HEADERS);
    let keepalives = 96 * 3 * 2 * HEADERS;
    let reports = 4 * (2 * 1024 + 4 * HEADERS);
    let connections = 2 * (handshake + 12 * HEADERS);
    let day = polls + keepalives + reports + connections;
    println!("  a poll {cycle} bytes, a connection with its first {handshake}; a day {day} bytes:");
    println!("  polls {polls}, keepalives {keepalives}, 4 reports {reports}, 2 connections {connections}");
    assert!(day < 100_000, "{day}");
}

fn nobody() {
    let (fake, parent) = settled();
    let _poll = fake.asked();
    let process = format!("/proc/{}", parent.child.id());
    let status = fs::read_to_string(format!("{process}/status")).unwrap();
    let of = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(&format!("{name}:"))).unwrap_or_default();
        line.split_once(':').unwrap_or_default().1.trim().to_owned()
    };
    assert_eq!(of("Uid"), "65532\t65532\t65532\t65532");
    assert_eq!(of("Gid"), "65532\t65532\t65532\t65532");
    for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
        assert_eq!(of(set), "0000000000000000", "{set}");
    }
    assert_eq!((&*of("NoNewPrivs"), &*of("Seccomp")), ("1", "2"));
    let names = |path: &str| -> Vec<_> {
        let listing = fs::read_dir(format!("{process}/{path}")).unwrap().flatten();
        listing.map(|entry| entry.file_name().into_string().unwrap()).collect()
    };
    assert_eq!(names("root"), ["etc"]);
    let memory = fs::read_to_string(format!("{process}/smaps_rollup")).unwrap();
    let private = memory.lines().filter(|line| line.starts_with("Private_"));
    println!("  memory while a poll waits: {}", private.collect::<Vec<_>>().join(", "));
}
