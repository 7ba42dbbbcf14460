use super::*;

#[test]
fn names_are_ordered_component_by_component() {
    let sorted: [&[u8]; 8] = [b"", b"a", b"a/b", b"a/b/c", b"a-", b"a-/x", b"a.b", b"b"];
    for (index, one) in sorted.iter().enumerate() {
        for other in &sorted[index + 1..] {
            assert!(before(one, other) && !before(other, one), "{one:?} {other:?}");
        }
    }
}

#[test]
fn a_tree_is_like_its_index_until_something_changes() {
    let root = std::env::temp_dir().join(format!("limpet-index-{}", std::process::id()));
    std::fs::create_dir_all(root.join("a/b")).unwrap();
    std::fs::write(root.join("a/file"), "x").unwrap();
    std::os::unix::fs::symlink("a/file", root.join("link")).unwrap();
    let open = || {
        inside::open(&fs::open(&root, OFlags::PATH, fs::Mode::empty()).unwrap(), b"", OFlags::RDONLY).unwrap()
    };
    let mut index = Vec::new();
    // The working directory belongs to all tests.
    let here = std::env::current_dir().unwrap();
    write(&open(), &BTreeSet::new(), &mut index).unwrap();
    std::env::set_current_dir(here).unwrap();
    let found = || {
        let mut told = Vec::new();
        compare(&open(), &mut &index[..], &mut |path, what| {
            told.push(format!("{} {what}", path.escape_ascii()));
        })
        .unwrap();
        told
    };
    let whole = found();
    std::fs::remove_file(root.join("link")).unwrap();
    std::fs::write(root.join("a/b/more"), "").unwrap();
    let changed = found();
    std::fs::remove_dir_all(&root).unwrap();
    assert_eq!(whole, Vec::<String>::new());
    assert_eq!(changed[0], " has another time of modification");
    assert!(changed.contains(&"a/b/more does not belong there".to_owned()), "{changed:?}");
    assert!(changed.contains(&"link is missing".to_owned()), "{changed:?}");
}
