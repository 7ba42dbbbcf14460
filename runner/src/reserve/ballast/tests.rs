use super::*;
use crate::scratch::Scratch;
use std::fs;

const MIB: u64 = 1 << 20;

impl Scratch {
    fn keep(&self, reserve_bytes: u64) -> u64 {
        let room = super::super::room(&self.0, Some(reserve_bytes)).expect("it is there");
        keep(&self.0, &room).expect("there is room");
        bytes(&self.0)
    }
}

/// On the disk of the sources: memory has no ballast.
fn root(name: &str) -> Scratch {
    let root = Scratch::on_disk(&format!("ballast-{name}"));
    fs::create_dir_all(root.0.join("a/b")).expect("scratch");
    root
}

#[test]
fn it_is_as_large_as_the_reserve_asks_for() {
    let root = root("size");
    let about = |bytes: u64, wanted: u64| bytes >= wanted && bytes < wanted + MIB / 4;
    for (reserve, wanted) in [(8, 7), (64, 60), (16, 14)] {
        let held = root.keep(reserve * MIB);
        assert!(about(held, wanted * MIB), "{held} of {wanted} MiB");
    }
    let before = super::super::room(&root.0, Some(16 * MIB)).expect("it is there");
    assert_eq!((before.ballast_bytes, before.floor_bytes()), (bytes(&root.0), 16 * MIB - bytes(&root.0)));
    assert_eq!(root.keep(0), 0);
}

#[test]
fn it_does_not_grow_where_the_reserve_is_reached() {
    let root = root("low");
    let held = root.keep(8 * MIB);
    assert_eq!(root.keep(u64::MAX), held);
}

#[test]
fn a_record_that_finds_no_room_takes_from_it() {
    let root = root("loan");
    let held = root.keep(8 * MIB);
    let mut tries = 0;
    let written = or_lend(&root.0.join("a/b"), || {
        tries += 1;
        if tries < 3 { Err(io::ErrorKind::StorageFull.into()) } else { Ok(tries) }
    });
    assert_eq!(written.expect("there was room in the end"), 3);
    let left = bytes(&root.0);
    assert!(left < held && held - left <= 2 * BALLAST_STEP_BYTES + 64 * 1024, "{left} of {held}");
    assert_eq!(root.keep(8 * MIB), held, "and it grows again");
}

#[test]
fn what_never_finds_room_fails_in_the_end_and_other_faults_at_once() {
    let root = root("greed");
    let held = root.keep(64 * MIB);
    let mut full = 0;
    let error = or_lend::<()>(&root.0, || {
        full += 1;
        Err(io::ErrorKind::StorageFull.into())
    });
    assert_eq!((error.unwrap_err().kind(), full), (io::ErrorKind::StorageFull, LOANS_MAX + 1));
    let left = bytes(&root.0);
    assert!(left < held);
    let error = or_lend::<()>(&root.0, || Err(io::ErrorKind::PermissionDenied.into()));
    assert_eq!((error.unwrap_err().kind(), bytes(&root.0)), (io::ErrorKind::PermissionDenied, left));
}

#[test]
fn a_link_in_its_place_is_not_followed() {
    let root = root("link");
    let elsewhere = root.0.join("a/precious");
    fs::write(&elsewhere, "not to be cut off").expect("scratch");
    std::os::unix::fs::symlink(&elsewhere, root.0.join(BALLAST)).expect("scratch");
    let room = super::super::room(&root.0, Some(8 * MIB)).expect("it is there");
    assert!(keep(&root.0, &room).is_err());
    assert!(!lend(&root.0));
    assert_eq!(fs::read_to_string(&elsewhere).expect("it is there"), "not to be cut off");
}
