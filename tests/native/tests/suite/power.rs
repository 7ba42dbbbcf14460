//! Power cuts at every step of what changes the store: a pull, a removal. After each the store opens, shows what was
//! before or what was to be, `verify` finds nothing, and the same command then does its work.
//!
//! strace(1) ends the process at the Nth of its system calls of a kind, for every N and every kind that changes a disk or makes
//! it durable, once as its first thread counts them (`-q`) and once as whichever of its threads and children gets there (`-f`);
//! and the disk goes in the same moment (see [`native_tests::disk`]); the kernel's freedom to write what was not
//! synced is played in turns.

use native_tests::disk::{Disk, Luck};
use native_tests::registry::Registry;
use native_tests::{Limpet, places};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

/// Kinds of system calls; the first of a kind that is never reached ends its turn.
const KINDS: [&str; 5] = [
    "fsync,fdatasync,syncfs",
    "rename,renameat,renameat2",
    "unlink,unlinkat,rmdir",
    "mkdir,mkdirat",
    "write,pwrite64",
];
/// More of one kind are not cut: the rest of the writes are of progress.
const CUTS_MAX: usize = 10;
const LUCK: [Luck; 3] = [Luck::None, Luck::Names, Luck::Contents];

/// One story: what is on the disk before, and the command.
struct Story<'a> {
    limpet: &'a Limpet,
    before: &'a Path,
    command: Vec<String>,
    /// It takes away what no image has, and changes no image.
    collects: bool,
}

impl Story<'_> {
    /// Plays it with a cut at every step; gives how many cuts there were. Some come before the work is done and some after:
    /// otherwise nothing was cut, whatever strace ended with.
    fn play(&self) -> usize {
        let disk = Disk::copy_of(self.before);
        let old = self.images(&disk);
        assert!(self.command(&disk, None).output().expect("limpet starts").status.success());
        let new = self.images(&disk);
        assert_eq!(old == new, self.collects, "the command changes something");
        assert!(!self.collects || self.is_collected(&disk), "what no image has is left");
        drop(disk);
        let (mut cuts, mut late) = (0, 0);
        for (kind, whose) in KINDS.into_iter().flat_map(|kind| [(kind, "-f"), (kind, "-q")]) {
            for number in 1..=CUTS_MAX {
                let disk = Disk::copy_of(self.before);
                let ended = self.command(&disk, Some((kind, whose, number))).status().expect("strace starts");
                if ended.success() {
                    break;
                }
                let luck = LUCK[cuts % LUCK.len()];
                disk.cut(luck);
                cuts += 1;
                let done = self.judge(&disk, &old, &new, &format!("{kind} {number} ({whose}), {luck:?}"));
                late += usize::from(done);
            }
        }
        assert!(0 < late && late < cuts, "{late} of {cuts} cuts came after the work was done");
        cuts
    }

    /// Whether the work was done when the power went.
    fn judge(&self, disk: &Disk, old: &BTreeSet<String>, new: &BTreeSet<String>, cut: &str) -> bool {
        let found = self.images(disk);
        assert!(found == *old || found == *new, "after {cut}: {found:?} is neither {old:?} nor {new:?}");
        let verified = self.at(disk, &["image", "verify", "-q"]).output().expect("limpet starts");
        assert!(verified.status.success(), "after {cut}: {verified:?}");
        let done = if self.collects { self.is_collected(disk) } else { found == *new };
        if !done {
            let again = self.command(disk, None).output().expect("limpet starts");
            assert!(again.status.success(), "after {cut}: {again:?}");
        }
        assert_eq!(self.images(disk), *new, "after {cut}");
        let verified = self.at(disk, &["image", "verify", "-q"]).output().expect("limpet starts");
        assert!(verified.status.success(), "after {cut}, done again: {verified:?}");
        let pruned = self.at(disk, &["image", "prune", "-f"]).output().expect("limpet starts");
        assert!(pruned.status.success(), "after {cut}: {pruned:?}");
        let left = std::fs::read_dir(disk.path().join("root/staging")).expect("the store is there").count();
        assert_eq!(left, 0, "after {cut}: something stays in staging/");
        assert!(self.is_collected(disk), "after {cut}: a layer stays that no image has");
        done
    }

    /// Nothing is there but what the images have.
    fn is_collected(&self, disk: &Disk) -> bool {
        let ids = self.at(disk, &["images", "-aq", "--no-trunc"]).output().expect("limpet starts");
        let mut needed = BTreeSet::new();
        for id in String::from_utf8_lossy(&ids.stdout).lines() {
            let layers = self.at(disk, &["image", "inspect", "-f", "{{json .RootFS.Layers}}", id]).output();
            let layers: Vec<String> =
                serde_json::from_slice(&layers.expect("limpet starts").stdout).expect("a list");
            needed.extend(layers);
        }
        let entries = std::fs::read_dir(disk.path().join("root/layers")).expect("the store is there");
        let there =
            entries.map(|entry| format!("sha256:{}", entry.expect("it can be read").file_name().display()));
        there.collect::<BTreeSet<_>>().is_subset(&needed)
    }

    fn images(&self, disk: &Disk) -> BTreeSet<String> {
        let format = "{{.Repository}}:{{.Tag}} {{.ID}}";
        let output = self.at(disk, &["images", "--format", format]).output().expect("limpet starts");
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
    }

    /// `limpet` with its root on the disk.
    fn at(&self, disk: &Disk, args: &[&str]) -> Command {
        let root = disk.path().join("root");
        let mut command = Command::new(places::limpet());
        command.arg("--root").arg(root).arg("--state").arg(self.limpet.state()).args(args);
        command.env("LIMPET_CONFIG", self.limpet.home()).stdin(Stdio::null());
        command
    }

    /// The story's command, killed at a step.
    fn command(&self, disk: &Disk, cut: Option<(&str, &str, usize)>) -> Command {
        let words: Vec<&str> = self.command.iter().map(String::as_str).collect();
        let limpet = self.at(disk, &words);
        let Some((kind, whose, number)) = cut else { return limpet };
        let mut command = Command::new("strace");
        command.args([whose, "-qq", "-o", "/dev/null", "-e"]).arg(format!("trace={kind}"));
        command.arg("-e").arg(format!("inject={kind}:signal=KILL:when={number}"));
        command.arg(limpet.get_program()).args(limpet.get_args());
        command.env("LIMPET_CONFIG", self.limpet.home()).stdin(Stdio::null()).stdout(Stdio::null());
        command
    }
}

