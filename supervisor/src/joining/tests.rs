use super::*;
use crate::fleet::{Controller, Files};
use limpet_protocol::fleet::{FleetId, Keyring, Root};
use limpet_trust::sign::{Document, seal};

const CLOCK: Clock = Clock { synchronised_s: None, built_s: 0 };

fn secret(seed: u8) -> Secret {
    Secret::from_seed(&[seed; 32]).expect("32 bytes")
}

fn root(generation: u64) -> Root {
    let ring = |seed| Keyring { keys: [secret(seed).public()].into_iter().collect(), threshold: 1 };
    let fleet = FleetId([5; 32]);
    Root { fleet, generation, issued_s: 100, expires_s: 1000, root: ring(1), deploy: ring(2) }
}

fn sealed(generation: u64, by: u8) -> Vec<u8> {
    seal(&[&secret(by)], &root(generation)).expect("small")
}

fn token() -> Token {
    Token {
        url: "https://controller".try_into().expect("short"),
        pin: [1; 32],
        root: envelope::digest(&root(1).payload().expect("it has a form")),
        groups: heapless::Vec::new(),
        invite: [3; 16],
    }
}

fn believed(roots: &[Vec<u8>]) -> Result<u64, Failure> {
    let board = BoardId(secret(9).public());
    believe(&token(), board, roots, &CLOCK).map(|memory| memory.root.generation)
}

#[test]
fn the_token_says_which_root_and_those_after_follow_from_it() {
    assert_eq!(believed(&[sealed(1, 1)]).ok(), Some(1));
    assert_eq!(believed(&[sealed(1, 1), sealed(2, 1), sealed(3, 1)]).ok(), Some(3));
}

#[test]
fn no_other_root_is_believed() {
    for roots in [
        &[][..],
        &[sealed(2, 1)],
        &[vec![1, 2, 3]],
        &[sealed(1, 1), sealed(2, 7)],
        &[sealed(1, 1), sealed(3, 1)],
    ] {
        assert!(believed(roots).is_err());
    }
    let other = believed(&[sealed(2, 1)]).expect_err("another root");
    assert!(other.to_string().contains("the token names"), "{other}");
}

#[test]
fn what_is_said_of_a_board_is_proven_for_one_connection() {
    let asked = request(&token(), &secret(9), &"n".repeat(100), &[7; 32]);
    let holds = |exported| presence::is_signed_by(asked.board, &asked.proof, exported, &asked.invite);
    assert!(holds(&[7; 32]) && !holds(&[8; 32]));
    assert_eq!(asked.name.len(), 63);
}

#[test]
fn a_text_that_says_that_there_is_no_serial_number_is_none() {
    for text in
        ["", "0", "0000000000", "None\n", "To be filled by O.E.M.", "Default string", "\u{1}", "Serial"]
    {
        assert_eq!(engraved::number(text.as_bytes()), None, "{text:?}");
    }
    assert_eq!(engraved::number(b"10000000abcdef01\0").as_deref(), Some("10000000abcdef01"));
    assert_eq!(engraved::number(b"VMware-56-4d").as_deref(), Some("VMware-56-4d"));
}

/// A directory of its own, which goes with it.
struct Directory(std::path::PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("limpet-joining-{}-{name}", std::process::id()));
        Self(path)
    }

    fn files(&self) -> Files {
        Files::new(&self.0, &self.0)
    }

    fn place(&self) -> Place {
        Place::new(self.0.to_str().expect("UTF-8"))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

#[test]
fn a_join_that_was_cut_off_goes_on_with_its_key_and_no_fleet_is_half_there() {
    let directory = Directory::new("cut");
    let place = directory.place();
    let lock = place.lock().expect("free");
    assert!(place.lock().is_err(), "one at a time");
    let key = place.make_key().expect("made").public();
    drop(lock);
    assert!(!place.is_taken() && !directory.files().is_member());
    let _lock = place.lock().expect("free again");
    assert_eq!(place.make_key().expect("kept").public(), key);
    let memory = believe(&token(), BoardId(key), &[sealed(1, 1)], &CLOCK).expect("a root");
    let controller = Controller { url: token().url, pin: [1; 32] };
    place.enter(&memory, &controller).expect("written");
    assert!(place.is_taken());
    assert_eq!(directory.files().controller().expect("readable"), Some(controller));
    assert_eq!(directory.files().memory().expect("readable"), memory);
    let seed = directory.files().key().expect("readable");
    assert_eq!(Secret::from_seed(&seed).expect("32 bytes").public(), key);
    let mode = |name: &str| {
        use std::os::unix::fs::PermissionsExt;
        std::fs::metadata(directory.0.join("fleet").join(name)).expect("there").permissions().mode() & 0o777
    };
    assert_eq!((mode("key"), mode("")), (0o600, 0o700));
    place.leave().expect("gone");
    assert!(!place.is_taken() && !directory.0.join("fleet.old").exists());
    assert_ne!(directory.place().lock().and_then(|_lock| place.make_key()).expect("another").public(), key);
}
