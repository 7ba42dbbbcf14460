//! What is left of what was signed, when keys are rotated, and when it went to boards by other ways.

use crate::desk::{Desk, IMAGE_1, IMAGE_2, Life, QUICK, images};
use limpet_controller::api;
use limpet_protocol::fleet::Kind;
use limpet_trust::{Accepted, Clock, Memory, envelope};

#[test]
fn a_key_that_was_rotated_away_signs_nothing_more_and_the_new_one_does() {
    let desk = Desk::new();
    let life = Life::of(&desk, desk.join(25, "one", &[]), "");
    desk.compose("web", IMAGE_1);
    desk.good(&["keys", "add-deploy", "second.key", "--no-passphrase", "--root-key", "root.key"]);
    desk.bad(&["keys", "add-deploy", "second.key", "--no-passphrase", "--root-key", "root.key"]);
    desk.good(&[&["apply", "-f", "web.yaml", "--all"], &QUICK[..]].concat());
    desk.good(&["keys", "rotate", "--new-deploy", "third.key", "--no-passphrase", "--root-key", "root.key"]);
    desk.compose("web", IMAGE_2);
    desk.bad(&["apply", "-f", "web.yaml", "--all"]);
    let pin: String = desk.rig.connect().pin.iter().map(|byte| format!("{byte:02x}")).collect();
    let url = desk.url();
    desk.good(&["connect", &url, "--pin", &pin, "--root", "root-1.doc", "--key", "third.key"]);
    for what in ["boards", "apps"] {
        assert!(desk.good(&["get", what]).contains("SignAnew"));
    }
    assert!(desk.good(&["describe", "board", "one"]).contains("limpetctl renew"));
    assert!(desk.good(&["get", "events"]).contains("sign-anew"));
    // What ran before was signed by a key that does not count any more: it is not built upon unasked.
    let said = desk.bad(&["apply", "-f", "web.yaml", "--all"]);
    assert!(said.contains("--anew") && said.contains("limpetctl renew"), "{said}");
    desk.good(&[&["apply", "-f", "web.yaml", "--all", "--anew"], &QUICK[..]].concat());
    assert!(!desk.good(&["get", "boards"]).contains("SignAnew"));
    let taken = life.end();
    let seen: Vec<_> = taken.iter().map(|desired| (desired.root_generation, desired.generation)).collect();
    assert_eq!(seen, [(2, 1), (3, 1)]);
}

/// The operator's key is another from now on.
fn rotate(desk: &Desk) {
    desk.good(&["keys", "rotate", "--new-deploy", "next.key", "--no-passphrase", "--root-key", "root.key"]);
    let pin: String = desk.rig.connect().pin.iter().map(|byte| format!("{byte:02x}")).collect();
    desk.good(&["connect", &desk.url(), "--pin", &pin, "--root", "root-1.doc", "--key", "next.key"]);
}

#[test]
fn what_boards_have_is_shown_and_signed_again_by_the_key_that_counts() {
    let desk = Desk::new();
    let life = Life::of(&desk, desk.join(50, "one", &[]), "");
    for (name, image) in [("log", IMAGE_2), ("web", IMAGE_1)] {
        desk.compose(name, image);
        desk.good(&[&["apply", "-f", &format!("{name}.yaml"), "--all"], &QUICK[..]].concat());
    }
    rotate(&desk);
    let said = desk.bad(&["renew", "--all"]);
    assert!(said.contains("--yes"), "{said}");
    let said = desk.good(&[&["renew", "--all", "--yes"], &QUICK[..]].concat());
    let all =
        "  log/main: new, example.test/web@222222222222; environment\n  web/main: new, example.test/web@1111";
    assert!(said.contains(all), "{said}");
    assert!(!desk.good(&["get", "boards"]).contains("SignAnew"));
    // It is built upon again.
    desk.good(&[&["delete", "app", "log", "--all"], &QUICK[..]].concat());
    let taken = life.end();
    let both = vec![("log", IMAGE_2), ("web", IMAGE_1)];
    let seen: Vec<_> = taken.iter().map(images).collect();
    assert_eq!(seen, [vec![("log", IMAGE_2)], both.clone(), both, vec![("web", IMAGE_1)]]);
}

#[test]
fn a_rollout_that_nobody_can_take_any_more_ends() {
    let desk = Desk::new();
    let board = desk.join(51, "one", &[]);
    desk.compose("web", IMAGE_1);
    desk.good(&["apply", "-f", "web.yaml", "--all", "--detach"]);
    rotate(&desk);
    assert!(desk.good(&["rollout", "status", "--no-wait"]).contains("superseded"));
    let life = Life::of(&desk, board, "");
    desk.good(&[&["renew", "--all", "--yes"], &QUICK[..]].concat());
    assert_eq!(life.end().iter().map(|desired| desired.root_generation).collect::<Vec<_>>(), [2]);
}

