//! Patterns of references.

use super::{matches, names};
use limpet_store::Reference;

#[test]
fn patterns_stay_between_slashes() {
    for (pattern, text, expected) in [
        ("redis", "redis", true),
        ("red*", "redis", true),
        ("red?s", "redis", true),
        ("*", "a/b", false),
        ("*/b", "a/b", true),
        ("redis", "redis2", false),
        ("a*b*c", "aXXbYYc", true),
        ("", "", true),
    ] {
        assert_eq!(matches(pattern.as_bytes(), text.as_bytes()), expected, "{pattern} {text}");
    }
}

#[test]
fn a_repository_means_all_its_tags() {
    let reference = Reference::parse("redis:7").unwrap();
    for pattern in ["redis", "redis:7", "docker.io/library/redis", "docker.io/library/redis:7", "redis:*"] {
        assert!(names(pattern, &reference), "{pattern}");
    }
    for pattern in ["redis:latest", "red", "library"] {
        assert!(!names(pattern, &reference), "{pattern}");
    }
}
