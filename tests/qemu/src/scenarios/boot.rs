//! A board comes up, runs a container, and goes off in order.

use crate::Stage;
use crate::disk;
use crate::spec::Spec;

pub(super) fn boots_and_powers_off(stage: &Stage) {
    come_and_go(stage, &stage.spec());
}

pub(super) fn on_the_older_kernel(stage: &Stage) {
    come_and_go(stage, &stage.spec().kernel("6.1"));
}

fn come_and_go(stage: &Stage, spec: &Spec) {
    let mut board = stage.boot(spec);
    let mounted = board.sh("cut -d ' ' -f 2,3 /proc/mounts");
    for line in
        ["/proc proc", "/sys sysfs", "/dev devtmpfs", "/sys/fs/cgroup cgroup2", "/var/lib/limpet ext4"]
    {
        assert!(mounted.lines().any(|mounted| mounted == line), "{line} is missing:\n{mounted}");
    }
    board.load("busybox");
    let said = board.limpet(&["run", "--rm", "-m", "32m", "busybox", "echo", "ahoy"]).ok();
    assert_eq!(said.text(), "ahoy");
    board.power_off();
    disk::assert_left_clean(&spec.disks[0].path);
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
