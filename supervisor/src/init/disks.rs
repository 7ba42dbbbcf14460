//! File systems on disks: found by what is written on them, mounted where the image wants them.
//!
//! A name like `/dev/vda` says in which order the kernel found the disks, which is another one tomorrow; so a board's
//! disks are known by a label, a UUID or a serial number.

mod superblock;
#[cfg(test)]
mod tests;

use super::base::make_directory;
use super::options::{Mount, Source};
use super::say;
use limpet_runner::mountinfo;
use rustix::io::Errno;
use rustix::mount::{MountFlags, mount};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{fs, thread};

/// How long a disk may take to appear: a USB stick or an SD card is found seconds after the kernel is up.
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Most block devices that are looked at.
const DEVICES_MAX: usize = 256;
const BLOCK_DEVICES: &str = "/sys/class/block";

/// Mounts them in order; one that cannot be is said, and the board goes on.
pub(super) fn mount_wanted(mounts: &[Mount]) {
    for wanted in mounts {
        if mountinfo::is_mounted(&wanted.path) {
            continue;
        }
        match find_patiently(&wanted.source) {
            Some(device) => mount_device(&device, wanted),
            None => say::line(&format!(
                "no disk with {:?} appeared within {} s; {} is in memory only",
                wanted.source,
                PATIENCE.as_secs(),
                wanted.path
            )),
        }
    }
}

fn mount_device(device: &Path, wanted: &Mount) {
    let path = wanted.path.as_str();
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOATIME;
    let readonly = if wanted.readonly { MountFlags::RDONLY } else { MountFlags::empty() };
    // A damaged ext4 must not be written on: read-only, it can still be looked at.
    let data = if wanted.kind == "ext4" { c"errors=remount-ro" } else { c"" };
    let mounted = make_directory(path).and_then(|()| {
        let kind = wanted.kind.as_str();
        mount(device, path, kind, flags | readonly, data)
    });
    if let Err(errno) = mounted {
        say::failed(&format!("mounting {} at {path}", device.display()), hint(errno));
    }
}

fn hint(errno: Errno) -> String {
    match errno {
        Errno::NODEV => format!("{errno}; list the file system's module in /etc/limpet/modules"),
        Errno::INVAL | Errno::UCLEAN => format!("{errno}; check it with e2fsck on another machine"),
        _ => errno.to_string(),
    }
}

fn find_patiently(source: &Source) -> Option<PathBuf> {
    let begin = Instant::now();
    loop {
        if let Some(found) = find(source) {
            return Some(found);
        }
        if begin.elapsed() > PATIENCE {
            return None;
        }
        thread::sleep(LOOK_EVERY);
    }
}

fn find(source: &Source) -> Option<PathBuf> {
    if let Source::Device(path) = source {
        return Path::new(path).exists().then(|| path.into());
    }
    let mut names: Vec<_> = fs::read_dir(BLOCK_DEVICES)
        .ok()?
        .take(DEVICES_MAX)
        .flatten()
        .map(|entry| entry.file_name())
        .collect();
    // Of two with the same label, always the same one.
    names.sort();
    let name = names.into_iter().find(|name| is_meant(source, &Path::new(BLOCK_DEVICES).join(name)))?;
    Some(Path::new("/dev").join(name))
}

/// Whether the block device that sysfs shows in `directory` is the one.
fn is_meant(source: &Source, directory: &Path) -> bool {
    let device = || Path::new("/dev").join(directory.file_name().unwrap_or_default());
    match source {
        Source::Label(label) => superblock::read(&device()).is_some_and(|found| found.label == *label),
        Source::Uuid(uuid) => superblock::read(&device()).is_some_and(|found| found.uuid == *uuid),
        Source::Serial(serial) => serial_of(directory).is_some_and(|found| found == *serial),
        Source::Device(_) => false,
    }
}

/// virtio and NVMe disks have it in one place, others in another.
fn serial_of(directory: &Path) -> Option<String> {
    let places = ["serial", "device/serial"];
    let text = places.iter().find_map(|place| fs::read_to_string(directory.join(place)).ok())?;
    Some(text.trim().to_owned())
}