fn disk_with(limpet: &Limpet, commands: &[&[&str]]) -> Disk {
    let disk = Disk::new("160M");
    let story = Story { limpet, before: Path::new(""), command: Vec::new(), collects: false };
    for command in commands {
        assert!(story.at(&disk, command).status().expect("limpet starts").success(), "{command:?}");
    }
    disk
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

#[test]
fn a_pull_that_is_cut_anywhere_is_whole_or_nothing() {
    let limpet = Limpet::new();
    let registry = Registry::open();
    let reference = registry.push_sample("redis");
    let busybox = places::image("busybox");
    let disk = disk_with(&limpet, &[&["load", "-q", "-i", busybox.to_str().expect("UTF-8")]]);
    let before = disk.unmounted();
    let cuts =
        Story { limpet: &limpet, before, command: words(&["pull", "-q", &reference]), collects: false }
            .play();
    assert!(cuts >= 20, "only {cuts} cuts");
    println!("{cuts} cuts");
}

#[test]
fn a_removal_that_is_cut_anywhere_is_whole_or_nothing() {
    let limpet = Limpet::new();
    let (busybox, redis) = (places::image("busybox"), places::image("redis"));
    let load = |path: &Path| ["load", "-q", "-i", path.to_str().expect("UTF-8")].map(str::to_owned);
    let (one, other) = (load(&busybox), load(&redis));
    let all = [one.each_ref().map(String::as_str), other.each_ref().map(String::as_str)];
    let disk = disk_with(&limpet, &[&all[0], &all[1]]);
    let before = disk.unmounted();
    let cuts = Story { limpet: &limpet, before, command: words(&["rmi", "redis"]), collects: false }.play();
    assert!(cuts >= 10, "only {cuts} cuts");
    println!("{cuts} cuts");
}

/// What a pull left that was cut off with layers in place.
#[test]
fn a_collection_that_is_cut_anywhere_takes_no_image_and_is_finished() {
    let limpet = Limpet::new();
    let registry = Registry::open();
    let reference = registry.push_sample("redis");
    let busybox = places::image("busybox");
    let disk = disk_with(&limpet, &[&["load", "-q", "-i", busybox.to_str().expect("UTF-8")]]);
    let pull = Story {
        limpet: &limpet,
        before: Path::new(""),
        command: words(&["pull", "-q", &reference]),
        collects: false,
    };
    let is_halfway = |number| {
        let cut = Some(("rename,renameat,renameat2", "-f", number));
        assert!(!pull.command(&disk, cut).status().expect("strace starts").success(), "it came to its end");
        !pull.is_collected(&disk)
    };
    assert!((1..=4).any(is_halfway), "no layer was in place when it was cut");
    let before = disk.unmounted();
    let cuts =
        Story { limpet: &limpet, before, command: words(&["image", "prune", "-f"]), collects: true }.play();
    assert!(cuts >= 8, "only {cuts} cuts");
    println!("{cuts} cuts");
}
