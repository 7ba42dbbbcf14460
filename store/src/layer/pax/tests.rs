use super::*;

#[test]
fn binary_values_are_whole() {
    let found = records(b"12 k=a\nb=c\0\n8 x=abc\n\0\0").unwrap();
    assert_eq!(found, [(&b"k"[..], &b"a\nb=c\0"[..]), (b"x", b"abc")]);
}

#[test]
fn malformed_ones_are_refused() {
    for bytes in [
        &b"x"[..],
        b"5 a=b\n",
        b"99 a=b\n",
        b"0 a=b\n",
        b"2 \n",
        b"5 ab\n",
        b"-6 a=b\n",
        b"18446744073709551616 a=b\n",
    ] {
        assert!(records(bytes).is_err(), "{bytes:?}");
    }
}

#[test]
fn times() {
    assert_eq!(time(b"12"), Some((12, 0)));
    assert_eq!(time(b"1.5"), Some((1, 500_000_000)));
    assert_eq!(time(b"1.1234567899"), Some((1, 123_456_789)));
    assert_eq!(time(b"-1.25"), Some((-2, 750_000_000)));
    for text in [&b""[..], b"x", b"1.x", b"1.-5", b"99999999999999999999"] {
        assert_eq!(time(text), None);
    }
}
