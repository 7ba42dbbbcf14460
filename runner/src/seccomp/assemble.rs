//! Classic BPF from its end to its beginning, so that every jump goes to what is already there.
//!
//! In: returns, tests and loads with the [`Label`]s of what follows them. Out: instructions packed as
//! `limpet_protocol::launch::Seccomp` describes. Conditional jumps reach 255 instructions; what is farther away gets
//! its return repeated or a jump in between.

use super::decide::Range;
use super::rule::Action;

/// Most instructions that the kernel takes (`BPF_MAXINSNS`, linux/bpf_common.h).
pub const INSTRUCTIONS_MAX: usize = 4096;

/// Farthest target that a test is given; two less than fits, for the jumps that may come in between.
const REACH: usize = 253;

const LOAD: u64 = 0x20; // BPF_LD | BPF_W | BPF_ABS
const AND: u64 = 0x54; // BPF_ALU | BPF_AND | BPF_K
const JUMP: u64 = 0x05; // BPF_JMP | BPF_JA
const RETURN: u64 = 0x06; // BPF_RET | BPF_K

/// A place in the program: how many instructions there are from it to the end.
pub(super) type Label = usize;

/// What a test asks of the accumulator.
#[derive(Clone, Copy, Debug)]
pub(super) enum Test {
    Equal = 0x15,
    Greater = 0x25,
    GreaterOrEqual = 0x35,
}

/// A program that is being written, last instruction first.
#[derive(Debug)]
pub(super) struct Assembler {
    backwards: Vec<u64>,
    returns: Vec<(Action, Label)>,
}

impl Assembler {
    pub(super) fn new() -> Self {
        Self { backwards: Vec::with_capacity(INSTRUCTIONS_MAX / 8), returns: Vec::new() }
    }

    /// The program in the kernel's order.
    pub(super) fn finish(mut self) -> Vec<u64> {
        self.backwards.reverse();
        self.backwards
    }

    /// Gives `action` for the call.
    pub(super) fn give(&mut self, action: Action) -> Label {
        let known = self.returns.iter().position(|&(given, _)| given == action);
        if let Some(at) = known
            && self.backwards.len() - self.returns[at].1 < REACH
        {
            return self.returns[at].1;
        }
        let label = self.push(RETURN, action.0);
        match known {
            Some(at) => self.returns[at].1 = label,
            None => self.returns.push((action, label)),
        }
        label
    }

    /// Loads the word at `offset` of `seccomp_data`, then goes on.
    pub(super) fn load(&mut self, offset: u32, then: Label) -> Label {
        self.continue_at(then);
        self.push(LOAD, offset)
    }

    /// Keeps the bits of `mask`, then goes on.
    pub(super) fn keep(&mut self, mask: u32, then: Label) -> Label {
        self.continue_at(then);
        self.push(AND, mask)
    }

    /// Goes on at `yes` or `no`.
    pub(super) fn test(&mut self, test: Test, value: u32, yes: Label, no: Label) -> Label {
        if yes == no {
            return yes;
        }
        let yes = self.near(yes);
        let no = self.near(no);
        // The jumps that `near` puts in between are counted in `REACH`.
        let (yes, no) = (self.distance(yes), self.distance(no));
        self.push(test as u64 | yes << 16 | no << 24, value)
    }

    /// A binary search for the accumulator in `ranges`, whose first one begins at the least value.
    pub(super) fn search<T>(
        &mut self,
        ranges: &[Range<T>],
        leaf: &mut dyn FnMut(&mut Self, &T) -> Label,
    ) -> Label {
        if let [only] = ranges {
            return leaf(self, &only.then);
        }
        let middle = ranges.len() / 2;
        let high = self.search(&ranges[middle..], leaf);
        let low = self.search(&ranges[..middle], leaf);
        self.test(Test::GreaterOrEqual, ranges[middle].first, high, low)
    }

    fn push(&mut self, code: u64, operand: u32) -> Label {
        self.backwards.push(code | u64::from(operand) << 32);
        self.backwards.len()
    }

    /// Instructions that a jump written next would pass over.
    fn distance(&self, label: Label) -> u64 {
        (self.backwards.len() - label) as u64
    }

    /// A label at most [`REACH`] away that leads to `label`.
    fn near(&mut self, label: Label) -> Label {
        if self.backwards.len() - label < REACH { label } else { self.jump(label) }
    }

    fn jump(&mut self, label: Label) -> Label {
        let distance = (self.backwards.len() - label) as u64;
        self.backwards.push(JUMP | distance << 32);
        self.backwards.len()
    }

    /// Makes `label` what follows.
    fn continue_at(&mut self, label: Label) {
        if self.backwards.len() != label {
            self.jump(label);
        }
    }
}
