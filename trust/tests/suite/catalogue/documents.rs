//! The documents, by name.

use super::rotation;
use crate::fleet::{DAY_S, START_S, app, board, desired, group, image, ring, root, sealed, secret};
use limpet_protocol::app::{App, Workload};
use limpet_protocol::fleet::{
    Desired, ENVELOPE_BYTES_MAX, FleetId, Keyring, Kind, PublicKey, Root, Signature, Target, VERSION,
};
use limpet_trust::sign::{Document, seal_with};

/// 2100-01-01.
const YEAR_2100_S: u64 = 4_102_444_800;

type Documents = Vec<(&'static str, Vec<u8>)>;

pub(crate) fn all() -> Documents {
    [signatures(), order(), places(), times(), bytes(), contents(), roots(), keyrings()].concat()
}

fn good() -> Desired {
    desired(5)
}

/// By whoever stole a deploy key and does not want anything to follow.
pub(crate) fn used_up() -> Desired {
    Desired { generation: u64::MAX, ..desired(5) }
}

pub(crate) fn first_after_rotation() -> Desired {
    Desired { root_generation: 2, generation: 1, ..desired(6) }
}

fn payload(document: &impl Document) -> Vec<u8> {
    document.payload().expect("it has a form")
}

/// `numbers` sign whatever bytes these are.
fn sealed_bytes(numbers: &[u8], kind: Kind, payload: &[u8]) -> Vec<u8> {
    let signatures: Vec<Signature> =
        numbers.iter().map(|number| secret(*number).sign(kind, payload)).collect();
    seal_with(&signatures, kind, payload).expect("small enough")
}

fn signatures() -> Documents {
    let state = payload(&good());
    let by = |number: u8| secret(number).sign(Kind::Desired, &state);
    let in_name = Signature { key: secret(11).public(), ..by(99) };
    let other_kind = secret(11).sign(Kind::Root, &state);
    let with = |signatures: &[Signature]| seal_with(signatures, Kind::Desired, &state).expect("small enough");
    let changed = payload(&Desired { apps: vec![app("miner")], ..good() });
    vec![
        ("good", sealed(&[11], &good())),
        ("good-two-signatures", sealed(&[11, 12], &good())),
        ("forged-by-a-stranger", sealed(&[99], &good())),
        ("forged-in-anothers-name", with(&[in_name])),
        ("changed-after-signing", seal_with(&[by(11)], Kind::Desired, &changed).expect("small enough")),
        ("signed-as-another-kind", with(&[other_kind])),
        ("unsigned", with(&[])),
        ("signed-by-a-root-key", sealed(&[1], &good())),
        ("one-key-twice", with(&[by(11), by(11)])),
        ("with-a-strangers-signature", with(&[by(11), by(99)])),
        ("with-a-bad-signature", with(&[by(11), Signature { key: secret(12).public(), ..by(11) }])),
    ]
}

fn order() -> Documents {
    vec![
        ("told-otherwise", sealed(&[11], &Desired { apps: Vec::new(), ..good() })),
        ("rolled-back", sealed(&[11], &desired(4))),
        ("before-rotation", sealed(&[12], &desired(9))),
        ("after-rotation", sealed(&[13], &first_after_rotation())),
    ]
}

fn places() -> Documents {
    let to = |target: Target| sealed(&[11], &Desired { target, ..good() });
    let fleet = FleetId([8; 32]);
    let theirs = Root { fleet, root: ring(&[21, 22, 23], 2), deploy: ring(&[31], 1), ..root(2) };
    vec![
        ("for-our-group", to(Target::Group(group("greenhouse")))),
        ("for-another-board", to(Target::Board(board(51)))),
        ("for-another-group", to(Target::Group(group("garage")))),
        ("for-another-fleet", sealed(&[11], &Desired { fleet, ..good() })),
        ("of-another-fleet", sealed(&[31], &Desired { fleet, ..good() })),
        ("root-of-another-fleet", sealed(&[21, 22], &theirs)),
        ("root-for-another-fleet", sealed(&[1, 2], &Root { fleet, ..root(2) })),
        ("under-a-root-to-come", sealed(&[11], &Desired { root_generation: 2, ..good() })),
        ("a-state-as-root", sealed_bytes(&[1, 2], Kind::Root, &payload(&good()))),
        ("a-root-as-state", sealed_bytes(&[11], Kind::Desired, &payload(&root(2)))),
    ]
}

fn times() -> Documents {
    let late = START_S + 390 * DAY_S;
    let timed = |issued_s: u64, expires_s: u64| sealed(&[11], &Desired { issued_s, expires_s, ..good() });
    vec![
        ("expires-before-signed", timed(START_S + DAY_S, START_S)),
        ("after-the-root-expired", timed(late, late + 30 * DAY_S)),
        ("pretends-to-be-2100", timed(YEAR_2100_S, YEAR_2100_S + DAY_S)),
        ("lasts-for-ever", timed(START_S, u64::MAX)),
    ]
}

fn bytes() -> Documents {
    let good_bytes = sealed(&[11], &good());
    let with_first = |at: usize, byte: u8| {
        let mut bytes = good_bytes.clone();
        bytes[at] = byte;
        bytes
    };
    let prolonged = [&good_bytes[..], &[0]].concat();
    vec![
        ("with-a-byte-after", prolonged),
        (
            "with-a-byte-in-payload",
            sealed_bytes(&[11], Kind::Desired, &[&payload(&good())[..], &[0]].concat()),
        ),
        ("with-a-long-number", long_number(&good_bytes)),
        ("seventeen-signatures", seventeen()),
        ("of-version-0", with_first(0, 0)),
        ("of-version-2", with_first(0, VERSION + 1)),
        ("of-unknown-kind", with_first(1, 2)),
    ]
}

/// The last number before the one signature is their count, 1: it is written in two bytes instead of one.
fn long_number(good: &[u8]) -> Vec<u8> {
    let count = good.len() - 96 - 1;
    assert_eq!(good[count], 1);
    [&good[..count], &[0x81, 0], &good[count + 1..]].concat()
}

/// An envelope with one signature, made into one with 17 of it.
fn seventeen() -> Vec<u8> {
    let good = sealed(&[11], &good());
    let (head, signature) = good.split_at(good.len() - 96);
    let bytes = [&head[..head.len() - 1], &[17], &signature.repeat(17)].concat();
    assert!(bytes.len() < ENVELOPE_BYTES_MAX);
    bytes
}

fn contents() -> Documents {
    let apps = |apps: Vec<App>| sealed(&[11], &Desired { apps, ..good() });
    let many = |count: usize| {
        let empty = |at| App { name: format!("a{at}"), workloads: Vec::new(), volumes: Vec::new() };
        apps((0..count).map(empty).collect())
    };
    let of_image =
        |image: &str| apps(vec![App { workloads: vec![Workload::new("web", image)], ..app("shop") }]);
    let digest = image(0xa1);
    vec![
        ("sixty-four-apps", many(64)),
        ("sixty-five-apps", many(65)),
        ("group-of-64-bytes", sealed_bytes(&[11], Kind::Desired, &long_group())),
        ("two-apps-of-one-name", apps(vec![app("shop"), app("shop")])),
        ("app-that-is-a-path", apps(vec![app("../shop")])),
        ("image-by-tag", of_image("registry.example/app:latest")),
        ("image-by-short-digest", of_image(&digest[..digest.len() - 1])),
        ("image-by-odd-digest", of_image(&digest.replace("a1", "A1"))),
        ("image-without-a-name", of_image(&digest["registry.example/app".len()..])),
    ]
}

/// A state for a group whose name has a byte more than there is room for.
fn long_group() -> Vec<u8> {
    let target = Target::Group(group(&"x".repeat(63)));
    let bytes = payload(&Desired { target, ..good() });
    // After the fleet: which kind of target, the length of its name, the name.
    assert_eq!(bytes[32..35], [1, 63, b'x']);
    [&bytes[..32], &[1, 64, b'x'], &bytes[34..]].concat()
}

fn roots() -> Documents {
    let new = Root { root: ring(&[4, 5, 6], 2), ..root(2) };
    let other = Root { expires_s: root(1).expires_s + 1, ..root(1) };
    vec![
        ("root-1", sealed(&[1, 2], &root(1))),
        ("root-2", sealed(&[1, 2], &root(2))),
        ("root-3", sealed(&[1, 2], &root(3))),
        ("rotation", sealed(&[1, 2, 3], &rotation())),
        ("root-by-new-keys", sealed(&[1, 2, 4, 5], &new)),
        ("root-by-one-key", sealed(&[1], &root(2))),
        ("root-by-old-keys-only", sealed(&[1, 2], &new)),
        ("root-by-new-keys-only", sealed(&[4, 5], &new)),
        ("root-by-deploy-keys", sealed(&[11, 12], &root(2))),
        ("root-by-a-lost-key", sealed(&[1, 2], &Root { generation: 3, ..rotation() })),
        ("root-and-a-stranger", sealed(&[1, 2, 99], &root(2))),
        ("root-1-otherwise", sealed(&[1, 2], &other)),
        ("root-from-2100", sealed(&[1, 2], &Root { issued_s: YEAR_2100_S, ..root(2) })),
    ]
}

/// Roots that are signed well and could not be lived with.
fn keyrings() -> Documents {
    let deploy = |deploy: Keyring| sealed(&[1, 2], &Root { deploy, ..root(2) });
    let large = [&payload(&root(2))[..], &[0; 2049]].concat();
    vec![
        ("root-0", sealed(&[1, 2], &Root { generation: 0, ..root(1) })),
        ("root-that-needs-none", deploy(ring(&[11], 0))),
        ("root-that-needs-four", deploy(ring(&[11, 12, 13], 4))),
        ("root-with-a-key-twice", deploy(ring(&[11, 11], 2))),
        (
            "root-with-a-weak-key",
            deploy(Keyring { keys: [PublicKey([0; 32])].into_iter().collect(), threshold: 1 }),
        ),
        ("root-with-17-keys", sealed_bytes(&[1, 2], Kind::Root, &wide_root())),
        ("root-of-2049-bytes", sealed_bytes(&[1, 2], Kind::Root, &large[..2049])),
    ]
}

/// A root with 17 deploy keys, which the type has no room for.
fn wide_root() -> Vec<u8> {
    let root = root(2);
    let keys: Vec<PublicKey> = (0..17).map(|at| secret(100 + at).public()).collect();
    let head = (root.fleet, root.generation, root.issued_s, root.expires_s);
    postcard::to_allocvec(&(head, root.root, (keys, 1u8))).expect("it has a form")
}
