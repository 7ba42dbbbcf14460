//! Mount tables as distributions have them.

use crate::cgroup::controller::{Controller, Controllers, Version};
use crate::cgroup::detect::{Hierarchies, Layout, Presence, presence};

const UNIFIED: &str = "\
24 30 0:22 / /proc rw,nosuid,nodev,noexec,relatime shared:12 - proc proc rw
35 24 0:30 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot
";

const HYBRID: &str = "\
31 23 0:28 / /sys/fs/cgroup ro,nosuid shared:9 - tmpfs tmpfs ro,mode=755
32 31 0:29 / /sys/fs/cgroup/unified rw,relatime shared:10 - cgroup2 cgroup2 rw,nsdelegate
33 31 0:30 / /sys/fs/cgroup/systemd rw,relatime shared:11 - cgroup cgroup rw,xattr,name=systemd
34 31 0:31 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:12 - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:13 - cgroup cgroup rw,memory
36 31 0:33 / /sys/fs/cgroup/net_cls,net_prio rw,relatime - cgroup cgroup rw,net_cls,net_prio
37 31 0:34 / /sys/fs/cgroup/blkio rw,relatime - cgroup cgroup rw,blkio
";

fn set(controllers: &[Controller]) -> Controllers {
    controllers.iter().copied().fold(Controllers::default(), Controllers::with)
}

#[test]
fn unified_board() {
    let layout = Layout::parse(UNIFIED);
    assert_eq!(layout, Layout { unified: Some("/sys/fs/cgroup".into()), legacy: vec![] });
    let offered = Controllers::parse("cpuset cpu io memory hugetlb pids rdma misc", ' ', Version::V2);
    let chosen = Hierarchies::choose(layout, offered);
    assert_eq!(
        chosen,
        Some(Hierarchies::Unified { mount_point: "/sys/fs/cgroup".into(), controllers: offered })
    );
    assert_eq!(offered.len(), 5);
}

#[test]
fn hybrid_board_is_v1_and_comounted_controllers_are_one_tree() {
    let layout = Layout::parse(HYBRID);
    assert_eq!(layout.unified.as_deref(), Some("/sys/fs/cgroup/unified"));
    let legacy = vec![
        ("/sys/fs/cgroup/cpu,cpuacct".to_owned(), set(&[Controller::Cpu, Controller::Cpuacct])),
        ("/sys/fs/cgroup/memory".to_owned(), set(&[Controller::Memory])),
        ("/sys/fs/cgroup/blkio".to_owned(), set(&[Controller::Io])),
    ];
    assert_eq!(layout.legacy, legacy);
    assert_eq!(Hierarchies::choose(layout, Controllers::default()), Some(Hierarchies::Legacy(legacy)));
}

#[test]
fn the_kind_with_more_controllers_wins() {
    let text = format!("{UNIFIED}40 24 0:40 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n");
    let layout = Layout::parse(&text);
    let most = set(&[Controller::Cpu, Controller::Pids, Controller::Io]);
    assert!(matches!(Hierarchies::choose(layout.clone(), most), Some(Hierarchies::Unified { .. })));
    let least = set(&[Controller::Pids]);
    assert!(matches!(Hierarchies::choose(layout, least), Some(Hierarchies::Legacy(_))));
}

#[test]
fn nothing_mounted() {
    let layout = Layout::parse("24 30 0:22 / /proc rw - proc proc rw\nnonsense\n1 2 3 - cgroup\n");
    assert_eq!(layout, Layout::default());
    assert_eq!(Hierarchies::choose(layout, Controllers::default()), None);
}

#[test]
fn the_usual_place_is_preferred_and_escapes_are_undone() {
    let text = "\
30 1 0:30 / /mnt/my\\040groups rw - cgroup2 none rw
31 1 0:30 / /sys/fs/cgroup/unified rw shared:1 master:2 - cgroup2 none rw
32 1 0:31 / /mnt/a\\134b rw - cgroup none rw,memory
";
    let layout = Layout::parse(text);
    assert_eq!(layout.unified.as_deref(), Some("/sys/fs/cgroup/unified"));
    assert_eq!(layout.legacy[0].0, "/mnt/a\\b");
    let first_line = text.lines().next().unwrap();
    assert_eq!(Layout::parse(first_line).unified.as_deref(), Some("/mnt/my groups"));
}

#[test]
fn switched_off_at_boot_differs_from_not_built() {
    let table = "#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpuset\t0\t64\t1\nmemory\t0\t64\t0\n";
    assert_eq!(presence(table, "memory"), Presence::Off);
    assert_eq!(presence(table, "cpuset"), Presence::On);
    assert_eq!(presence(table, "pids"), Presence::Absent);
}
