//! A fleet with fixed keys: the same seeds make the same bytes on every machine.

use limpet_protocol::app::{App, Workload};
use limpet_protocol::fleet::{BoardId, Desired, FleetId, Group, Keyring, Root, Target};
use limpet_trust::sign::{Document, Secret, seal};
use limpet_trust::{Clock, Memory, Position, Taken};

/// 2026-01-01.
pub(crate) const START_S: u64 = 1_767_225_600;
pub(crate) const DAY_S: u64 = 24 * 60 * 60;
pub(crate) const MONTH_S: u64 = 30 * DAY_S;

/// The clock of a board that nothing has set.
pub(crate) const UNSET: Clock = Clock { synchronised_s: None, built_s: START_S - MONTH_S };

pub(crate) fn at(now_s: u64) -> Clock {
    Clock { synchronised_s: Some(now_s), ..UNSET }
}

/// Secrets: 1 to 3 may replace the root, 11 to 13 may deploy, 99 is nobody's.
pub(crate) fn secret(number: u8) -> Secret {
    Secret::from_seed(&[number; 32]).expect("32 bytes are a seed")
}

pub(crate) fn ring(numbers: &[u8], threshold: u8) -> Keyring {
    let keys = numbers.iter().map(|number| secret(*number).public()).collect();
    Keyring { keys, threshold }
}

pub(crate) fn board(number: u8) -> BoardId {
    BoardId(secret(number).public())
}

/// Two of three root keys, one of two deploy keys; lasts a year.
pub(crate) fn root(generation: u64) -> Root {
    let issued_s = START_S + (generation - 1) * DAY_S;
    Root {
        fleet: FleetId([7; 32]),
        generation,
        issued_s,
        expires_s: issued_s + 12 * MONTH_S,
        root: ring(&[1, 2, 3], 2),
        deploy: ring(&[11, 12], 1),
    }
}

pub(crate) fn image(number: u8) -> String {
    format!("registry.example/app@sha256:{}", format!("{number:02x}").repeat(32))
}

pub(crate) fn app(name: &str) -> App {
    App { name: name.into(), workloads: vec![Workload::new("web", &image(0xa1))], volumes: Vec::new() }
}

/// The `generation`th state under the first root, one a day, each good for a month.
pub(crate) fn desired(generation: u64) -> Desired {
    let issued_s = START_S + generation * DAY_S;
    Desired {
        fleet: FleetId([7; 32]),
        target: Target::Board(board(50)),
        root_generation: 1,
        generation,
        issued_s,
        expires_s: issued_s + MONTH_S,
        windows: heapless::Vec::new(),
        program: None,
        apps: vec![app("shop")],
    }
}

pub(crate) fn sealed<D: Document>(numbers: &[u8], document: &D) -> Vec<u8> {
    let secrets: Vec<Secret> = numbers.iter().map(|number| secret(*number)).collect();
    seal(&secrets.iter().collect::<Vec<_>>(), document).expect("small enough")
}

pub(crate) fn group(name: &str) -> Group {
    name.try_into().expect("short enough")
}

/// Board 50 in the group `greenhouse`, just enrolled under this root.
pub(crate) fn enrolled(root: &Root) -> Memory {
    let groups = [group("greenhouse")].into_iter().collect();
    Memory::enrolled(board(50), groups, &root.payload().expect("it has a form")).expect("a good root")
}

/// The same board after it took this state.
pub(crate) fn after(memory: &Memory, desired: &Desired) -> Memory {
    let digest = limpet_trust::envelope::digest(&desired.payload().expect("it has a form"));
    let position = Position { root: desired.root_generation, generation: desired.generation };
    let floor_s = memory.floor_s.max(desired.issued_s);
    Memory { taken: Taken { position, digest }, floor_s, ..memory.clone() }
}
