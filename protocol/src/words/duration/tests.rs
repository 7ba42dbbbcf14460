//! Durations, right and wrong.

use super::nanoseconds;

#[test]
fn parts_are_added_up() {
    const MS: u64 = 1_000_000;
    for (text, ns) in [
        ("10s", 10_000 * MS),
        ("1h5m30s20ms", 3_930_020 * MS),
        ("2.5s", 2500 * MS),
        ("250us", MS / 4),
        ("7ns", 7),
        ("0s", 0),
        ("1d", 86_400_000 * MS),
    ] {
        assert_eq!(nanoseconds(text), Some(ns), "{text}");
    }
}

#[test]
fn what_is_no_duration_is_refused() {
    for text in ["", "10", "s", "-1s", "1.s", ".5s", "1 s", "1s2", "1w", "99999999999h", "1..5s"] {
        assert_eq!(nanoseconds(text), None, "{text}");
    }
}
