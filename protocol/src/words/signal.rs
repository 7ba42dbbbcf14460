//! Signals by name or number: `TERM`, `SIGTERM`, `15`, `RTMIN+3`.

#[cfg(test)]
mod tests;

use super::Invalid;
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};

/// The signal that cannot be caught.
pub const KILL: u8 = 9;
/// First and last real-time signal, as docker numbers them (the C library keeps 32 and 33 for itself).
const REAL_TIME: (u8, u8) = (34, 64);

/// signal(7), the numbers of x86 and ARM, which are the same.
const NAMES: &[(&str, u8)] = &[
    ("HUP", 1),
    ("INT", 2),
    ("QUIT", 3),
    ("ILL", 4),
    ("TRAP", 5),
    ("ABRT", 6),
    ("IOT", 6),
    ("BUS", 7),
    ("FPE", 8),
    ("KILL", 9),
    ("USR1", 10),
    ("SEGV", 11),
    ("USR2", 12),
    ("PIPE", 13),
    ("ALRM", 14),
    ("TERM", 15),
    ("STKFLT", 16),
    ("CHLD", 17),
    ("CLD", 17),
    ("CONT", 18),
    ("STOP", 19),
    ("TSTP", 20),
    ("TTIN", 21),
    ("TTOU", 22),
    ("URG", 23),
    ("XCPU", 24),
    ("XFSZ", 25),
    ("VTALRM", 26),
    ("PROF", 27),
    ("WINCH", 28),
    ("IO", 29),
    ("POLL", 29),
    ("PWR", 30),
    ("SYS", 31),
    ("UNUSED", 31),
];

/// The number of the signal, 1 to 64. Upper and lower case are the same; images' `StopSignal` is in this form too.
///
/// # Errors
/// No such signal.
pub fn parse(text: &str) -> Result<u8, Invalid> {
    let number = match text.parse::<u8>() {
        Ok(number) => Some(number).filter(|number| (1..=REAL_TIME.1).contains(number)),
        Err(_) => named(&text.to_ascii_uppercase()),
    };
    number.ok_or_else(|| "no such signal; write a name such as TERM, or a number from 1 to 64".into())
}

fn named(upper: &str) -> Option<u8> {
    let name = upper.strip_prefix("SIG").unwrap_or(upper);
    if let Some((_, number)) = NAMES.iter().find(|(known, _)| *known == name) {
        return Some(*number);
    }
    let number = if let Some(offset) = name.strip_prefix("RTMIN") {
        REAL_TIME.0.checked_add(offset_after(offset, '+')?)?
    } else {
        REAL_TIME.1.checked_sub(offset_after(name.strip_prefix("RTMAX")?, '-')?)?
    };
    Some(number).filter(|number| (REAL_TIME.0..=REAL_TIME.1).contains(number))
}

/// The number after `sign`; 0 for nothing at all.
fn offset_after(text: &str, sign: char) -> Option<u8> {
    if text.is_empty() {
        return Some(0);
    }
    text.strip_prefix(sign)?.parse().ok()
}

/// The name of a signal without SIG, `RTMIN+3` for real-time ones, or its number if it has no name.
#[must_use]
pub fn name(number: u8) -> String {
    if let Some((name, _)) = NAMES.iter().find(|(_, known)| *known == number) {
        return (*name).to_owned();
    }
    match number.checked_sub(REAL_TIME.0) {
        Some(0) => String::from("RTMIN"),
        Some(offset) if number <= REAL_TIME.1 => format!("RTMIN+{offset}"),
        _ => number.to_string(),
    }
}
