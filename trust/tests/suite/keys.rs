//! Keys that need no secret: that they are a danger, and that no root may name them.

use crate::fleet::{self, desired, enrolled, ring, root};
use limpet_protocol::fleet::{Desired, Keyring, Kind, PublicKey, Root, Signature};
use limpet_trust::sign::{Document, seal_with};
use limpet_trust::{Memory, Refusal, accept};

/// y of a point of order 8, and its negative.
const EIGHTH: [&str; 2] = [
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
];

fn bytes(hex: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).expect("two digits");
    }
    bytes
}

/// All forms of all points of small order: five values of y, two of them with a second form, each with either sign of x.
fn weak() -> Vec<PublicKey> {
    let low = |first: u8| [&[first][..], &[0; 31]].concat();
    let near_prime = |first: u8| [&[first][..], &[0xff; 30], &[0x7f]].concat();
    let mut all = vec![low(0), low(1), near_prime(0xec), near_prime(0xed), near_prime(0xee)];
    all.extend(EIGHTH.map(|hex| bytes(hex).to_vec()));
    let with_sign = |y: &Vec<u8>, sign: u8| {
        let mut key: [u8; 32] = y[..].try_into().expect("32 bytes");
        key[31] |= sign;
        PublicKey(key)
    };
    all.iter().flat_map(|y| [with_sign(y, 0), with_sign(y, 0x80)]).collect()
}

fn alone(key: PublicKey) -> Keyring {
    Keyring { keys: [key].into_iter().collect(), threshold: 1 }
}

/// A signature that nobody made: R is the neutral point, S is 0.
fn by_nobody(key: PublicKey) -> Signature {
    let mut r = [0; 32];
    r[0] = 1;
    Signature { key, r, s: [0; 32] }
}

#[test]
fn no_root_names_a_key_that_needs_no_secret() {
    for key in weak() {
        for bad in [Root { deploy: alone(key), ..root(1) }, Root { root: alone(key), ..root(1) }] {
            let payload = bad.payload().expect("it has a form");
            let enrolled = Memory::enrolled(fleet::board(50), heapless::Vec::new(), &payload);
            assert!(matches!(enrolled, Err(Refusal::Invalid(_))), "{key}: {enrolled:?}");
        }
    }
    assert_eq!(weak().len(), 14);
    assert!(enrolled(&root(1)).root.deploy == ring(&[11, 12], 1), "others may be named");
}

#[test]
fn they_would_be_a_danger() {
    let believed = |key: PublicKey| {
        let mut memory = enrolled(&root(1));
        // Past the rule above.
        memory.root.deploy = alone(key);
        (1..200).any(|generation| {
            let state = Desired { generation, ..desired(1) }.payload().expect("it has a form");
            let forged = seal_with(&[by_nobody(key)], Kind::Desired, &state).expect("small enough");
            accept(&memory, &forged, &fleet::UNSET).is_ok()
        })
    };
    let eighths: Vec<PublicKey> = EIGHTH.iter().map(|hex| PublicKey(bytes(hex))).collect();
    assert!(eighths.iter().all(|key| believed(*key)), "ring takes what nobody signed");
    assert!(!believed(fleet::secret(11).public()));
}
