//! Every archive of `images/nasty`: what is right loads and looks as told; what is wrong leaves nothing.

use crate::damage;
use crate::overlay::{Root, Scratch, contents, load, words};
use limpet_store::load::Input;
use limpet_store::save::Saved;
use limpet_store::{Digest, LoadOptions, Store};
use rustix::fs::{FileType, lgetxattr};
use serde_json::Value;
use std::ffi::OsStr;
use std::fs::{self, File, Metadata};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// No archive may keep the loader busy for longer; the bombs stop at a GiB.
const SECONDS_MAX: u64 = 60;

pub(crate) fn all() {
    let made = Scratch::new();
    let maker = crate::repository().join("images/nasty/make.py");
    let arch = limpet_store::Platform::host().architecture;
    let done = Command::new("python3").arg(maker).arg(made.path()).args(["--arch", &arch]).output().unwrap();
    assert!(done.status.success(), "{done:?}");
    let listing: Value =
        serde_json::from_slice(&fs::read(made.path().join("manifest.json")).unwrap()).unwrap();
    let cases = listing.as_array().unwrap();
    let wrong: Vec<String> = cases.iter().filter_map(|case| one(made.path(), case).err()).collect();
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    println!("  {} archives", cases.len());
}

fn one(directory: &Path, case: &Value) -> Result<(), String> {
    let name = case["file"].as_str().unwrap();
    let victim = case["victim"].as_str().map(Victim::new);
    let scratch = Scratch::new();
    let store = scratch.store();
    let options = LoadOptions { image_bytes_max: case["limit_bytes"].as_u64(), ..LoadOptions::default() };
    let begun = Instant::now();
    let outcome = store.load(Input::Path(&directory.join(name)), &options);
    let seconds = begun.elapsed().as_secs();
    let fault = match (case["expect"].as_str().unwrap(), outcome) {
        ("load" | "either", Ok(loaded)) => {
            check_loaded(&store, case, &loaded.iter().map(|l| l.id).collect::<Vec<_>>())
        }
        ("load", Err(error)) => Err(format!("refused: {}", words(&error))),
        ("refuse", Ok(_)) => Err("loaded".to_owned()),
        (_, Err(error)) => check_refused(&store, &words(&error)),
        (other, _) => Err(format!("expectation {other}")),
    };
    let fault = fault.and_then(|()| escaped(case)).and_then(|()| match seconds {
        SECONDS_MAX.. => Err(format!("took {seconds} s")),
        _ => Ok(()),
    });
    drop(victim);
    fault.map_err(|fault| format!("{name} ({}): {fault}", case["reason"].as_str().unwrap()))
}

/// A file of the machine that an archive aims at.
struct Victim(PathBuf);

impl Victim {
    fn new(path: &str) -> Self {
        fs::write(path, "victim").unwrap();
        Self(path.into())
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        fs::remove_file(&self.0).expect("the victim must still be there");
    }
}

fn escaped(case: &Value) -> Result<(), String> {
    match case["escape"].as_str() {
        Some(path) if Path::new(path).symlink_metadata().is_ok() => Err(format!("{path} was written")),
        _ => Ok(()),
    }
}

fn check_refused(store: &Store, said: &str) -> Result<(), String> {
    println!("  {said}");
    if said.contains('\n') {
        return Err(format!("not one line: {said:?}"));
    }
    let left = contents(store);
    if left.is_empty() { Ok(()) } else { Err(format!("left behind: {left:?}")) }
}

fn check_loaded(store: &Store, case: &Value, ids: &[Digest]) -> Result<(), String> {
    let mut damaged = 0;
    for id in ids {
        let image = store.image(id).map_err(|error| words(&error))?;
        let facts = case["tree"].as_array().map(Vec::as_slice).unwrap_or_default();
        if !facts.is_empty() {
            let root = Root::mount(&image);
            facts.iter().try_for_each(|fact| check_fact(&root.path(), fact))?;
        }
        again(store, id)?;
        damaged += damage::every(store, id)?;
    }
    for name in case["images"].as_array().map(Vec::as_slice).unwrap_or_default() {
        store.find(name.as_str().unwrap()).map_err(|error| words(&error))?;
    }
    println!("  {damaged} damages were found");
    let staged = contents(store).iter().any(|path| path.starts_with("staging"));
    if staged { Err("staging is not empty".to_owned()) } else { Ok(()) }
}

/// Saving and loading again gives the same image from the same layers.
fn again(store: &Store, id: &Digest) -> Result<(), String> {
    let scratch = Scratch::new();
    let archive = scratch.path().join("saved.tar");
    let image = store.image(id).map_err(|error| words(&error))?;
    let saved = Saved { references: image.references.clone(), image };
    let mut file = File::create(&archive).unwrap();
    store.save(&[saved], &mut file).map_err(|error| format!("save: {}", words(&error)))?;
    let loaded =
        load(&scratch.store(), &archive).map_err(|error| format!("load again: {}", words(&error)))?;
    if loaded[0].id == *id { Ok(()) } else { Err("another id after save and load".to_owned()) }
}

fn check_fact(root: &Path, fact: &Value) -> Result<(), String> {
    let name = match (fact["path"].as_str(), fact["path_hex"].as_str()) {
        (Some(path), _) => path.as_bytes().to_vec(),
        (None, hex) => unhex(hex.unwrap()),
    };
    let path = root.join(OsStr::from_bytes(&name));
    let shown = String::from_utf8_lossy(&name).into_owned();
    let there = path.symlink_metadata();
    if fact["absent"] == true {
        return if there.is_err() { Ok(()) } else { Err(format!("{shown} is there")) };
    }
    let there = there.map_err(|error| format!("{shown}: {error}"))?;
    for (key, wanted) in fact.as_object().unwrap() {
        let found = found(&path, &there, key, wanted);
        if found != *wanted {
            return Err(format!("{shown}: {key} is {found}, not {wanted}"));
        }
    }
    Ok(())
}

fn found(path: &Path, there: &Metadata, key: &str, wanted: &Value) -> Value {
    match key {
        "type" => kind(there).into(),
        "size" => there.size().into(),
        "sha256" => Digest::of(&fs::read(path).unwrap()).hex().into(),
        "mode" => format!("{:04o}", there.mode() & 0o7777).into(),
        "uid" => there.uid().into(),
        "gid" => there.gid().into(),
        "nlink" => there.nlink().into(),
        "link" => fs::read_link(path).unwrap().to_str().unwrap().into(),
        "rdev" => vec![rustix::fs::major(there.rdev()), rustix::fs::minor(there.rdev())].into(),
        "xattrs" => wanted
            .as_object()
            .unwrap()
            .keys()
            .map(|name| (name.clone(), Value::from(hex(&xattr(path, name)))))
            .collect(),
        "absent_xattrs" => wanted
            .as_array()
            .unwrap()
            .iter()
            .filter(|n| xattr(path, n.as_str().unwrap()).is_empty())
            .cloned()
            .collect(),
        _ => wanted.clone(),
    }
}

fn kind(there: &Metadata) -> &'static str {
    match FileType::from_raw_mode(there.mode()) {
        FileType::RegularFile => "file",
        FileType::Directory => "dir",
        FileType::Symlink => "symlink",
        FileType::CharacterDevice => "char",
        FileType::BlockDevice => "block",
        FileType::Fifo => "fifo",
        _ => "other",
    }
}

fn xattr(path: &Path, name: &str) -> Vec<u8> {
    let mut value = [0; 4096];
    lgetxattr(path, name, &mut value).map(|length| value[..length].to_vec()).unwrap_or_default()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}
