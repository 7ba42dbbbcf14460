//! Names and labels as filters take them.

use super::{has_label, name_matches, normalised};

#[test]
fn names_match_in_part_unless_anchored() {
    assert!(name_matches("webserver", "web"));
    assert!(name_matches("webserver", "^web"));
    assert!(name_matches("webserver", "^/webserver$"));
    assert!(!name_matches("webserver", "^server"));
    assert!(name_matches("webserver", "server$"));
    assert!(!name_matches("webserver", "^web$"));
}

#[test]
fn labels_match_by_name_or_with_their_value() {
    let labels = [("tier".to_owned(), "front".to_owned())];
    assert!(has_label(&labels, "tier"));
    assert!(has_label(&labels, "tier=front"));
    assert!(!has_label(&labels, "tier=back"));
    assert!(!has_label(&labels, "front"));
}

#[test]
fn a_reference_means_the_same_in_every_spelling() {
    assert_eq!(normalised("redis"), normalised("docker.io/library/redis:latest"));
    assert_ne!(normalised("redis"), normalised("redis:7"));
}
