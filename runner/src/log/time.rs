//! Moments as RFC 3339 texts: nanoseconds since 1970 in, `2026-01-02T03:04:05.000000006Z` out, and back.
//!
//! Written here because a date library is larger than the rest of the log.

/// Bytes of a text from [`format`].
pub const TEXT_BYTES: usize = 30;

const SECOND_NS: u64 = 1_000_000_000;
const DAY_S: u64 = 86_400;
/// Days of 400 years, after which the calendar repeats.
const ERA_DAYS: u64 = 146_097;
/// Days from 0000-03-01 to 1970-01-01.
const EPOCH_DAYS: u64 = 719_468;
/// From a year's first of March to the first of each month, March first.
const MONTH_STARTS: [u64; 12] = [0, 31, 61, 92, 122, 153, 184, 214, 245, 275, 306, 337];

/// The moment `ns` (nanoseconds since 1970) in UTC with nine decimals, as RFC 3339 section 5.6 writes it.
#[must_use]
pub fn format(ns: u64) -> [u8; TEXT_BYTES] {
    let mut text = *b"0000-00-00T00:00:00.000000000Z";
    let seconds = ns / SECOND_NS;
    let (year, month, day) = date(seconds / DAY_S);
    put(&mut text[0..4], year);
    put(&mut text[5..7], month);
    put(&mut text[8..10], day);
    put(&mut text[11..13], seconds % DAY_S / 3600);
    put(&mut text[14..16], seconds % 3600 / 60);
    put(&mut text[17..19], seconds % 60);
    put(&mut text[20..29], ns % SECOND_NS);
    text
}

/// The moment that an RFC 3339 text names, in nanoseconds since 1970.
///
/// `None` for anything else, and for what lies before 1970 or after 2554.
#[must_use]
pub fn parse(text: &str) -> Option<u64> {
    let bytes = text.as_bytes();
    if bytes.len() < 20 || !separators_fit(bytes) {
        return None;
    }
    let field = |from: usize, to: usize, min: u64, max: u64| {
        number(&bytes[from..to]).filter(|n| (min..=max).contains(n))
    };
    let day = days(field(0, 4, 1970, 2554)?, field(5, 7, 1, 12)?, field(8, 10, 1, 31)?)?;
    let second = field(11, 13, 0, 23)? * 3600 + field(14, 16, 0, 59)? * 60 + field(17, 19, 0, 60)?;
    let (nanoseconds, zone) = fraction(&bytes[19..])?;
    let seconds = (day * DAY_S + second).checked_add_signed(-zone_offset_s(zone)?)?;
    seconds.checked_mul(SECOND_NS)?.checked_add(nanoseconds)
}

fn separators_fit(bytes: &[u8]) -> bool {
    let marks = [(4, b'-'), (7, b'-'), (13, b':'), (16, b':')];
    marks.iter().all(|&(at, mark)| bytes[at] == mark) && matches!(bytes[10], b'T' | b't' | b' ')
}

/// Nanoseconds of an optional `.digits`, and what follows it; digits after the ninth do not count.
fn fraction(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let Some(digits) = bytes.strip_prefix(b".") else { return Some((0, bytes)) };
    let count = digits.iter().take_while(|b| b.is_ascii_digit()).count();
    let mut nine = *b"000000000";
    let used = count.min(nine.len());
    nine[..used].copy_from_slice(&digits[..used]);
    (count > 0).then_some((number(&nine)?, &digits[count..]))
}

/// Seconds east of Greenwich of `Z` or `+hh:mm`.
fn zone_offset_s(zone: &[u8]) -> Option<i64> {
    match zone {
        b"Z" | b"z" => Some(0),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let seconds = number(&[*h1, *h2])? * 3600 + number(&[*m1, *m2])? * 60;
            let seconds = i64::try_from(seconds).ok()?;
            Some(if *sign == b'-' { -seconds } else { seconds })
        }
        _ => None,
    }
}

/// Year, month and day of a count of days since 1970; years are counted from March so that a leap day ends one.
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + EPOCH_DAYS;
    let in_era = days % ERA_DAYS;
    let year_of_era = (in_era - in_era / 1460 + in_era / 36_524 - in_era / 146_096) / 365;
    let in_year = in_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = MONTH_STARTS.iter().rposition(|&start| start <= in_year).unwrap_or(0);
    let day = in_year - MONTH_STARTS[march_month] + 1;
    let year = days / ERA_DAYS * 400 + year_of_era + u64::from(march_month >= 10);
    (year, (march_month as u64 + 2) % 12 + 1, day)
}

/// Days since 1970 of a date; `None` if the month has no such day.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    let march_year = year - u64::from(month <= 2);
    let march_month = usize::try_from((month + 9) % 12).ok()?;
    let leap_days = march_year / 4 - march_year / 100 + march_year / 400;
    let count =
        (march_year * 365 + leap_days + MONTH_STARTS[march_month] + day - 1).checked_sub(EPOCH_DAYS)?;
    (date(count) == (year, month, day)).then_some(count)
}

/// Writes `value` in decimal over the whole of `place`.
fn put(place: &mut [u8], mut value: u64) {
    for digit in place.iter_mut().rev() {
        *digit = b"0123456789"[(value % 10) as usize];
        value /= 10;
    }
}

fn number(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0, |sum, b| b.is_ascii_digit().then(|| sum * 10 + u64::from(b - b'0')))
}
