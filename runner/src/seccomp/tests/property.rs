//! For the default profile and for random ones, on both targets: the filter answers as the naive reading does, for
//! every number of every ABI and for the arguments around every value that a rule names.

use super::super::abi::{AARCH64, Abi, Target, X86_64};
use super::super::compile::compile;
use super::super::default;
use super::super::names::Name;
use super::super::rule::{Action, Circumstances, Compare, Condition, Profile, Rule};
use super::interpreter::{Call, check, run};
use super::reference::decide;
use super::{USUAL, numbers, with};

/// Values around those of the conditions, and some that have nothing to do with them.
pub(crate) fn values<'a>(conditions: impl Iterator<Item = &'a Condition>) -> Vec<u64> {
    let mut values = vec![0, 1, 5, 40, 0xffff_ffff, 0x1_0000_0000, u64::MAX];
    for condition in conditions {
        let value = condition.value;
        values.extend([
            value,
            value.wrapping_add(1),
            value.wrapping_sub(1),
            value ^ 1 << 32,
            value ^ 1 << 63,
        ]);
        if let Compare::Masked(mask) = condition.compare {
            values.extend([mask, !mask, value | !mask, mask & mask.wrapping_neg()]);
        }
    }
    values.sort_unstable();
    values.dedup();
    values
}

/// Calls for which two readings of a profile may differ: every number, and all values where `asks` says that a
/// number's arguments may count.
pub(crate) fn calls(
    target: &Target,
    values: &[u64],
    asks: impl Fn(u32) -> bool,
) -> impl Iterator<Item = Call> {
    let abis = target.abis.iter().copied().chain([Abi::X86, Abi::Arm]);
    let numbers = abis.flat_map(|abi| numbers(abi).into_iter().map(move |number| (abi, number)));
    numbers.flat_map(move |(abi, number)| {
        let most = if asks(number) { values.len() } else { 1 };
        values.iter().take(most).enumerate().map(move |(index, &value)| {
            let other = values[(index * 7 + number as usize) % values.len()];
            Call {
                architecture: abi.audit_arch(),
                number,
                arguments: [value, other, value, other, value, other],
            }
        })
    })
}

/// The numbers whose arguments some rule looks at, the i386 multiplexers among them.
pub(crate) fn asked(profile: &Profile<'_>) -> Vec<u32> {
    let names = profile.target.names;
    let conditional =
        profile.rules.iter().filter(|rule| !rule.conditions.is_empty()).flat_map(|rule| rule.calls);
    let numbers = conditional
        .flat_map(|&name| profile.target.abis.iter().filter_map(move |abi| abi.number(names, name)));
    numbers.chain([102, 117]).collect()
}

fn compare(profile: &Profile<'_>) {
    let program = compile(profile);
    check(&program);
    let values = values(profile.rules.iter().flat_map(|rule| rule.conditions));
    let asked = asked(profile);
    for call in calls(profile.target, &values, |number| asked.contains(&number)) {
        assert_eq!(run(&program, &call).0, decide(profile, &call), "{call:x?} of {profile:x?}");
    }
}

#[test]
fn default_profile_is_read_rightly() {
    let everything = Circumstances { capabilities: u64::MAX, kernel: (6, 18) };
    let nothing = Circumstances { capabilities: 0, kernel: (4, 7) };
    for target in [&X86_64, &AARCH64] {
        for circumstances in [USUAL, everything, nothing, with(&["SYS_ADMIN"]), with(&["SYS_PTRACE"])] {
            let rules = default::rules(target.default, circumstances);
            compare(&Profile { target, abis: target.abis, default: default::DEFAULT, rules: &rules });
        }
    }
}

/// xorshift64, for profiles that are the same at every run.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    #[expect(clippy::cast_possible_truncation, reason = "it is less than the end")]
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }

    fn action(&mut self) -> Action {
        [Action::ALLOW, Action::errno(1), Action::errno(38), Action::LOG, Action::TRAP][self.below(5)]
    }

    pub(crate) fn value(&mut self) -> u64 {
        let value = [0, 1, 7, 0xffff_ffff, 0x1_0000_0000, 0x1_0000_0007, u64::MAX, self.0][self.below(8)];
        value.wrapping_add(self.below(3) as u64).wrapping_sub(1)
    }

    fn condition_up_to(&mut self, arguments: u8) -> Condition {
        let argument = (0..arguments).nth(self.below(arguments.into())).unwrap_or(0);
        self.condition(argument)
    }

    pub(crate) fn condition(&mut self, argument: u8) -> Condition {
        let compare = match self.below(8) {
            0 | 1 => Compare::Equal,
            2 => Compare::NotEqual,
            3 => Compare::Less,
            4 => Compare::LessOrEqual,
            5 => Compare::Greater,
            6 => Compare::GreaterOrEqual,
            _ => Compare::Masked(self.value()),
        };
        Condition { argument, compare, value: self.value() }
    }
}

#[test]
fn random_profiles_are_read_rightly() {
    for seed in 1..=60 {
        let mut random = Random(0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(seed));
        let target = if seed % 2 == 0 { &X86_64 } else { &AARCH64 };
        let some: Vec<Name> = target.names.all().map(|(name, _)| name).collect();
        let owned: Vec<(Vec<Name>, Action, Vec<Condition>)> = (0..random.below(60))
            .map(|_| {
                let calls = (0..random.below(4)).map(|_| some[random.below(40) * some.len() / 40]).collect();
                let arguments = [1, 2, 3, 4, 5, 6][random.below(6)];
                let conditions = (0..random.below(4)).map(|_| random.condition_up_to(arguments)).collect();
                (calls, random.action(), conditions)
            })
            .collect();
        let rules: Vec<Rule<'_>> = owned
            .iter()
            .map(|(calls, action, conditions)| Rule { calls, action: *action, conditions })
            .collect();
        let abis: Vec<Abi> = target
            .abis
            .iter()
            .enumerate()
            .filter(|&(at, _)| at == 0 || random.below(2) == 0)
            .map(|(_, &a)| a)
            .collect();
        compare(&Profile { target, abis: &abis, default: random.action(), rules: &rules });
    }
}

#[test]
fn far_jumps_arrive() {
    // Hundreds of different actions keep returns and blocks farther apart than a test can jump.
    let names: Vec<Name> = X86_64.names.all().map(|(name, _)| name).collect();
    let conditions: Vec<[Condition; 2]> = (0..2)
        .map(|value| [0, 1].map(|argument| Condition { argument, compare: Compare::Masked(0xff), value }))
        .collect();
    let rules: Vec<Rule<'_>> = (0..300)
        .map(|at| Rule {
            calls: &names[at..=at],
            action: Action::errno(u16::try_from(at).unwrap() + 2),
            conditions: if at % 3 == 0 { &conditions[at % 2] } else { &[] },
        })
        .collect();
    compare(&Profile { target: &X86_64, abis: X86_64.abis, default: Action::KILL_PROCESS, rules: &rules });
}
