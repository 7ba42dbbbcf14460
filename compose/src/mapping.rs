//! Small files beside compose files: a mapping of mappings of single values, such as variables per board.

use crate::node::Node;
use crate::problem::{At, Fault, Problems, Report, quoted};
use crate::yaml::{self, Budget};

/// Keys with their values as they are written.
type Pairs = Vec<(String, String)>;

/// The outer keys in their order, each with its own keys and values as they are written. `name` is the file's, for messages.
///
/// # Errors
/// Everything that is wrong with it.
pub fn mapping(name: &str, text: &str) -> Result<Vec<(String, Pairs)>, Problems> {
    let mut report = Report::default();
    report.files.push(name.to_owned());
    let found = yaml::documents(text, 0, &mut Budget::new(), &mut report);
    let found = report.check(found).map(|documents| outer(&documents, &mut report));
    report.finish(found).map(|(found, _)| found)
}

fn outer(documents: &[Node], report: &mut Report) -> Vec<(String, Pairs)> {
    let [root] = documents else {
        let what = if documents.is_empty() { "the file is empty" } else { "there is more than one document" };
        report.add(&At::whole(0).fault(what));
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in report.check(root.map()).unwrap_or_default() {
        report.enter(&entry.key);
        let inner = report.check(entry.value.map()).unwrap_or_default();
        let mut values = Vec::new();
        for inner in inner {
            let value = report.check(value(&inner.key, &inner.value));
            values.extend(value.map(|value| (inner.key.clone(), value)));
        }
        report.leave();
        found.push((entry.key.clone(), values));
    }
    found
}

fn value(key: &str, node: &Node) -> Result<String, Fault> {
    let text = node.any_scalar();
    text.map(str::to_owned)
        .map_err(|fault| Fault { what: format!("{}: {}", quoted(key), fault.what).into(), ..fault })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_of_mappings_is_read_as_it_is_written() {
        let found = mapping("v", "b: {A: 010, B: 'x y'}\n\"a=1,c=2\":\n  C: yes\n").unwrap();
        let inner = |pairs: &[(&str, &str)]| -> Pairs {
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
        };
        assert_eq!(found[0], ("b".to_owned(), inner(&[("A", "010"), ("B", "x y")])));
        assert_eq!(found[1], ("a=1,c=2".to_owned(), inner(&[("C", "yes")])));
        assert_eq!(mapping("v", r#"{"a": {"A": 1}}"#).unwrap()[0].1, inner(&[("A", "1")]));
    }

    #[test]
    fn what_is_none_says_where() {
        let wrong = |text: &str| mapping("v", text).unwrap_err().list[0].to_string();
        assert!(wrong("a: {A: [1]}").starts_with("v:1:8: a: A: "), "{}", wrong("a: {A: [1]}"));
        assert!(wrong("a: 1").starts_with("v:1:4: a: "));
        for text in ["", "[]", "a: {A: }", "a: {A: {}}", "a: {}\na: {}\n", "a: {A: 1}\n---\nb: {A: 1}\n", "{"]
        {
            assert!(mapping("v", text).is_err(), "{text}");
        }
    }
}
