//! Seccomp profiles in docker's JSON form: any of them becomes a filter that the kernel can take, or is refused.

use limpet_runner::seccomp::from_json;

/// Most instructions that the kernel takes (BPF_MAXINSNS).
const INSTRUCTIONS_MAX: usize = 4096;

/// One input.
///
/// # Panics
/// It is a finding.
pub fn run(input: &[u8]) {
    if let Ok(filter) = from_json(input, 0, (6, 1)) {
        assert!(!filter.is_empty() && filter.len() <= INSTRUCTIONS_MAX, "{}", filter.len());
    }
}
