//! Every order in which a disk may keep what a pull or a collection wrote: see [`native_tests::recording`]. After each
//! cut the store shows what was before or what was to be, and `verify` is clean.

use native_tests::recording::Recording;
use native_tests::registry::Registry;
use native_tests::scratch::Scratch;
use native_tests::{Limpet, places};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fs, thread};

/// Of so many states, one is gone on from: the command is done again, and then nothing is left over.
const AGAIN_EACH: usize = 8;
/// States at a time.
const AT_A_TIME: usize = 2;

fn at(root: &Path, limpet: &Limpet, args: &[&str]) -> Command {
    let mut command = Command::new(places::limpet());
    command.arg("--root").arg(root).arg("--state").arg(limpet.state()).args(args);
    command.env("LIMPET_CONFIG", limpet.home());
    command
}

/// A root with these images.
fn root_with(limpet: &Limpet, images: &[&str]) -> PathBuf {
    let root = limpet.home().join("other");
    for image in images {
        let layout = places::image(image);
        let load = ["load", "-q", "-i", layout.to_str().expect("UTF-8")];
        assert!(at(&root, limpet, &load).status().expect("it starts").success(), "{image}");
    }
    root
}

fn images(root: &Path, limpet: &Limpet) -> BTreeSet<String> {
    let output =
        at(root, limpet, &["images", "--format", "{{.Repository}} {{.ID}}"]).output().expect("it starts");
    assert!(output.status.success() && output.stderr.is_empty(), "{}: {output:?}", root.display());
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

/// Plays a command on a root; gives how many states there were.
fn play(limpet: &Limpet, root: &Path, words: &[&str]) -> usize {
    let scratch = Scratch::new();
    let old = images(root, limpet);
    let recording = Recording::of(&at(root, limpet, words), root, &scratch);
    let new = images(root, limpet);
    let states = recording.states();
    println!("{} steps, {} states", recording.len(), states.len());
    let (next, late) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for worker in 0..AT_A_TIME {
            let (scratch, states, next, late, old, new) = (&scratch, &states, &next, &late, &old, &new);
            scope.spawn(move || {
                while let Some(state) = states.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let at_work = scratch.path().join(format!("cut-{worker}"));
                    state.write_to(&at_work);
                    let again = next.load(Ordering::Relaxed) % AGAIN_EACH == 0;
                    let found = judge(limpet, &at_work, words, (old, new), again, state.what());
                    late.fetch_add(usize::from(found == *new), Ordering::Relaxed);
                    fs::remove_dir_all(&at_work).expect("it can be removed");
                }
            });
        }
    });
    let late = late.into_inner();
    assert!(0 < late && (late < states.len() || old == new), "{late} of {} states are late", states.len());
    states.len()
}

fn judge(
    limpet: &Limpet,
    root: &Path,
    words: &[&str],
    (old, new): (&BTreeSet<String>, &BTreeSet<String>),
    again: bool,
    what: &str,
) -> BTreeSet<String> {
    let well = |args: &[&str]| {
        let done = at(root, limpet, args).output().expect("it starts");
        assert!(done.status.success(), "{what}: {args:?}: {done:?}");
    };
    let found = images(root, limpet);
    assert!(found == *old || found == *new, "{what}: {found:?} is neither {old:?} nor {new:?}");
    well(&["image", "verify", "-q"]);
    if again {
        if found == *old {
            well(words);
        }
        assert_eq!(images(root, limpet), *new, "{what}, done again");
        well(&["image", "verify", "-q"]);
        well(&["image", "prune", "-f"]);
        let left = fs::read_dir(root.join("staging")).expect("it is there").count();
        assert_eq!(left, 0, "{what}: something stays in staging/");
    }
    found
}

#[test]
fn whatever_the_disk_keeps_of_a_pull_it_is_whole_or_nothing() {
    let (limpet, registry) = (Limpet::new(), Registry::open());
    let reference = registry.push_sample("busybox");
    let root = root_with(&limpet, &["probe"]);
    let states = play(&limpet, &root, &["pull", "-q", &reference]);
    assert!(states >= 50, "only {states} states");
}

#[test]
fn whatever_the_disk_keeps_of_a_removal_or_a_collection_no_image_is_hurt() {
    let limpet = Limpet::new();
    let root = root_with(&limpet, &["busybox", "probe"]);
    let whole = limpet.home().join("whole");
    native_tests::Outcome::of(Command::new("cp").arg("-a").arg(&root).arg(&whole)).ok();
    let states = play(&limpet, &root, &["rmi", "busybox"]);
    assert!(states >= 20, "only {states} states");
    // What an interrupted pull leaves: layers that no image has.
    for directory in ["blobs/sha256", "references"] {
        for entry in fs::read_dir(whole.join(directory)).expect("it is there").flatten() {
            let text = fs::read_to_string(entry.path()).unwrap_or_default();
            if entry.path().display().to_string().contains("busybox") || text.contains("\"guest\"") {
                fs::remove_file(entry.path()).expect("it can be removed");
            }
        }
    }
    let states = play(&limpet, &whole, &["image", "prune", "-f"]);
    assert!(states >= 5, "only {states} states");
}
