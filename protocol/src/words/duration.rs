//! Durations in Go's form, as docker and compose take them.

#[cfg(test)]
mod tests;

use alloc::string::String;

/// Nanoseconds of a second.
pub const NS_PER_S: u64 = 1_000_000_000;

/// `10m`, `1h30m`, `1.5s`, `250ms` (Go's form), in nanoseconds; days are ours.
#[must_use]
pub fn nanoseconds(text: &str) -> Option<u64> {
    let mut rest = text;
    let mut total_ns: u64 = 0;
    while !rest.is_empty() {
        let number_end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(number_end);
        let unit_end = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_end);
        total_ns = total_ns.checked_add(scaled(number, unit_ns(unit)?)?)?;
        rest = after;
    }
    (!text.is_empty()).then_some(total_ns)
}

fn unit_ns(unit: &str) -> Option<u64> {
    Some(match unit {
        "ns" => 1,
        "us" | "µs" => 1000,
        "ms" => 1_000_000,
        "s" => NS_PER_S,
        "m" => 60 * NS_PER_S,
        "h" => 3600 * NS_PER_S,
        "d" => 86400 * NS_PER_S,
        _ => return None,
    })
}

fn scaled(number: &str, unit_ns: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let whole_ns = digits(whole)?.checked_mul(unit_ns)?;
    let part = u128::from(fraction_ns(fraction)?) * u128::from(unit_ns) / u128::from(NS_PER_S);
    whole_ns.checked_add(u64::try_from(part).ok()?)
}

/// `25` after the point is 250000000 nanoseconds; finer digits are cut off.
#[must_use]
pub fn fraction_ns(fraction: &str) -> Option<u64> {
    digits(fraction)?;
    let nine: String = fraction.chars().chain(core::iter::repeat('0')).take(9).collect();
    digits(&nine)
}

/// A whole number of digits and nothing else.
#[must_use]
pub fn digits(text: &str) -> Option<u64> {
    let all = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    all.then(|| text.parse().ok()).flatten()
}
