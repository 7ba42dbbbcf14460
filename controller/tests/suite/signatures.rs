//! A fleet that asks for more signatures than one: from the keys to a board that takes it.

use crate::desk::{Desk, IMAGE_1, IMAGE_2, Life, QUICK, images};
use limpet_controller::api;

/// Of a fleet where two of three must sign.
fn desk() -> Desk {
    Desk::made(&["--deploy-keys", "3", "--threshold", "2"])
}

/// Somebody else, without a configuration of their own.
const APART: [&str; 2] = ["--root", "root-1.doc"];

#[test]
fn one_signature_is_refused_and_two_are_taken() {
    let desk = desk();
    let life = Life::of(&desk, desk.join(40, "one", &[]), "");
    desk.compose("web", IMAGE_1);
    let said = desk.bad(&["apply", "-f", "web.yaml", "--all"]);
    assert!(said.contains("1 of 2 signatures"), "{said}");
    let words =
        [&["apply", "-f", "web.yaml", "--all", "--draft", "change", "-m", "why"], &QUICK[..]].concat();
    desk.good(&words);
    desk.bad(&words);
    let said = desk.bad(&["upload", "change"]);
    assert!(said.contains("1 of 2 signatures"), "{said}");

    let sign = |words: &[&'static str]| [&["sign", "change"], &APART[..], words].concat();
    let before = desk.read("change");
    let said = desk.bad(&sign(&["--key", "deploy-2.key"]));
    assert!(said.contains("--yes"), "{said}");
    let said = desk.bad(&sign(&["--key", "deploy.key", "--yes"]));
    assert!(said.contains("signed it already"), "{said}");
    let said = desk.bad(&sign(&["--key", "root.key", "--yes"]));
    assert!(said.contains("no deploy key"), "{said}");
    desk.key("stranger.key", "deploy", &crate::rig::secret(9), 9);
    desk.bad(&sign(&["--key", "stranger.key", "--yes"]));
    assert_eq!(desk.read("change"), before);
    let said = desk.good(&sign(&["--show"]));
    assert!(said.contains(IMAGE_1) && said.contains("SITE"), "{said}");

    let said = desk.good(&sign(&["--key", "deploy-2.key", "--yes"]));
    let shown = "web/main: new, example.test/web@111111111111; environment";
    assert!(
        said.contains(shown) && said.contains("2 of 2 signatures") && said.contains("web: why"),
        "{said}"
    );
    let said = desk.good(&["upload", "change"]);
    assert!(said.contains("rollout/1 of web"), "{said}");
    // It was uploaded: what else is asked for is later.
    let said = desk.bad(&["upload", "change"]);
    assert!(said.contains("make the change anew"), "{said}");

    desk.compose("web", IMAGE_2);
    let two = ["apply", "-f", "web.yaml", "--all", "--key", "deploy-2.key", "--key", "deploy-3.key"];
    desk.good(&[&two, &QUICK[..]].concat());
    let taken = life.end();
    assert_eq!(taken.iter().map(images).collect::<Vec<_>>(), [[("web", IMAGE_1)], [("web", IMAGE_2)]]);
}

#[test]
fn a_change_of_another_fleet_is_not_signed() {
    let (desk, other) = (desk(), Desk::new());
    let _board = desk.join(41, "one", &[]);
    desk.compose("web", IMAGE_1);
    desk.good(&["apply", "-f", "web.yaml", "--all", "--draft", "change"]);
    std::fs::copy(desk.path("change"), other.path("change")).expect("copied");
    let said = other.bad(&["sign", "change", "--yes"]);
    assert!(said.contains("another fleet"), "{said}");
    let said = other.bad(&["upload", "change"]);
    assert!(said.contains("another fleet"), "{said}");
}

#[test]
fn the_controller_itself_counts_signatures() {
    let desk = desk();
    let board = desk.join(42, "one", &[]);
    desk.compose("web", IMAGE_1);
    desk.good(&["apply", "-f", "web.yaml", "--all", "--draft", "change"]);
    let draft: serde_json::Value = serde_json::from_slice(&desk.read("change")).expect("JSON");
    let answer = desk.rig.operator().send("POST", "/rollouts", &draft["rollout"]);
    assert_eq!(answer.status, 400);
    assert!(answer.text().contains("1 of 2 signatures"), "{}", answer.text());
    let shown = desk.rig.operator().get::<api::Boards>("/boards");
    assert_eq!((shown.boards[0].id.clone(), shown.boards[0].offered), (board.id().to_string(), (0, 0)));
}

#[test]
fn more_or_fewer_must_sign_as_the_next_root_says() {
    let desk = Desk::made(&["--deploy-keys", "2"]);
    let life = Life::of(&desk, desk.join(43, "one", &[]), "");
    let root = ["--root-key", "root.key", "--no-passphrase"];
    desk.bad(&[&["keys", "rotate", "--threshold", "3"], &root[..]].concat());
    desk.good(&[&["keys", "add-deploy", "third.key", "--threshold", "3"], &root[..]].concat());
    desk.compose("web", IMAGE_1);
    desk.bad(&["apply", "-f", "web.yaml", "--all", "--key", "third.key"]);
    let keys = ["--key", "deploy-2.key", "--key", "third.key"];
    desk.good(&[&["apply", "-f", "web.yaml", "--all"], &keys[..], &QUICK[..]].concat());
    let second = desk.secret("deploy-2.key").public().to_string();
    desk.bad(&[&["keys", "rotate", "--remove-deploy", &second], &root[..]].concat());
    desk.good(&[&["keys", "rotate", "--remove-deploy", &second, "--threshold", "1"], &root[..]].concat());
    assert_eq!(life.end().len(), 1);
}

#[test]
fn keys_are_made_only_if_enough_of_them_can_sign() {
    let desk = Desk::new();
    for words in [["--threshold", "2"], ["--threshold", "0"], ["--deploy-keys", "17"]] {
        desk.bad(&[&["keys", "init", "none", "--no-passphrase"], &words[..]].concat());
        assert!(!desk.path("none").exists());
    }
    let public = crate::rig::secret(9).public().to_string();
    desk.good(&["keys", "init", "two", "--no-passphrase", "--public", &public, "--threshold", "2"]);
    let said = desk.good(&["keys", "show", "two/root-1.doc"]);
    assert!(said.contains(&format!("deploy key {public} (2 must sign)")), "{said}");
}

#[test]
fn what_enough_have_signed_goes_on_a_stick_too() {
    let desk = desk();
    let _board = desk.join(44, "one", &[]);
    desk.compose("web", IMAGE_1);
    desk.good(&["apply", "-f", "web.yaml", "--all", "--draft", "change"]);
    desk.bad(&["upload", "change", "--out", "stick"]);
    desk.good(&["sign", "change", "--root", "root-1.doc", "--key", "deploy-3.key", "-y"]);
    desk.good(&["upload", "change", "--out", "stick"]);
    let document = desk.read("stick/one/state.limpet");
    let opened = limpet_trust::envelope::open(&document).expect("a document");
    assert_eq!(opened.signatures.len(), 2);
}

#[test]
fn keys_with_passphrases_of_their_own_sign_together() {
    let desk = Desk::new();
    for (key, passphrase) in [("a", "a passphrase"), ("b", "another passphrase")] {
        std::fs::write(desk.path(&format!("{key}.words")), passphrase).expect("written");
        let words = format!("{key}.words");
        desk.good(&["keys", "make", &format!("{key}.key"), "--passphrase-file", &words]);
    }
    let _board = desk.join(45, "one", &[]);
    desk.compose("web", IMAGE_1);
    // Neither counts in this fleet, which is found out only after both were opened.
    let both = ["--passphrase-file", "a.words", "--passphrase-file", "b.words"];
    let sign = ["apply", "-f", "web.yaml", "--all", "--draft", "change", "--key"];
    for key in ["a.key", "b.key"] {
        let said = desk.bad(&[&sign[..], &[key], &both].concat());
        assert!(said.contains("no deploy key"), "{said}");
        let said = desk.bad(&[&sign[..], &[key], &both[..2]].concat());
        assert_eq!(said.contains("not the right one"), key == "b.key", "{said}");
    }
}
