//! Disks of virtual boards: files with an ext4 on them, made without root.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Room for a copy; the file is sparse.
const COPY_MIB: u64 = 1024;
/// Where e2fsprogs are, which not every user's PATH names.
const TOOLS: &str = "/usr/sbin:/sbin:/usr/bin:/bin";

/// A disk of a board, by whose serial number the board knows it (at most 20 characters).
#[derive(Clone, Debug)]
pub struct Disk {
    /// Serial number.
    pub serial: String,
    /// The file.
    pub path: PathBuf,
    /// Whether the board may only read it.
    pub readonly: bool,
    /// Where every write and flush is logged, if they are; see [`crate::powercut`].
    pub log: Option<PathBuf>,
}

/// An empty ext4 of `mib` MiB in a new file at `path`; nothing is left for the kernel to initialise later.
///
/// # Panics
/// It cannot be made.
pub fn make_ext4(path: &Path, label: &str, mib: u64) {
    mke2fs(path, label, mib, &[]);
}

/// An ext4 with what `directory` holds.
///
/// # Panics
/// It cannot be made.
pub fn make_ext4_of(path: &Path, label: &str, mib: u64, directory: &Path) {
    mke2fs(path, label, mib, &["-d", directory.to_str().expect("the checkout's path is UTF-8")]);
}

/// What `path` is called until it is whole: another process may be making it, too.
pub(crate) fn aside(path: &Path, what: &str) -> PathBuf {
    path.with_extension(format!("{what}.{}", std::process::id()))
}

/// A disk at `path` with a copy of `directory` below `place`. It appears when it is whole.
pub(crate) fn make_of_copy(path: &Path, label: &str, directory: &Path, place: &str) {
    let staging = aside(path, "staging");
    copy_tree(directory, &staging.join(place))
        .unwrap_or_else(|e| panic!("preparing {}: {e}", path.display()));
    let new = aside(path, "new");
    make_ext4_of(&new, label, COPY_MIB, &staging);
    let moved = fs::rename(&new, path).and_then(|()| fs::remove_dir_all(&staging));
    moved.unwrap_or_else(|e| panic!("making {}: {e}", path.display()));
}

fn copy_tree(from: &Path, to: &Path) -> Result<(), String> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error: std::io::Error| format!("{}: {error}", path.display())
    };
    fs::create_dir_all(to).map_err(failed(to))?;
    for entry in fs::read_dir(from).map_err(failed(from))?.flatten() {
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            copy_tree(&source, &target)?;
        } else {
            fs::copy(&source, &target).map_err(failed(&source))?;
        }
    }
    Ok(())
}

fn mke2fs(path: &Path, label: &str, mib: u64, more: &[&str]) {
    let sized = File::create(path).and_then(|file| file.set_len(mib << 20));
    sized.unwrap_or_else(|e| panic!("making {}: {e}", path.display()));
    let arguments = ["-q", "-F", "-t", "ext4", "-L", label, "-E", "lazy_itable_init=0,lazy_journal_init=0"];
    tool("mke2fs", &[&arguments, more].concat(), path);
}

/// A copy of a disk's file, holes and all.
///
/// # Panics
/// It cannot be copied.
pub fn copy(from: &Path, to: &Path) {
    let status = Command::new("cp").arg("--sparse=always").arg(from).arg(to).status();
    assert!(status.is_ok_and(|status| status.success()), "copying {} to {}", from.display(), to.display());
}

/// Nobody has the ext4 in this file mounted, nothing is in its journal, and nothing in it is damaged.
///
/// # Panics
/// It is not so.
#[track_caller]
pub fn assert_left_clean(path: &Path) {
    let header = tool("dumpe2fs", &["-h"], path);
    let said =
        |words: &str| header.lines().any(|line| line.starts_with("Filesystem") && line.contains(words));
    assert!(said("state:") && said(" clean") && !said("needs_recovery"), "not left clean:\n{header}");
    check(path);
}

/// e2fsck finds nothing to mend in the ext4 in this file.
///
/// # Panics
/// It does.
#[track_caller]
pub fn check(path: &Path) {
    tool("e2fsck", &["-f", "-n"], path);
}

/// A copy of the ext4 in this file is in order once its journal has been replayed, as by a boot: what e2fsck(8) mends
/// without asking is what every cut leaves.
///
/// # Panics
/// It is damaged.
#[track_caller]
pub fn assert_survives(path: &Path) {
    let copied = aside(path, "fsck");
    copy(path, &copied);
    let output = Command::new("e2fsck").args(["-f", "-p"]).arg(&copied).env("PATH", TOOLS).output();
    let removed = fs::remove_file(&copied);
    let output = output.and_then(|output| removed.map(|()| output));
    let output = output.unwrap_or_else(|e| panic!("e2fsck(8) of {}: {e}", path.display()));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(matches!(output.status.code(), Some(0 | 1)), "{} is damaged:\n{said}", path.display());
}

/// What a file holds on the ext4 in the file `disk`, which nobody has mounted.
#[must_use]
#[track_caller]
pub fn read(disk: &Path, path: &str) -> String {
    tool("debugfs", &["-R", &format!("cat {path}")], disk)
}

/// Runs one of e2fsprogs, which has to succeed; what it said.
#[track_caller]
fn tool(name: &str, arguments: &[&str], path: &Path) -> String {
    let output = Command::new(name).args(arguments).arg(path).env("PATH", TOOLS).output();
    let output = output.unwrap_or_else(|e| panic!("{name}(8): {e}"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name} {}: {}\n{said}{complaint}", path.display(), output.status);
    said
}

/// Whether `made` is there and nothing below `sources` is newer.
pub(crate) fn is_current(made: &Path, sources: &[&Path]) -> bool {
    let time = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    let Some(made) = time(made) else { return false };
    sources.iter().all(|source| newest(source).is_some_and(|newest| newest <= made))
}

fn newest(path: &Path) -> Option<std::time::SystemTime> {
    let own = fs::metadata(path).and_then(|metadata| metadata.modified()).ok()?;
    let below = fs::read_dir(path).into_iter().flatten().flatten();
    below.map(|entry| newest(&entry.path())).try_fold(own, |latest, time| Some(latest.max(time?)))
}
