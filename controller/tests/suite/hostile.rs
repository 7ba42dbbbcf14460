//! What nobody should send, and more of it than anybody may.

use crate::board::Board;
use crate::rig::Rig;
use limpet_protocol::fleet::link;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

#[test]
fn odd_requests_are_refused_and_harm_nobody() {
    let rig = Rig::new();
    let board = rig.board(10, "b");
    let status = |method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]| {
        let mut link = board.connect(rig.address());
        link.ask(method, path, headers, body).map_or(0, |answer| answer.status)
    };
    assert_eq!(status("PUT", link::REPORT, &[], &[]), 400);
    assert_eq!(status("PUT", link::REPORT, &[], &[0xff; 1000]), 400);
    let mut padded = postcard::to_allocvec(&board.report(1, (0, 0))).expect("has a form");
    padded.push(0);
    assert_eq!(status("PUT", link::REPORT, &[], &padded), 400);
    assert_eq!(status("PUT", link::REPORT, &[], &vec![0; 65 * 1024]), 413);
    assert_eq!(status("POST", link::ENROL, &[], &vec![0; 8192]), 413);
    assert_eq!(status("DELETE", link::DESIRED, &[], &[]), 405);
    assert_eq!(status("GET", "/", &[], &[]), 404);
    assert_eq!(status("GET", "/board/v1/blob/../../etc/passwd", &[], &[]), 404);
    assert_eq!(status("GET", "/board/v1/blob/xyz", &[], &[]), 400);
    assert_eq!(status("GET", &format!("{}/{}", link::BLOB, "0".repeat(64)), &[], &[]), 404);
    assert_eq!(status("GET", link::DESIRED, &[("limpet-wait", "-5")], &[]), 200);
    assert_eq!(status("GET", link::DESIRED, &[("x", &"y".repeat(9000))], &[]), 431);
    let many: Vec<_> = (0..40).map(|_| ("a", "b")).collect();
    assert_eq!(status("GET", link::DESIRED, &many, &[]), 431);
    assert_eq!(status("GET", link::DESIRED, &[], &[]), 200);
}

#[test]
fn what_is_no_tls_or_no_http_ends_its_own_connection_only() {
    let rig = Rig::new();
    let board = rig.board(10, "b");
    for bytes in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0; 70_000], &[0x16, 3, 1, 0xff, 0xff, 1]] {
        let mut plain = TcpStream::connect(rig.address()).expect("a connection");
        plain.set_read_timeout(Some(Duration::from_secs(60))).expect("set");
        let _ = plain.write_all(bytes);
        let _ = plain.shutdown(std::net::Shutdown::Write);
        let _ = plain.read_to_end(&mut Vec::new());
    }
    let mut odd = rig.connect();
    odd.send(b"\0\0\0 not HTTP\r\n\r\n").expect("sent");
    // 400, or nothing.
    assert!(odd.answer().map_or(true, |answer| answer.status == 400));
    assert_eq!(board.connect(rig.address()).poll(None, 0).status, 200);
}

#[test]
fn who_guesses_is_stopped_and_a_board_that_floods_is_slowed() {
    let rig = Rig::new();
    let board = rig.board(10, "b");
    let mut link = board.connect(rig.address());
    let statuses: Vec<_> = (0..300).map(|_| link.poll(None, 0).status).collect();
    assert_eq!((statuses[0], statuses.last()), (200, Some(&429)));
    // Polls that find nothing new cost nothing.
    let mut other = rig.board(11, "c").connect(rig.address());
    let tag = crate::board::etag(&other.poll(None, 0));
    assert!((0..300).all(|_| other.poll(Some(&tag), 0).status == 304));
    let guesser = Board::new(50, "g");
    let mut client = rig.connect();
    let mut guess = |n: u8| guesser.enrol_on(&mut client, [n; 16]).expect("an answer").status;
    let statuses: Vec<_> = (0..100).map(&mut guess).collect();
    assert_eq!((statuses[0], statuses.last()), (403, Some(&429)));
}

#[test]
fn files_of_limpet_come_whole_in_ranges_and_only_with_their_digest() {
    let rig = Rig::new();
    let mut operator = rig.operator();
    let board = rig.board(10, "b");
    let bytes: Vec<u8> = (0..200_000_u32).map(|n| u8::try_from(n % 251).expect("small")).collect();
    let name: String =
        <sha2::Sha256 as sha2::Digest>::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    let path = format!("/blobs/{name}");
    assert_eq!(operator.ask("PUT", &path, &bytes[1..]).expect("an answer").status, 400);
    assert_eq!(operator.ask("PUT", &path, &bytes).expect("an answer").status, 204);
    assert_eq!(operator.ask("PUT", &path, &bytes).expect("an answer").status, 204);
    let path = format!("{}/{name}", link::BLOB);
    let mut link = board.connect(rig.address());
    assert_eq!(link.ask("GET", &path, &[], &[]).expect("an answer").body, bytes);
    let mut part = |range: &str| {
        let answer = link.ask("GET", &path, &[("Range", range)], &[]).expect("an answer");
        (answer.status, answer.header("content-range").map(str::to_owned), answer.body)
    };
    let (status, range, body) = part("bytes=65530-131080");
    assert_eq!((status, range.as_deref()), (206, Some("bytes 65530-131080/200000")));
    assert_eq!(body, bytes[65530..=131_080]);
    assert_eq!(part("bytes=199999-").2, bytes[199_999..]);
    assert_eq!(part("bytes=200000-").0, 416);
}
