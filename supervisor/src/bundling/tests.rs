use super::*;
use crate::cli::{self, Command};

fn options(line: &[&str]) -> ContainerOptions {
    let arguments = ["create", "--bundle", "b"].iter().chain(line).map(|word| (*word).into());
    match cli::parse(arguments, |_| None).unwrap().command {
        Command::Create(options) => *options,
        _ => unreachable!(),
    }
}

#[test]
fn options_that_a_bundle_settles_are_refused() {
    for line in [
        ["-e", "A=b"],
        ["-u", "1"],
        ["-v", "/a:/a"],
        ["--network", "host"],
        ["--cap-add", "ALL"],
        ["-w", "/x"],
    ] {
        assert!(contradicting(&options(&line)).is_some(), "{line:?}");
    }
}

#[test]
fn options_about_keeping_are_taken() {
    let options = options(&[
        "--name",
        "ab",
        "-it",
        "--rm",
        "-m",
        "64m",
        "--stop-timeout",
        "3",
        "--init",
        "-l",
        "a=b",
        "sh",
    ]);
    assert_eq!(contradicting(&options), None);
    assert_eq!(stop(&options), Stop { signal: 15, grace_ms: Some(3000) });
}
