//! The fixture kills: these show that it takes nobody else's processes for its own.

use super::{MARK, Traces};
use crate::scratch::Scratch;
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use std::process::Command;

fn traces(home: &Scratch) -> Traces {
    Traces::new(home.path(), Vec::new())
}

#[test]
fn a_mount_that_everybody_sees_makes_nobody_a_leftover() {
    let home = Scratch::new();
    mount("limpet-test", home.path(), "tmpfs", MountFlags::empty(), None).expect("root can mount");
    let (pids, mounts) = (traces(&home).pids(), traces(&home).mounts());
    unmount(home.path(), UnmountFlags::DETACH).expect("it is mounted");
    assert_eq!(pids, [0_i32; 0], "processes that merely see the mount");
    assert_eq!(mounts.len(), 1, "{mounts:?}");
}

#[test]
fn only_what_inherited_the_mark_is_killed() {
    let home = Scratch::new();
    let traces = traces(&home);
    let sleep =
        |mark: String| Command::new("sleep").arg("1000").env(MARK, mark).spawn().expect("sleep(1) is there");
    let mut ours = sleep(home.text().to_owned());
    let mut longer = sleep(format!("{}x", home.text()));
    // Until both have executed, they still have this process's environment.
    crate::until("the mark is seen", || (traces.pids().len() == 1).then_some(()));
    traces.clear();
    assert!(!ours.wait().expect("it is a child").success());
    assert!(longer.try_wait().expect("it is a child").is_none(), "another test's process was killed");
    longer.kill().expect("it is a child");
    longer.wait().expect("it is a child");
}

#[test]
fn neither_this_process_nor_the_first_is_ever_a_leftover() {
    let home = Scratch::new();
    let own = i32::try_from(std::process::id()).expect("pids are small");
    assert!(![0, 1, own].into_iter().any(|pid| traces(&home).owns(pid)));
}
