//! Shortening and quoting.

use super::{command, ellipsis, short_id};

#[test]
fn long_text_ends_in_an_ellipsis() {
    assert_eq!(
        (ellipsis("abc", 3).as_str(), ellipsis("abcd", 3).as_str(), ellipsis("éééé", 2).as_str()),
        ("abc", "ab…", "é…")
    );
}

#[test]
fn ids_are_twelve_digits() {
    assert_eq!(short_id("sha256:0123456789abcdef"), "0123456789ab");
    assert_eq!((short_id("0123456789abcdef"), short_id("abc")), ("0123456789ab", "abc"));
}

#[test]
fn commands_are_quoted_and_short() {
    let words = ["docker-entrypoint.sh", "redis-server"].map(str::to_owned);
    assert_eq!(command(&words, false), "\"docker-entrypoint.s…\"");
    assert_eq!(command(&words, true), "\"docker-entrypoint.sh redis-server\"");
    assert_eq!(command(&[String::from("a\"b")], false), "\"a\\\"b\"");
}
