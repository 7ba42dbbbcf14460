//! Flags that change what a container sees and may use, by what it then says itself or the kernel of it.

use native_tests::{Cgroup, Limpet, until};
use probe::report::Report;
use std::fs;

const MIB: u64 = 1 << 20;

fn report(flags: &[&str]) -> Report {
    let limpet = Limpet::with(&["probe"]);
    limpet.ok(&[&["run", "--rm"], flags, &["probe", "report"]].concat()).report()
}

/// What a container of busybox prints with these flags.
fn said(flags: &[&str], script: &str) -> String {
    let limpet = Limpet::with(&["busybox"]);
    limpet.ok(&[&["run", "--rm"], flags, &["busybox", "sh", "-c", script]].concat()).text().to_owned()
}

/// The group of a container with these flags; it runs as long as the fixture is there.
fn group(limpet: &Limpet, flags: &[&str]) -> Cgroup {
    let id = limpet.detached(&[flags, &["probe", "on-term", "0"]].concat());
    Cgroup::of(limpet.pid_of(&id).expect("it runs"))
}

#[test]
fn kernel_parameters_are_dockers_and_those_that_were_asked_for() {
    let sysctls = report(&["--sysctl", "net.core.somaxconn=77"]).sysctls;
    let says = |name: &str| sysctls.get(name).map(String::as_str);
    assert_eq!(says("net/ipv4/ip_unprivileged_port_start"), Some("0"));
    assert_eq!(says("net/ipv4/ping_group_range"), Some("0\t65535"));
    assert_eq!(says("net/core/somaxconn"), Some("77"));
}

#[test]
fn the_time_namespace_is_its_own_where_the_kernel_has_one() {
    let own = fs::read_link("/proc/self/ns/time").ok().map(|link| link.to_string_lossy().into_owned());
    let seen = report(&[]).namespaces.get("time").cloned();
    assert_eq!(seen.is_some(), own.is_some());
    assert!(own.is_none() || seen != own, "it is the board's: {seen:?}");
}

#[test]
fn the_mask_and_shared_memory_are_as_asked() {
    let report = report(&["--umask", "077", "--shm-size", "1m"]);
    assert_eq!(report.process.umask, 0o77);
    let shm = report.mounts.iter().find(|mount| mount.target == "/dev/shm").expect("it is mounted");
    assert!(shm.super_options.iter().any(|option| option == "size=1024k"), "{shm:?}");
}

#[test]
fn the_container_sees_its_own_limits() {
    let files = report(&["-m", "48m", "--pids-limit", "33"]).limits.cgroup_files;
    let says = |end: &[&str]| {
        let found = files.iter().find(|(path, _)| end.iter().any(|end| path.ends_with(end)));
        found.map(|(_, text)| text.as_str())
    };
    assert_eq!(says(&["/memory.limit_in_bytes", "/memory.max"]), Some("50331648"), "{files:?}");
    assert_eq!(says(&["/pids.max"]), Some("33"), "{files:?}");
}

#[test]
fn a_file_gives_variables_and_e_overrules_it() {
    let limpet = Limpet::with(&["busybox"]);
    let file = limpet.home().join("variables");
    fs::write(&file, "# comment\nTIDE=low\nMOON=full and new\nWIND=north\n").expect("it is writable");
    let file = file.to_str().expect("UTF-8");
    let shown = limpet.ok(&["run", "--rm", "--env-file", file, "-e", "WIND=south", "busybox", "env"]);
    for entry in ["TIDE=low", "MOON=full and new", "WIND=south"] {
        assert!(shown.lines().any(|line| line == entry), "{entry} is not in {}", shown.stdout);
    }
}

/// Mapped to the container's ids, root's files are its root's; without that they are nobody's there.
#[test]
fn a_path_shows_the_boards_owners_if_asked_to() {
    let limpet = Limpet::with(&["busybox"]);
    let path = limpet.home().join("shown");
    fs::create_dir(&path).expect("the directory is ours");
    let owner = |options: &str| {
        let volume = format!("{}:/shown{options}", path.display());
        limpet.ok(&["run", "--rm", "-v", &volume, "busybox", "stat", "-c", "%u", "/shown"]).text().to_owned()
    };
    assert_eq!([owner(""), owner(":noidmap")], ["0", "65534"]);
}

