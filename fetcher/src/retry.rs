//! Whether a failed attempt is made again, and when. Pure: time and chance are arguments.

use crate::limits::{ATTEMPT_BYTES, ATTEMPTS_MAX, BACKOFF_MS, BACKOFF_MS_MAX, RETRY_AFTER_S_MAX};
use crate::trouble::{Remedy, Trouble};

/// How often something was tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Attempts {
    failed: u32,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Wait so long, then try again.
    After(u64),
    /// Let it be.
    GiveUp,
}

impl Attempts {
    /// After an attempt that brought `bytes` before it failed. `chance` is any number: boards that lost the same
    /// registry must not come back all at once.
    pub(crate) fn failed(&mut self, trouble: &Trouble, bytes: u64, chance: u64) -> Next {
        let asked_s = match trouble.remedy {
            Remedy::Again(asked_s) => asked_s,
            Remedy::Elsewhere | Remedy::Plain | Remedy::None => return Next::GiveUp,
        };
        self.failed = if bytes >= ATTEMPT_BYTES { 1 } else { self.failed + 1 };
        if self.failed >= ATTEMPTS_MAX {
            return Next::GiveUp;
        }
        match asked_s {
            Some(asked_s) if asked_s > RETRY_AFTER_S_MAX => Next::GiveUp,
            Some(asked_s) => Next::After(asked_s * 1000 + chance % BACKOFF_MS),
            None => Next::After(self.backoff_ms(chance)),
        }
    }

    /// Doubled each time, less up to a quarter.
    fn backoff_ms(self, chance: u64) -> u64 {
        let whole = (BACKOFF_MS << (self.failed - 1).min(16)).min(BACKOFF_MS_MAX);
        whole - chance % (whole / 4)
    }
}

/// `Retry-After` (RFC 9110, 10.2.3) in seconds: a number, or a date, which is compared with the server's own `Date` so
/// that a board with a wrong clock waits no longer for it.
#[must_use]
pub fn after_s(field: Option<&str>, date: Option<&str>) -> Option<u64> {
    let field = field?.trim();
    if let Ok(seconds) = field.parse() {
        return Some(seconds);
    }
    let until = date_s(field)?.checked_sub(date_s(date?)?)?;
    Some(until)
}

/// Seconds since 1970 of `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7).
fn date_s(text: &str) -> Option<u64> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let words: Vec<_> = text.split(' ').collect();
    let [_, day, month, year, time, "GMT"] = words[..] else { return None };
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    let rfc3339 = format!("{year}-{month:02}-{day}T{time}Z");
    u64::try_from(limpet_store::config::rfc3339_s(&rfc3339)?).ok()
}

#[cfg(test)]
mod tests;
