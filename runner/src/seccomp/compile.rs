//! From decisions to a program.
//!
//! In: a [`Profile`]. Out: the filter: a test of the architecture, a binary search over the call's number, and for the
//! few calls whose arguments count a block that looks at them. Calls that are always allowed never reach an argument,
//! so that the kernel (since 5.11) remembers their answer and does not run the filter for them.

use super::abi::Abi;
use super::assemble::{Assembler, Label, Test};
use super::decide::{Clause, Decision, Question, Range, ranges};
use super::rule::{Action, Compare, Condition, Profile};
use std::rc::Rc;

/// Offsets in `struct seccomp_data` (linux/seccomp.h).
const NUMBER: u32 = 0;
const ARCHITECTURE: u32 = 4;
const ARGUMENTS: u32 = 16;

/// Questions that are already in the program. x32 and i386 ask the same.
type Asked = Vec<(Rc<Question>, Label)>;

/// The filter for a profile; it may be longer than the kernel takes.
pub(super) fn compile(profile: &Profile<'_>) -> Vec<u64> {
    let mut program = Assembler::new();
    let mut asked = Asked::new();
    let mut next = program.give(Action::KILL_THREAD);
    // The native ABI is the first one, so that its test is written last and made first.
    for &abi in profile.abis.iter().rev().filter(|&&abi| abi != Abi::X32) {
        let ranges = ranges(profile, abi);
        let body = program.search(&ranges, &mut |program, decision| match decision {
            Decision::Return(action) => program.give(*action),
            Decision::Ask(question) => ask(program, &mut asked, question),
        });
        let body = program.load(NUMBER, body);
        next = program.test(Test::Equal, abi.audit_arch(), body, next);
    }
    program.load(ARCHITECTURE, next);
    program.finish()
}

fn ask(program: &mut Assembler, asked: &mut Asked, question: &Rc<Question>) -> Label {
    if let Some((_, label)) = asked.iter().find(|(known, _)| known == question) {
        return *label;
    }
    let label = match searchable(question) {
        Some(argument) => search(program, question, argument),
        None => try_in_turn(program, question),
    };
    asked.push((Rc::clone(question), label));
    label
}

/// The one argument that all clauses compare without a mask, each in one condition.
fn searchable(question: &Question) -> Option<u8> {
    let argument = question.clauses.first()?.conditions.first()?.argument;
    let fits = |clause: &Clause| match clause.conditions.as_slice() {
        [only] => only.argument == argument && !matches!(only.compare, Compare::Masked(_)),
        _ => false,
    };
    question.clauses.iter().all(fits).then_some(argument)
}

/// A binary search over the values of one argument: over its high half, and for the high halves within which the answer
/// changes, over its low half.
fn search(program: &mut Assembler, question: &Question, argument: u8) -> Label {
    let steps = steps(question);
    let by_low = |program: &mut Assembler, high: u32| {
        let lows = low_ranges(question, high, &steps);
        let body = program.search(&lows, &mut |program, &action| program.give(action));
        program.load(low_half(argument), body)
    };
    if !question.wide {
        return by_low(program, 0);
    }
    let body = program.search(&high_ranges(question, &steps), &mut |program, high| match *high {
        High::Settled(action) => program.give(action),
        High::Mixed(high) => by_low(program, high),
    });
    program.load(high_half(argument), body)
}

/// What a high half tells.
#[derive(PartialEq)]
enum High {
    Settled(Action),
    /// The low half decides with this high half.
    Mixed(u32),
}

/// Values from which on the answer may differ from the one before, in order.
fn steps(question: &Question) -> Vec<u64> {
    let mut steps = Vec::with_capacity(2 * question.clauses.len());
    for Condition { compare, value, .. } in question.clauses.iter().flat_map(|clause| &clause.conditions) {
        if !matches!(compare, Compare::Greater | Compare::LessOrEqual) {
            steps.push(*value);
        }
        if !matches!(compare, Compare::GreaterOrEqual | Compare::Less) {
            steps.extend(value.checked_add(1));
        }
    }
    if !question.wide {
        steps.retain(|&step| step <= u64::from(u32::MAX));
    }
    steps.sort_unstable();
    steps.dedup();
    steps
}

fn high_ranges(question: &Question, steps: &[u64]) -> Vec<Range<High>> {
    let mut firsts = vec![0];
    for &step in steps {
        let (high, low) = halves(step);
        firsts.push(high);
        if low != 0 {
            firsts.extend(high.checked_add(1));
        }
    }
    firsts.sort_unstable();
    firsts.dedup();
    let is_mixed = |high| steps.iter().any(|&step| halves(step).0 == high && halves(step).1 != 0);
    let then = |high: u32| {
        if is_mixed(high) {
            High::Mixed(high)
        } else {
            High::Settled(answer(question, u64::from(high) << 32))
        }
    };
    merged(firsts.into_iter().map(|first| Range { first, then: then(first) }))
}

