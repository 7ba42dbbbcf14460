//! A board comes up, runs a container, and goes off in order.

use crate::Stage;

pub(super) fn boots_and_powers_off(stage: &Stage) {
    let mut board = stage.boot(&stage.spec());
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
}
