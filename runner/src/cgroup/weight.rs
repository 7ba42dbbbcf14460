//! Between v1's `cpu.shares` (2 to 262144, 1024 by default) and v2's `cpu.weight` (1 to 10000, 100 by default).
//!
//! The curve is the one that crun (since 1.23, pull request 1767) and runc (since 1.3.2, opencontainers/cgroups pull
//! request 20) use: with l = log2(shares), weight = 10 to the power of ((l² + 125 l) / 612 − 7/34), rounded up. It
//! meets both ends and both defaults; the linear one before it made 39 of the default 1024.

use super::policy::{CPU_SHARES_MAX, CPU_SHARES_MIN};

/// The kernel's default weight (CGROUP_WEIGHT_DFL).
pub(super) const WEIGHT_DEFAULT: u32 = 100;
/// The kernel's default shares.
pub(super) const SHARES_DEFAULT: u32 = 1024;
const WEIGHT_MAX: u32 = 10_000;

/// Weight for these shares; shares out of range count as the nearest end.
#[must_use]
pub fn weight_from_shares(shares: u32) -> u32 {
    match shares {
        ..=CPU_SHARES_MIN => 1,
        SHARES_DEFAULT => WEIGHT_DEFAULT,
        CPU_SHARES_MAX.. => WEIGHT_MAX,
        _ => on_the_curve(shares),
    }
}

fn on_the_curve(shares: u32) -> u32 {
    let log = f64::from(shares).log2();
    let exponent = (log * log + 125.0 * log) / 612.0 - 7.0 / 34.0;
    let weight = 10_f64.powf(exponent).ceil().clamp(1.0, f64::from(WEIGHT_MAX));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to 1..=10000 just above"
    )]
    let weight = weight as u32;
    weight
}

/// The smallest shares that give this weight, so that the way there and back keeps the weight; the default is exact.
#[must_use]
pub fn shares_from_weight(weight: u32) -> u32 {
    if weight == WEIGHT_DEFAULT {
        return SHARES_DEFAULT;
    }
    let (mut low, mut high) = (CPU_SHARES_MIN, CPU_SHARES_MAX);
    while low < high {
        let middle = low + (high - low) / 2;
        if weight_from_shares(middle) >= weight {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}
