use super::*;

#[test]
fn paths_stay_inside() {
    assert_eq!(normal("./a//b/../c").as_deref(), Some("a/c"));
    assert_eq!(normal("../etc/passwd"), None);
    assert_eq!(normal("a/../../b"), None);
}

#[test]
fn links_are_followed_a_few_times() {
    let mut items = HashMap::from([
        ("x/layer.tar".to_owned(), Item::Bytes { offset: 512, length: 3 }),
        ("y/layer.tar".to_owned(), Item::Link("y/../x/layer.tar".to_owned())),
        ("loop".to_owned(), Item::Link("loop".to_owned())),
    ]);
    assert_eq!(find(&items, "./y/layer.tar"), Some((512, 3)));
    assert_eq!(find(&items, "loop"), None);
    items.insert("out".to_owned(), Item::Link("../../etc/passwd".to_owned()));
    assert_eq!(find(&items, "out"), None);
}
