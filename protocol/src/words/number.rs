//! Numbers: CPUs in thousandths, shares, counts, lists of CPUs, rates.

#[cfg(test)]
mod tests;

use super::{Invalid, size};
use crate::limits::{MEMORY_BYTES_MIN, Memory, Pids, Swap};
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;

/// Most CPUs that `--cpus` and the lists speak of: what a kernel can be built for.
pub const CPUS_MAX: u32 = 8192;
/// Smallest `--cpu-shares` that the kernel takes.
pub const CPU_SHARES_MIN: u32 = 2;
/// Largest `--cpu-shares` that the kernel takes.
pub const CPU_SHARES_MAX: u32 = 262_144;
/// Most tasks: the kernel's largest pid.
pub const PIDS_MAX: u32 = 4_194_304;

/// `--memory`: at least [`MEMORY_BYTES_MIN`], or -1.
///
/// # Errors
/// Not a size, or too small to start anything.
pub fn memory(text: &str) -> Result<Memory, Invalid> {
    if text == "-1" {
        return Ok(Memory::Unlimited);
    }
    match size::parse(text)? {
        bytes if bytes < MEMORY_BYTES_MIN => {
            Err(format!("too small to start anything; the least is {}k", MEMORY_BYTES_MIN / 1024).into())
        }
        bytes => Ok(Memory::MaxBytes(bytes)),
    }
}

/// `--memory-swap`.
///
/// # Errors
/// Not a size and not -1.
pub fn swap(text: &str) -> Result<Swap, Invalid> {
    if text == "-1" {
        return Ok(Swap::Unlimited);
    }
    Ok(Swap::TotalBytes(size::parse_positive(text)?))
}

/// `--cpus`, exactly, without a detour over binary fractions.
///
/// # Errors
/// Not a decimal number, finer than a thousandth, 0, or more than [`CPUS_MAX`].
pub fn cpu_millis(text: &str) -> Result<u32, Invalid> {
    const HOW: &str = "not a number of CPUs; write 0.5 or 2";
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let whole = if whole.is_empty() { "0" } else { whole };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return Err(HOW.into());
    }
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > 3 {
        return Err("finer than a thousandth of a CPU".into());
    }
    let whole: u32 =
        whole.parse().ok().filter(|cpus| *cpus <= CPUS_MAX).ok_or("more CPUs than any board has")?;
    let millis: u32 = format!("{fraction:0<3}").parse().map_err(|_| HOW)?;
    match whole * 1000 + millis {
        0 => Err("must be more than 0".into()),
        millis => Ok(millis),
    }
}

/// `--cpu-shares`.
///
/// # Errors
/// Outside of [`CPU_SHARES_MIN`] to [`CPU_SHARES_MAX`].
pub fn cpu_shares(text: &str) -> Result<u32, Invalid> {
    match text.parse() {
        Ok(shares) if (CPU_SHARES_MIN..=CPU_SHARES_MAX).contains(&shares) => Ok(shares),
        _ => Err(format!("write a number from {CPU_SHARES_MIN} to {CPU_SHARES_MAX}").into()),
    }
}

/// `--pids-limit`: -1 and 0 are no limit.
///
/// # Errors
/// Not a number, or over [`PIDS_MAX`].
pub fn pids(text: &str) -> Result<Pids, Invalid> {
    match text {
        "-1" | "0" => Ok(Pids::Unlimited),
        _ => match text.parse() {
            Ok(max) if max <= PIDS_MAX => Ok(Pids::Max(max)),
            _ => Err(format!("write a number from 1 to {PIDS_MAX}, or -1 for no limit").into()),
        },
    }
}

/// `--cpuset-cpus` and `--cpuset-mems`: numbers and ranges, `0-2,7` (cpuset(7), list format).
///
/// # Errors
/// Anything else, and ranges that run backwards.
pub fn cpu_list(text: &str) -> Result<String, Invalid> {
    const HOW: &str = "write numbers and ranges, such as 0-2,7";
    for range in text.split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let digits = |part: &str| part.len() <= 4 && part.bytes().all(|b| b.is_ascii_digit());
        let number = |part: &str| part.parse().ok().filter(|n: &u32| *n < CPUS_MAX && digits(part));
        match (number(first), number(last)) {
            (Some(first), Some(last)) if first <= last => {}
            _ => return Err(HOW.into()),
        }
    }
    Ok(text.to_owned())
}

/// `DEVICE:RATE` with the rate in bytes per second, `/dev/sda:1m`.
///
/// # Errors
/// No path below /dev, or not a rate above 0.
pub fn bytes_rate(text: &str) -> Result<(String, u64), Invalid> {
    rate(text, size::parse_positive)
}

/// `DEVICE:RATE` with the rate in operations per second, `/dev/sda:100`.
///
/// # Errors
/// No path below /dev, or not a rate above 0.
pub fn operations_rate(text: &str) -> Result<(String, u64), Invalid> {
    let positive = |rate: &str| rate.parse().ok().filter(|rate| *rate > 0);
    rate(text, |rate| positive(rate).ok_or_else(|| "the rate must be a number above 0".into()))
}

fn rate(text: &str, parse: impl Fn(&str) -> Result<u64, Invalid>) -> Result<(String, u64), Invalid> {
    match text.rsplit_once(':') {
        Some((path, rate)) if path.starts_with("/dev/") => Ok((path.to_owned(), parse(rate)?)),
        _ => Err("write DEVICE:RATE, such as /dev/sda:1m".into()),
    }
}

/// `--oom-score-adj`.
///
/// # Errors
/// Outside of -1000 to 1000.
pub fn oom_score_adj(text: &str) -> Result<i16, Invalid> {
    let found = text.parse().ok().filter(|score| (-1000..=1000).contains(score));
    found.ok_or_else(|| "write a number from -1000 to 1000".into())
}
