//! Records of a pax extended header: `LENGTH KEY=VALUE\n` (pax(1), "Extended Header").
//!
//! The `tar` crate's reader splits at newlines and so breaks binary values (file capabilities have them).

/// Why bytes are not pax records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed pax extended header")]
pub(crate) struct InvalidPax;

/// Key and value of each record.
pub(crate) type Record<'a> = (&'a [u8], &'a [u8]);

/// The records in order.
pub(crate) fn records(mut bytes: &[u8]) -> Result<Vec<Record<'_>>, InvalidPax> {
    let mut found = Vec::new();
    while !bytes.is_empty() && bytes[0] != 0 {
        let (record, rest) = first(bytes).ok_or(InvalidPax)?;
        found.push(record);
        bytes = rest;
    }
    Ok(found)
}

fn first(bytes: &[u8]) -> Option<(Record<'_>, &[u8])> {
    let space = bytes.iter().take(20).position(|b| *b == b' ')?;
    let length: usize = std::str::from_utf8(&bytes[..space]).ok()?.parse().ok()?;
    let (record, rest) = bytes.split_at_checked(length)?;
    let record = record.get(space + 1..)?.strip_suffix(b"\n")?;
    let equals = record.iter().position(|b| *b == b'=')?;
    Some(((&record[..equals], &record[equals + 1..]), rest))
}

/// A time in seconds since 1970, with an optional fraction and sign, to seconds and nanoseconds.
pub(crate) fn time(value: &[u8]) -> Option<(i64, u32)> {
    let text = std::str::from_utf8(value).ok()?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let seconds: i64 = whole.parse().ok()?;
    let digits: String = fraction.chars().chain("000000000".chars()).take(9).collect();
    let nanos: u32 = digits.parse().ok()?;
    if whole.starts_with('-') && nanos > 0 {
        return Some((seconds.checked_sub(1)?, 1_000_000_000 - nanos));
    }
    Some((seconds, nanos))
}

/// A decimal number.
pub(crate) fn number(value: &[u8]) -> Option<u64> {
    std::str::from_utf8(value).ok()?.parse().ok()
}

#[cfg(test)]
mod tests;
