//! Filters, right and wrong.

use super::{of_containers, of_images, of_prune};

#[test]
fn keys_are_those_of_the_verb() {
    let filter = of_containers("label=a=b").expect("right");
    assert_eq!((filter.key, filter.value.as_str()), ("label", "a=b"));
    assert!(of_images("reference=redis:*").is_ok() && of_images("status=running").is_err());
    assert_eq!(of_prune("label!=keep").map(|filter| filter.key), Ok("label!"));
}

#[test]
fn values_are_looked_at() {
    assert_eq!(of_containers("status").expect_err("no value").to_string(), "write KEY=VALUE");
    assert!(of_containers("status=running").is_ok() && of_containers("status=up").is_err());
    assert!(of_containers("exited=0").is_ok() && of_containers("exited=300").is_err());
    assert!(of_images("dangling=true").is_ok() && of_images("dangling=yes").is_err());
    assert!(of_prune("until=24h").is_ok() && of_prune("until=soon").is_err());
}
