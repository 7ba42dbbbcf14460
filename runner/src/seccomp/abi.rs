//! The system call conventions that one kernel serves, and which of them belong to the target of this build.
//!
//! In: a name from [`Names`]. Out: its number on an [`Abi`], and what else a filter must know of that ABI: the audit
//! architecture, the width of its arguments, and the calls that older i386 programs reach through a multiplexer.
//! Only the tables of the build's own target are in the binary; tests have all.

use super::default::{self, Group};
use super::names::{self, Name, Names};

/// Set in the number of every x32 call (`__X32_SYSCALL_BIT`).
pub(super) const X32_BIT: u32 = 0x4000_0000;

/// One system call convention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Abi {
    /// 64-bit x86.
    X86_64,
    /// 32-bit programs on x86 (i386).
    X86,
    /// 32-bit pointers with 64-bit registers; shares its audit architecture with [`Abi::X86_64`].
    X32,
    /// 64-bit ARM.
    Aarch64,
    /// 32-bit ARM, EABI.
    Arm,
}

/// What one build serves.
#[derive(Debug)]
pub(super) struct Target {
    /// docker's name of it, as `includes.arches` has it.
    pub(super) docker_name: &'static str,
    /// The native ABI first, then those that docker's default profile adds to it.
    pub(super) abis: &'static [Abi],
    /// Names and numbers of all of them.
    pub(super) names: &'static Names,
    /// The default profile in those names.
    pub(super) default: &'static [Group],
}

/// 64-bit x86 boards.
#[cfg(any(test, target_arch = "x86_64"))]
pub(super) static X86_64: Target = Target {
    docker_name: "amd64",
    abis: &[Abi::X86_64, Abi::X86, Abi::X32],
    names: &names::X86,
    default: &default::X86,
};

/// 64-bit ARM boards.
#[cfg(any(test, target_arch = "aarch64"))]
pub(super) static AARCH64: Target = Target {
    docker_name: "arm64",
    abis: &[Abi::Aarch64, Abi::Arm],
    names: &names::ARM,
    default: &default::ARM,
};

/// The target of this build.
#[cfg(target_arch = "x86_64")]
pub(super) static HERE: &Target = &X86_64;
/// The target of this build.
#[cfg(target_arch = "aarch64")]
pub(super) static HERE: &Target = &AARCH64;

impl Abi {
    /// `AUDIT_ARCH_...` (linux/audit.h), as `seccomp_data.arch` has it.
    pub(super) fn audit_arch(self) -> u32 {
        match self {
            Self::X86_64 | Self::X32 => 0xc000_003e,
            Self::X86 => 0x4000_0003,
            Self::Aarch64 => 0xc000_00b7,
            Self::Arm => 0x4000_0028,
        }
    }

    /// Whether arguments have 64 bits; of the others a filter looks at the low 32 bits alone, as libseccomp does.
    pub(super) fn is_wide(self) -> bool {
        matches!(self, Self::X86_64 | Self::Aarch64)
    }

    /// The lowest number that belongs to this ABI.
    pub(super) fn first_number(self) -> u32 {
        if self == Self::X32 { X32_BIT } else { 0 }
    }

    /// The number of `name`, or `None` if this ABI lacks it.
    pub(super) fn number(self, names: &Names, name: Name) -> Option<u32> {
        match self {
            Self::X86_64 | Self::Aarch64 => names.number(0, name),
            Self::X86 | Self::Arm => names.number(1, name),
            Self::X32 => names.number(0, name).and_then(x32_number).map(|number| number | X32_BIT),
        }
    }

    /// The multiplexer and its operation that reach `name` as well, if this ABI has one for it: (number, first argument).
    pub(super) fn multiplexed(self, names: &Names, name: Name) -> Option<(u32, u32)> {
        if self == Self::X86 { names.multiplexed(name) } else { None }
    }
}

/// x32's number for a call of x86_64's number: some have their own above 511, some do not exist
/// (arch/x86/entry/syscalls/syscall_64.tbl).
fn x32_number(number: u32) -> Option<u32> {
    /// Calls from here on are the same on both, but for map_shadow_stack.
    const COMMON: u32 = 329;
    const MAP_SHADOW_STACK: u32 = 453;
    /// x86_64 numbers of the x32 calls from 512 on, in order.
    const OWN: [u16; 36] = [
        13, 15, 16, 19, 20, 45, 46, 47, 59, 101, 127, 128, 129, 131, 222, 244, 246, 247, 273, 274, 278, 279,
        295, 296, 297, 299, 307, 310, 311, 54, 55, 206, 209, 322, 327, 328,
    ];
    /// uselib, _sysctl, create_module and its kin, nfsservctl, the thread areas, the old epoll calls, vserver.
    const NONE: [u16; 11] = [134, 156, 174, 177, 178, 180, 205, 211, 214, 215, 236];
    if number >= COMMON {
        return Some(number).filter(|&number| number != MAP_SHADOW_STACK);
    }
    if NONE.iter().any(|&n| u32::from(n) == number) {
        return None;
    }
    match (512..).zip(OWN).find(|&(_, wide)| u32::from(wide) == number) {
        Some((own, _)) => Some(own),
        None => Some(number),
    }
}
