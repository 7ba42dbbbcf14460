//! Points in time as text: RFC 3339 in UTC, with nanoseconds.

#[cfg(test)]
mod tests;

/// What docker prints for a time that has not come.
pub const NEVER: &str = "0001-01-01T00:00:00Z";

/// Year, month, day, hour, minute, second.
type Civil = (u64, u64, u64, u64, u64, u64);

/// `2026-01-02T15:04:05.123456789Z`: nine digits, as in logs.
#[must_use]
pub fn rfc3339_nanos(at_ns: u64) -> String {
    let (year, month, day, hour, minute, second) = civil(at_ns / 1_000_000_000);
    let fraction = at_ns % 1_000_000_000;
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:09}Z")
}

/// The same without zeros at the end of the fraction, as in `inspect`; 0 is [`NEVER`].
#[must_use]
pub fn rfc3339(at_ns: u64) -> String {
    if at_ns == 0 {
        return NEVER.to_owned();
    }
    let whole = rfc3339_nanos(at_ns);
    let shorter = whole.trim_end_matches('Z').trim_end_matches('0').trim_end_matches('.');
    format!("{shorter}Z")
}

/// `2026-01-02 15:04:05 +0000 UTC`, as the `CreatedAt` of `ps --format`.
#[must_use]
pub fn plain(at_ns: u64) -> String {
    let (year, month, day, hour, minute, second) = civil(at_ns / 1_000_000_000);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} +0000 UTC")
}

/// The Gregorian calendar from seconds since 1970, by eras of 400 years that begin in March.
fn civil(seconds: u64) -> Civil {
    const DAYS_TO_1970: u64 = 719_468;
    const DAYS_OF_ERA: u64 = 146_097;
    let days = seconds / 86400 + DAYS_TO_1970;
    let (era, day_of_era) = (days / DAYS_OF_ERA, days % DAYS_OF_ERA);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let second = seconds % 86400;
    (year, month, day, second / 3600, second / 60 % 60, second % 60)
}
