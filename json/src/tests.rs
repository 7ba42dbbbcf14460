use super::*;
use serde_json::json;

fn said<T>(result: Result<T, JsonError>) -> String {
    result.map(|_| ()).unwrap_err().to_string()
}

#[test]
fn a_mistake_is_named_by_its_path() {
    let document = json!({"a": {"b": [{"c": 1}, {"c": "x", "d": 70_000}]}, "e": ["x", 1]});
    let root = Object::root(&document).unwrap();
    let a = root.object("a").unwrap().unwrap();
    let b = a.objects("b").unwrap();
    assert_eq!(said(b[0].text("c")), "field \"a.b[0].c\" is not a string");
    assert_eq!(said(b[1].number("c")), "field \"a.b[1].c\" is not a whole number from 0");
    assert_eq!(said(b[1].small::<u16>("d")), "field \"a.b[1].d\" cannot be 70000");
    assert_eq!(said(b[1].needed_text("f")), "field \"a.b[1].f\" is missing");
    assert_eq!(said(b[1].only(&["c"])), "field \"a.b[1].d\" is not known");
    assert_eq!(said(root.strings("e")), "field \"e\" is not an array of strings");
    assert_eq!(said(root.part("e", |_| Ok(()))), "field \"e\" is not an object");
    assert_eq!(said(root.each("e", |_| Ok(()))), "field \"e[0]\" is not an object");
}

#[test]
fn null_is_as_good_as_absent() {
    let document = json!({"a": null});
    let root = Object::root(&document).unwrap();
    for name in ["a", "b"] {
        assert_eq!((root.text(name), root.number(name), root.flag(name)), (Ok(None), Ok(None), Ok(false)));
        assert_eq!((root.signed(name), root.small::<u8>(name)), (Ok(None), Ok(None)));
        assert_eq!((root.list(name), root.pairs(name)), (Ok(Vec::new()), Ok(Vec::new())));
        assert!(root.object(name).unwrap().is_none() && root.raw(name).is_none());
    }
}

#[test]
fn numbers_are_whole_and_fit() {
    let document = json!({"minus": -1, "half": 0.5, "most": u64::MAX});
    let root = Object::root(&document).unwrap();
    assert_eq!((root.signed("minus"), root.number("most")), (Ok(Some(-1)), Ok(Some(u64::MAX))));
    assert!(root.number("minus").is_err() && root.small::<u32>("minus").is_err());
    assert!(root.number("half").is_err() && root.signed("half").is_err() && root.signed("most").is_err());
}

#[test]
fn a_document_is_counted_before_it_is_parsed() {
    assert_eq!(parse(b"[1, 2, 3]", 3), Ok(json!([1, 2, 3])));
    assert_eq!(parse(b"[1, 2, 3]", 2), Err(Mistake::TooMany(2).into()));
    let deep = "[".repeat(200);
    assert!(said(parse(deep.as_bytes(), 1000)).contains("line 1 column 128"));
    assert_eq!(said(Object::root(&json!([])).map(|_| ())), "it is not a JSON object");
}
