use super::*;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("limpet-spot-{}-{name}", std::process::id()));
        fs::create_dir_all(path.join("root/etc")).unwrap();
        fs::write(path.join("secret"), "outside").unwrap();
        fs::write(path.join("root/etc/passwd"), "inside").unwrap();
        Self(path)
    }

    fn root(&self) -> OwnedFd {
        fs::File::open(self.0.join("root")).unwrap().into()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

#[test]
fn paths_split_into_directory_and_name() {
    for (path, directory, name) in [
        ("/a/b", "/a/", "b"),
        ("a", "", "a"),
        ("/a/", "/", "a"),
        ("/", "", "."),
        ("", "", "."),
        ("/a/..", "/a/..", "."),
        ("/a/.", "/a/.", "."),
    ] {
        assert_eq!(split(path.as_bytes()), (directory.as_bytes(), name.as_bytes()), "{path}");
    }
}

#[test]
fn links_stay_inside_the_root() {
    let place = Place::new("inside");
    symlink("/../../secret", place.0.join("root/climb")).unwrap();
    symlink("/etc/passwd", place.0.join("root/absolute")).unwrap();
    let root = place.root();
    let climbed = find(root.as_fd(), b"/climb", true).unwrap();
    assert!(climbed.status.is_none(), "there is no /secret in the root");
    let absolute = find(root.as_fd(), b"absolute", true).unwrap();
    assert_eq!((absolute.name.as_slice(), absolute.status.unwrap().st_size), (&b"passwd"[..], 6));
    assert!(find(root.as_fd(), b"../../secret", true).unwrap().status.is_none());
}

#[test]
fn a_last_link_is_only_followed_when_asked() {
    let place = Place::new("last");
    symlink("new", place.0.join("root/dangling")).unwrap();
    let root = place.root();
    assert_eq!(find(root.as_fd(), b"dangling", false).unwrap().kind(), Some(FileType::Symlink));
    let followed = find(root.as_fd(), b"dangling", true).unwrap();
    assert_eq!((followed.name.as_slice(), followed.kind()), (&b"new"[..], None));
}

#[test]
fn links_in_a_circle_end() {
    let place = Place::new("circle");
    symlink("b", place.0.join("root/a")).unwrap();
    symlink("a", place.0.join("root/b")).unwrap();
    assert_eq!(find(place.root().as_fd(), b"a", true).unwrap_err(), Errno::LOOP);
}

#[test]
fn beneath_follows_nothing() {
    let place = Place::new("beneath");
    symlink("etc", place.0.join("root/link")).unwrap();
    let root = place.root();
    assert!(open_beneath(&root, b"etc/passwd", OFlags::PATH).is_ok());
    assert_eq!(open_beneath(&root, b"link/passwd", OFlags::PATH).unwrap_err(), Errno::LOOP);
    assert_eq!(open_beneath(&root, b"../secret", OFlags::PATH).unwrap_err(), Errno::XDEV);
}
