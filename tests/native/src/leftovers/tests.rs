//! The fixture kills: these show that it takes nobody else's processes for its own.

use super::{Before, MARK};
use crate::scratch::Scratch;
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use std::process::Command;

#[test]
fn a_mount_that_everybody_sees_makes_nobody_a_leftover() {
    let home = Scratch::new();
    let before = Before::look(home.path());
    mount("limpet-test", home.path(), "tmpfs", MountFlags::empty(), None).expect("root can mount");
    let (pids, mounts) = (before.pids(&[]), before.mounts());
    unmount(home.path(), UnmountFlags::DETACH).expect("it is mounted");
    assert_eq!(pids, [0_i32; 0], "processes that merely see the mount");
    assert_eq!(mounts.len(), 1, "{mounts:?}");
}

#[test]
fn only_what_inherited_the_mark_is_killed() {
    let home = Scratch::new();
    let before = Before::look(home.path());
    let sleep =
        |mark: String| Command::new("sleep").arg("1000").env(MARK, mark).spawn().expect("sleep(1) is there");
    let mut ours = sleep(home.text().to_owned());
    let mut longer = sleep(format!("{}x", home.text()));
    // Until both have executed, they still have this process's environment.
    crate::until("the mark is seen", || (before.pids(&[]).len() == 1).then_some(()));
    before.kill_leftovers(&[]);
    assert!(!ours.wait().expect("it is a child").success());
    assert!(longer.try_wait().expect("it is a child").is_none(), "another test's process was killed");
    longer.kill().expect("it is a child");
    longer.wait().expect("it is a child");
}

#[test]
fn neither_this_process_nor_the_first_is_ever_a_leftover() {
    let home = Scratch::new();
    let before = Before::look(home.path());
    assert!(!before.owns(1, &[]) && !before.owns(0, &[]));
    let own = i32::try_from(std::process::id()).expect("pids are small");
    assert!(!before.owns(own, &[]));
}
