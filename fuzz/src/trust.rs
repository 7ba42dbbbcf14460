//! Signed documents of a fleet: what is taken is within its bounds and forgets nothing, and what the board remembers is read
//! back as it was kept.
//!
//! No input comes past a signature by itself, so what stands behind one is tried as well: the bytes are signed here.

use limpet_protocol::fleet::{APPS_MAX, BoardId, Desired, FleetId, Keyring, Kind, Root};
use limpet_trust::sign::{Document, Secret, seal_with};
use limpet_trust::{Accepted, Clock, Memory, accept};
use std::sync::LazyLock;

/// 2026-01-01.
const START_S: u64 = 1_767_225_600;
const CLOCK: Clock = Clock { synchronised_s: None, built_s: START_S };

fn secret(number: u8) -> Secret {
    Secret::from_seed(&[number; 32]).expect("32 bytes are a seed")
}

fn keyring(secrets: &[Secret], threshold: u8) -> Keyring {
    Keyring { keys: secrets.iter().map(Secret::public).collect(), threshold }
}

/// The fleet and the board of trust/tests: its documents are seeds.
struct Fleet {
    root: [Secret; 3],
    deploy: [Secret; 2],
    memory: Memory,
}

static FLEET: LazyLock<Fleet> = LazyLock::new(|| {
    let (root, deploy) = ([1, 2, 3].map(secret), [11, 12].map(secret));
    let document = Root {
        fleet: FleetId([7; 32]),
        generation: 1,
        issued_s: START_S,
        expires_s: START_S + 360 * 24 * 60 * 60,
        root: keyring(&root, 2),
        deploy: keyring(&deploy, 1),
    };
    let groups = ["greenhouse".try_into().expect("short enough")].into_iter().collect();
    let payload = document.payload().expect("it has a form");
    let memory = Memory::enrolled(BoardId(secret(50).public()), groups, &payload).expect("a good root");
    Fleet { root, deploy, memory }
});

fn within_bounds(desired: &Desired) {
    assert!(desired.apps.len() <= APPS_MAX);
    for app in &desired.apps {
        assert_eq!(app.validate(), Ok(()));
        assert!(app.workloads.iter().all(|workload| workload.image.contains("@sha256:")));
    }
}

/// One delivery. What is taken is known when it comes again, and after a power cut.
fn deliver(bytes: &[u8]) {
    let memory = match accept(&FLEET.memory, bytes, &CLOCK) {
        Ok(Accepted::Desired { desired, memory }) => {
            within_bounds(&desired);
            assert!(memory.taken.position > FLEET.memory.taken.position);
            let kept = Memory::from_bytes(&memory.to_bytes().expect("it has a form"));
            assert_eq!(kept.as_ref(), Ok(&*memory));
            assert_eq!(accept(&memory, bytes, &CLOCK), Ok(Accepted::Known(desired)));
            memory
        }
        Ok(Accepted::Root(memory)) => {
            assert_eq!(memory.root.generation, 2);
            assert_eq!(accept(&memory, bytes, &CLOCK), Ok(Accepted::KnownRoot));
            memory
        }
        Ok(Accepted::Known(_)) => panic!("nothing was taken yet"),
        Ok(Accepted::KnownRoot) | Err(_) => return,
    };
    assert!(memory.follows(&FLEET.memory));
    refused_when_changed(bytes);
}

fn refused_when_changed(bytes: &[u8]) {
    let mut changed = bytes.to_vec();
    let at = bytes.iter().fold(0usize, |sum, byte| sum.wrapping_mul(31) + usize::from(*byte)) % bytes.len();
    changed[at] ^= 0x10;
    assert!(accept(&FLEET.memory, &changed, &CLOCK).is_err(), "byte {at} was changed unseen");
    assert!(accept(&FLEET.memory, &bytes[..at], &CLOCK).is_err());
}

fn signed(secrets: &[Secret], kind: Kind, payload: &[u8]) {
    let signatures: Vec<_> = secrets.iter().map(|secret| secret.sign(kind, payload)).collect();
    if let Ok(bytes) = seal_with(&signatures, kind, payload) {
        deliver(&bytes);
    }
}

/// What a board remembers, with a digest that holds.
fn kept(memory: &[u8]) {
    let summed = [memory, &limpet_trust::envelope::digest(memory)].concat();
    for bytes in [memory, &summed] {
        if let Ok(memory) = Memory::from_bytes(bytes) {
            let again = memory.to_bytes().expect("it has a form");
            assert_eq!(Memory::from_bytes(&again), Ok(memory));
        }
    }
}

/// One input.
///
/// # Panics
/// It is a finding.
pub fn run(input: &[u8]) {
    let Some((way, input)) = input.split_first() else { return };
    match way % 4 {
        0 => deliver(input),
        1 => signed(&FLEET.deploy, Kind::Desired, input),
        2 => signed(&FLEET.root, Kind::Root, input),
        _ => kept(input),
    }
}
