//! Whole command lines: what right ones mean, and what is said about wrong ones.

mod app;
mod right;
mod wrong;

use super::{Command, Globals, Invocation, UsageError, parse};
use std::ffi::OsString;

/// Parses a line of words parted by blanks, with no environment.
fn line(text: &str) -> Result<Invocation, UsageError> {
    parse(text.split_whitespace().map(OsString::from), |_| None)
}

/// The command of a line that is right.
fn command(text: &str) -> Command {
    match line(text) {
        Ok(invocation) => invocation.command,
        Err(error) => panic!("{text}: {error}"),
    }
}

#[test]
fn globals_come_from_flags_then_variables_then_defaults() {
    let variables = |name: &str| (name == "LIMPET_ROOT").then(|| String::from("/from/variable"));
    let parsed = parse(["--state=/s", "ps"].map(OsString::from), variables).expect("right");
    assert_eq!(parsed.globals, Globals { root: String::from("/from/variable"), state: String::from("/s") });
    let parsed = parse(["--root", "/r", "ps"].map(OsString::from), variables).expect("right");
    assert_eq!(parsed.globals, Globals { root: String::from("/r"), state: String::from("/run/limpet") });
}

#[test]
fn words_must_be_utf8() {
    use std::os::unix::ffi::OsStringExt;
    let error = parse([OsString::from_vec(vec![b'a', 0xff])], |_| None).expect_err("wrong");
    assert_eq!(error.to_string(), "a\u{fffd}: arguments must be UTF-8 (see: limpet --help)");
}

/// Whatever is typed gives a meaning or one line; nothing panics. The words are drawn by a fixed xorshift.
#[test]
fn no_line_panics() {
    const WORDS: &[&str] = &[
        "run",
        "ps",
        "container",
        "image",
        "ls",
        "exec",
        "cp",
        "top",
        "-",
        "--",
        "-it",
        "-m",
        "-1",
        "=",
        "--=",
        "-=",
        "--name",
        "--name=",
        "a:b:c:d",
        ":",
        "/",
        "/a:/b",
        "-v",
        "--mount",
        "type=bind",
        "--format",
        "{{",
        "}}",
        "-f",
        "é",
        "-é",
        "--é=é",
        "ctrl-",
        "--cpus",
        "1.5.5",
        "9e99",
        "99999999999999999999999",
        "--tmpfs",
        "/t:",
        "--device",
        "--since",
        "1h1",
        "-t",
        "help",
        "--ulimit",
        "a=:",
        "--log-opt",
        "--sysctl",
        ".",
        "..=",
        "--platform",
        "//",
        "--help",
        "\u{0}",
        "",
        "update",
        "stop",
        "kill",
        "-s",
    ];
    let mut seed: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut draw = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % below as u64).expect("below a usize")
    };
    for _ in 0..50_000 {
        let words: Vec<OsString> = (0..draw(7)).map(|_| OsString::from(WORDS[draw(WORDS.len())])).collect();
        if let Err(error) = parse(words, |_| None) {
            assert!(!error.to_string().is_empty() && matches!(error.exit_code(), 1 | 125));
        }
    }
}
