//! What a board remembers comes back as it was, or not at all; and what it takes fits where it is kept.

use crate::fleet;
use crate::fleet::{START_S, app, at, board, desired, enrolled, image, ring, root, sealed};
use limpet_protocol::app::{APP_BYTES_MAX, AppFile, Workload};
use limpet_protocol::fleet::{Desired, GROUPS_MAX, Group, ROOT_BYTES_MAX, Root, SIGNATURES_MAX};
use limpet_trust::sign::{Document, seal};
use limpet_trust::{MEMORY_BYTES_MAX, Memory, MemoryError, Quality, Refusal, accept};

#[test]
fn a_memory_that_lost_or_changed_a_bit_is_none() {
    let memory = enrolled(&root(1));
    let bytes = memory.to_bytes().expect("it has a form");
    assert_eq!(Memory::from_bytes(&bytes).as_ref(), Ok(&memory));
    for bit in 0..bytes.len() * 8 {
        let mut worn = bytes.clone();
        worn[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(Memory::from_bytes(&worn), Err(MemoryError::Damaged), "bit {bit}");
    }
    for end in 0..bytes.len() {
        assert_eq!(Memory::from_bytes(&bytes[..end]), Err(MemoryError::Damaged), "{end} bytes");
    }
}

#[test]
fn a_memory_of_a_later_form_is_told_from_a_damaged_one() {
    let bytes = enrolled(&root(1)).to_bytes().expect("it has a form");
    let mut later = bytes[..bytes.len() - 32].to_vec();
    later[0] = 2;
    let sum = limpet_trust::envelope::digest(&later);
    assert_eq!(Memory::from_bytes(&[&later[..], &sum].concat()), Err(MemoryError::UnknownForm(2)));
}

#[test]
fn the_largest_root_and_the_largest_memory_fit_their_maxima() {
    let numbers: Vec<u8> = (1..=16).collect();
    let largest = Root {
        generation: u64::MAX - 1,
        issued_s: u64::MAX,
        expires_s: u64::MAX,
        root: ring(&numbers, 16),
        deploy: ring(&numbers, 16),
        ..root(1)
    };
    let payload = largest.payload().unwrap();
    assert!(payload.len() <= ROOT_BYTES_MAX, "{}", payload.len());
    let group: Group = "x".repeat(63).as_str().try_into().unwrap();
    let groups = vec![group; GROUPS_MAX].into_iter().collect();
    let bytes = Memory::enrolled(board(50), groups, &payload).unwrap().to_bytes().expect("it has a form");
    assert!(bytes.len() <= MEMORY_BYTES_MAX, "{}", bytes.len());
}

#[test]
fn a_board_enrols_under_no_root_that_could_not_be_satisfied() {
    let bad = Root { deploy: ring(&[11], 2), ..root(1) };
    let enrolled = Memory::enrolled(board(50), heapless::Vec::new(), &bad.payload().unwrap());
    assert!(matches!(enrolled, Err(Refusal::Invalid(_))), "{enrolled:?}");
}

#[test]
fn an_app_that_the_ledger_could_not_hold_is_refused() {
    let file = |contents: Vec<u8>| AppFile {
        target: "/f".into(),
        uid: 0,
        gid: 0,
        mode: 0o400,
        secret: false,
        contents,
    };
    let of = |bytes: usize| {
        let workload = Workload { files: vec![file(vec![b'x'; bytes])], ..Workload::new("web", &image(1)) };
        let mut app = app("shop");
        app.workloads = vec![workload];
        sealed(&[11], &Desired { apps: vec![app], ..desired(1) })
    };
    let (memory, clock) = (enrolled(&root(1)), at(START_S));
    let judged = |bytes: usize| accept(&memory, &of(bytes), &clock);
    assert!(judged(APP_BYTES_MAX / 2).is_ok());
    assert!(matches!(judged(APP_BYTES_MAX + 1), Err(Refusal::InvalidApp { .. })));
}

#[test]
fn an_operator_can_seal_nothing_that_every_board_would_refuse_for_its_size() {
    let secrets: Vec<_> = (0..17).map(|number| fleet::secret(100 + number)).collect();
    let all: Vec<_> = secrets.iter().collect();
    assert!(seal(&all[..SIGNATURES_MAX], &root(1)).is_ok());
    assert!(matches!(seal(&all, &root(1)), Err(Refusal::Invalid(_))));
}

#[test]
fn the_quality_of_a_time_says_where_it_is_from() {
    assert_eq!(at(START_S).now(0), (START_S, Quality::Synchronised));
    assert_eq!(at(START_S).now(START_S + 1), (START_S + 1, Quality::Floor));
    assert_eq!(fleet::UNSET.now(0), (fleet::UNSET.built_s, Quality::Floor));
}
