//! Sizes of trees with links.

use super::tree_bytes;
use std::fs;
use std::os::unix::fs::symlink;

#[test]
fn files_are_counted_once_and_links_are_not_followed() {
    let top = std::env::temp_dir().join(format!("limpet-disk-{}", std::process::id()));
    fs::create_dir_all(top.join("a/b")).unwrap();
    fs::write(top.join("a/one"), [0; 100]).unwrap();
    fs::hard_link(top.join("a/one"), top.join("a/b/two")).unwrap();
    symlink("/usr", top.join("a/b/away")).unwrap();
    assert_eq!(tree_bytes(&top), Ok(100 + 4));
    assert_eq!(tree_bytes(&top.join("missing")), Ok(0));
    fs::remove_dir_all(&top).unwrap();
}
