//! Files that are made to hurt: they are refused, and soon.

use super::{DIRECTORY, options, project};
use crate::{SOURCE_BYTES_MAX, Source, Variables, parse};
use std::time::{Duration, Instant};

/// Far above what any of them takes, unoptimised and beside others; a quadratic way through would take minutes.
const PATIENCE: Duration = Duration::from_secs(20);

/// Parses, whatever comes of it; how long it took.
fn survives(what: &str, texts: &[&str], variables: &[(&str, &str)]) {
    let began = Instant::now();
    let result = project(texts, variables, &[]);
    let took = began.elapsed();
    assert!(took < PATIENCE, "{what}: {took:?}");
    if let Ok(parsed) = result {
        assert_eq!(parsed.app.validate(), Ok(()), "{what}");
    }
}

#[test]
fn bombs_do_not_go_off() {
    let full = |piece: &str| piece.repeat(SOURCE_BYTES_MAX / piece.len());
    for (what, text) in [
        ("open brackets", full("[")),
        ("open braces", full("{a: ")),
        ("dashes", full("- ")),
        ("question marks", full("? ")),
        ("colons", full(": ")),
        ("quotes", full("\"")),
        ("anchors", full("&a ")),
        ("aliases", format!("a: &a 1\nb: [{}", full("*a,"))),
        ("tags", full("!a ")),
        ("exclamation marks", full("!")),
        ("percent signs", full("%")),
        ("documents", full("---\n")),
        ("block scalars", full("|\n")),
        ("indents", (0..1400).map(|n| format!("{}a:\n", " ".repeat(n))).collect()),
        ("keys", format!("services:\n{}", (0..90_000).map(|n| format!("  k{n}: 1\n")).collect::<String>())),
        ("dollars", format!("services: {{a: {{image: \"{}\"}}}}", full("$"))),
        ("open variables", format!("services: {{a: {{image: \"{}\"}}}}", full("${a:-"))),
        ("words", format!("services: {{a: {{image: a, command: {}}}}}", full("a "))),
        ("tabs", full("\t")),
        ("newlines", full("\n")),
        ("zeros", full("\0")),
        ("bangs in flow", format!("[{}", full("!reset ,"))),
    ] {
        survives(what, &[&text], &[]);
    }
}

#[test]
fn what_grows_in_several_steps_is_bounded() {
    let value = "x".repeat(500_000);
    let text =
        format!("services:\n  a:\n    image: a\n    environment:\n{}", "      - A$BIG=1\n".repeat(1000));
    let said = project(&[&text], &[("BIG", &value)], &[]).expect_err("500 MB").to_string();
    assert!(said.contains("too large together"), "{said}");
    // Each service is its predecessor, twice.
    let chained: String = (1..16).map(|n| format!("  s{n}: {{extends: s{0}, x-a: *a}}\n", n - 1)).collect();
    let text = format!("x-a: &a [{}]\nservices:\n  s0: {{image: a, x-a: *a}}\n{chained}", "b,".repeat(4000));
    survives("extended services", &[&text], &[]);
    let over = "services: {a: {image: a, environment: [A]}}";
    survives("many overrides", &vec![over; 200], &[]);
    survives("too many overrides", &vec![over; 300], &[]);
}

#[test]
fn more_files_than_may_be_are_refused() {
    let sources: Vec<Source> = (0..300)
        .map(|n| Source {
            path: format!("{DIRECTORY}/{n}.yaml"),
            text: "services: {a: {image: a}}".to_owned(),
        })
        .collect();
    let said =
        parse(&sources, &Variables::default(), &options(), &mut |_| Ok(None)).expect_err("300").to_string();
    assert!(said.starts_with("the project names more than 256 files"), "{said}");
}
