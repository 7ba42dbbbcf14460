//! Damage to what lies in the store: one thing at a time is changed behind its back, `verify` must name it, and is quiet
//! again when it is put back.

use limpet_store::verify::Damage;
use limpet_store::{Digest, Store};
use rustix::fs::{AtFlags, CWD, Mode, Timespec, Timestamps, XattrFlags, utimensat};
use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt, FileTypeExt, MetadataExt, PermissionsExt, lchown};
use std::path::{Path, PathBuf};

/// How many damages are tried on one image: on one with more names, these are spread over all of them.
const DAMAGES_MAX: usize = 100;

/// Every kind of damage to the names of the layers of an image; returns how many there were.
pub(crate) fn every(store: &Store, id: &Digest) -> Result<u32, String> {
    let verify = || store.verify(&[*id], &mut io::sink()).map_err(|error| error.to_string());
    let clean = verify()?;
    if !clean.is_empty() {
        return Err(format!("damaged from the start: {clean:?}"));
    }
    let image = store.image(id).map_err(|error| error.to_string())?;
    let mut count = 0;
    let mut names = Vec::new();
    for tree in &image.layers {
        below(tree.parent().unwrap(), &mut names);
    }
    let all: Vec<_> = names.iter().flat_map(|path| DAMAGES.map(|damage| (path, damage))).collect();
    for (path, damage) in all.iter().step_by(all.len().div_ceil(DAMAGES_MAX).max(1)) {
        if let Some(undo) = damage(path) {
            let found = verify()?;
            undo();
            count += 1;
            if !names_it(&found, path) {
                return Err(format!("damage {count} to {} is told as {found:?}", path.display()));
            }
        }
    }
    let left = verify()?;
    if left.is_empty() { Ok(count) } else { Err(format!("still damaged: {left:?}")) }
}

/// One layer, and a line with the path or, for what is not in the tree, any line.
fn names_it(found: &[Damage], path: &Path) -> bool {
    let [Damage::Layer(_, lines)] = found else { return false };
    let text = path.display().to_string();
    let Some((_, inside)) = text.split_once("/tree") else { return true };
    let name: String = inside.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    let wanted = if name.is_empty() { "/" } else { &name };
    // Long names are cut, and a hard link is named by any of its names.
    lines.iter().any(|line| line.starts_with(wanted)) || name.len() > 200 || is_linked(path)
}

fn is_linked(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|there| there.nlink() > 1)
}

fn below(path: &Path, names: &mut Vec<PathBuf>) {
    let there = path.symlink_metadata().unwrap();
    names.push(path.to_owned());
    if there.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            below(&entry.unwrap().path(), names);
        }
    }
}

type Undo = Box<dyn FnOnce()>;
/// Changes what lies at a path, if it is of the kind for it.
type Harm = fn(&Path) -> Option<Undo>;

const DAMAGES: [Harm; 7] = [flip, cut, mode, owner, time, mark, lose];

fn in_tree(path: &Path) -> bool {
    path.components().any(|component| component.as_os_str() == "tree")
}

fn there(path: &Path) -> Metadata {
    path.symlink_metadata().unwrap()
}

/// Puts the times back, so that they are not what gives the damage away.
fn restore_times(path: &Path, before: &Metadata) {
    let spec = |tv_sec, nanoseconds: i64| Timespec { tv_sec, tv_nsec: nanoseconds };
    let times = Timestamps {
        last_access: spec(before.atime(), before.atime_nsec()),
        last_modification: spec(before.mtime(), before.mtime_nsec()),
    };
    utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW).unwrap();
}

/// One bit of a file.
fn flip(path: &Path) -> Option<Undo> {
    let before = there(path);
    if !before.is_file() || before.len() == 0 {
        return None;
    }
    // A different place in each file, the same in every run.
    let offset = before.len() * 7919 % 104_729 % before.len();
    let change = move |path: &Path, before: &Metadata| {
        let file = File::options().read(true).write(true).open(path).unwrap();
        let mut byte = [0];
        file.read_exact_at(&mut byte, offset).unwrap();
        file.write_all_at(&[byte[0] ^ 1 << (offset % 8)], offset).unwrap();
        restore_times(path, before);
    };
    let xattr = capability(path);
    change(path, &before);
    give_capability(path, xattr.as_deref());
    let path = path.to_owned();
    Some(Box::new(move || {
        change(&path, &before);
        give_capability(&path, xattr.as_deref());
    }))
}

