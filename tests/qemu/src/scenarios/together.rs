//! The first containers after a boot, started at once: while one of them makes the group above all, and enables its
//! controllers, the others find it half made.

use crate::Stage;

const BOOTS: u32 = 4;

pub(super) fn are_the_first(stage: &Stage) {
    // A supervisor would make that group before anybody is there.
    let mut board = stage.boot(&stage.spec().words(&["limpet.supervise=off"]).reboots());
    board.load("busybox");
    for boot in 1..=BOOTS {
        board.reboot();
        let said = board.sh("for name in one two three four; do
                 limpet run --rm -m 16m --name $name busybox cat /sys/fs/cgroup/memory.max >/run/$name 2>&1 &
             done
             wait; cd /run; cat one two three four");
        assert_eq!(said, ["16777216"; 4].join("\n"), "boot {boot}");
    }
    board.power_off();
}
