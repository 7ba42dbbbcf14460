//! Detach keys, right and wrong.

use super::{DETACH_KEYS_MAX, DetachKeys, parse};

#[test]
fn keys_become_the_bytes_a_terminal_sends() {
    for (text, bytes) in [
        ("ctrl-p,ctrl-q", vec![16, 17]),
        ("a", vec![97]),
        ("ctrl-@,x", vec![0, 120]),
        ("ctrl-[", vec![27]),
        ("ctrl-_", vec![31]),
        ("", vec![]),
    ] {
        assert_eq!(parse(text), Ok(DetachKeys::from_bytes(&bytes)), "{text}");
    }
    assert_eq!(DetachKeys::default(), DetachKeys::from_bytes(&[16, 17]));
}

#[test]
fn what_no_terminal_sends_is_refused() {
    let many = vec!["a"; DETACH_KEYS_MAX + 1].join(",");
    for text in ["ctrl-", "ctrl-P", "ctrl-pp", "shift-a", "a,,b", ",", "é", many.as_str()] {
        assert!(parse(text).is_err(), "{text}");
    }
}
