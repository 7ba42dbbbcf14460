//! A board comes up, runs a container, and goes off in order.

use super::{lacking, limits, memory};
use crate::{Board, Stage, disk};

pub(super) fn boots_and_powers_off(stage: &Stage) {
    let spec = stage.spec();
    let mut board = stage.boot(&spec);
    is_up(&mut board);
    board.power_off();
    disk::assert_left_clean(&spec.disks[0].path);
}

/// All of that, limits and the doctor's words in one go with the older kernel.
pub(super) fn on_the_older_kernel(stage: &Stage) {
    let spec = stage.spec().kernel("6.1");
    let mut board = stage.boot(&spec);
    assert!(board.show("/proc/sys/kernel/osrelease").starts_with("6.1."));
    is_up(&mut board);
    limits::are_kept(&mut board);
    memory::live_through_it(&mut board);
    lacking::says_that_user_namespaces_are(&mut board);
    board.power_off();
    disk::assert_left_clean(&spec.disks[0].path);
}

fn is_up(board: &mut Board) {
    let mounted = board.sh("cut -d ' ' -f 2,3 /proc/mounts");
    for line in
        ["/proc proc", "/sys sysfs", "/dev devtmpfs", "/sys/fs/cgroup cgroup2", "/var/lib/limpet ext4"]
    {
        assert!(mounted.lines().any(|mounted| mounted == line), "{line} is missing:\n{mounted}");
    }
    board.load("busybox");
    let said = board.limpet(&["run", "--rm", "-m", "32m", "busybox", "echo", "ahoy"]).ok();
    assert_eq!(said.text(), "ahoy");
}

/// Off and on again, twice: in order each time, so that no journal has to be replayed.
pub(super) fn reboots_leave_disks_clean(stage: &Stage) {
    let spec = stage.spec().reboots();
    let mut board = stage.boot(&spec);
    for round in 1..=2 {
        board.sh("date >> /var/lib/limpet/boots");
        board.reboot();
        assert_eq!(board.sh("wc -l < /var/lib/limpet/boots"), round.to_string());
        let kernel = board.sh("dmesg");
        assert!(!kernel.contains("recovery complete"), "the disk was not left clean:\n{kernel}");
    }
    board.power_off();
    disk::assert_left_clean(&spec.disks[0].path);
}
