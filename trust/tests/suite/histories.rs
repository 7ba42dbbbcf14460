//! Boards that live through years: documents late, twice, out of order and forged, clocks that lie, a controller restored from
//! a backup, and the power going between taking a document and remembering it.
//!
//! A board here does what the supervisor is to do: `accept`, then make the memory durable, then carry the state out. The power
//! may go between any two. What holds after every step: nothing durable went back, and what runs was signed, for this
//! board, and is never older than what ran before.

use crate::fleet;
use crate::fleet::{DAY_S, START_S, app, at, board, desired, enrolled, group, ring, root, sealed};
use limpet_protocol::fleet::{Desired, Root, Target};
use limpet_trust::{Accepted, Clock, Memory, Position, accept};

/// Numbers that look random and are the same every time (xorshift64*).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(number).expect("31 bits") % bound
    }
}

/// What an operator signs in the course of time: 4 roots, and under each some states for the board, its group, and others.
struct Operator {
    roots: Vec<Vec<u8>>,
    states: Vec<(Desired, Vec<u8>)>,
}

/// Root `generation`: each takes one deploy key away and adds one.
fn root_of(generation: u8) -> Root {
    Root { deploy: ring(&[10 + generation, 11 + generation], 1), ..root(u64::from(generation)) }
}

fn state_of(under: u8, generation: u64) -> Desired {
    let target = match generation % 4 {
        0 => Target::Group(group("greenhouse")),
        1 => Target::Board(board(51)),
        2 | 3 => Target::Board(board(50)),
        _ => unreachable!("a remainder of 4"),
    };
    let apps = vec![app(&format!("r{under}g{generation}"))];
    Desired { root_generation: under.into(), target, apps, ..desired(generation) }
}

fn operator() -> Operator {
    let roots = (2..=4).map(|generation| sealed(&[1, 2], &root_of(generation))).collect();
    let state = |under: u8, generation: u64| {
        let state = state_of(under, generation);
        let bytes = sealed(&[11 + under], &state);
        (state, bytes)
    };
    let states = (1..=4).flat_map(|under| (1..=8).map(move |generation| state(under, generation))).collect();
    Operator { roots, states }
}

/// A board: what is on its disk.
struct Board {
    memory: Vec<u8>,
    runs: Option<Desired>,
}

/// How far a board comes before its power goes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Power {
    GoesAtOnce,
    GoesWhenRemembered,
    Stays,
}

fn position(desired: &Desired) -> Position {
    Position { root: desired.root_generation, generation: desired.generation }
}

impl Board {
    fn new() -> Self {
        Self { memory: enrolled(&root_of(1)).to_bytes().expect("it has a form"), runs: None }
    }

    fn memory(&self) -> Memory {
        Memory::from_bytes(&self.memory).expect("it was kept whole")
    }

    fn hears(&mut self, bytes: &[u8], clock: &Clock, power: Power) {
        let before = self.memory();
        let Ok(accepted) = accept(&before, bytes, clock) else { return };
        let (memory, state) = match accepted {
            Accepted::KnownRoot => (None, None),
            Accepted::Known(desired) => (None, Some(desired)),
            Accepted::Root(memory) => (Some(memory), None),
            Accepted::Desired { desired, memory } => (Some(memory), Some(desired)),
        };
        if let (Some(memory), true) = (memory, power > Power::GoesAtOnce) {
            assert!(memory.follows(&before), "{before:?} -> {memory:?}");
            self.memory = memory.to_bytes().expect("it has a form");
        }
        if let (Some(state), true) = (state, power == Power::Stays) {
            self.carries_out(state);
        }
    }

    fn carries_out(&mut self, state: Desired) {
        assert_ne!(state.target, Target::Board(board(51)), "it is for another board");
        let earlier = self.runs.as_ref().map(position).unwrap_or_default();
        assert!(position(&state) >= earlier, "{earlier} ran, then {}", position(&state));
        assert_eq!(position(&state), self.memory().taken.position, "what runs is what is remembered");
        self.runs = Some(state);
    }
}

fn clock(numbers: &mut Numbers) -> Clock {
    match numbers.below(4) {
        0 => fleet::UNSET,
        1 => at(5),
        2 => at(START_S + 9 * DAY_S),
        _ => at(START_S + 20 * DAY_S),
    }
}

fn power(numbers: &mut Numbers) -> Power {
    match numbers.below(4) {
        0 => Power::GoesAtOnce,
        1 => Power::GoesWhenRemembered,
        _ => Power::Stays,
    }
}