#[test]
fn a_device_can_be_for_reading_or_for_writing() {
    let write = ": > /dev/kmsg && echo written";
    assert_eq!(said(&["--device", "/dev/kmsg:/dev/kmsg:w"], write), "written");
    let limpet = Limpet::with(&["busybox"]);
    let readable = ["run", "--rm", "--device", "/dev/kmsg:/dev/kmsg:r", "busybox", "sh", "-c", write];
    let refused = limpet.try_to(&readable);
    assert!(refused.code != 0 && refused.stderr.contains("not permitted"), "{refused:?}");
}

#[test]
fn memory_and_swap_are_one_limit_and_the_reservation_another() {
    let limpet = Limpet::with(&["probe"]);
    let cgroup = group(&limpet, &["-m", "64m", "--memory-swap", "96m", "--memory-reservation", "32m"]);
    assert_eq!(cgroup.memory_limit_bytes(), Some(64 * MIB));
    assert_eq!(cgroup.memory_and_swap_bytes(), Some(96 * MIB));
    assert_eq!(cgroup.memory_reservation_bytes(), Some(32 * MIB));
    let without = group(&limpet, &["-m", "64m"]);
    assert_eq!(without.memory_and_swap_bytes(), Some(64 * MIB), "no swap unless it is asked for");
}

#[test]
fn shares_and_cpus_are_in_the_kernel() {
    let limpet = Limpet::with(&["probe"]);
    let cgroup = group(&limpet, &["--cpu-shares", "512", "--cpuset-cpus", "0"]);
    assert_eq!(cgroup.cpus().as_deref(), Some("0"));
    // v2 has weights; crun 1.23 and runc 1.3.2 make 59 of 512 shares.
    assert_eq!(cgroup.cpu_shares_or_weight(), Some(if cgroup.is_v2() { 59 } else { 512 }));
}

#[test]
fn the_group_can_be_made_elsewhere() {
    let limpet = Limpet::with(&["probe"]);
    let parent = format!("lt-shore-{}", std::process::id());
    let id = limpet.detached(&["--cgroup-parent", &parent, "probe", "on-term", "0"]);
    let pid = limpet.pid_of(&id).expect("it runs");
    let groups = fs::read_to_string(format!("/proc/{pid}/cgroup")).expect("it runs");
    let elsewhere = format!(":/{parent}/{id}");
    assert!(groups.lines().any(|line| line.ends_with(&elsewhere)), "{groups}");
    let cgroup = Cgroup::of(pid);
    limpet.ok(&["rm", "-f", &id]);
    assert!(!cgroup.exists());
    cgroup.remove_parents();
}

#[test]
fn a_log_has_the_size_that_was_asked_for() {
    let limpet = Limpet::with(&["busybox"]);
    let bound = ["--log-opt", "max-size=8k", "--log-opt", "max-file=2"];
    let script = "i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done";
    let id = limpet.detached(&[&bound[..], &["busybox", "sh", "-c", script]].concat());
    limpet.ok(&["wait", &id]);
    let logs = until("all is logged", || {
        let logs = limpet.ok(&["logs", &id]);
        (logs.lines().last() == Some("line 2999")).then_some(logs)
    });
    let first = logs.lines().next().and_then(|line| line.strip_prefix("line ")?.parse::<u32>().ok());
    assert!(first.is_some_and(|first| first > 1000), "nothing was dropped: it begins with {first:?}");
    let place = limpet.state().join("containers").join(&id);
    let bytes: u64 =
        ["log", "log.1"].iter().map(|name| fs::metadata(place.join(name)).map_or(0, |m| m.len())).sum();
    assert!((8 << 10..=16 << 10).contains(&bytes), "{bytes} bytes of log");
}

#[test]
fn few_descriptors_are_enough_to_start() {
    let limpet = Limpet::with(&["busybox"]);
    let (one, other) = (limpet.home().join("one"), limpet.home().join("other"));
    let volumes = [&one, &other].map(|place| {
        fs::create_dir(place).expect("scratch");
        format!("-v{}:{}", place.display(), place.display())
    });
    let run = ["run", "--rm", "--ulimit", "nofile=8:20", &volumes[0], &volumes[1], "busybox"];
    let said = limpet.ok(&[&run[..], &["sh", "-c", "ulimit -n; ulimit -Hn"]].concat());
    assert_eq!(said.lines().collect::<Vec<_>>(), ["8", "20"]);
}
