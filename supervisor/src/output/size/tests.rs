//! Amounts of bytes, as docker prints them.

use super::{binary, decimal};

#[test]
fn decimal_units_have_three_digits() {
    for (bytes, text) in [
        (0, "0B"),
        (999, "999B"),
        (1000, "1kB"),
        (1234, "1.23kB"),
        (12_345_678, "12.3MB"),
        (123_456_789, "123MB"),
        (999_999, "1MB"),
        (1_500_000_000, "1.5GB"),
        (u64::MAX, "18.4EB"),
    ] {
        assert_eq!(decimal(bytes), text);
    }
}

#[test]
fn binary_units_have_four_digits() {
    for (bytes, text) in [
        (0, "0B"),
        (1023, "1023B"),
        (1024, "1KiB"),
        (64 << 20, "64MiB"),
        (64_000_000, "61.04MiB"),
        (1_048_575, "1MiB"),
        ((1 << 30) + (1 << 29), "1.5GiB"),
        (u64::MAX, "16EiB"),
    ] {
        assert_eq!(binary(bytes), text);
    }
}
