//! The sample images, file by file as umoci unpacks them.

use crate::overlay::{Root, Scratch, load};
use limpet_store::Digest;
use rustix::fs::{lgetxattr, llistxattr};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) fn sample_images() {
    let Some(samples) = crate::samples() else { return };
    for name in ["busybox", "redis", "nginx", "python"] {
        let scratch = Scratch::new();
        let store = scratch.store();
        let layout = load(&store, &samples.join(format!("{name}.oci"))).unwrap();
        let archive = load(&store, &samples.join(format!("{name}.docker.tar"))).unwrap();
        assert_eq!(layout[0].id, archive[0].id, "{name}");
        let root = Root::mount(&store.find(name).unwrap());
        let (ours, theirs) = (walk(&root.path()), walk(&by_umoci(&samples, name, &scratch)));
        let paths: Vec<_> =
            ours.keys().chain(theirs.keys()).filter(|path| ours.get(*path) != theirs.get(*path)).collect();
        for path in paths.iter().take(10) {
            println!(
                "  {name} {path:?}\n    ours   {:?}\n    umoci's {:?}",
                ours.get(*path),
                theirs.get(*path)
            );
        }
        assert!(paths.is_empty(), "{name}: {} of {} differ", paths.len(), ours.len());
        println!("  {name}: {} files alike", ours.len());
    }
}

/// Unpacked from the docker-archive, because not every umoci knows zstd.
fn by_umoci(samples: &Path, name: &str, scratch: &Scratch) -> PathBuf {
    let archive = format!("docker-archive:{}", samples.join(format!("{name}.docker.tar")).display());
    let layout = scratch.path().join("layout").display().to_string();
    run(Command::new("skopeo").args(["copy", "-q", &archive, &format!("oci:{layout}:latest")]));
    let bundle = scratch.path().join("bundle");
    run(Command::new("umoci").args(["unpack", "--image", &format!("{layout}:latest")]).arg(&bundle));
    bundle.join("rootfs")
}

fn run(command: &mut Command) {
    let done = command.output().unwrap();
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
}

/// Everything that can be told of a file.
#[derive(Debug, PartialEq, Eq)]
struct Facts {
    kind_and_mode: u32,
    owner: (u32, u32),
    device: u64,
    mtime: (i64, i64),
    names: u64,
    contents: String,
    xattrs: BTreeMap<String, Vec<u8>>,
}

fn walk(root: &Path) -> BTreeMap<PathBuf, Facts> {
    let mut found = BTreeMap::new();
    let mut left = vec![root.to_owned()];
    while let Some(path) = left.pop() {
        let there = path.symlink_metadata().unwrap();
        if there.is_dir() {
            left.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
        found.insert(path.strip_prefix(root).unwrap().to_owned(), facts(&path, &there));
    }
    found
}

fn facts(path: &Path, there: &fs::Metadata) -> Facts {
    let kind = there.file_type();
    let device = kind.is_char_device() || kind.is_block_device();
    Facts {
        kind_and_mode: there.mode(),
        owner: (there.uid(), there.gid()),
        device: if device { there.rdev() } else { 0 },
        mtime: (there.mtime(), there.mtime_nsec()),
        // The number of a directory's names depends on the file system.
        names: if kind.is_dir() { 0 } else { there.nlink() },
        contents: if kind.is_file() {
            Digest::of(&fs::read(path).unwrap()).hex()
        } else if kind.is_symlink() {
            fs::read_link(path).unwrap().display().to_string()
        } else {
            String::new()
        },
        xattrs: xattrs(path),
    }
}

fn xattrs(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut names = [0; 4096];
    let length = llistxattr(path, &mut names).unwrap();
    let names = names[..length].split(|b| *b == 0).map(|name| String::from_utf8(name.to_vec()).unwrap());
    let mine = |name: &String| !name.is_empty() && !name.starts_with("user.rootlesscontainers");
    let value = |name: String| {
        let mut value = [0; 4096];
        let length = lgetxattr(path, &*name, &mut value).unwrap();
        (name, value[..length].to_vec())
    };
    names.filter(mine).map(value).collect()
}
