//! Counting and finding among what was typed.

use crate::cli::scan;
use crate::cli::table;
use crate::cli::words::Words;
use std::ffi::OsString;

fn matches(verb: &str, text: &str) -> scan::Matches {
    let mut words = Words::new(text.split_whitespace().map(OsString::from)).expect("UTF-8");
    scan::verb(table::verb(verb).expect("a verb"), &mut words).expect("right")
}

#[test]
fn the_last_value_counts_and_a_list_keeps_its_order() {
    let matches = matches("run", "--name one -e A=1 --name two -e B=2 image");
    assert_eq!(matches.text("name").as_deref(), Some("two"));
    let names = matches.every("env", |text| Ok(text.to_owned())).expect("all are right");
    assert_eq!(names, ["A=1", "B=2"]);
    assert!(matches.has("env") && !matches.has("memory"));
}

#[test]
fn a_switch_can_be_taken_back() {
    assert!(!matches("run", "--rm --rm=false image").on("rm"));
    assert!(matches("run", "image").on_by_default("sig-proxy"));
    assert!(!matches("run", "--sig-proxy=0 image").on_by_default("sig-proxy"));
}

#[test]
fn flags_may_follow_operands_of_most_verbs() {
    let stop = matches("stop", "a -t 3 b");
    assert_eq!(stop.operands, ["a", "b"]);
    assert_eq!(matches("exec", "a -t 3 b").operands, ["a", "-t", "3", "b"]);
}
