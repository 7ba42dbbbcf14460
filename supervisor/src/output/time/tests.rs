//! The calendar, both ways.

use super::{NEVER, plain, rfc3339, rfc3339_nanos};
use crate::cli::value::time::rfc3339 as parse;

#[test]
fn times_are_written_in_utc() {
    assert_eq!(rfc3339_nanos(1_767_366_245_000_000_001), "2026-01-02T15:04:05.000000001Z");
    assert_eq!(rfc3339_nanos(0), "1970-01-01T00:00:00.000000000Z");
    assert_eq!(rfc3339(1_767_366_245_250_000_000), "2026-01-02T15:04:05.25Z");
    assert_eq!(rfc3339(1_767_366_240_000_000_000), "2026-01-02T15:04:00Z");
    assert_eq!(rfc3339(0), NEVER);
    assert_eq!(plain(951_782_399_000_000_000), "2000-02-28 23:59:59 +0000 UTC");
}

#[test]
fn what_is_written_is_read_back() {
    // A prime number of seconds apart, over more than four centuries' worth of leap rules.
    for step in 0..4000_u64 {
        let at_ns = step * 4_000_037 * 1_000_000_000 + step;
        assert_eq!(parse(&rfc3339_nanos(at_ns)), Some(at_ns));
    }
}
