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

/// Without floating point: `log2` and `pow` with their tables are 9 KB.
fn on_the_curve(shares: u32) -> u32 {
    let log = log2(shares);
    let exponent = (((log * log) >> FRACTION_BITS) + 125 * log) / 612 - (7 << FRACTION_BITS) / 34;
    let least = (exponent * LOG2_10) >> FRACTION_BITS;
    lowest(1, WEIGHT_MAX, |weight| log2(weight) >= least)
}

const FRACTION_BITS: u32 = 48;
/// log2(10), in units of 2^-48.
const LOG2_10: i128 = 935_039_633_142_894;

/// The logarithm of a number from 1, in units of 2^-48: a bit for each squaring of what is left, a number from 1 to 2.
fn log2(number: u32) -> i128 {
    let whole = number.ilog2();
    let mut rest = u64::from(number) << (63 - whole);
    let mut log = i128::from(whole);
    for _ in 0..FRACTION_BITS {
        let square = (u128::from(rest) * u128::from(rest)) >> 63;
        let is_above_two = square >> 64 != 0;
        log = (log << 1) | i128::from(is_above_two);
        #[expect(clippy::cast_possible_truncation, reason = "shifted down to 64 bits")]
        let halved = (square >> u32::from(is_above_two)) as u64;
        rest = halved;
    }
    log
}

/// The smallest shares that give this weight, so that the way there and back keeps the weight; the default is exact.
#[must_use]
pub fn shares_from_weight(weight: u32) -> u32 {
    if weight == WEIGHT_DEFAULT {
        return SHARES_DEFAULT;
    }
    lowest(CPU_SHARES_MIN, CPU_SHARES_MAX, |shares| weight_from_shares(shares) >= weight)
}

/// The lowest number from `low` to `high` that is enough, as all above it are; `high` if none is.
fn lowest(mut low: u32, mut high: u32, is_enough: impl Fn(u32) -> bool) -> u32 {
    while low < high {
        let middle = low + (high - low) / 2;
        if is_enough(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}
