//! Who comes into the fleet, who does not, who is thrown out, and copied cards.

use crate::board::{Board, etag};
use crate::client::Client;
use crate::rig::{Operator, Rig};
use limpet_controller::api::{self, BoardChange, Boards, Event, NewInvite, Serials};
use limpet_protocol::fleet::enrol::Enrolled;
use limpet_protocol::fleet::link;

fn patch(operator: &mut Operator, board: &Board, change: &BoardChange) -> u16 {
    operator.send("PATCH", &format!("/boards/{}", board.id()), change).status
}

fn one(operator: &mut Operator, name: &str) -> api::Board {
    let boards: Boards = operator.get("/boards");
    boards.boards.into_iter().find(|board| board.name == name).expect("it is there")
}

#[test]
fn an_invitation_is_for_so_many_and_the_same_board_may_ask_again() {
    let rig = Rig::new();
    let mut operator = rig.operator();
    let invite = operator.invite(2);
    let (one, two, three) = (Board::new(10, "same"), Board::new(11, "same"), Board::new(12, "same"));
    let name = |board: &Board| {
        let answer = board.enrol(rig.address(), invite);
        assert_eq!(answer.status, 200, "{}", answer.text());
        postcard::from_bytes::<Enrolled>(&answer.body).expect("an answer").name
    };
    assert_eq!(
        (name(&one), name(&one), name(&two), name(&one)),
        ("same".into(), "same".into(), "same-2".into(), "same".into())
    );
    let late = three.enrol(rig.address(), invite);
    assert_eq!((late.status, late.text().contains("as often as it may be")), (403, true), "{}", late.text());
    let unknown = three.enrol(rig.address(), [9; 16]);
    assert_eq!((unknown.status, unknown.text().contains("not known here")), (403, true));
    assert_eq!(operator.get::<Vec<api::Invite>>("/invites").len(), 0);
    assert_eq!(operator.get::<Boards>("/boards").boards.len(), 2);
}

#[test]
fn serial_numbers_are_approved_once_each() {
    let rig = Rig::new();
    let mut operator = rig.operator();
    let labels = |value: &str| [("site".to_owned(), value.to_owned())].into_iter().collect();
    let serials = Serials { serials: vec!["S1".into(), "S2".into()], labels: labels("north") };
    assert_eq!(operator.send("POST", "/serials", &serials).status, 204);
    let new = NewInvite { labels: labels("factory"), ttl_s: 600, uses: 10, serials_only: true };
    let invite = operator.invited(&new);
    let with =
        |seed, serial: Option<&str>| Board { serial: serial.map(str::to_owned), ..Board::new(seed, "b") };
    assert_eq!(with(10, Some("S1")).enrol(rig.address(), invite).status, 200);
    let again = with(11, Some("S1")).enrol(rig.address(), invite);
    assert_eq!((again.status, again.text().contains("enrolled already")), (403, true), "{}", again.text());
    assert_eq!(with(12, None).enrol(rig.address(), invite).status, 403);
    assert_eq!(with(13, Some("S3")).enrol(rig.address(), invite).status, 403);
    assert_eq!(one(&mut operator, "b").labels["site"], "north");
    let left: Vec<Serials> = operator.get("/serials");
    assert_eq!(left[0].serials, ["S2"]);
}

#[test]
fn a_proof_of_another_connection_or_key_is_refused() {
    let rig = Rig::new();
    let board = rig.board(10, "b");
    let mut first = board.connect(rig.address());
    let mut second = board.connect(rig.address());
    // Each has the other's.
    std::mem::swap(&mut first.proof, &mut second.proof);
    assert_eq!(first.poll(None, 0).status, 401);
    let mut nobody = rig.connect();
    assert_eq!(nobody.ask("GET", link::DESIRED, &[], &[]).expect("an answer").status, 401);
    let mut stranger = Board::new(77, "s").connect(rig.address());
    assert_eq!(stranger.poll(None, 0).status, 403);
    // A board is no operator, and an operator's key that the root does not name is none either.
    let mut link = board.connect(rig.address());
    assert_eq!(link.poll(None, 0).status, 200);
    let fleet = format!("{}/fleet", api::PREFIX);
    assert_eq!(link.ask("GET", &fleet, &[], &[]).expect("an answer").status, 401);
    let mut other = Operator::new(rig.address(), &crate::rig::secret(55));
    assert_eq!(other.ask("GET", "/fleet", &[]).expect("an answer").status, 403);
    assert_eq!(
        Operator::new(rig.address(), &rig.keys.root).ask("GET", "/fleet", &[]).expect("an answer").status,
        200
    );
}

