//! Where a log is kept and how fast it may grow: `ram`, `disk`; `64k/s`, `200lines/s`.

#[cfg(test)]
mod tests;

use super::{Invalid, size};
use crate::app::LOG_FILE_BYTES_MIN;
use crate::keeper::LogRate;

const RATE: &str = "write bytes or lines a second, such as 64k/s or 200lines/s; 0 for no limit";

/// Whether a log is to be on disk.
///
/// # Errors
/// Anything but `ram` and `disk`.
pub fn is_on_disk(text: &str) -> Result<bool, Invalid> {
    match text {
        "ram" => Ok(false),
        "disk" => Ok(true),
        _ => Err("write ram or disk".into()),
    }
}

/// Bytes or lines a second; `/s` may be left out.
///
/// # Errors
/// Anything else, and more than 4 GiB a second.
pub fn rate(text: &str) -> Result<LogRate, Invalid> {
    let amount = text.strip_suffix("/s").unwrap_or(text).trim_end();
    let lines = amount.strip_suffix("lines").or_else(|| amount.strip_suffix("line"));
    let number = match lines {
        Some(number) => super::duration::digits(number.trim_end()).ok_or(RATE)?,
        None => size::parse(amount).map_err(|_| RATE)?,
    };
    let number = u32::try_from(number).map_err(|_| "is more than 4 GiB a second")?;
    Ok(match (number, lines) {
        (0, _) => LogRate::Unlimited,
        (_, Some(_)) => LogRate::Lines(number),
        (_, None) => LogRate::Bytes(number),
    })
}

/// Size of one file.
///
/// # Errors
/// No size, or too small a one.
pub fn file_bytes(text: &str) -> Result<u64, Invalid> {
    match size::parse(text)? {
        bytes if bytes < LOG_FILE_BYTES_MIN => Err("a log file has at least 4k".into()),
        bytes => Ok(bytes),
    }
}
