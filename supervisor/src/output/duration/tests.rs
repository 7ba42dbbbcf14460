//! Spans of time, as docker words them.

use super::{ago, human};

#[test]
fn spans_are_in_one_unit() {
    for (seconds, text) in [
        (0, "Less than a second"),
        (1, "1 second"),
        (59, "59 seconds"),
        (60, "About a minute"),
        (119, "About a minute"),
        (120, "2 minutes"),
        (3599, "59 minutes"),
        (3600, "About an hour"),
        (5399, "About an hour"),
        (5400, "2 hours"),
        (47 * 3600, "47 hours"),
        (48 * 3600, "2 days"),
        (13 * 86400, "13 days"),
        (14 * 86400, "2 weeks"),
        (59 * 86400, "8 weeks"),
        (60 * 86400, "2 months"),
        (729 * 86400, "24 months"),
        (730 * 86400, "2 years"),
    ] {
        assert_eq!(human(seconds), text, "{seconds}");
    }
}

#[test]
fn a_time_to_come_counts_as_now() {
    assert_eq!(ago(5_000_000_000, 130_000_000_000), "2 minutes ago");
    assert_eq!(ago(9, 1), "Less than a second ago");
}
