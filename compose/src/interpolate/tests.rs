//! The forms of the specification's "Interpolation", each with a variable that is set, empty and not set.

use super::{NESTING_MAX, substitute};
use crate::variables::{Lookup, Pairs};

fn pairs() -> Vec<(String, String)> {
    [("SET", "value"), ("EMPTY", ""), ("DOLLAR", "$SET"), ("_u1", "under")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
}

fn replaced(text: &str) -> Result<String, String> {
    let pairs = pairs();
    substitute(text, &Pairs(&pairs), &mut Vec::new())
        .map(|replaced| replaced.unwrap_or_else(|| text.to_owned()))
}

fn unset(text: &str) -> Vec<String> {
    let (pairs, mut unset) = (pairs(), Vec::new());
    substitute(text, &Pairs(&pairs), &mut unset).expect("right");
    unset
}

#[test]
fn every_form_means_what_a_shell_means() {
    for (text, result) in [
        ("plain", "plain"),
        ("$SET", "value"),
        ("${SET}", "value"),
        ("a${SET}b$SET/c", "avaluebvalue/c"),
        ("$SETx", ""),
        ("${SET}x", "valuex"),
        ("$_u1", "under"),
        ("$EMPTY", ""),
        ("$NONE", ""),
        ("${SET:-d}", "value"),
        ("${EMPTY:-d}", "d"),
        ("${NONE:-d}", "d"),
        ("${SET-d}", "value"),
        ("${EMPTY-d}", ""),
        ("${NONE-d}", "d"),
        ("${SET:+r}", "r"),
        ("${EMPTY:+r}", ""),
        ("${NONE:+r}", ""),
        ("${SET+r}", "r"),
        ("${EMPTY+r}", "r"),
        ("${NONE+r}", ""),
        ("${SET:?why}", "value"),
        ("${SET?why}", "value"),
        ("${EMPTY?why}", ""),
        ("${NONE:-}", ""),
        ("${NONE:-a:-b}", "a:-b"),
        ("${NONE:-${SET}}", "value"),
        ("${NONE:-${NO2:-${EMPTY:-deep}}}", "deep"),
        ("${NONE:-$SET and $$}", "value and $"),
        ("${SET:+${EMPTY-x}y}", "y"),
        ("$$SET", "$SET"),
        ("$${SET}", "${SET}"),
        ("$$$SET", "$value"),
        ("$$$$", "$$"),
        // A value is not read again.
        ("$DOLLAR", "$SET"),
        // What begins no variable is left alone.
        ("pa$5word costs 5$", "pa$5word costs 5$"),
        ("$-$.$ü", "$-$.$ü"),
        ("}{", "}{"),
        ("ü${NONE:-ü}ü", "üüü"),
    ] {
        assert_eq!(replaced(text).as_deref(), Ok(result), "{text}");
    }
}

#[test]
fn what_must_be_set_says_why() {
    for (text, why) in [
        ("${NONE:?say which}", "variable NONE must be set: say which"),
        ("${EMPTY:?say which}", "variable EMPTY must be set: say which"),
        ("${NONE?}", "variable NONE must be set: it has no default"),
        ("${NONE?because of $SET}", "variable NONE must be set: because of value"),
        ("${NO2:-${NONE:?inner}}", "variable NONE must be set: inner"),
    ] {
        assert_eq!(replaced(text), Err(why.to_owned()), "{text}");
    }
}

#[test]
fn what_is_not_needed_is_not_evaluated() {
    assert_eq!(replaced("${SET:-${NONE:?never}}").as_deref(), Ok("value"));
    assert_eq!(replaced("${NONE:+${NO2:?never}}").as_deref(), Ok(""));
    assert_eq!(unset("${SET:-$NONE}${NONE:-$NO2}${NONE+$NO3}"), ["NO2"]);
    assert_eq!(unset("$NONE${NONE}$NO2$EMPTY"), ["NONE", "NO2"]);
}

#[test]
fn what_cannot_be_read_is_refused() {
    for text in [
        "${",
        "${SET",
        "${SET:-",
        "${SET:-${",
        "${}",
        "${ SET}",
        "${5}",
        "${SET }",
        "${SET:}",
        "${SET:=x}",
        "${SET%x}",
        "${SET/a/b}",
        "${SET:-a$",
        "${${SET}}",
        "${SET:-${}}",
        "${SET:-${NONE/x}}",
        "${-x}",
    ] {
        assert!(replaced(text).is_err(), "{text}: {:?}", replaced(text));
    }
}

#[test]
fn nesting_and_growth_are_bounded() {
    let nested = |depth| format!("{}x{}", "${NONE:-".repeat(depth), "}".repeat(depth));
    assert_eq!(replaced(&nested(NESTING_MAX)).as_deref(), Ok("x"));
    assert!(replaced(&nested(NESTING_MAX + 1)).is_err());
    assert!(replaced(&nested(100_000)).is_err());
    struct Large(String);
    impl Lookup for Large {
        fn value(&self, _: &str) -> Option<String> {
            Some(self.0.clone())
        }
    }
    let large = Large("x".repeat(400_000));
    assert!(substitute("$A$A", &large, &mut Vec::new()).is_ok());
    assert!(substitute("$A$A$A", &large, &mut Vec::new()).expect_err("1.2 MB").contains("longer than"));
}
