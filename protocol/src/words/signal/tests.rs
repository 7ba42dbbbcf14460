//! Signals by name and number, and back.

use super::{name, parse};

#[test]
fn names_and_numbers_are_understood() {
    for (text, number) in [
        ("TERM", 15),
        ("SIGTERM", 15),
        ("sigterm", 15),
        ("15", 15),
        ("HUP", 1),
        ("KILL", 9),
        ("RTMIN", 34),
        ("RTMIN+3", 37),
        ("SIGRTMAX", 64),
        ("RTMAX-30", 34),
        ("64", 64),
    ] {
        assert_eq!(parse(text), Ok(number), "{text}");
    }
    for text in ["", "0", "65", "-9", "SIG", "FOO", "RTMIN+31", "RTMAX-31", "RTMIN-1", "RTMIN+", "256"] {
        assert!(parse(text).is_err(), "{text}");
    }
}

#[test]
fn every_number_has_a_name_that_leads_back() {
    for number in 1..=64 {
        assert_eq!(parse(&name(number)), Ok(number));
    }
    assert_eq!((name(6).as_str(), name(37).as_str(), name(33).as_str()), ("ABRT", "RTMIN+3", "33"));
}
