//! What a profile says once its words are resolved: actions as the kernel returns them, rules and conditions.
//!
//! In: nothing. Out: the types that the default table and docker's JSON produce and that the compiler reads.

use super::abi::{Abi, Target};
use super::names::Name;

/// Arguments that a system call has.
pub(super) const ARGUMENTS: u8 = 6;

/// What a filter returns: `SECCOMP_RET_...` with its data (seccomp(2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Action(pub(super) u32);

impl Action {
    pub(super) const KILL_PROCESS: Self = Self(0x8000_0000);
    pub(super) const KILL_THREAD: Self = Self(0);
    pub(super) const TRAP: Self = Self(0x0003_0000);
    pub(super) const LOG: Self = Self(0x7ffc_0000);
    pub(super) const ALLOW: Self = Self(0x7fff_0000);

    /// The call fails with this error number.
    pub(super) const fn errno(errno: u16) -> Self {
        Self(0x0005_0000 | errno as u32)
    }

    /// A tracer is told, with this message; without one the call fails with ENOSYS.
    pub(super) const fn trace(message: u16) -> Self {
        Self(0x7ff0_0000 | message as u32)
    }

    /// Whether the call goes on, perhaps after somebody has been told.
    pub(super) fn lets_pass(self) -> bool {
        matches!(self.0 & 0xffff_0000, 0x7fff_0000 | 0x7ffc_0000 | 0x7ff0_0000)
    }
}

/// How an argument is compared, unsigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compare {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    /// Equal in the bits of this mask; bits of the value outside of it do not count.
    Masked(u64),
}

/// One condition on one argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Condition {
    /// Which argument, below [`ARGUMENTS`].
    pub(super) argument: u8,
    pub(super) compare: Compare,
    pub(super) value: u64,
}

impl Condition {
    /// Whether an argument of this value meets the condition.
    pub(super) fn holds(&self, argument: u64) -> bool {
        match self.compare {
            Compare::Equal => argument == self.value,
            Compare::NotEqual => argument != self.value,
            Compare::Less => argument < self.value,
            Compare::LessOrEqual => argument <= self.value,
            Compare::Greater => argument > self.value,
            Compare::GreaterOrEqual => argument >= self.value,
            Compare::Masked(mask) => argument & mask == self.value & mask,
        }
    }

    /// The same condition on these bits of the argument alone, its value without any that do not count.
    pub(super) fn within(self, bits: u64) -> Self {
        let (compare, bits) = match self.compare {
            Compare::Masked(mask) => (Compare::Masked(mask & bits), mask & bits),
            other => (other, bits),
        };
        Self { compare, value: self.value & bits, ..self }
    }
}

/// What is done with some calls when all conditions hold.
///
/// Rules of one call: the first one without conditions decides alone; otherwise the first one, in their order, whose
/// conditions hold; otherwise the profile's default.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule<'a> {
    pub(super) calls: &'a [Name],
    pub(super) action: Action,
    pub(super) conditions: &'a [Condition],
}

/// All that a filter is made of.
#[derive(Debug)]
pub(super) struct Profile<'a> {
    pub(super) target: &'static Target,
    /// Served ABIs; calls of any other kill the thread, as libseccomp's filters do.
    pub(super) abis: &'a [Abi],
    /// For calls that no rule decides.
    pub(super) default: Action,
    pub(super) rules: &'a [Rule<'a>],
}

/// What the rules of a profile may depend on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Circumstances {
    /// The container's bounding set, bit n for capability n.
    pub(super) capabilities: u64,
    /// The kernel's version and major revision: 6.18 is (6, 18).
    pub(super) kernel: (u32, u32),
}
