use super::*;

fn of(text: &str, board: &str, labels: &[(&str, &str)]) -> Outcome<String> {
    let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let found = Values::parse("v", text.as_bytes())?.of(board, &labels)?;
    Ok(found.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" "))
}

#[test]
fn the_more_special_entry_counts() {
    let text =
        "'*': {A: 1, B: true, C: x}\nsite=north: {A: 2, B: n}\nsite=north,rack=1: {A: 3}\nb1: {A: 4}\n";
    assert_eq!(of(text, "b0", &[]).unwrap(), "A=1 B=true C=x");
    assert_eq!(of(text, "b0", &[("site", "north")]).unwrap(), "A=2 B=n C=x");
    assert_eq!(of(text, "b0", &[("site", "north"), ("rack", "1")]).unwrap(), "A=3 B=n C=x");
    assert_eq!(of(text, "b1", &[("site", "north"), ("rack", "1")]).unwrap(), "A=4 B=n C=x");
}

#[test]
fn two_entries_of_equal_weight_must_agree() {
    let text = r#"{"a=1": {"A": "1"}, "b=1": {"A": "2"}}"#;
    assert!(of(text, "x", &[("a", "1"), ("b", "1")]).is_err());
    assert_eq!(of(text, "x", &[("a", "1")]).unwrap(), "A=1");
    let text = r#"{"a=1": {"A": "1"}, "b=1": {"A": "1"}}"#;
    assert_eq!(of(text, "x", &[("a", "1"), ("b", "1")]).unwrap(), "A=1");
}

#[test]
fn what_is_no_mapping_of_mappings_is_refused() {
    for text in
        ["[]", r#"{"a": 1}"#, r#"{"a": {"A": null}}"#, r#"{"a": {"A": [1]}}"#, "{", r#"{"a": {"A": {}}}"#]
    {
        assert!(of(text, "a", &[]).is_err(), "{text}");
    }
}
