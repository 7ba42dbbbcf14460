use super::*;

const BOTH: &str = "nodev\tsysfs\nnodev\tcgroup\nnodev\tcgroup2\n\text4\n";
const CONTROLLERS: &str = "\
#subsys_name\thierarchy\tnum_cgroups\tenabled
cpuset\t0\t5\t1
cpu\t0\t5\t1
cpuacct\t0\t5\t1
memory\t0\t5\t0
pids\t0\t5\t1
";

fn paths(wanted: Cgroup, filesystems: &str) -> Vec<String> {
    plan(wanted, filesystems, CONTROLLERS).into_iter().map(|planned| planned.path).collect()
}

#[test]
fn one_hierarchy_for_all() {
    assert_eq!(paths(Cgroup::V2, BOTH), [ROOT]);
}

#[test]
fn one_for_each_controller_that_is_on() {
    let expected = ["", "/cpuset", "/pids", "/cpu,cpuacct"].map(|name| format!("{ROOT}{name}"));
    assert_eq!(paths(Cgroup::V1, BOTH), expected);
}

#[test]
fn what_the_kernel_has_is_better_than_nothing() {
    assert_eq!(paths(Cgroup::V1, "nodev\tcgroup2\n"), [ROOT]);
    assert_eq!(paths(Cgroup::V2, "nodev\tcgroup\n").len(), 4);
    assert_eq!(paths(Cgroup::V2, "\text4\n"), Vec::<String>::new());
}
