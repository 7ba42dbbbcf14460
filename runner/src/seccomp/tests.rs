//! The filters are run by an interpreter and compared with a naive reading of the same profile, with libseccomp, and
//! with the kernel.

mod default;
mod docker;
mod interpreter;
mod json;
mod kernel;
mod libseccomp;
mod property;
mod reference;

use super::abi::Abi;
use super::rule::{Action, Circumstances};
use crate::capabilities;

pub(super) const ALLOW: u32 = Action::ALLOW.0;
pub(super) const EPERM: u32 = Action::errno(1).0;
pub(super) const ENOSYS: u32 = Action::errno(38).0;

/// A container as docker starts it, on a current kernel.
pub(super) const USUAL: Circumstances =
    Circumstances { capabilities: capabilities::DEFAULT, kernel: (6, 18) };

/// The default set with some more.
pub(super) fn with(names: &[&str]) -> Circumstances {
    let more =
        names.iter().map(|name| 1 << capabilities::number(name).unwrap()).fold(0, |set, bit: u64| set | bit);
    Circumstances { capabilities: USUAL.capabilities | more, ..USUAL }
}

/// Every number that some name has, its neighbours, and the ends of the ranges.
pub(super) fn numbers(abi: Abi) -> Vec<u32> {
    let base = abi.first_number();
    let ends = [
        0x0f_0000,
        0x0f_0001,
        0x0f_0002,
        0x0f_0005,
        0x0f_0006,
        0x3fff_ffff,
        0x4000_0000,
        0x7fff_ffff,
        u32::MAX,
    ];
    (0..700).map(|number| base + number).chain(ends).collect()
}
