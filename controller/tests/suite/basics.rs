//! A board enrols, polls, reports; operators see it.

use crate::board::{delivery, etag};
use crate::rig::{Rig, at_once, base64};
use limpet_controller::api::{Boards, Event, Fleet};
use limpet_protocol::fleet::enrol::Enrolled;

#[test]
fn a_board_comes_into_the_fleet_and_gets_what_was_uploaded_for_it() {
    let rig = Rig::new();
    let mut operator = rig.operator();
    let invite = operator.invite(1);
    let board = crate::board::Board::new(10, "Greenhouse 1");
    let answer = board.enrol(rig.address(), invite);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let enrolled: Enrolled = postcard::from_bytes(&answer.body).expect("an answer");
    assert_eq!(enrolled.name, "greenhouse-1");
    assert_eq!(enrolled.roots, [std::fs::read(rig.directory.0.join("root")).expect("the first root")]);

    let mut link = board.connect(rig.address());
    let first = link.poll(None, 0);
    assert_eq!(delivery(&first), Default::default());
    assert_eq!(link.poll(Some(&etag(&first)), 0).status, 304);

    // It waits for something, and gets it.
    link.begin_poll(Some(&etag(&first)), 3600);
    let (answer, new) = operator.roll_out(&rig.keys, at_once(), &[&board]);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let woken = link.client.answer().expect("an answer");
    assert_eq!(base64(&delivery(&woken).desired), new.boards[0].desired);
    assert_eq!(link.poll(Some(&etag(&woken)), 0).status, 304);

    assert_eq!(link.tell(&board.report(1, (1, 1))).status, 204);
    let boards: Boards = operator.get("/boards");
    assert_eq!(boards.boards.len(), 1);
    let seen = &boards.boards[0];
    assert!(seen.online && !seen.revoked && seen.cloned_s.is_none());
    assert_eq!(seen.offered, (1, 1));
    assert_eq!(seen.report.as_ref().expect("a report").taken, (1, 1));
    assert_eq!(seen.labels["board"], "greenhouse-1");
    let events: Vec<Event> = operator.get("/events?since=0");
    let kinds: Vec<_> = events.iter().map(|event| event.kind.as_str()).collect();
    assert!(kinds.contains(&"enrolled") && kinds.contains(&"taken"), "{kinds:?}");
    let audit: Vec<Event> = operator.get("/audit");
    let kinds: Vec<_> = audit.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, ["invite", "rollout"]);
    let fleet: Fleet = operator.get("/fleet");
    assert_eq!(fleet.generation, 2);
    assert_eq!(fleet.pin, hex(&rig.connect().pin));
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn prometheus_reads_on_a_listener_of_its_own() {
    use std::io::{Read, Write};
    let mut rig = Rig::stopped();
    rig.extra = vec!["--metrics".into(), "127.0.0.1:0".into()];
    rig.start();
    let _board = rig.board(11, "one");
    let address = rig.server.as_ref().and_then(|server| server.metrics).expect("it was asked for");
    let mut stream = std::net::TcpStream::connect(address).expect("a connection");
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").expect("sent");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("an answer");
    assert!(text.contains("limpet_controller_boards 1\n"), "{text}");
    assert!(text.contains("limpet_controller_enrolled_total 1\n"), "{text}");
}
