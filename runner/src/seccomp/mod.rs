//! System call filters: docker's default profile, and profiles in docker's JSON form, as classic BPF.
//!
//! In: the container's bounding capabilities, the kernel's version, and for `--security-opt seccomp=FILE` the bytes of
//! the file. Out: instructions packed as [`limpet_protocol::launch::Seccomp`] describes, ready for
//! [`limpet_sys::seccomp::install`]. Pure, and quick enough to be done at each start.
//!
//! The filter decides as one that runc makes with libseccomp from the same profile: rules of one call are alternatives,
//! conditions of one rule all hold, arguments of 32-bit ABIs are compared in their low half, calls newer than a
//! refusing profile get ENOSYS, ABIs that it does not serve are killed. Where rules of one call have different actions,
//! and libseccomp's order is its own affair, the first in the profile's order wins.

mod abi;
mod assemble;
mod compile;
mod decide;
mod default;
mod json;
mod names;
mod rule;

#[cfg(test)]
mod tests;

pub use assemble::INSTRUCTIONS_MAX;
pub use json::{PROFILE_BYTES_MAX, ProfileError, RULES_MAX};

use abi::{HERE, Target};
use rule::{Circumstances, Profile};
use serde_json::Value;

/// docker's default profile for a container with this bounding set (bit n for capability n) on a kernel of this version
/// and revision (`(6, 18)`).
pub fn default_filter(capabilities: u64, kernel: (u32, u32)) -> Vec<u64> {
    default_for(HERE, Circumstances { capabilities, kernel })
}

/// The filter that a profile in docker's JSON form asks for; arguments as for [`default_filter`].
///
/// Names that this build does not know are passed over, as by docker, so that one profile serves several
/// architectures and kernels; everything else that is not understood is an error.
pub fn from_json(bytes: &[u8], capabilities: u64, kernel: (u32, u32)) -> Result<Vec<u64>, ProfileError> {
    json_for(HERE, bytes, Circumstances { capabilities, kernel })
}

/// The same of a profile that is part of another document.
pub fn from_value(profile: &Value, capabilities: u64, kernel: (u32, u32)) -> Result<Vec<u64>, ProfileError> {
    compiled(HERE, &json::understand(HERE, profile, Circumstances { capabilities, kernel })?)
}

fn default_for(target: &'static Target, circumstances: Circumstances) -> Vec<u64> {
    let rules = default::rules(target.default, circumstances);
    compile::compile(&Profile { target, abis: target.abis, default: default::DEFAULT, rules: &rules })
}

fn json_for(
    target: &'static Target,
    bytes: &[u8],
    circumstances: Circumstances,
) -> Result<Vec<u64>, ProfileError> {
    compiled(target, &json::read(target, bytes, circumstances)?)
}

fn compiled(target: &'static Target, read: &json::Read) -> Result<Vec<u64>, ProfileError> {
    let rules = read.rules();
    let filter =
        compile::compile(&Profile { target, abis: &read.abis, default: read.default, rules: &rules });
    if filter.len() > INSTRUCTIONS_MAX {
        return Err(ProfileError::TooLong { instructions: filter.len() });
    }
    Ok(filter)
}
