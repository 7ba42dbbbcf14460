//! Platforms, right and wrong.

use super::parse;
use alloc::string::{String, ToString};

#[test]
fn the_kernels_names_become_gos() {
    let parsed = parse("linux/aarch64/v8").expect("right");
    assert_eq!(
        (parsed.os.as_str(), parsed.architecture.as_str(), parsed.variant.as_deref()),
        ("linux", "arm64", Some("v8"))
    );
    assert_eq!(parse("linux/x86_64").map(|platform| platform.architecture), Ok(String::from("amd64")));
}

#[test]
fn others_than_linux_are_refused() {
    assert_eq!(parse("windows/amd64").expect_err("windows").to_string(), "only linux containers can run");
    for text in ["", "linux", "linux/", "linux/arm64/", "linux/a/b/c", "linux/ar m"] {
        assert!(parse(text).is_err(), "{text}");
    }
}
