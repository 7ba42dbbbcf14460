//! A directory tree as it looks from outside: everything that can be told of each file, and where two trees differ.
//!
//! The store's tests use this file, too.

use rustix::fs::{lgetxattr, llistxattr};
use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hasher as _};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

/// Names in a tree, from its top.
pub type Tree = BTreeMap<PathBuf, Facts>;

/// Everything that can be told of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    kind_and_mode: u32,
    owner: (u32, u32),
    device: u64,
    mtime: (i64, i64),
    /// The first of its names, if it has several.
    twin: PathBuf,
    size: u64,
    contents: u64,
    target: PathBuf,
    xattrs: BTreeMap<String, Vec<u8>>,
}

/// Looks at everything below `root`, and at it.
///
/// # Panics
/// Something cannot be read.
#[must_use]
pub fn tree(root: &Path) -> Tree {
    let mut found = Tree::new();
    let mut inodes = BTreeMap::new();
    let mut left = vec![root.to_owned()];
    while let Some(path) = left.pop() {
        let there = path.symlink_metadata().unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        if there.is_dir() {
            let entries = fs::read_dir(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            left.extend(entries.map(|entry| entry.expect("it can be read").path()));
        }
        let name = path.strip_prefix(root).expect("it is below the root").to_owned();
        if !there.is_dir() {
            inodes.entry((there.dev(), there.ino())).or_insert_with(Vec::new).push(name.clone());
        }
        found.insert(name, facts(&path, &there));
    }
    // Not how many names an inode has: an overlay counts those, too, that an upper layer hides.
    for names in inodes.values().filter(|names| names.len() > 1) {
        let first = names.iter().min().expect("there are several");
        names.iter().for_each(|name| first.clone_into(&mut found.get_mut(name).expect("it was found").twin));
    }
    found
}

/// The same without the times of directories.
#[must_use]
pub fn without_times_of_directories(tree: Tree) -> Tree {
    let is_directory = |facts: &Facts| facts.kind_and_mode & 0o170_000 == 0o040_000;
    let timeless = |facts: Facts| Facts { mtime: (0, 0), ..facts };
    let each = tree.into_iter();
    each.map(|(path, facts)| (path, if is_directory(&facts) { timeless(facts) } else { facts })).collect()
}

/// A line for each name that is not the same in both.
#[must_use]
pub fn differences(ours: &Tree, theirs: &Tree) -> Vec<String> {
    let mut all: Vec<_> = ours.keys().chain(theirs.keys()).collect();
    all.sort();
    all.dedup();
    let differ = all.into_iter().filter(|path| ours.get(*path) != theirs.get(*path));
    differ
        .map(|path| format!("{path:?}\n  ours   {:?}\n  theirs {:?}", ours.get(path), theirs.get(path)))
        .collect()
}

fn facts(path: &Path, there: &fs::Metadata) -> Facts {
    let kind = there.file_type();
    let device = kind.is_char_device() || kind.is_block_device();
    let read = |path: &Path| fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut contents = DefaultHasher::new();
    contents.write(&if kind.is_file() { read(path) } else { Vec::new() });
    Facts {
        kind_and_mode: there.mode(),
        owner: (there.uid(), there.gid()),
        device: if device { there.rdev() } else { 0 },
        mtime: (there.mtime(), there.mtime_nsec()),
        twin: PathBuf::new(),
        // A directory's depends on the file system.
        size: if kind.is_dir() { 0 } else { there.size() },
        contents: contents.finish(),
        target: if kind.is_symlink() { fs::read_link(path).expect("it is a link") } else { PathBuf::new() },
        xattrs: xattrs(path),
    }
}

fn xattrs(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut names = [0; 4096];
    let length = llistxattr(path, &mut names[..]).expect("attributes can be listed");
    let names =
        names[..length].split(|byte| *byte == 0).map(|name| String::from_utf8_lossy(name).into_owned());
    // umoci keeps owners in one of its own.
    let of_image = |name: &String| !name.is_empty() && !name.starts_with("user.rootlesscontainers");
    let value = |name: String| {
        let mut value = [0; 4096];
        let length = lgetxattr(path, &*name, &mut value[..]).expect("it was listed");
        (name, value[..length].to_vec())
    };
    names.filter(of_image).map(value).collect()
}
