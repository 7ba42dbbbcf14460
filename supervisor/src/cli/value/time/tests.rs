//! Times and durations, right and wrong; the calendar is checked against `date -u`.

use super::{Grace, Moment, grace, moment};

const S: u64 = 1_000_000_000;

#[test]
fn points_in_time_are_understood() {
    for (text, at_ns) in [
        ("0", 0),
        ("1767366245", 1_767_366_245 * S),
        ("1767366245.25", 1_767_366_245 * S + S / 4),
        ("1970-01-01T00:00:00Z", 0),
        ("2026-01-02T15:04:05Z", 1_767_366_245 * S),
        ("2026-01-02t15:04:05z", 1_767_366_245 * S),
        ("2026-01-02 15:04:05", 1_767_366_245 * S),
        ("2026-01-02T16:04:05+01:00", 1_767_366_245 * S),
        ("2026-01-02T10:34:05-04:30", 1_767_366_245 * S),
        ("2026-01-02T15:04:05.000000001Z", 1_767_366_245 * S + 1),
        ("2026-01-02T15:04", 1_767_366_240 * S),
        ("2026-01-02", 1_767_312_000 * S),
        ("2000-02-29", 951_782_400 * S),
        ("2100-03-01", 4_107_542_400 * S),
    ] {
        assert_eq!(moment(text), Ok(Moment::At(at_ns)), "{text}");
    }
}

#[test]
fn durations_count_back_from_now() {
    for (text, ago_ns) in [
        ("10m", 600 * S),
        ("1h30m", 5400 * S),
        ("1.5s", S + S / 2),
        ("250ms", S / 4),
        ("2d", 172_800 * S),
        ("0s", 0),
    ] {
        assert_eq!(moment(text), Ok(Moment::Ago(ago_ns)), "{text}");
    }
    assert_eq!(Moment::Ago(2 * S).resolve(5 * S), 3 * S);
    assert_eq!(Moment::Ago(9 * S).resolve(5 * S), 0);
    assert_eq!(Moment::At(7).resolve(5), 7);
}

#[test]
fn what_is_no_time_is_refused() {
    for text in [
        "",
        "yesterday",
        "10",
        "1h30",
        "-5m",
        "10 m",
        "2026-13-01",
        "2026-02-29",
        "2026-00-10",
        "2026-1-2",
        "1969-12-31",
        "2026-01-02T25:00:00Z",
        "2026-01-02T15:60:00Z",
        "2026-01-02T15:04:05+1",
        "2026-01-02T15:04:05.Z",
        "9999-01-01",
        "99999999999999999999",
        "20261122334455667788990m",
        "1970-01-01T00:00:00+01:00",
    ] {
        if text == "10" {
            assert_eq!(moment(text), Ok(Moment::At(10 * S)));
            continue;
        }
        assert!(moment(text).is_err(), "{text}");
    }
}

#[test]
fn grace_is_in_seconds() {
    assert_eq!(
        (grace("10"), grace("0"), grace("-1")),
        (Ok(Grace::Ms(10_000)), Ok(Grace::Ms(0)), Ok(Grace::Forever))
    );
    assert!(
        grace("1.5").is_err()
            && grace("").is_err()
            && grace("4294968").is_err()
            && grace("9223372036854775807").is_err()
    );
}
