//! Values that people type: durations, shares, labels, windows. Pure.

use limpet_fleet::rollout::Share;
use limpet_protocol::fleet::Window;
use limpet_protocol::words::duration::{NS_PER_S, nanoseconds};
use std::collections::BTreeMap;

/// Days as people write them, Monday first.
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const DAY_MINUTES: u16 = 24 * 60;

/// `90d`, `1h30m`: at least a second.
pub(crate) fn seconds(text: &str) -> Result<u64, String> {
    seconds_or_none(text).and_then(|s| if s > 0 { Ok(s) } else { Err("it is less than a second".to_owned()) })
}

/// As [`seconds`], or `0s`.
pub(crate) fn seconds_or_none(text: &str) -> Result<u64, String> {
    match nanoseconds(text) {
        Some(ns) => Ok(ns / NS_PER_S),
        None => Err("write a duration like 90d, 1h30m or 60s, at most 213000d".to_owned()),
    }
}

/// `3` or `25%`
pub(crate) fn share(text: &str) -> Result<Share, String> {
    let wrong = || "write a number of boards, or 0% to 100%".to_owned();
    match text.strip_suffix('%') {
        Some(percent) => percent
            .parse()
            .ok()
            .filter(|percent| *percent <= 100 && digits(text.trim_end_matches('%')))
            .map(Share::Percent)
            .ok_or_else(wrong),
        None => text.parse().ok().filter(|_| digits(text)).map(Share::Count).ok_or_else(wrong),
    }
}

/// `K=V`
pub(crate) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(format!("{text:?} is not K=V")),
    }
}

/// Several of them, each name once.
pub(crate) fn pairs(texts: &[String]) -> Result<BTreeMap<String, String>, String> {
    let mut found = BTreeMap::new();
    for text in texts {
        let (name, value) = pair(text)?;
        if found.insert(name, value).is_some() {
            return Err(format!("{text:?}: its name stands twice"));
        }
    }
    Ok(found)
}

/// `K=V` or `K-`
pub(crate) fn label_changes(texts: &[String]) -> Result<BTreeMap<String, Option<String>>, String> {
    let mut found = BTreeMap::new();
    for text in texts {
        let (name, value) =
            match text.strip_suffix('-').filter(|name| !name.contains('=') && !name.is_empty()) {
                Some(name) => (name.to_owned(), None),
                None => pair(text).map(|(name, value)| (name, Some(value)))?,
            };
        if found.insert(name, value).is_some() {
            return Err(format!("{text:?}: its name stands twice"));
        }
    }
    Ok(found)
}

/// `Mon-Fri 02:00-04:00`, `Sat,Sun 22:00-02:00`, `02:00-04:00` (every day). UTC.
pub(crate) fn window(text: &str) -> Result<Window, String> {
    let wrong = || format!("window {text:?} is not like 'Mon-Fri 02:00-04:00' (UTC)");
    let words: Vec<&str> = text.split_whitespace().collect();
    let (days, times) = match words.as_slice() {
        [times] => (0x7f, *times),
        [days, times] => (day_set(days).ok_or_else(wrong)?, *times),
        _ => return Err(wrong()),
    };
    let (from, until) = times.split_once('-').ok_or_else(wrong)?;
    let from_minute = minute(from).filter(|minute| *minute < DAY_MINUTES).ok_or_else(wrong)?;
    let until = minute(until).ok_or_else(wrong)?;
    // It may end on the next day; one that ends when it begins is a whole day.
    let minutes = if until > from_minute { until - from_minute } else { until + DAY_MINUTES - from_minute };
    let window = Window { days, from_minute, minutes };
    if window.is_valid() { Ok(window) } else { Err(wrong()) }
}

/// `Mon-Fri`, `Sat,Sun`, `daily`
fn day_set(text: &str) -> Option<u8> {
    if text.eq_ignore_ascii_case("daily") {
        return Some(0x7f);
    }
    let day = |text: &str| DAYS.iter().position(|day| text.eq_ignore_ascii_case(day));
    let mut days = 0;
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (day(first)?, day(last)?);
        // Fri-Mon goes over the end of the week.
        let count = (last + 7 - first) % 7;
        days |= (0..=count).fold(0, |days, next| days | 1 << ((first + next) % 7));
    }
    Some(days)
}

/// `parse` would take a sign.
fn digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `02:30`; `24:00` is the end of a day.
fn minute(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let two = |text: &str| text.len() == 2 && digits(text);
    let number = |text: &str| text.parse::<u16>().ok().filter(|_| two(text));
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let minute = hours * 60 + minutes;
    (minutes < 60 && minute <= DAY_MINUTES && hours <= 24).then_some(minute)
}

/// A window as it is typed.
pub(crate) fn window_text(window: &Window) -> String {
    let days: Vec<&str> = (0..7).filter(|day| window.days & (1 << day) != 0).map(|day| DAYS[day]).collect();
    let end = (window.from_minute + window.minutes) % DAY_MINUTES;
    let at = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    format!("{} {}-{}", days.join(","), at(window.from_minute), at(end))
}

#[cfg(test)]
mod tests;