/// Writing takes a file's capabilities and setuid bits away; the damage that is meant here does not.
fn capability(path: &Path) -> Option<Vec<u8>> {
    let mut value = [0; 64];
    let length = rustix::fs::lgetxattr(path, "security.capability", &mut value).ok()?;
    Some(value[..length].to_vec())
}

fn give_capability(path: &Path, value: Option<&[u8]>) {
    if let Some(value) = value {
        rustix::fs::lsetxattr(path, "security.capability", value, XattrFlags::empty()).unwrap();
    }
}

/// The last byte of a file.
fn cut(path: &Path) -> Option<Undo> {
    let before = there(path);
    if !before.is_file() || before.len() == 0 {
        return None;
    }
    let (mode, xattr, whole) = (before.permissions(), capability(path), fs::read(path).ok()?);
    File::options().write(true).open(path).unwrap().set_len(before.len() - 1).unwrap();
    restore_times(path, &before);
    let path = path.to_owned();
    Some(Box::new(move || {
        let file = File::options().write(true).open(&path).unwrap();
        file.write_all_at(&whole[whole.len() - 1..], before.len() - 1).unwrap();
        fs::set_permissions(&path, mode).unwrap();
        give_capability(&path, xattr.as_deref());
        restore_times(&path, &before);
    }))
}

fn mode(path: &Path) -> Option<Undo> {
    let before = there(path);
    if !in_tree(path) || before.is_symlink() {
        return None;
    }
    let set = |path: &Path, mode: u32| {
        rustix::fs::chmodat(CWD, path, Mode::from_raw_mode(mode & 0o7777), AtFlags::empty()).unwrap();
    };
    set(path, before.permissions().mode() ^ 0o001);
    let path = path.to_owned();
    Some(Box::new(move || set(&path, before.permissions().mode())))
}

fn owner(path: &Path) -> Option<Undo> {
    let before = there(path);
    if !in_tree(path) {
        return None;
    }
    let xattr = capability(path);
    lchown(path, Some(before.uid() ^ 1), None).unwrap();
    let path = path.to_owned();
    Some(Box::new(move || {
        lchown(&path, Some(before.uid()), None).unwrap();
        if !before.is_symlink() {
            fs::set_permissions(&path, before.permissions()).unwrap();
        }
        give_capability(&path, xattr.as_deref());
    }))
}

fn time(path: &Path) -> Option<Undo> {
    let before = there(path);
    if !in_tree(path) {
        return None;
    }
    let times = Timestamps {
        last_access: Timespec { tv_sec: 1, tv_nsec: 0 },
        last_modification: Timespec { tv_sec: before.mtime() ^ 1, tv_nsec: before.mtime_nsec() },
    };
    utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW).unwrap();
    let path = path.to_owned();
    Some(Box::new(move || restore_times(&path, &before)))
}

/// An extended attribute that does not belong there.
fn mark(path: &Path) -> Option<Undo> {
    let before = there(path);
    if !in_tree(path) || !(before.is_dir() || before.is_file()) {
        return None;
    }
    let key = if before.is_dir() { "trusted.overlay.opaque" } else { "user.limpet.test" };
    let mut value = [0; 8];
    if rustix::fs::lgetxattr(path, key, &mut value).is_ok() {
        return None;
    }
    rustix::fs::lsetxattr(path, key, b"y", XattrFlags::empty()).ok()?;
    let path = path.to_owned();
    Some(Box::new(move || rustix::fs::lremovexattr(&path, key).unwrap()))
}

/// The name itself, and the times of its directory stay.
fn lose(path: &Path) -> Option<Undo> {
    let before = there(path);
    let parent = path.parent().unwrap().to_owned();
    let above = there(&parent);
    if before.file_type().is_socket() || !in_tree(path) && path.ends_with("shadow") {
        return None;
    }
    // Beside the layer, which is on the same file system.
    let aside = parent.ancestors().find(|above| above.ends_with("layers"))?.join("aside");
    fs::rename(path, &aside).unwrap();
    restore_times(&parent, &above);
    let path = path.to_owned();
    Some(Box::new(move || {
        fs::rename(&aside, &path).unwrap();
        restore_times(&parent, &above);
    }))
}
