//! Kernels that lack something: all works without it, or the message says what to do.

use super::memory;
use crate::{Board, Spec, Stage};

/// As stock systems of small boards are: no limit of memory can be kept, and nobody pretends that it could.
pub(super) fn no_memory_controller(stage: &Stage) {
    without_memory(stage, &stage.spec());
}

pub(super) fn no_memory_controller_of_the_older(stage: &Stage) {
    without_memory(stage, &stage.spec().kernel("6.1"));
}

fn without_memory(stage: &Stage, spec: &Spec) {
    let mut board = stage.boot(&spec.clone().words(&["cgroup_disable=memory"]));
    board.load("busybox");
    let why = "the memory controller is switched off; add cgroup_enable=memory to the kernel command line";
    for flags in [&["-m", "32m"][..], &[]] {
        let run = board.limpet(&[&["run", "--rm"], flags, &["busybox", "true"]].concat());
        run.refused(125, &[why]);
    }
    let said = board.diagnosis("memory");
    assert!(
        said.starts_with("error    limits: no memory controller: limits of it cannot be enforced"),
        "{said}"
    );
    assert!(board.limpet(&["doctor"]).code(2).stdout.contains(why));
    let run = ["run", "--rm", "-m", "-1", "--pids-limit", "8", "busybox", "echo", "ahoy"];
    assert_eq!(board.limpet(&run).ok().text(), "ahoy", "without a limit of memory it runs");
    board.power_off();
}

/// One hierarchy for each controller: everything works. (Debian's 6.12 has no memory controller of that kind any more.)
pub(super) fn cgroup_v1(stage: &Stage) {
    let mut board = stage.boot(&stage.spec().kernel("6.1").words(&["limpet.cgroup=v1"]));
    assert!(board.sh("cut -d ' ' -f 2,3 /proc/mounts").contains("/sys/fs/cgroup/memory cgroup"));
    let said = board.diagnosis("cgroup:");
    assert_eq!(said, "ok       cgroup: hierarchy v1");
    memory::live_through_it(&mut board);
    limits_of_v1(&mut board);
    board.power_off();
}

/// Debian's 6.12 has no memory controller of v1 any more, and says what to do instead.
pub(super) fn cgroup_v1_of_the_newer(stage: &Stage) {
    let mut board = stage.boot(&stage.spec().words(&["limpet.cgroup=v1"]));
    board.load("busybox");
    let why = "the memory controller is in no cgroup v1 hierarchy here; mount it, or boot with cgroup v2: \
               systemd.unified_cgroup_hierarchy=1, or no limpet.cgroup=v1, on the kernel command line";
    board.limpet(&["run", "--rm", "-m", "32m", "busybox", "true"]).refused(125, &[why]);
    assert!(board.limpet(&["doctor"]).code(2).stdout.contains(why));
    board.power_off();
}

fn limits_of_v1(board: &mut Board) {
    board
        .detached("limited", &["-m", "48m", "--cpus", "0.75", "--pids-limit", "33", "probe", "on-term", "0"]);
    for (controller, file, shown) in [
        ("memory", "memory.limit_in_bytes", "50331648"),
        ("cpu", "cpu.cfs_quota_us", "75000"),
        ("pids", "pids.max", "33"),
    ] {
        let group = board.cgroup("limited", controller);
        assert_eq!(board.show(&format!("{group}/{file}")), shown, "{controller}");
    }
}

/// Containers run with the board's ids, and the doctor says what that means.
pub(super) fn no_user_namespaces(stage: &Stage) {
    let mut board = stage.boot(&stage.spec());
    says_that_user_namespaces_are(&mut board);
    board.power_off();
}

/// First there, then missing.
pub(super) fn says_that_user_namespaces_are(board: &mut Board) {
    board.load("busybox");
    let ids = "cat /proc/self/uid_map | tr -s ' '";
    let run = ["run", "--rm", "-m", "32m", "busybox", "sh", "-c", ids];
    let own = board.limpet(&run).ok();
    assert!(
        !own.text().contains("4294967295"),
        "with user namespaces a container has ids of its own: {own:#?}"
    );
    board.sh("echo 0 > /proc/sys/user/max_user_namespaces");
    let said = board.limpet(&["doctor"]).stdout;
    let warning = "warning  user namespaces: missing: root in a container is root on the board\n         \
                   the kernel needs CONFIG_USER_NS and user.max_user_namespaces above 0\n";
    assert!(said.contains(warning), "{said}");
    assert_eq!(board.limpet(&run).ok().text(), " 0 0 4294967295");
}
