//! From rules to one decision for every number of every ABI.
//!
//! In: a [`Profile`]. Out: for each audit architecture a list of [`Range`]s of system call numbers that covers all of
//! them, neighbours always different, where a range is decided at once or by the call's arguments.

use super::abi::{Abi, X32_BIT};
use super::rule::{Action, Compare, Condition, Profile};
use std::rc::Rc;

/// An error number that a filter gives for calls that are newer than its profile.
const ENOSYS: Action = Action::errno(38);

/// Numbers (or argument values) from `first` up to the next range's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Range<T> {
    pub(super) first: u32,
    pub(super) then: T,
}

/// What happens with a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// Always this.
    Return(Action),
    /// The arguments decide.
    Ask(Rc<Question>),
}

/// The conditional rules of one call on one ABI.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Question {
    /// Whether the high halves of the arguments count.
    pub(super) wide: bool,
    /// In the order in which they are tried.
    pub(super) clauses: Vec<Clause>,
    /// If none holds.
    pub(super) otherwise: Action,
}

/// All conditions hold: this action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Clause {
    pub(super) action: Action,
    pub(super) conditions: Vec<Condition>,
}

/// What one rule says about one number.
struct Entry {
    number: u32,
    /// Place of the rule in the profile.
    rule: usize,
    /// The multiplexer's operation, when it is reached through one.
    operation: Option<u32>,
}

/// The ranges of one audit architecture: those of its ABI, and on x86_64 those of x32 above them.
pub(super) fn ranges(profile: &Profile<'_>, abi: Abi) -> Vec<Range<Decision>> {
    let mut ranges = Vec::with_capacity(128);
    of_abi(profile, abi, &mut ranges);
    if abi == Abi::X86_64 {
        if profile.abis.contains(&Abi::X32) {
            of_abi(profile, Abi::X32, &mut ranges);
        } else {
            push(&mut ranges, X32_BIT, Decision::Return(Action::KILL_THREAD));
            // A tracer skips a call by setting its number to -1 (ptrace(2)); libseccomp lets that through to the default.
            push(&mut ranges, u32::MAX, Decision::Return(profile.default));
        }
    }
    ranges
}

fn of_abi(profile: &Profile<'_>, abi: Abi, ranges: &mut Vec<Range<Decision>>) {
    let default = Decision::Return(profile.default);
    let mut next = abi.first_number();
    let (entries, highest) = entries(profile, abi);
    for group in entries.chunk_by(|a, b| a.number == b.number) {
        let number = group[0].number;
        if number > next {
            push(ranges, next, default.clone());
        }
        push(ranges, number, decision(profile, abi, group));
        next = number + 1;
    }
    push(ranges, next, default);
    // Calls beyond all that a refusing profile speaks of are newer than it. As from runc they get ENOSYS, so that programs
    // fall back to older ones.
    if let Some(highest) = highest
        && !profile.default.lets_pass()
    {
        push(ranges, next.max(highest + 1), Decision::Return(ENOSYS));
    }
}

fn push(ranges: &mut Vec<Range<Decision>>, first: u32, then: Decision) {
    if ranges.last().is_some_and(|last| last.first == first) {
        ranges.pop();
    }
    if ranges.last().is_none_or(|last| last.then != then) {
        ranges.push(Range { first, then });
    }
}

/// What all rules say about the calls of one ABI, by number and then in the order of the rules; and the highest number
/// that any of them names.
fn entries(profile: &Profile<'_>, abi: Abi) -> (Vec<Entry>, Option<u32>) {
    let names = profile.target.names;
    let mut entries = Vec::with_capacity(512);
    let mut highest = None;
    for (rule, said) in profile.rules.iter().enumerate() {
        // As runc: a rule that says what the default says is no rule, even in front of a contrary one.
        let counts = said.action != profile.default;
        for &name in said.calls {
            let number = abi.number(names, name);
            highest = highest.max(number);
            let direct = number.map(|number| Entry { number, rule, operation: None });
            let multiplexed = abi.multiplexed(names, name);
            let multiplexed =
                multiplexed.map(|(number, operation)| Entry { number, rule, operation: Some(operation) });
            entries.extend(direct.into_iter().chain(multiplexed).filter(|_| counts));
        }
    }
    entries.sort_unstable_by_key(|entry| (entry.number, entry.rule, entry.operation));
    (entries, highest)
}

fn decision(profile: &Profile<'_>, abi: Abi, group: &[Entry]) -> Decision {
    let conditions = |entry: &Entry| profile.rules[entry.rule].conditions;
    let decided = group.iter().find(|entry| entry.operation.is_none() && conditions(entry).is_empty());
    if let Some(entry) = decided {
        return Decision::Return(profile.rules[entry.rule].action);
    }
    let bits = if abi.is_wide() { u64::MAX } else { u32::MAX.into() };
    let clause = |entry: &Entry| Clause {
        action: profile.rules[entry.rule].action,
        conditions: match entry.operation {
            // The multiplexer's other arguments are behind a pointer, so the rule's own conditions cannot be seen.
            Some(operation) => {
                vec![Condition { argument: 0, compare: Compare::Equal, value: operation.into() }]
            }
            None => conditions(entry).iter().map(|condition| condition.within(bits)).collect(),
        },
    };
    Decision::Ask(Rc::new(Question {
        wide: abi.is_wide(),
        clauses: group.iter().map(clause).collect(),
        otherwise: profile.default,
    }))
}
