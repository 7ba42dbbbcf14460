//! Env files, right and wrong; the cases of docker's page "env file syntax" among them.

use super::{LINES_MAX, parse, parse_raw};
use crate::variables::Pairs;

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The file's lines with `OUTER=outer` over and `UNDER=under` under it.
fn lines(text: &str) -> Result<Vec<(String, Option<String>)>, String> {
    let (over, under) = (pairs(&[("OUTER", "outer")]), pairs(&[("UNDER", "under"), ("OUTER", "hidden")]));
    parse(text, 0, &Pairs(&over), &Pairs(&under))
        .map_err(|fault| format!("{}:{}: {}", fault.at.line, fault.at.column, fault.what))
}

fn value(line: &str) -> Result<String, String> {
    let mut lines = lines(line)?;
    let (_, value) = lines.pop().ok_or("nothing")?;
    value.ok_or_else(|| "no value".to_owned())
}

#[test]
fn values_are_dockers() {
    for (line, result) in [
        ("VAR=VAL", "VAL"),
        ("VAR=\"VAL\"", "VAL"),
        ("VAR='VAL'", "VAL"),
        ("VAR=", ""),
        ("VAR=  VAL  ", "VAL"),
        ("VAR = VAL", "VAL"),
        ("VAR: VAL", "VAL"),
        ("export VAR=VAL", "VAL"),
        ("export\tVAR=VAL", "VAL"),
        ("VAR=VAL # comment", "VAL"),
        ("VAR=VAL# not a comment", "VAL# not a comment"),
        ("VAR=\"VAL # not a comment\"", "VAL # not a comment"),
        ("VAR=\"VAL\" # comment", "VAL"),
        ("VAR=# comment", ""),
        ("VAR='$OUTER'", "$OUTER"),
        ("VAR='${OUTER}'", "${OUTER}"),
        ("VAR=$OUTER", "outer"),
        ("VAR=\"<${OUTER}>\"", "<outer>"),
        ("VAR=$UNDER", "under"),
        ("VAR=$NONE", ""),
        ("VAR=${NONE:-d e}", "d e"),
        ("VAR='Let\\'s go!'", "Let's go!"),
        ("VAR=\"{\\\"hello\\\": \\\"json\\\"}\"", "{\"hello\": \"json\"}"),
        ("VAR=\"some\\tvalue\"", "some\tvalue"),
        ("VAR='some\\tvalue'", "some\\tvalue"),
        ("VAR=some\\tvalue", "some\\tvalue"),
        ("VAR=\"a\\nb\\\\c\\x\"", "a\nb\\c\\x"),
        ("VAR=\"\\$OUTER $$\"", "$OUTER $"),
        ("VAR='-----BEGIN\nline\n-----END'", "-----BEGIN\nline\n-----END"),
        ("VAR=a=b:c", "a=b:c"),
        ("VAR=ü", "ü"),
        ("\u{feff}VAR=1", "1"),
        ("VAR=1\r\n", "1"),
    ] {
        assert_eq!(value(line).as_deref(), Ok(result), "{line}");
    }
}

#[test]
fn lines_know_what_stands_before_them() {
    let seen = lines("# comment\n\nA=1\nB=${A}2\nOUTER=mine\nC=$OUTER\n\nD\n  # end\nA=3").expect("right");
    let some = |text: &str| Some(text.to_owned());
    let expected = [
        ("A", some("1")),
        ("B", some("12")),
        ("OUTER", some("mine")),
        ("C", some("outer")),
        ("D", None),
        ("A", some("3")),
    ];
    assert_eq!(seen, expected.map(|(name, value)| (name.to_owned(), value)));
}

#[test]
fn what_is_no_line_is_refused_with_its_place() {
    for (text, said) in [
        ("A=1\nhello world\n", "2:1: 'hello world' is no name of a variable; write NAME=VALUE"),
        ("=1", "1:1: '' is no name of a variable; write NAME=VALUE"),
        ("A B=1", "1:1: 'A B' is no name of a variable; write NAME=VALUE"),
        ("\n\n  A='x", "3:5: the quote ' is not closed"),
        ("A=\"x\n\nB=2", "1:3: the quote \" is not closed"),
        ("A='x' y", "1:6: after the closing quote stands 'y'"),
        ("A='1\n2'\nB=${", "3:3: a ${ has no }; write $$ for a dollar sign"),
        ("A=${B:?needed}", "1:3: variable B must be set: needed"),
    ] {
        assert_eq!(lines(text), Err(said.to_owned()), "{text}");
    }
}

#[test]
fn raw_files_keep_every_letter() {
    let seen = parse_raw("# c\nA='x' # y\n B=$A \nC\n", 0).expect("right");
    let some = |text: &str| Some(text.to_owned());
    let expected = [("A", some("'x' # y")), ("B", some("$A ")), ("C", None)];
    assert_eq!(seen, expected.map(|(name, value)| (name.to_owned(), value)));
    assert!(parse_raw("a b=c", 0).is_err());
}

#[test]
fn lines_and_values_are_bounded() {
    let many = "A=1\n".repeat(LINES_MAX);
    assert_eq!(lines(&many).map(|lines| lines.len()), Ok(LINES_MAX));
    assert!(lines(&format!("{many}A=1\n")).expect_err("one more").contains("more than 4096 variables"));
    // Each line doubles the one before it.
    let doubling: String = (1..64).map(|n| format!("A{n}=$A{0}$A{0}\n", n - 1)).collect();
    let said = lines(&format!("A0=xxxxxxxx\n{doubling}")).expect_err("2^66 bytes");
    assert!(said.contains("KiB of values") || said.contains("longer than"), "{said}");
}
