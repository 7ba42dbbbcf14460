//! What a profile means, read rule by rule for one call, without any table, range or jump.

use super::super::abi::Abi;
use super::super::rule::{Action, Compare, Condition, Profile};
use super::interpreter::Call;

/// The action that the profile asks for.
#[expect(clippy::cast_possible_truncation, reason = "i386 has 32 bits")]
pub(crate) fn decide(profile: &Profile<'_>, call: &Call) -> u32 {
    let Some(abi) = abi_of(profile, call) else {
        return Action::KILL_THREAD.0;
    };
    if !profile.abis.contains(&abi) {
        let is_skipped = call.number == u32::MAX;
        return if is_skipped { profile.default.0 } else { Action::KILL_THREAD.0 };
    }
    let names = profile.target.names;
    let mut last = None;
    let (mut always, mut sometimes) = (None, None);
    for rule in profile.rules {
        for &name in rule.calls {
            let number = abi.number(names, name);
            last = last.max(number);
            if rule.action == profile.default {
                continue;
            }
            if number == Some(call.number) {
                if rule.conditions.is_empty() {
                    always = always.or(Some(rule.action));
                } else if rule.conditions.iter().all(|condition| holds(abi, condition, call)) {
                    sometimes = sometimes.or(Some(rule.action));
                }
            }
            if abi.multiplexed(names, name) == Some((call.number, call.arguments[0] as u32)) {
                sometimes = sometimes.or(Some(rule.action));
            }
        }
    }
    let is_refusing = !profile.default.lets_pass();
    match (always.or(sometimes), last) {
        (Some(action), _) => action.0,
        (None, Some(last)) if is_refusing && call.number > last => super::ENOSYS,
        _ => profile.default.0,
    }
}

fn abi_of(profile: &Profile<'_>, call: &Call) -> Option<Abi> {
    let mut abis = profile.target.abis.iter().copied().filter(|abi| abi.audit_arch() == call.architecture);
    let first = abis.next()?;
    match abis.next() {
        Some(Abi::X32) if call.number >= 0x4000_0000 => Some(Abi::X32),
        _ => profile.abis.contains(&first).then_some(first),
    }
}

fn holds(abi: Abi, condition: &Condition, call: &Call) -> bool {
    let bits = if matches!(abi, Abi::X86_64 | Abi::Aarch64) { u64::MAX } else { 0xffff_ffff };
    let argument = call.arguments[usize::from(condition.argument)] & bits;
    let value = condition.value & bits;
    match condition.compare {
        Compare::Equal => argument == value,
        Compare::NotEqual => argument != value,
        Compare::Less => argument < value,
        Compare::LessOrEqual => argument <= value,
        Compare::Greater => argument > value,
        Compare::GreaterOrEqual => argument >= value,
        Compare::Masked(mask) => (argument ^ value) & mask & bits == 0,
    }
}
