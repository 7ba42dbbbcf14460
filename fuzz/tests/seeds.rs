//! Every seed, and every input that once was a finding, is taken without a panic.

use limpet_fuzz::{Run, TARGETS};
use std::fs;
use std::path::{Path, PathBuf};

/// The files of `directory`; none, if it is not there.
fn inputs(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

fn play(kind: &str) -> usize {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join(kind);
    let all = |(name, run): &(&str, Run)| {
        let inputs = inputs(&top.join(name));
        for path in &inputs {
            println!("{}", path.display());
            run(&fs::read(path).expect("it can be read"));
        }
        inputs.len()
    };
    TARGETS.iter().map(all).sum()
}

#[test]
fn no_seed_is_a_finding() {
    assert!(play("seeds") >= TARGETS.len(), "each target has seeds");
}

#[test]
fn what_was_a_finding_is_none_any_more() {
    println!("{} inputs", play("regressions"));
}

#[test]
fn every_seed_has_a_target() {
    for directory in inputs(&Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds")) {
        let name = directory.file_stem().and_then(|name| name.to_str()).expect("a name");
        assert!(TARGETS.iter().any(|(known, _)| *known == name), "{}", directory.display());
    }
}