#[test]
fn who_comes_back_after_a_rotation_unsettles_no_rollout_that_is_over() {
    let desk = Desk::new();
    let (one, two) = (desk.join(55, "one", &[]), desk.join(56, "two", &[]));
    let life = Life::of(&desk, one, "");
    desk.compose("web", IMAGE_1);
    desk.good(&[&["apply", "-f", "web.yaml", "--all", "--patience", "2s"], &QUICK[..]].concat());
    rotate(&desk);
    let later = Life::of(&desk, two, "");
    // Longer than the rollout would wait for it.
    std::thread::sleep(std::time::Duration::from_secs(6));
    assert!(desk.good(&["rollout", "status", "--no-wait"]).contains("done, 1 of 2"));
    desk.good(&[&["renew", "--all", "--yes"], &QUICK[..]].concat());
    assert_eq!((life.end().len(), later.end().len()), (2, 1));
}

#[test]
fn what_a_key_signed_that_still_counts_is_offered_on() {
    let mut desk = Desk::made(&["--deploy-keys", "2"]);
    let board = desk.join(52, "one", &[]);
    desk.compose("web", IMAGE_1);
    desk.good(&["apply", "-f", "web.yaml", "--all", "--detach"]);
    let second = desk.secret("deploy-2.key").public().to_string();
    desk.good(&["keys", "rotate", "--remove-deploy", &second, "--root-key", "root.key"]);
    assert!(!desk.good(&["get", "boards"]).contains("SignAnew"));
    // Only one signed it, and two must from now on; also after a start.
    desk.good(&[
        "keys",
        "add-deploy",
        "more.key",
        "--threshold",
        "2",
        "--root-key",
        "root.key",
        "--no-passphrase",
    ]);
    assert!(desk.good(&["get", "boards"]).contains("SignAnew"));
    desk.rig.server = None;
    desk.rig.start();
    let operator_sees: api::Boards = desk.rig.operator().get("/boards");
    assert!(operator_sees.boards[0].sign_anew);
    let mut link = board.connect(desk.rig.address());
    assert!(crate::board::delivery(&link.poll(None, 0)).desired.is_empty());
}

#[test]
fn what_is_written_for_a_stick_is_taken_by_its_board_and_counts_on() {
    let desk = Desk::new();
    let board = desk.join(24, "one", &[]);
    desk.compose("web", IMAGE_1);
    desk.good(&["apply", "-f", "web.yaml", "--all", "--dry-run", "--out", "stick"]);
    assert!(!desk.path("stick").exists());
    desk.good(&["apply", "-f", "web.yaml", "--all", "--out", "stick"]);
    let document = std::fs::read(desk.path("stick/one/state.limpet")).expect("a file");
    let root = std::fs::read(desk.path("stick/one/root-0001.limpet")).expect("a file");
    let root = envelope::open(&root).expect("a root");
    assert_eq!(root.kind, Kind::Root);
    let memory = Memory::enrolled(board.id(), Default::default(), root.payload).expect("a root");
    let clock = Clock { synchronised_s: None, built_s: 0 };
    let Accepted::Desired { desired, .. } = limpet_trust::accept(&memory, &document, &clock).expect("taken")
    else {
        panic!("no state");
    };
    assert_eq!((desired.generation, images(&desired)), (1, vec![("web", IMAGE_1)]));
    let rollouts: Vec<api::Rollout> = desk.rig.operator().get("/rollouts");
    assert!(rollouts.is_empty());
    let life = Life::of(&desk, board, "");
    desk.good(&[&["apply", "-f", "web.yaml", "--all"], &QUICK[..]].concat());
    assert_eq!(life.end().iter().map(|desired| desired.generation).collect::<Vec<_>>(), [2]);
}

/// A board that took what was on a stick, and says so.
fn took(desk: &Desk, board: &crate::board::Board, generation: u64, apps: &[&str]) {
    let mut link = board.connect(desk.rig.address());
    let mut report = board.report(generation, (1, generation));
    report.apps = apps.iter().map(|name| crate::board::app(name)).collect();
    assert_eq!(link.tell(&report).status, 204);
}

#[test]
fn what_went_on_a_stick_from_here_is_built_upon() {
    let desk = Desk::new();
    let board = desk.join(53, "one", &[]);
    desk.compose("web", IMAGE_1);
    desk.good(&["apply", "-f", "web.yaml", "--all", "--out", "stick"]);
    took(&desk, &board, 1, &["web"]);
    desk.compose("log", IMAGE_2);
    let said = desk.good(&["apply", "-f", "log.yaml", "--all", "--out", "next"]);
    assert!(said.contains("log/main: new") && !said.contains("web: deleted"), "{said}");
    let document = desk.read("next/one/state.limpet");
    let opened = envelope::open(&document).expect("a document");
    let desired: limpet_protocol::fleet::Desired = postcard::from_bytes(opened.payload).expect("a state");
    assert_eq!((desired.generation, images(&desired)), (2, vec![("log", IMAGE_2), ("web", IMAGE_1)]));
}

#[test]
fn a_generation_is_chosen_above_what_boards_have_by_other_ways() {
    let desk = Desk::new();
    let board = desk.join(54, "one", &[]);
    took(&desk, &board, 7, &["web"]);
    desk.compose("log", IMAGE_2);
    // What else it has is not known here.
    let said = desk.bad(&["apply", "-f", "log.yaml", "--all"]);
    assert!(said.contains("web would be lost") && said.contains("--anew"), "{said}");
    took(&desk, &board, 8, &[]);
    desk.good(&["apply", "-f", "log.yaml", "--all", "--detach"]);
    // And what undoes it.
    assert_eq!(desk.rig.operator().generation(), 10);
}
