use super::*;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

struct Layer {
    path: PathBuf,
    root: OwnedFd,
}

impl Layer {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("limpet-walk-{name}-{}", std::process::id()));
        std::fs::create_dir_all(path.join("usr/lib")).unwrap();
        let root = fs::open(&path, PATH_FLAGS, Mode::empty()).unwrap();
        Self { path, root }
    }

    fn link(&self, target: &str, name: &str) {
        symlink(target, self.path.join(name)).unwrap();
    }

    fn walk(&self, path: &str, make: bool) -> Result<Option<String>, PlaceError> {
        let found = resolve(&self.root, components(path.as_bytes())?, make)?;
        Ok(found.map(|parent| shown(&joined(&parent.path, None))))
    }
}

impl Drop for Layer {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.path).unwrap();
    }
}

#[test]
fn links_of_the_layer_are_followed() {
    let layer = Layer::new("follow");
    layer.link("usr/lib", "lib");
    layer.link("/usr", "u");
    layer.link("../lib/../../u", "usr/lib/up");
    for (path, found) in [("lib", "usr/lib"), ("u/lib", "usr/lib"), ("/./usr//lib/", "usr/lib"), ("", "")] {
        assert_eq!(layer.walk(path, false).unwrap().unwrap(), found, "{path}");
    }
    assert_eq!(layer.walk("usr/lib/up/lib", false).unwrap().unwrap(), "usr/lib");
    assert_eq!(layer.walk("lib/new/deep", true).unwrap().unwrap(), "usr/lib/new/deep");
    assert_eq!(layer.walk("nothing", false).unwrap(), None);
}

#[test]
fn nothing_leads_out() {
    let layer = Layer::new("out");
    layer.link("../../../etc", "climbs");
    layer.link("/", "root");
    layer.link("/usr/..", "root2");
    layer.link("/etc", "e");
    layer.link("loop", "loop");
    std::fs::write(layer.path.join("file"), "").unwrap();
    let refused = |path: &str| layer.walk(path, true).unwrap_err();
    assert!(matches!(refused("climbs/x"), PlaceError::Climbs));
    assert!(matches!(refused("usr/../x"), PlaceError::Climbs));
    assert!(matches!(refused("root/x"), PlaceError::RootByLink(_)));
    assert!(matches!(refused("root2"), PlaceError::RootByLink(_)));
    assert!(matches!(refused("e/x"), PlaceError::DanglingParent(_)));
    assert!(matches!(refused("loop/x"), PlaceError::TooManyLinks));
    assert!(matches!(refused("file/x"), PlaceError::NotDirectory(_)));
    assert!(matches!(refused(&"d/".repeat(PATH_DEPTH_MAX + 1)), PlaceError::BadPath));
    assert!(matches!(refused("a\0b"), PlaceError::BadPath));
}
