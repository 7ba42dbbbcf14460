//! Spans of time for people, in docker's words: `2 minutes`, `About an hour`.

#[cfg(test)]
mod tests;

const MINUTE_S: u64 = 60;
const HOUR_S: u64 = 60 * MINUTE_S;
const DAY_S: u64 = 24 * HOUR_S;

/// The span in one unit.
#[must_use]
pub fn human(seconds: u64) -> String {
    let (minutes, hours) = (seconds / MINUTE_S, (seconds + HOUR_S / 2) / HOUR_S);
    let (days, weeks) = (seconds / DAY_S, seconds / (7 * DAY_S));
    match seconds {
        0 => String::from("Less than a second"),
        1 => String::from("1 second"),
        2..MINUTE_S => format!("{seconds} seconds"),
        _ if minutes == 1 => String::from("About a minute"),
        _ if minutes < 60 => format!("{minutes} minutes"),
        _ if hours == 1 => String::from("About an hour"),
        _ if hours < 48 => format!("{hours} hours"),
        _ if days < 14 => format!("{days} days"),
        _ if days < 60 => format!("{weeks} weeks"),
        _ if days < 730 => format!("{} months", days / 30),
        _ => format!("{} years", days / 365),
    }
}

/// `2 minutes ago`, for a time before now; a time to come counts as now.
#[must_use]
pub fn ago(then_ns: u64, now_ns: u64) -> String {
    format!("{} ago", human(now_ns.saturating_sub(then_ns) / 1_000_000_000))
}
