//! What is below `/dev`, and whether it stays at that.

use super::{answer, names};
use crate::report::{Device, ForeignDevice};
use rustix::fs::{CWD, FileType, Mode, makedev, mknodat};
use std::fs::{self, Metadata, OpenOptions};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _};

/// First loop device, `/dev/mem`, `/dev/kmsg`: kind and number. A node is opened for reading only.
const FOREIGN: [(FileType, [u32; 2]); 3] = [
    (FileType::BlockDevice, [7, 0]),
    (FileType::CharacterDevice, [1, 1]),
    (FileType::CharacterDevice, [1, 11]),
];
/// Directories below `/dev` that are looked into.
const DEPTH_MAX: usize = 2;

pub(super) fn devices() -> Vec<Device> {
    let mut found = Vec::new();
    collect("/dev", DEPTH_MAX, &mut found);
    found
}

fn collect(directory: &str, depth: usize, found: &mut Vec<Device>) {
    for name in names(directory) {
        let path = format!("{directory}/{name}");
        let Ok(metadata) = fs::symlink_metadata(&path) else {
            continue;
        };
        if metadata.is_dir() && depth > 1 {
            collect(&path, depth - 1, found);
        }
        found.push(describe(path, &metadata));
    }
}

fn describe(path: String, metadata: &Metadata) -> Device {
    let kind = metadata.file_type();
    let is_node = kind.is_char_device() || kind.is_block_device();
    Device {
        kind: kind_name(kind).to_owned(),
        number: is_node.then(|| [rustix::fs::major(metadata.rdev()), rustix::fs::minor(metadata.rdev())]),
        mode: metadata.mode() & 0o7777,
        owner: [metadata.uid(), metadata.gid()],
        target: fs::read_link(&path).ok().map(|target| target.to_string_lossy().into_owned()),
        open: (is_node && !is_watchdog(&path)).then(|| open(&path)),
        path,
    }
}

fn kind_name(kind: fs::FileType) -> &'static str {
    match kind {
        kind if kind.is_char_device() => "char",
        kind if kind.is_block_device() => "block",
        kind if kind.is_symlink() => "link",
        kind if kind.is_dir() => "dir",
        kind if kind.is_file() => "file",
        _ => "other",
    }
}

/// To open a watchdog is to start it: the board would reboot.
fn is_watchdog(path: &str) -> bool {
    path.starts_with("/dev/watchdog")
}

/// Never waits and never takes a terminal for its own.
fn open(path: &str) -> String {
    use nix::fcntl::OFlag;
    let flags = (OFlag::O_NONBLOCK | OFlag::O_NOCTTY).bits();
    answer(OpenOptions::new().read(true).custom_flags(flags).open(path))
}

pub(super) fn foreign() -> Vec<ForeignDevice> {
    FOREIGN.iter().map(|(kind, number)| make_and_open(*kind, *number)).collect()
}

fn make_and_open(kind: FileType, number: [u32; 2]) -> ForeignDevice {
    // In /dev, which is the one place where nodes work at all; else in the root.
    let tries = ["/dev/probe-node", "/probe-node"].map(|path| (path, make(path, kind, number)));
    let made = tries.iter().find(|(_, mknod)| mknod == "ok");
    let open = made.map(|(path, _)| open(path));
    for (path, _) in tries.iter().filter(|(_, mknod)| mknod == "ok") {
        // The container is thrown away anyhow.
        let _ = fs::remove_file(path);
    }
    ForeignDevice {
        kind: if kind == FileType::BlockDevice { "block" } else { "char" }.to_owned(),
        number,
        mknod: made.map_or_else(|| tries[0].1.clone(), |(_, mknod)| mknod.clone()),
        open,
    }
}

fn make(path: &str, kind: FileType, [major, minor]: [u32; 2]) -> String {
    let made = mknodat(CWD, path, kind, Mode::RUSR | Mode::WUSR, makedev(major, minor));
    answer(made.map_err(Into::into))
}
