//! Lines, split.

use super::split;

#[test]
fn blanks_quotes_and_backslashes_are_a_shells() {
    let cases: &[(&str, &[&str])] = &[
        ("", &[]),
        ("  ", &[]),
        ("a", &["a"]),
        (" a  b\tc\n", &["a", "b", "c"]),
        ("'a b' \"c d\"", &["a b", "c d"]),
        ("a'b'\"c\"d", &["abcd"]),
        ("'' \"\"", &["", ""]),
        ("a\\ b", &["a b"]),
        ("'a\\b'", &["a\\b"]),
        ("\"a\\\"b\\\\c\\d\"", &["a\"b\\c\\d"]),
        ("sh -c 'a && b | c > d; e'", &["sh", "-c", "a && b | c > d; e"]),
        ("a \\& b", &["a", "&", "b"]),
        ("--x=y #z", &["--x=y", "#z"]),
        ("ü 'ü'", &["ü", "ü"]),
        ("a\\", &["a"]),
    ];
    for (line, words) in cases {
        assert_eq!(
            split(line).as_deref(),
            Ok(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>()[..])
        );
    }
}

#[test]
fn what_needs_a_shell_is_refused() {
    for line in ["a && b", "a|b", "a > b", "a;", "a < b", "'a", "\"a", "\"a\\"] {
        assert!(split(line).is_err(), "{line}");
    }
}

#[test]
fn words_are_bounded() {
    assert_eq!(split(&"a ".repeat(4096)).map(|words| words.len()), Ok(4096));
    assert_eq!(split(&"a ".repeat(4097)), Err("has more than 4096 words".to_owned()));
}
