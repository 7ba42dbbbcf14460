//! Filters of prunes.

use super::Wanted;
use crate::cli::value::filter::of_prune;

#[test]
fn labels_and_age_decide() {
    let filters = ["label=a", "label!=b=1", "until=1970-01-01T00:00:10Z"].map(|text| of_prune(text).unwrap());
    let wanted = Wanted::of(&filters).unwrap();
    let label = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert!(wanted.has_labels(&[label("a", "x")]));
    assert!(wanted.has_labels(&[label("a", "x"), label("b", "2")]));
    assert!(!wanted.has_labels(&[label("a", "x"), label("b", "1")]));
    assert!(!wanted.has_labels(&[]));
    assert!(wanted.has_age(9_999_999_999) && !wanted.has_age(10_000_000_000));
}