#[test]
fn a_revoked_board_is_woken_thrown_out_and_does_not_come_back() {
    let rig = Rig::new();
    let mut operator = rig.operator();
    let board = rig.board(10, "b");
    let mut link = board.connect(rig.address());
    let first = etag(&link.poll(None, 0));
    link.begin_poll(Some(&first), 3600);
    let revoke = BoardChange { revoked: Some(true), ..BoardChange::default() };
    assert_eq!(patch(&mut operator, &board, &revoke), 200);
    assert_eq!(link.client.answer().expect("an answer").status, 403);
    assert_eq!(link.tell(&board.report(1, (0, 0))).status, 403);
    assert_eq!(board.connect(rig.address()).poll(None, 0).status, 403);
    assert_eq!(board.enrol(rig.address(), operator.invite(1)).status, 403);
    let back = BoardChange { revoked: Some(false), ..BoardChange::default() };
    assert_eq!(patch(&mut operator, &board, &back), 409);
    assert!(one(&mut operator, "b").revoked);
}

#[test]
fn a_copied_card_is_seen_and_a_reboot_is_none() {
    let mut rig = Rig::new();
    let boot = |instance: u8| Board { instance: [instance; 16], ..Board::new(10, "b") };
    let board = rig.board(10, "b");
    let poll =
        |rig: &Rig, instance| assert_eq!(boot(instance).connect(rig.address()).poll(None, 0).status, 200);
    poll(&rig, 1);
    poll(&rig, 1);
    poll(&rig, 2);
    poll(&rig, 3);
    assert_eq!(one(&mut rig.operator(), "b").cloned_s, None);
    // It is remembered through a kill.
    rig.server.as_mut().expect("it runs").kill();
    rig.start();
    poll(&rig, 2);
    assert!(one(&mut rig.operator(), "b").cloned_s.is_some());
    poll(&rig, 3);
    let mut operator = rig.operator();
    let events: Vec<Event> = operator.get("/events?since=0");
    assert_eq!(events.iter().filter(|event| event.kind == "cloned").count(), 1);
    let forget = BoardChange { forget_clone: true, ..BoardChange::default() };
    assert_eq!(patch(&mut operator, &board, &forget), 200);
    poll(&rig, 3);
    poll(&rig, 4);
    assert_eq!(one(&mut operator, "b").cloned_s, None);
}

#[test]
fn names_and_labels_are_changed_within_their_bounds() {
    let rig = Rig::new();
    let mut operator = rig.operator();
    let (first, _second) = (rig.board(10, "one"), rig.board(11, "two"));
    let name = |name: &str| BoardChange { name: Some(name.into()), ..BoardChange::default() };
    assert_eq!(patch(&mut operator, &first, &name("two")), 409);
    assert_eq!(patch(&mut operator, &first, &name("a b")), 400);
    assert_eq!(patch(&mut operator, &first, &name("three")), 200);
    assert_eq!(patch(&mut operator, &_second, &name("one")), 200);
    let label = |name: &str, value: Option<&str>| {
        let labels = [(name.to_owned(), value.map(str::to_owned))].into_iter().collect();
        BoardChange { labels, ..BoardChange::default() }
    };
    assert_eq!(patch(&mut operator, &first, &label("site", Some("north"))), 200);
    assert_eq!(one(&mut operator, "three").labels["site"], "north");
    assert_eq!(patch(&mut operator, &first, &label("site", None)), 200);
    assert!(!one(&mut operator, "three").labels.contains_key("site"));
    assert_eq!(patch(&mut operator, &first, &label("arch", Some("sparc"))), 400);
    assert_eq!(patch(&mut operator, &first, &label(&"x".repeat(64), Some(""))), 400);
    let unknown = operator.send("PATCH", "/boards/none", &BoardChange::default());
    assert_eq!((unknown.status, unknown.text().contains("there is no board none")), (404, true));
}

#[test]
fn a_new_root_reaches_boards_and_takes_an_operators_key_away() {
    let rig = Rig::new();
    let mut operator = rig.operator();
    let board = rig.board(10, "b");
    let mut link = board.connect(rig.address());
    let first = etag(&link.poll(None, 0));
    link.begin_poll(Some(&first), 3600);
    let next = rig.keys.sealed_root(2, &crate::rig::secret(3));
    let new = api::NewRoot { root: crate::rig::base64(&next) };
    let skipped = api::NewRoot { root: crate::rig::base64(&rig.keys.sealed_root(3, &rig.keys.deploy)) };
    assert_eq!(operator.send("POST", "/roots", &skipped).status, 400);
    assert_eq!(operator.send("POST", "/roots", &new).status, 204);
    let woken = link.client.answer().expect("an answer");
    assert_eq!(crate::board::delivery(&woken).roots, [next]);
    assert_eq!(operator.ask("GET", "/fleet", &[]).expect("an answer").status, 403);
    let mut successor = Operator::new(rig.address(), &crate::rig::secret(3));
    assert_eq!(successor.get::<api::Fleet>("/fleet").roots.len(), 2);
    // It has it now, so it is not given it any more.
    let report = limpet_protocol::fleet::report::Report { root_generation: 2, ..board.report(1, (0, 0)) };
    assert_eq!(link.tell(&report).status, 204);
    assert_eq!(crate::board::delivery(&link.poll(Some(&etag(&woken)), 0)), Default::default());
    drop(Client::connect(rig.address()));
}
