//! Sizes in bytes as docker takes them: `64m`, `1.5g`, `512KiB`; every unit is a power of 1024.

#[cfg(test)]
mod tests;

use super::Invalid;

const HOW: &str = "not a size; write a number and b, k, m, g or t, such as 64m";
/// Digits after the point that are looked at; a tebibyte has no finer byte.
const FRACTION_DIGITS_MAX: usize = 13;

/// The bytes that `text` means.
///
/// # Errors
/// No number, another unit, a fraction of a byte, or more than 2^63-1 bytes (what the kernel can count).
pub fn parse(text: &str) -> Result<u64, Invalid> {
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let shift = unit_shift(unit.trim_start()).ok_or(HOW)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || fraction.contains('.') || number.ends_with('.') {
        return Err(HOW.into());
    }
    let whole: u128 = whole.parse().map_err(|_| "larger than any size the kernel knows")?;
    let bytes = whole.checked_mul(1 << shift).ok_or("larger than any size the kernel knows")?;
    let bytes = bytes + fraction_bytes(fraction, shift)?;
    match u64::try_from(bytes) {
        Ok(bytes) if bytes <= i64::MAX as u64 => Ok(bytes),
        _ => Err("larger than any size the kernel knows".into()),
    }
}

/// Like [`parse`], but not 0.
///
/// # Errors
/// Those of [`parse`], and 0.
pub fn parse_positive(text: &str) -> Result<u64, Invalid> {
    match parse(text)? {
        0 => Err("must be more than 0".into()),
        bytes => Ok(bytes),
    }
}

fn unit_shift(unit: &str) -> Option<u32> {
    let lower = unit.to_ascii_lowercase();
    let letter = match lower.as_str() {
        "" | "b" => return Some(0),
        other => other.strip_suffix("ib").or_else(|| other.strip_suffix('b')).unwrap_or(other),
    };
    Some(match letter {
        "k" => 10,
        "m" => 20,
        "g" => 30,
        "t" => 40,
        "p" => 50,
        _ => return None,
    })
}

/// The bytes of `0.fraction` of a unit, rounded down, as docker does.
fn fraction_bytes(fraction: &str, shift: u32) -> Result<u128, Invalid> {
    if fraction.is_empty() {
        return Ok(0);
    }
    if fraction.len() > FRACTION_DIGITS_MAX {
        return Err("has too many digits after the point".into());
    }
    let digits: u128 = fraction.parse().map_err(|_| HOW)?;
    let unit = fraction.bytes().fold(1, |unit: u128, _| unit * 10);
    Ok((digits << shift) / unit)
}
