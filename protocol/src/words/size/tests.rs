//! Sizes, right and wrong.

use super::{parse, parse_positive};
use alloc::string::ToString;

#[test]
fn units_are_powers_of_1024_in_any_spelling() {
    for (text, bytes) in [
        ("0", 0),
        ("512", 512),
        ("512b", 512),
        ("1k", 1024),
        ("1KB", 1024),
        ("1KiB", 1024),
        ("64m", 64 << 20),
        ("64 MiB", 64 << 20),
        ("1.5g", 3 << 29),
        ("0.1k", 102),
        ("2t", 2 << 40),
        ("1p", 1 << 50),
        ("9223372036854775807", i64::MAX as u64),
    ] {
        assert_eq!(parse(text), Ok(bytes), "{text}");
    }
}

#[test]
fn what_is_no_size_is_refused() {
    let how = "not a size; write a number and b, k, m, g or t, such as 64m";
    for (text, why) in [
        ("", how),
        ("m", how),
        ("-1", how),
        ("1.", how),
        (".5m", how),
        ("1.5.2m", how),
        ("1e3", how),
        ("64q", how),
        ("64mm", how),
        ("9223372036854775808", "larger than any size the kernel knows"),
        ("8388608t", "larger than any size the kernel knows"),
        ("99999999999999999999999999999999999999999t", "larger than any size the kernel knows"),
        ("0.00000000000001t", "has too many digits after the point"),
    ] {
        assert_eq!(parse(text).expect_err(text).to_string(), why, "{text}");
    }
    assert_eq!(parse_positive("0k").expect_err("zero").to_string(), "must be more than 0");
}
