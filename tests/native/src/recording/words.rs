//! strace's lines, as far as they are about one directory.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What strace is told to write down.
pub(super) const TRACED: &str = "trace=execve,chdir,open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2,unlink,unlinkat,rmdir,\
    write,writev,pwrite64,copy_file_range,sendfile,ftruncate,link,linkat,symlink,symlinkat,fsync,fdatasync,syncfs,exit_group";

/// Something that was done, by a path below the directory.
#[derive(Debug)]
pub(super) enum Call {
    Make(PathBuf),
    /// For writing: it is there then, and empty.
    Open(PathBuf),
    Write(PathBuf, Vec<u8>),
    Rename(PathBuf, PathBuf),
    Remove(PathBuf),
    /// An unpacking process has ended; its directory.
    Filled(PathBuf),
    Sync(PathBuf),
    SyncAll,
}

/// What was done below `root`, in the order in which it was done.
pub(super) fn calls(trace: &str, root: &Path) -> Vec<Call> {
    let mut begun: BTreeMap<&str, String> = BTreeMap::new();
    let mut places: BTreeMap<&str, PathBuf> = BTreeMap::new();
    let (mut unpacking, mut others) = (BTreeSet::new(), BTreeSet::new());
    let mut found = Vec::new();
    for line in trace.lines() {
        let Some((pid, rest)) = line.split_once(' ') else { continue };
        let rest = rest.trim_start();
        if let Some(half) = rest.strip_suffix(" <unfinished ...>") {
            begun.insert(pid, half.to_owned());
            continue;
        }
        let whole = match rest.strip_prefix("<... ").and_then(|rest| rest.split_once(" resumed>")) {
            Some((_, end)) => begun.remove(pid).unwrap_or_default() + end,
            None => rest.to_owned(),
        };
        let Some((name, arguments)) = whole.split_once('(') else { continue };
        let texts = texts(arguments);
        match name {
            "execve" => {
                let is = |word: &str| texts.iter().any(|text| text == word.as_bytes());
                if is("unpack") {
                    unpacking.insert(pid);
                } else if is("fetch") {
                    others.insert(pid);
                }
            }
            // The directory of a child that is about to become another program.
            "chdir" if !unpacking.contains(pid) => drop(places.insert(pid, path(&texts[0]))),
            "exit_group" if unpacking.contains(pid) => {
                found.extend(places.get(pid).and_then(|place| below(place, root)).map(Call::Filled));
            }
            _ if unpacking.contains(pid) || others.contains(pid) => {}
            _ if whole.contains(" = -1 ") => {}
            _ => found.extend(call(name, arguments, &texts, root)),
        }
    }
    found
}

fn call(name: &str, arguments: &str, texts: &[Vec<u8>], root: &Path) -> Option<Call> {
    let at = |index: usize| {
        let name = path(texts.get(index)?);
        let base = descriptor(arguments).filter(|_| !name.is_absolute());
        below(&base.map_or_else(|| name.clone(), |base| base.join(&name)), root)
    };
    let open = || below(&descriptor(arguments)?, root);
    match name {
        "mkdir" | "mkdirat" => at(0).map(Call::Make),
        // musl opens so; what stands in `<...>` is what it gave.
        "open" if arguments.contains("O_CREAT") || arguments.contains("O_TRUNC") => {
            below(&path(texts.first()?), root).map(Call::Open)
        }
        "openat" if arguments.contains("O_CREAT") || arguments.contains("O_TRUNC") => at(0).map(Call::Open),
        "write" => Some(Call::Write(open()?, texts.first()?.clone())),
        "rename" | "renameat" | "renameat2" => Some(Call::Rename(at(0)?, at(1)?)),
        "unlink" | "unlinkat" | "rmdir" => at(0).map(Call::Remove),
        "fsync" | "fdatasync" => open().map(Call::Sync),
        "syncfs" => open().map(|_| Call::SyncAll),
        "open" | "openat" => None,
        other => open().or_else(|| at(0)).map(|path| panic!("{other} of {} is not known", path.display())),
    }
}

fn below(path: &Path, root: &Path) -> Option<PathBuf> {
    path.strip_prefix(root).ok().map(Path::to_owned)
}

fn path(text: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(text).into_owned())
}

/// What stands in the first `<...>`: the path of a descriptor.
fn descriptor(arguments: &str) -> Option<PathBuf> {
    let inner = arguments.split_once('<')?.1.split_once('>')?.0;
    Some(path(&unhex(inner)))
}

/// What stands between quotes.
fn texts(arguments: &str) -> Vec<Vec<u8>> {
    arguments.split('"').skip(1).step_by(2).map(unhex).collect()
}

/// `\x61b` is `ab`.
fn unhex(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut left = text.as_bytes();
    while let Some((first, rest)) = left.split_first() {
        let byte = rest.strip_prefix(b"x").and_then(|rest| rest.get(..2));
        match byte.filter(|_| *first == b'\\') {
            Some(digits) => {
                let digits = std::str::from_utf8(digits).expect("ASCII");
                bytes.push(u8::from_str_radix(digits, 16).expect("strace writes hexadecimal digits"));
                left = &rest[3..];
            }
            None => {
                bytes.push(*first);
                left = rest;
            }
        }
    }
    bytes
}
