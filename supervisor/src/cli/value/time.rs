//! Times and durations: `--since`, `--until`, `--stop-timeout`.
//!
//! Nothing here knows what time it is: a [`Moment`] that counts back from now is resolved by whoever has a clock.

#[cfg(test)]
mod tests;

use super::Invalid;
use limpet_protocol::words::duration::{self, NS_PER_S, digits, fraction_ns};

const HOW: &str = "write a time such as 2026-01-02T15:04:05Z, 1767366245, or how long ago: 10m, 1h30m";
/// Last year that is taken; nanoseconds since 1970 fit 64 bits up to 2554.
const YEAR_MAX: u64 = 2500;

/// A point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Nanoseconds since 1970.
    At(u64),
    /// Nanoseconds before now.
    Ago(u64),
}

impl Moment {
    /// Nanoseconds since 1970, if it is `now_ns`.
    #[must_use]
    pub fn resolve(self, now_ns: u64) -> u64 {
        match self {
            Self::At(at_ns) => at_ns,
            Self::Ago(ago_ns) => now_ns.saturating_sub(ago_ns),
        }
    }
}

/// How long a container may take to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grace {
    /// This many milliseconds, then SIGKILL.
    Ms(u32),
    /// As long as it takes.
    Forever,
}

/// `--stop-timeout` and `stop -t`: whole seconds, negative for ever.
///
/// # Errors
/// Not a number, or over 49 days.
pub fn grace(text: &str) -> Result<Grace, Invalid> {
    let seconds: i64 = text.parse().map_err(|_| "write a number of seconds, or -1 to wait for ever")?;
    if seconds < 0 {
        return Ok(Grace::Forever);
    }
    // u32::MAX itself means "for ever" between keeper and clients.
    let ms = u32::try_from(seconds.saturating_mul(1000)).ok().filter(|ms| *ms < u32::MAX);
    ms.map(Grace::Ms).ok_or_else(|| "longer than 49 days; write -1 to wait for ever".into())
}

/// `--wait-timeout`: whole seconds, at least 1.
///
/// # Errors
/// Anything else.
pub fn seconds(text: &str) -> Result<u32, Invalid> {
    let seconds = text.parse().ok().filter(|seconds: &u32| *seconds > 0);
    seconds.ok_or_else(|| "write a number of seconds, at least 1".into())
}

/// RFC 3339 (zone or time may be left out: then UTC, midnight), seconds since 1970, or a duration before now.
///
/// # Errors
/// Anything else.
pub fn moment(text: &str) -> Result<Moment, Invalid> {
    if let Some(at_ns) = unix(text) {
        return Ok(Moment::At(at_ns));
    }
    if let Some(ago_ns) = duration::nanoseconds(text) {
        return Ok(Moment::Ago(ago_ns));
    }
    rfc3339(text).map(Moment::At).ok_or_else(|| HOW.into())
}

/// `1767366245` or `1767366245.25`, in nanoseconds.
fn unix(text: &str) -> Option<u64> {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let seconds: u64 = digits(seconds)?;
    seconds.checked_mul(NS_PER_S)?.checked_add(fraction_ns(fraction)?)
}

/// `2026-01-02[T15:04[:05[.999]][Z|+01:00]]`, in nanoseconds since 1970; not before that.
pub fn rfc3339(text: &str) -> Option<u64> {
    let (date, time) = text.split_once(['T', 't', ' ']).unwrap_or((text.trim_end_matches('Z'), "00:00"));
    let day = day_of(date)?;
    let (time, offset_s) = zone(time)?;
    let (seconds, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let second = second_of_day(seconds)?;
    let at_s = i64::try_from(day * 86400 + second).ok()? - offset_s;
    u64::try_from(at_s).ok()?.checked_mul(NS_PER_S)?.checked_add(fraction_ns(fraction)?)
}

/// Splits the zone off: seconds east of Greenwich.
fn zone(time: &str) -> Option<(&str, i64)> {
    if let Some(time) = time.strip_suffix(['Z', 'z']) {
        return Some((time, 0));
    }
    let Some(place) = time.rfind(['+', '-']) else { return Some((time, 0)) };
    let (time, offset) = time.split_at(place);
    let (hours, minutes) = offset[1..].split_once(':')?;
    let (hours, minutes) = (two_digits(hours, 23)?, two_digits(minutes, 59)?);
    let seconds = i64::try_from(hours * 3600 + minutes * 60).ok()?;
    Some((time, if offset.starts_with('-') { -seconds } else { seconds }))
}

fn two_digits(text: &str, max: u64) -> Option<u64> {
    digits(text).filter(|value| text.len() == 2 && *value <= max)
}

fn second_of_day(time: &str) -> Option<u64> {
    let mut parts = time.split(':');
    let hour = two_digits(parts.next()?, 23)?;
    let minute = two_digits(parts.next()?, 59)?;
    // 60 is a leap second.
    let second = parts.next().map_or(Some(0), |second| two_digits(second, 60))?;
    parts.next().is_none().then_some(hour * 3600 + minute * 60 + second)
}

/// Days since 1970.
fn day_of(date: &str) -> Option<u64> {
    let mut parts = date.split('-');
    let year = digits(parts.next()?).filter(|year| (1970..=YEAR_MAX).contains(year))?;
    let month = two_digits(parts.next()?, 12).filter(|month| *month > 0)?;
    let day = two_digits(parts.next()?, days_in(year, month)).filter(|day| *day > 0)?;
    if parts.next().is_some() {
        return None;
    }
    let leap_days = |year: u64| year / 4 - year / 100 + year / 400;
    let years = (year - 1970) * 365 + leap_days(year - 1) - leap_days(1969);
    let months: u64 = (1..month).map(|month| days_in(year, month)).sum();
    Some(years + months + day - 1)
}

fn days_in(year: u64, month: u64) -> u64 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 31,
    }
}
