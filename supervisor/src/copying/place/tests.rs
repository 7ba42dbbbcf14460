use super::*;
use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::PathBuf;

struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("limpet-place-{}-{name}", std::process::id()));
        fs::create_dir_all(path.join("base")).unwrap();
        fs::create_dir_all(path.join("outside")).unwrap();
        Self(path)
    }

    fn placer(&self) -> Placer {
        Placer::new(File::open(self.0.join("base")).unwrap().into(), Owners::Same, Belongs::AsWritten)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

/// Owned by whoever runs the test.
fn entry(kind: Kind, path: &str, link: &str) -> Entry {
    Entry {
        kind,
        path: path.as_bytes().to_vec(),
        link: link.as_bytes().to_vec(),
        mode: 0o750,
        uid: rustix::process::getuid().as_raw(),
        gid: rustix::process::getgid().as_raw(),
        modified: (1_000_000, 5),
        xattrs: Vec::new(),
        size_bytes: 0,
    }
}

fn put(placer: &mut Placer, entry: &Entry, contents: &str) -> Result<(), String> {
    placer.put(entry, &mut contents.as_bytes()).map_err(|error| error.to_string())
}

#[test]
fn a_tree_is_placed_with_modes_and_times() {
    let place = Place::new("tree");
    let mut placer = place.placer();
    put(&mut placer, &entry(Kind::Directory, "./d/", ""), "").unwrap();
    put(&mut placer, &entry(Kind::File, "d/f", ""), "hello").unwrap();
    put(&mut placer, &entry(Kind::Hardlink, "d/g", "d/f"), "").unwrap();
    put(&mut placer, &entry(Kind::Symlink, "d/l", "/nowhere"), "").unwrap();
    put(&mut placer, &entry(Kind::File, "made/up/f", ""), "x").unwrap();
    placer.finish().unwrap();
    let directory = fs::metadata(place.0.join("base/d")).unwrap();
    assert_eq!((directory.mode() & 0o7777, directory.mtime(), directory.mtime_nsec()), (0o750, 1_000_000, 5));
    let file = fs::metadata(place.0.join("base/d/g")).unwrap();
    assert_eq!((file.nlink(), file.mtime(), file.len()), (2, 1_000_000, 5));
    assert_eq!(fs::read_link(place.0.join("base/d/l")).unwrap(), PathBuf::from("/nowhere"));
    assert_eq!(fs::read_to_string(place.0.join("base/made/up/f")).unwrap(), "x");
}

#[test]
fn nothing_is_written_through_a_link() {
    let place = Place::new("link");
    symlink(place.0.join("outside"), place.0.join("base/d")).unwrap();
    symlink(place.0.join("outside/f"), place.0.join("base/f")).unwrap();
    let mut placer = place.placer();
    let said = put(&mut placer, &entry(Kind::File, "d/f", ""), "evil").unwrap_err();
    assert!(said.contains("symbolic link"), "{said}");
    assert!(put(&mut placer, &entry(Kind::Directory, "d", ""), "").is_err());
    assert!(put(&mut placer, &entry(Kind::Hardlink, "g", "d/f"), "").is_err());
    put(&mut placer, &entry(Kind::File, "f", ""), "new").unwrap();
    assert!(fs::symlink_metadata(place.0.join("base/f")).unwrap().is_file(), "the link was replaced");
    assert_eq!(fs::read_dir(place.0.join("outside")).unwrap().count(), 0);
}

#[test]
fn nothing_is_written_above_the_base() {
    let place = Place::new("above");
    let mut placer = place.placer();
    for path in ["../f", "a/../../f", ".."] {
        let said = put(&mut placer, &entry(Kind::File, path, ""), "evil").unwrap_err();
        assert!(said.contains("climbs out"), "{said}");
    }
    assert!(put(&mut placer, &entry(Kind::Hardlink, "g", "../outside"), "").is_err());
    put(&mut placer, &entry(Kind::File, "/absolute", ""), "x").unwrap();
    assert!(place.0.join("base/absolute").exists());
}

#[test]
fn files_and_directories_do_not_replace_each_other() {
    let place = Place::new("kinds");
    let mut placer = place.placer();
    put(&mut placer, &entry(Kind::Directory, "d", ""), "").unwrap();
    put(&mut placer, &entry(Kind::File, "f", ""), "x").unwrap();
    assert!(
        put(&mut placer, &entry(Kind::File, "d", ""), "").unwrap_err().contains("a directory has this name")
    );
    assert!(put(&mut placer, &entry(Kind::Directory, "f", ""), "").unwrap_err().contains("no directory"));
}

#[test]
fn what_cannot_be_read_leaves_no_half_file() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::UnexpectedEof.into())
        }
    }
    let place = Place::new("half");
    assert!(place.placer().put(&entry(Kind::File, "f", ""), &mut Broken).is_err());
    assert!(!place.0.join("base/f").exists());
}

#[test]
fn a_path_may_only_be_so_deep() {
    assert!(normal("d/".repeat(DEPTH_MAX + 1).as_bytes()).is_ok());
    assert!(normal("d/".repeat(DEPTH_MAX + 2).as_bytes()).is_err());
}
