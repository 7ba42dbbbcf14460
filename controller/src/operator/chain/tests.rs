use super::*;
use limpet_protocol::fleet::{FleetId, Keyring};
use limpet_trust::sign::{Secret, seal};

fn secret(seed: u8) -> Secret {
    Secret::from_seed(&[seed; 32]).unwrap()
}

fn keyring(secrets: &[&Secret]) -> Keyring {
    Keyring { keys: secrets.iter().map(|secret| secret.public()).collect(), threshold: 1 }
}

fn root(generation: u64, deploy: &Secret) -> Root {
    let (root, deploy) = (keyring(&[&secret(1)]), keyring(&[deploy]));
    Root { fleet: FleetId([3; 32]), generation, issued_s: 100, expires_s: 10_000, root, deploy }
}

fn sealed(root: &Root) -> Vec<u8> {
    seal(&[&secret(1)], root).unwrap()
}

fn state(board: BoardId) -> Desired {
    Desired {
        fleet: FleetId([3; 32]),
        target: Target::Board(board),
        root_generation: 1,
        generation: 1,
        issued_s: 100,
        expires_s: 101,
        windows: heapless::Vec::new(),
        program: None,
        apps: Vec::new(),
    }
}

const BOARD: BoardId = BoardId(PublicKey([9; 32]));

#[test]
fn a_controller_with_another_first_root_is_refused() {
    let (ours, other) = (sealed(&root(1, &secret(2))), sealed(&root(1, &secret(4))));
    let chain = Chain::first(&ours).unwrap();
    assert!(chain.clone().follow(std::slice::from_ref(&other), 200).is_err());
    assert!(chain.clone().follow(&[], 200).is_err());
    assert!(chain.clone().follow(&[ours.clone(), other], 200).is_err());
    assert_eq!(chain.follow(&[ours], 200).unwrap().root().generation, 1);
}

#[test]
fn the_chain_ends_at_the_last_root_that_its_keys_signed() {
    let (first, second) = (sealed(&root(1, &secret(2))), sealed(&root(2, &secret(4))));
    let forged = seal(&[&secret(4)], &root(2, &secret(4))).unwrap();
    let chain = Chain::first(&first).unwrap();
    assert_eq!(chain.clone().follow(&[first.clone(), second], 200).unwrap().root().generation, 2);
    assert!(chain.follow(&[first, forged], 200).is_err());
}

#[test]
fn a_first_root_that_does_not_sign_for_itself_is_refused() {
    assert!(Chain::first(&seal(&[&secret(2)], &root(1, &secret(2))).unwrap()).is_err());
    assert!(Chain::first(b"").is_err());
}

#[test]
fn a_state_is_believed_of_a_key_that_still_counts_and_for_its_board_only() {
    let chain = Chain::first(&sealed(&root(1, &secret(2)))).unwrap();
    let good = seal(&[&secret(2)], &state(BOARD)).unwrap();
    // Expired long ago: what ran before is still what ran before.
    assert_eq!(chain.desired(&good, BOARD).unwrap(), state(BOARD));
    assert!(chain.desired(&good, BoardId(PublicKey([8; 32]))).is_err());
    assert!(chain.desired(&seal(&[&secret(4)], &state(BOARD)).unwrap(), BOARD).is_err());
    let other = Desired { fleet: FleetId([4; 32]), ..state(BOARD) };
    assert!(chain.desired(&seal(&[&secret(2)], &other).unwrap(), BOARD).is_err());
    let next = [sealed(&root(1, &secret(2))), sealed(&root(2, &secret(4)))];
    assert!(chain.follow(&next, 200).unwrap().desired(&good, BOARD).is_err());
}

#[test]
fn what_an_earlier_key_signed_is_believed_only_to_be_looked_at() {
    let (first, second) = (sealed(&root(1, &secret(2))), sealed(&root(2, &secret(4))));
    let chain = Chain::first(&first).unwrap().follow(&[first, second], 200).unwrap();
    let old = seal(&[&secret(2)], &state(BOARD)).unwrap();
    assert!(chain.desired(&old, BOARD).is_err());
    assert_eq!(chain.once(&old, BOARD).unwrap(), state(BOARD));
    assert!(chain.once(&old, BoardId(PublicKey([8; 32]))).is_err());
    let forged = seal(&[&secret(5)], &state(BOARD)).unwrap();
    assert!(chain.once(&forged, BOARD).is_err());
    // The old key signs nothing under the new root.
    let later = seal(&[&secret(2)], &Desired { root_generation: 2, ..state(BOARD) }).unwrap();
    assert!(chain.once(&later, BOARD).is_err());
}
