//! What a controller may do to harm: nothing of it ends the process, fills memory, or comes through.

use super::Case;
use super::fake::{Answer, Asked, Fake};
use super::parent::{Heard, Parent};
use super::usual::delivery;
use limpet_protocol::fleet::link::Delivery;
use limpet_sync::wire::Told;

pub(crate) const CASES: &[Case] = &[
    ("another key is not spoken to", impostor),
    ("whatever is answered to a poll, the next one is made", answers),
    ("a file that is none, too long or too short is not taken", files),
    ("an etag that cannot be sent back is not", etags),
    ("a report that is refused for good is not sent for ever", reports),
];

fn impostor() {
    let fake = Fake::new();
    let purpose = limpet_sync::wire::Purpose::Follow { wait_s: 900, etag: None, backoff_ms: 0 };
    let mut parent = Parent::start(&fake.url, [9; 32], purpose);
    let why = parent.failing();
    assert!(why.contains("pinned"), "{why}");
    assert_eq!(parent.proven, [0; 32], "nothing was to be signed for it");
    assert!(fake.is_idle(), "nothing was asked");
}

fn answers() {
    let many = Delivery { roots: vec![Vec::new(); 65], desired: Vec::new() };
    let large = Delivery { roots: Vec::new(), desired: vec![0; 2 * 1024 * 1024 + 1] };
    let ok = |body: Vec<u8>| {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
        Answer::Bytes([head.into_bytes(), body].concat())
    };
    let text = |text: &str| Answer::Bytes(text.as_bytes().to_vec());
    let answers = [
        text("garbage\r\n\r\n"),
        text("HTTP/1.1 302 Found\r\nLocation: https://elsewhere/\r\nContent-Length: 0\r\n\r\n"),
        text("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello"),
        text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"),
        text("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"),
        Answer::Endless(b"HTTP/1.1 200 OK\r\nX-Endless: ".to_vec()),
        Answer::Endless(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n".to_vec()),
        Answer::Endless(b"x".repeat(10_000)),
        ok(b"no delivery".to_vec()),
        ok([delivery(b"state"), vec![0]].concat()),
        ok(postcard::to_allocvec(&many).unwrap()),
        ok(postcard::to_allocvec(&large).unwrap()),
        ok(vec![0xff; 100]),
        Answer::Close(Vec::new()),
    ];
    let fake = Fake::new();
    let mut parent = Parent::follow(&fake);
    for answer in answers {
        poll(&fake, &mut parent).answer(answer);
        let heard = parent.hear_but(&Heard::Connected);
        assert!(matches!(heard, Heard::Failing(_)), "{heard:?}");
        parent.tell(&Told::Hurry);
    }
    poll(&fake, &mut parent).unchanged();
    assert_eq!(parent.hear(), Heard::Connected);
    let status = std::fs::read_to_string(format!("/proc/{}/status", parent.child.id())).unwrap();
    println!("  {}", status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default());
}

/// The first poll of a new connection.
fn poll(fake: &Fake, parent: &mut Parent) -> Asked {
    let Heard::Prove(exported) = parent.next() else { panic!("a new connection") };
    parent.sign(exported);
    fake.asked()
}

fn files() {
    let fake = Fake::new();
    let mut parent = Parent::follow(&fake);
    poll(&fake, &mut parent).unchanged();
    assert_eq!(parent.hear(), Heard::Connected);
    let _poll = fake.asked();
    let wanted = || Told::Fetch { sha256: [1; 32], from_bytes: 0, bytes: 10 };
    parent.tell(&wanted());
    poll(&fake, &mut parent).reply("404 Not Found", "", b"no such file");
    let Heard::Missing(why) = parent.hear() else { panic!("it is missing") };
    assert!(why.contains("404"), "{why}");
    for (body, says) in [(&b"short"[..], "shorter"), (b"much too long", "longer")] {
        fake.asked().unchanged();
        parent.tell(&wanted());
        let mut asked = fake.asked();
        // A poll may have been made before it was heard.
        while !asked.line.contains("blob") {
            asked.unchanged();
            asked = fake.asked();
        }
        asked.reply("200 OK", "", body);
        let mut heard = parent.hear();
        while matches!(heard, Heard::Chunk(_) | Heard::Connected) {
            heard = parent.hear();
        }
        let Heard::Missing(why) = heard else { panic!("it is missing: {heard:?}") };
        assert!(why.contains(says), "{why}");
    }
}

fn etags() {
    let fake = Fake::new();
    let mut parent = Parent::follow(&fake);
    let mut asked = poll(&fake, &mut parent);
    for etag in ["\"a b\"", &"x".repeat(129), "\"\u{1}\""] {
        asked.reply("200 OK", &format!("ETag: {etag}\r\n"), &delivery(b""));
        let mut heard = parent.hear();
        while matches!(heard, Heard::Root(_) | Heard::Connected) {
            heard = parent.hear();
        }
        if let Heard::Failing(_) = heard {
            // Such a field makes no head at all.
            parent.tell(&Told::Hurry);
            asked = poll(&fake, &mut parent);
            continue;
        }
        assert_eq!(heard, Heard::Delivered(String::new()));
        parent.tell(&Told::Seen(String::new()));
        asked = fake.asked();
        assert_eq!(asked.field("if-none-match"), None);
    }
}

fn reports() {
    let fake = Fake::new();
    let mut parent = Parent::follow(&fake);
    parent.report(1, true);
    let mut asked = poll(&fake, &mut parent);
    if asked.line.starts_with("GET") {
        asked.unchanged();
        assert_eq!(parent.hear(), Heard::Connected);
        asked = fake.asked();
    }
    assert!(asked.line.starts_with("PUT"), "{}", asked.line);
    asked.reply("413 Content Too Large", "", b"too much");
    let why = parent.failing();
    assert!(why.contains("a report") && why.contains("413"), "{why}");
    parent.tell(&Told::Hurry);
    assert!(poll(&fake, &mut parent).line.starts_with("GET"), "it is not sent again");
}