fn low_ranges(question: &Question, high: u32, steps: &[u64]) -> Vec<Range<Action>> {
    let lows = steps.iter().filter(|&&step| halves(step).0 == high).map(|&step| halves(step).1);
    let firsts = std::iter::once(0).chain(lows.filter(|&low| low != 0));
    let then = |low: u32| answer(question, u64::from(high) << 32 | u64::from(low));
    merged(firsts.map(|first| Range { first, then: then(first) }))
}

/// The ranges without those that go on as the one before.
fn merged<T: PartialEq>(ranges: impl Iterator<Item = Range<T>>) -> Vec<Range<T>> {
    let mut merged: Vec<Range<T>> = ranges.collect();
    merged.dedup_by(|next, last| next.then == last.then);
    merged
}

/// The action for a value of the one argument that a searchable question asks for.
fn answer(question: &Question, value: u64) -> Action {
    let holds = |clause: &&Clause| clause.conditions.iter().all(|condition| condition.holds(value));
    question.clauses.iter().find(holds).map_or(question.otherwise, |clause| clause.action)
}

/// One clause after the other, one condition after the other.
fn try_in_turn(program: &mut Assembler, question: &Question) -> Label {
    let mut next = program.give(question.otherwise);
    for clause in question.clauses.iter().rev() {
        let mut then = program.give(clause.action);
        for condition in clause.conditions.iter().rev() {
            then = check(program, question.wide, condition, then, next);
        }
        next = then;
    }
    next
}

fn check(program: &mut Assembler, wide: bool, condition: &Condition, yes: Label, no: Label) -> Label {
    let operand = Operand { argument: condition.argument, wide, value: condition.value };
    match condition.compare {
        Compare::Equal => equal(program, operand, u64::MAX, yes, no),
        Compare::NotEqual => equal(program, operand, u64::MAX, no, yes),
        Compare::Masked(mask) => equal(program, operand, mask, yes, no),
        Compare::Greater => exceeds(program, operand, Test::Greater, yes, no),
        Compare::LessOrEqual => exceeds(program, operand, Test::Greater, no, yes),
        Compare::GreaterOrEqual => exceeds(program, operand, Test::GreaterOrEqual, yes, no),
        Compare::Less => exceeds(program, operand, Test::GreaterOrEqual, no, yes),
    }
}

/// What an argument is compared with.
#[derive(Clone, Copy)]
struct Operand {
    argument: u8,
    wide: bool,
    value: u64,
}

/// The argument has the value's bits wherever the mask has ones.
fn equal(program: &mut Assembler, operand: Operand, mask: u64, yes: Label, no: Label) -> Label {
    let (high, low) = halves(operand.value);
    let (high_mask, low_mask) = halves(mask);
    let same_low = equal_half(program, low_half(operand.argument), low_mask, low, yes, no);
    if !operand.wide || high_mask == 0 {
        return same_low;
    }
    equal_half(program, high_half(operand.argument), high_mask, high, same_low, no)
}

fn equal_half(program: &mut Assembler, offset: u32, mask: u32, value: u32, yes: Label, no: Label) -> Label {
    let mut then = program.test(Test::Equal, value, yes, no);
    if mask != u32::MAX {
        then = program.keep(mask, then);
    }
    program.load(offset, then)
}

/// The argument is greater than the value, or, as `test` says, equal to it.
fn exceeds(program: &mut Assembler, operand: Operand, test: Test, yes: Label, no: Label) -> Label {
    let (high, low) = halves(operand.value);
    let by_low = program.test(test, low, yes, no);
    let by_low = program.load(low_half(operand.argument), by_low);
    if !operand.wide {
        return by_low;
    }
    let same_high = program.test(Test::Equal, high, by_low, no);
    let by_high = program.test(Test::Greater, high, yes, same_high);
    program.load(high_half(operand.argument), by_high)
}

fn halves(value: u64) -> (u32, u32) {
    #[expect(clippy::cast_possible_truncation, reason = "the low half is what is wanted")]
    ((value >> 32) as u32, value as u32)
}

/// Offset of an argument's low half on the little-endian targets.
fn low_half(argument: u8) -> u32 {
    ARGUMENTS + 8 * u32::from(argument)
}

fn high_half(argument: u8) -> u32 {
    low_half(argument) + 4
}
