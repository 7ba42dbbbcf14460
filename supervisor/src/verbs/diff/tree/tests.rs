use super::*;
use rustix::fs::{XattrFlags, makedev, mknodat, setxattr};
use std::os::unix::fs::symlink;

/// Layers on disk; whiteouts and opaque directories need root, and where they cannot be made the test says nothing.
struct Layers(PathBuf);

impl Layers {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("limpet-diff-{}-{name}", std::process::id()));
        for layer in ["top", "middle", "bottom"] {
            fs::create_dir_all(path.join(layer)).unwrap();
        }
        Self(path)
    }

    fn file(&self, path: &str) -> &Self {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "x").unwrap();
        self
    }

    fn whiteout(&self, path: &str) -> bool {
        let kind = FileType::CharacterDevice;
        mknodat(rustix::fs::CWD, self.0.join(path), kind, Mode::empty(), makedev(0, 0)).is_ok()
    }

    fn opaque(&self, path: &str) -> bool {
        setxattr(self.0.join(path), OPAQUE, b"y", XattrFlags::empty()).is_ok()
    }

    fn changes(&self, mounted: &[&str]) -> Vec<String> {
        let mounted = mounted.iter().map(|path| path.as_bytes().to_vec()).collect();
        let mut walk = Walk { mounted, changes: Vec::new() };
        let top = fs::File::open(self.0.join("top")).unwrap().into();
        walk.directory(&top, &[self.0.join("middle"), self.0.join("bottom")], b"").unwrap();
        let line =
            |change: &Change| format!("{} {}", change.kind.letter(), String::from_utf8_lossy(&change.path));
        walk.changes.iter().map(line).collect()
    }
}

impl Drop for Layers {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

#[test]
fn added_and_changed_with_the_directories_above() {
    let layers = Layers::new("added");
    layers.file("bottom/etc/old").file("top/etc/old").file("top/new/deep/file");
    assert_eq!(layers.changes(&[]), ["C /etc", "C /etc/old", "A /new", "A /new/deep", "A /new/deep/file"]);
}

#[test]
fn links_are_compared_and_never_followed() {
    let layers = Layers::new("links");
    symlink("/", layers.0.join("top/link")).unwrap();
    assert_eq!(layers.changes(&[]), ["A /link"]);
}

#[test]
fn deleted_where_there_was_something() {
    let layers = Layers::new("deleted");
    layers.file("bottom/a").file("bottom/b").file("middle/c");
    if !layers.whiteout("top/a") || !layers.whiteout("top/never") || !layers.whiteout("middle/b") {
        return;
    }
    layers.file("top/b");
    assert_eq!(layers.changes(&[]), ["D /a", "A /b"]);
}

#[test]
fn an_opaque_directory_deletes_what_it_hides() {
    let layers = Layers::new("opaque");
    layers
        .file("bottom/d/old")
        .file("bottom/d/kept")
        .file("middle/d/hidden")
        .file("top/d/kept")
        .file("top/d/new");
    if !layers.opaque("top/d") {
        return;
    }
    let mut changes = layers.changes(&[]);
    changes.sort();
    assert_eq!(changes, ["A /d/new", "C /d", "C /d/kept", "D /d/hidden", "D /d/old"]);
}

#[test]
fn places_to_mount_on_are_no_changes() {
    let layers = Layers::new("mounted");
    layers.file("bottom/etc/passwd").file("top/etc/hosts").file("top/run/data/place/x");
    assert_eq!(layers.changes(&["/etc/hosts", "/run/data/place"]), [""; 0]);
    layers.file("top/etc/mine");
    assert_eq!(layers.changes(&["/etc/hosts", "/run/data/place"]), ["C /etc", "A /etc/mine"]);
}
