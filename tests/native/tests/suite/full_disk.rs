//! A disk that is full: each command says so, nothing half-done stays, and freeing space heals.

use native_tests::{Limpet, places};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A small tmpfs, unmounted on drop.
pub(crate) struct SmallDisk(PathBuf);

impl SmallDisk {
    fn new(home: &Path, size: &str) -> Self {
        let path = home.join("disk");
        fs::create_dir(&path).expect("the scratch directory is writable");
        let option = format!("size={size}");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &option, "limpet-test"]).arg(&path).status();
        assert!(mounted.expect("mount(8) is there").success(), "mounting a tmpfs of {size}");
        Self(path)
    }

    fn fill(&self) {
        let output = Command::new("dd")
            .arg("if=/dev/zero")
            .arg(format!("of={}", self.0.join("filler").display()))
            .output();
        assert!(!output.expect("dd(1) is there").status.success(), "the disk was not full");
    }

    /// Takes all of it but so much.
    pub(crate) fn leave(&self, free_bytes: u64) {
        let disk = rustix::fs::statvfs(&self.0).expect("it is mounted");
        let filler = fs::File::create(self.0.join("filler")).expect("the disk is writable");
        let bytes =
            (disk.f_bavail * disk.f_frsize).checked_sub(free_bytes).expect("there was more than that");
        let flags = rustix::fs::FallocateFlags::empty();
        rustix::fs::fallocate(&filler, flags, 0, bytes).expect("tmpfs can allocate");
    }

    pub(crate) fn free(&self) {
        fs::remove_file(self.0.join("filler")).expect("it was filled");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // The fixture reports a mount that stays.
        drop(Command::new("umount").arg("-l").arg(&self.0).status());
    }
}

/// The disk outlives its limpet's containers: fields are dropped in this order.
pub(crate) struct Cramped {
    pub(crate) limpet: Limpet,
    pub(crate) disk: SmallDisk,
}

impl Cramped {
    pub(crate) fn new(size: &str) -> Self {
        let limpet = Limpet::new();
        let disk = SmallDisk::new(limpet.home(), size);
        let root = disk.0.join("root");
        Self { limpet: limpet.with_root(&root), disk }
    }
}

#[test]
fn a_load_that_does_not_fit_is_refused_and_undone() {
    let cramped = Cramped::new("8m");
    let archive = places::docker_archive("python");
    let load = ["load", "-i", archive.to_str().expect("UTF-8")];
    cramped.limpet.try_to(&load).refused(1, &["disk is full"]);
    assert_eq!(cramped.limpet.ok(&["images", "-q"]).text(), "");
    // What was begun is gone: another image fits.
    let small = places::docker_archive("probe");
    cramped.limpet.ok(&["load", "-i", small.to_str().expect("UTF-8")]);
    cramped.limpet.ok(&["run", "--rm", "probe", "true"]);
    unmount(cramped);
}

#[test]
fn a_full_disk_refuses_new_containers_and_heals() {
    let cramped = Cramped::new("16m");
    let small = places::docker_archive("probe");
    cramped.limpet.ok(&["load", "-i", small.to_str().expect("UTF-8")]);
    cramped.disk.fill();
    cramped.limpet.try_to(&["run", "--rm", "probe", "true"]).refused(125, &["disk is full"]);
    assert!(cramped.limpet.ids().is_empty());
    cramped.disk.free();
    cramped.limpet.ok(&["run", "--rm", "probe", "true"]);
    unmount(cramped);
}

#[test]
fn a_running_container_survives_a_full_disk() {
    let cramped = Cramped::new("16m");
    let small = places::docker_archive("probe");
    cramped.limpet.ok(&["load", "-i", small.to_str().expect("UTF-8")]);
    cramped.limpet.detached(&["--name", "cc", "probe", "on-term", "0"]);
    cramped.limpet.until_logged("cc", "ready");
    cramped.disk.fill();
    assert_eq!(cramped.limpet.field("cc", "/State/Status"), "running");
    cramped.limpet.ok(&["stop", "cc"]);
    cramped.disk.free();
    cramped.limpet.ok(&["rm", "cc"]);
    unmount(cramped);
}

/// Removes the containers while the disk is there, then the disk, then looks for leftovers.
pub(crate) fn unmount(cramped: Cramped) {
    let Cramped { limpet, disk } = cramped;
    for id in limpet.ids() {
        limpet.ok(&["rm", "-f", &id]);
    }
    drop(disk);
    drop(limpet);
}
