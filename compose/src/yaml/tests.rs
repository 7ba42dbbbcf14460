//! YAML: places, anchors, merge keys, bounds.

use super::{Budget, DEPTH_MAX, ENTRIES_MAX, documents};
use crate::node::{Entry, Form, Mark, Node, Value};
use crate::problem::Report;

fn read(text: &str) -> Result<Node, String> {
    let mut report = Report::default();
    let found = documents(text, 0, &mut Budget::new(), &mut report);
    let mut documents =
        found.map_err(|fault| format!("{}:{}: {}", fault.at.line, fault.at.column, fault.what))?;
    match report.finish(Some(())) {
        Ok(_) => documents.pop().ok_or_else(|| "nothing".to_owned()),
        Err(problems) => Err(problems.list[0].what.clone()),
    }
}

/// The tree on one line; text in quotes, all else as it is written.
fn shown(node: &Node) -> String {
    match &node.value {
        Value::Scalar(scalar) => match scalar.form {
            Form::Quoted => format!("{:?}", scalar.text),
            Form::Plain | Form::Substituted => scalar.text.clone(),
        },
        Value::List(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(" ")),
        Value::Map(entries) => {
            let entry = |entry: &Entry| format!("{}:{}", entry.key, shown(&entry.value));
            format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(" "))
        }
    }
}

#[test]
fn texts_become_trees() {
    for (text, tree) in [
        ("a: b", "{a:b}"),
        ("a: [1, 'x', {b: c}]", "{a:[1 \"x\" {b:c}]}"),
        ("a: |\n  x\n  y\nb: >-\n  x\n  y\n", "{a:\"x\\ny\\n\" b:\"x y\"}"),
        ("a:\n- 1\n- 2\n", "{a:[1 2]}"),
        ("\u{feff}a: 1", "{a:1}"),
        ("%YAML 1.2\n---\na: 1\n...\n", "{a:1}"),
        ("a: !!str 5", "{a:\"5\"}"),
        ("'a': \"\\u00e9\"", "{a:\"é\"}"),
        ("a: &x [1]\nb: *x\n", "{a:[1] b:[1]}"),
        ("a: &x {k: 1, l: 2}\nb: {<<: *x, l: 3}\n", "{a:{k:1 l:2} b:{l:3 k:1}}"),
        (
            "a: &x {k: 1}\nb: &y {k: 2, l: 2}\nc:\n  <<: [*x, *y]\n  m: 3\n",
            "{a:{k:1} b:{k:2 l:2} c:{m:3 k:1 l:2}}",
        ),
        ("a: &x {k: 1}\nb: &y {<<: *x, l: 2}\nc: {<<: *y}\n", "{a:{k:1} b:{l:2 k:1} c:{l:2 k:1}}"),
        ("a: &x 1\nb: &x 2\nc: *x\n", "{a:1 b:2 c:2}"),
        ("a: {'<<': b}", "{a:{<<:b}}"),
    ] {
        assert_eq!(read(text).map(|node| shown(&node)).as_deref(), Ok(tree), "{text}");
    }
}

#[test]
fn nodes_know_their_place_and_mark() {
    let root = read("a: 1\nbé:\n  - x\n  - !reset []\n  - !override {c: d}\n").expect("right");
    let list = root.get("bé").expect("bé").list().expect("a list");
    let places: Vec<_> = list.iter().map(|node| (node.at.line, node.at.column, node.mark)).collect();
    assert_eq!(places, [(3, 5, Mark::None), (4, 5, Mark::Reset), (5, 5, Mark::Override)]);
    assert_eq!(root.map().expect("a mapping")[1].at.line, 2);
}

#[test]
fn several_documents_are_several_trees() {
    let mut report = Report::default();
    let found =
        documents("a: 1\n---\n# empty\n---\nb: &x 2\n", 0, &mut Budget::new(), &mut report).expect("right");
    assert_eq!(found.iter().map(shown).collect::<Vec<_>>(), ["{a:1}", "{b:2}"]);
    assert!(read("a: &x 1\n---\nb: *x\n").is_err(), "anchors end with their document");
}

#[test]
fn nesting_and_entries_are_bounded() {
    let nested = |depth: usize| format!("{}x{}", "[".repeat(depth), "]".repeat(depth));
    assert!(read(&nested(DEPTH_MAX - 1)).is_ok());
    assert!(read(&nested(DEPTH_MAX)).expect_err("one more").contains("nested deeper than 64 levels"));
    for depth in [300, 100_000] {
        assert!(read(&nested(depth)).is_err());
        assert!(read(&"- ".repeat(depth)).is_err());
        assert!(read(&"? ".repeat(depth)).is_err());
        assert!(read(&"a: {".repeat(depth)).is_err());
        assert!(read(&"!!a ".repeat(depth)).is_err());
    }
    // One alias stands 40 deep in what is 40 deep.
    let aliased = format!("a: &a {}\nb: {}*a{}\n", nested(40), "[".repeat(40), "]".repeat(40));
    assert!(read(&aliased).expect_err("81 deep").contains("aliases replaced"));
    let many = |count: usize| format!("[{}]", "a,".repeat(count));
    assert!(read(&many(ENTRIES_MAX)).is_ok());
    assert!(read(&many(ENTRIES_MAX + 1)).expect_err("one more").contains("more than 4096 entries"));
    let merged = |count| (0..count).map(|n| format!("k{n}: 1\n  ")).collect::<String>();
    let twice =
        format!("a: &a\n  {}\nb:\n  <<: *a\n  {}\n", merged(ENTRIES_MAX), merged(1).replace('k', "l"));
    assert!(read(&twice).expect_err("one more").contains("more than 4096 entries"));
}

#[test]
fn what_aliases_make_grow_is_bounded() {
    // 9 levels of 9: a billion.
    let mut laughs = String::from("a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
    for level in 1..10 {
        let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
        laughs.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    assert!(read(&laughs).expect_err("a billion").contains("too large together"));
    let merged: String =
        (1..40).map(|n| format!("m{n}: &m{n} {{<<: [*m{0}, *m{0}], k{n}: *m{0}}}\n", n - 1)).collect();
    assert!(read(&format!("m0: &m0 {{a: b}}\n{merged}")).is_err());
    let text = "x".repeat(100_000);
    let texts = format!("a: &a {text}\nb: [{}]\n", "*a,".repeat(200));
    assert!(read(&texts).expect_err("20 MB").contains("too large together"));
}
