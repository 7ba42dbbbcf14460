//! Paths as text.

use super::{directory_of, join, name_of};

#[test]
fn joined_paths_are_absolute_and_clean() {
    for (directory, path, result) in [
        ("/srv/shop", "a", "/srv/shop/a"),
        ("/srv/shop", "./a//b/.", "/srv/shop/a/b"),
        ("/srv/shop", "../a", "/srv/a"),
        ("/srv/shop", "../../../a", "/a"),
        ("/srv/shop", "/a/../b", "/b"),
        ("/srv/shop", ".", "/srv/shop"),
        ("/", "..", "/"),
        ("/srv/shop/", "", "/srv/shop"),
    ] {
        assert_eq!(join(directory, path), result, "{directory} {path}");
    }
}

#[test]
fn parts_of_a_path() {
    assert_eq!(["/a/b", "/a", "/", "a"].map(directory_of), ["/a", "/", "/", "/"]);
    assert_eq!(["/a/b", "/a/b/", "/", ""].map(name_of), ["b", "b", "", ""]);
}