fn life(operator: &Operator, seed: u64) -> Board {
    let (mut numbers, mut board) = (Numbers(seed), Board::new());
    for _ in 0..120 {
        // Now and then a later root, else any state of any time: that is what a restored controller delivers.
        let bytes = match numbers.below(6) {
            0 => &operator.roots[numbers.below(operator.roots.len())],
            _ => &operator.states[numbers.below(operator.states.len())].1,
        };
        let mut bytes = bytes.clone();
        if numbers.below(8) == 0 {
            let at = numbers.below(bytes.len());
            bytes[at] ^= 1 << numbers.below(8);
        }
        let (clock, power) = (clock(&mut numbers), power(&mut numbers));
        board.hears(&bytes, &clock, power);
    }
    board
}

/// Delivers everything in order, the way a controller does that has nothing to hide.
fn catch_up(board: &mut Board, operator: &Operator) {
    let now = at(START_S + 20 * DAY_S);
    for root in &operator.roots {
        board.hears(root, &now, Power::Stays);
    }
    for (_, bytes) in &operator.states {
        board.hears(bytes, &now, Power::Stays);
    }
}

#[test]
fn nothing_goes_back_whatever_comes_and_whenever_the_power_goes() {
    let operator = operator();
    let mut ran = 0;
    for seed in 1..=300 {
        let mut board = life(&operator, seed * 0x9e37_79b9);
        ran += usize::from(board.runs.is_some());
        catch_up(&mut board, &operator);
        let runs = board.runs.as_ref().map(position);
        assert_eq!(runs, Some(Position { root: 4, generation: 8 }), "seed {seed}: it converges");
    }
    assert!(ran > 200, "only {ran} boards ran something: the histories are too hard to mean anything");
}

#[test]
fn what_was_remembered_and_not_carried_out_is_carried_out_when_it_comes_again() {
    let (now, state) = (at(START_S + 10 * DAY_S), sealed(&[12], &state_of(1, 3)));
    let mut board = Board::new();
    board.hears(&state, &now, Power::GoesAtOnce);
    assert_eq!((board.memory().taken.position, board.runs.is_none()), (Position::default(), true));
    board.hears(&state, &now, Power::GoesWhenRemembered);
    assert!(board.runs.is_none());
    // Also when it has expired meanwhile: it was good when it was taken.
    board.hears(&state, &at(START_S + 300 * DAY_S), Power::Stays);
    assert_eq!(board.runs, Some(state_of(1, 3)));
}

#[test]
fn a_board_that_was_off_for_years_comes_to_the_present() {
    let mut board = Board::new();
    let year = |generation: u64| START_S + (generation - 1) * 300 * DAY_S;
    let root = |generation: u64| Root {
        issued_s: year(generation),
        expires_s: year(generation + 1),
        ..root(generation)
    };
    let now = at(year(9) + DAY_S);
    for generation in 2..=9 {
        board.hears(&sealed(&[1, 2], &root(generation)), &now, Power::Stays);
    }
    assert_eq!(board.memory().root.generation, 9);
    let issued_s = year(9);
    let state = Desired { root_generation: 9, issued_s, expires_s: issued_s + 30 * DAY_S, ..desired(1) };
    board.hears(&sealed(&[11], &state), &now, Power::Stays);
    assert_eq!(board.runs, Some(state));
}

#[test]
fn a_stolen_deploy_key_moves_the_time_no_further_than_the_root_and_the_next_root_ends_it() {
    let mut board = Board::new();
    let end_s = root_of(1).expires_s;
    let stolen =
        |issued_s: u64| Desired { generation: u64::MAX, issued_s, expires_s: u64::MAX, ..desired(2) };
    board.hears(&sealed(&[11], &stolen(end_s + 1)), &fleet::UNSET, Power::Stays);
    assert_eq!(board.runs, None);
    board.hears(&sealed(&[11], &stolen(end_s)), &fleet::UNSET, Power::Stays);
    assert_eq!((board.memory().floor_s, board.memory().taken.position.generation), (end_s, u64::MAX));

    let next = Root { expires_s: end_s + 360 * DAY_S, ..root_of(2) };
    board.hears(&sealed(&[1, 2], &next), &fleet::UNSET, Power::Stays);
    let good = Desired { root_generation: 2, expires_s: end_s + 30 * DAY_S, ..desired(2) };
    board.hears(&sealed(&[13], &good), &fleet::UNSET, Power::Stays);
    assert_eq!(board.runs, Some(good));
}
