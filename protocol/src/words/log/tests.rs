//! Rates and places of logs, right and wrong.

use super::{RATE, file_bytes, is_on_disk, rate};
use crate::keeper::LogRate;
use alloc::string::ToString;

#[test]
fn a_rate_is_in_bytes_or_in_lines() {
    for (text, meant) in [
        ("64k", LogRate::Bytes(64 << 10)),
        ("64k/s", LogRate::Bytes(64 << 10)),
        ("1.5KiB/s", LogRate::Bytes(1536)),
        ("1", LogRate::Bytes(1)),
        ("200lines/s", LogRate::Lines(200)),
        ("200 lines", LogRate::Lines(200)),
        ("1line/s", LogRate::Lines(1)),
        ("0", LogRate::Unlimited),
        ("0lines/s", LogRate::Unlimited),
    ] {
        assert_eq!(rate(text), Ok(meant), "{text}");
    }
}

#[test]
fn what_is_no_rate_is_refused() {
    for (text, why) in [
        ("", RATE),
        ("/s", RATE),
        ("lines/s", RATE),
        ("-1", RATE),
        ("1.5lines/s", RATE),
        ("64k/m", RATE),
        ("4g", "is more than 4 GiB a second"),
        ("4294967296lines", "is more than 4 GiB a second"),
    ] {
        assert_eq!(rate(text).map_err(|invalid| invalid.to_string()), Err(why.into()), "{text}");
    }
}

#[test]
fn places_and_sizes() {
    assert_eq!((is_on_disk("ram"), is_on_disk("disk")), (Ok(false), Ok(true)));
    assert!(is_on_disk("flash").is_err() && file_bytes("1k").is_err());
    assert_eq!(file_bytes("4k"), Ok(4096));
}
