//! Users, groups and the user namespace.

use native_tests::Limpet;
use native_tests::isolated::{capabilities, namespaces, process, seccomp};
use probe::report::Report;

fn report(flags: &[&str]) -> Report {
    let limpet = Limpet::with(&["probe"]);
    limpet.ok(&[&["run", "--rm"], flags, &["probe", "report"]].concat()).report()
}

#[test]
fn names_are_looked_up_in_the_image() {
    process::assert_is(&report(&["-u", "guest"]), 1000, 1000, &[29]);
    process::assert_is(&report(&["-u", "guest:audio"]), 1000, 29, &[]);
    process::assert_is(&report(&["-u", "1000"]), 1000, 1000, &[29]);
    process::assert_is(&report(&["-u", "4242:4343"]), 4242, 4343, &[]);
    process::assert_is(&report(&["-u", "4242"]), 4242, 0, &[]);
    process::assert_is(&report(&["--group-add", "audio"]), 0, 0, &[29]);
}

#[test]
fn root_inside_is_nobody_outside() {
    let report = report(&[]);
    namespaces::assert_own(&report, &["user"]);
    let [inside, outside, count] = report.ids.uid_map[0];
    assert!(inside == 0 && outside >= 65536 && count >= 65536, "{:?}", report.ids);
    assert_eq!(report.ids.uid_map, report.ids.gid_map);
}

#[test]
fn two_containers_have_no_id_in_common() {
    let limpet = Limpet::with(&["probe"]);
    let map = || {
        let id = limpet.detached(&["probe", "on-term", "0"]);
        let pid = limpet.field(&id, "/State/Pid");
        let text = std::fs::read_to_string(format!("/proc/{pid}/uid_map")).expect("it runs");
        let mut numbers = text.split_whitespace().filter_map(|n| n.parse::<u64>().ok()).skip(1);
        (numbers.next().expect("a first id"), numbers.next().expect("a count"))
    };
    let (a, b) = (map(), map());
    assert!(a.0 + a.1 <= b.0 || b.0 + b.1 <= a.0, "{a:?} and {b:?}");
}

#[test]
fn the_boards_user_namespace_can_be_asked_for() {
    let report = report(&["--userns=host"]);
    namespaces::assert_shared(&report, &["user"]);
    capabilities::assert_root_has(&report, capabilities::default());
}

#[test]
fn files_of_the_image_belong_to_root_inside() {
    let limpet = Limpet::with(&["busybox"]);
    let owner = limpet.ok(&["run", "--rm", "busybox", "stat", "-c", "%u:%g", "/etc/passwd"]);
    assert_eq!(owner.text(), "0:0");
}

#[test]
fn privileged_means_everything() {
    let report = report(&["--privileged"]);
    seccomp::assert_unfiltered(&report);
    let all = std::fs::read_to_string("/proc/self/status").expect("there is /proc");
    let all =
        all.lines().find_map(|line| line.strip_prefix("CapBnd:")).map(str::trim).expect("it says CapBnd");
    assert_eq!(format!("{:016x}", report.privileges.bounding), all, "what this test may");
    assert_eq!(report.privileges.effective, report.privileges.bounding);
}

#[test]
fn no_new_privileges_can_be_asked_for() {
    assert!(report(&["--security-opt", "no-new-privileges"]).privileges.no_new_privileges);
}

#[test]
fn the_filter_can_be_left_out() {
    seccomp::assert_unfiltered(&report(&["--security-opt", "seccomp=unconfined"]));
}

#[test]
fn a_profile_of_ones_own_is_taken() {
    let limpet = Limpet::with(&["probe"]);
    let file = limpet.home().join("profile.json");
    let rule = r#"{"names": ["sethostname"], "action": "SCMP_ACT_ERRNO", "errnoRet": 99}"#;
    let profile = format!(r#"{{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{rule}]}}"#);
    std::fs::write(&file, profile).expect("the scratch directory is writable");
    let option = format!("seccomp={}", file.display());
    let report = limpet.ok(&["run", "--rm", "--security-opt", &option, "probe", "report"]).report();
    assert_eq!(report.call("sethostname"), Some("EADDRNOTAVAIL"));
    assert_eq!(report.call("keyctl"), Some("EOPNOTSUPP"));
}

#[test]
fn the_boards_network_can_be_asked_for() {
    namespaces::assert_shared(&report(&["--network", "host"]), &["net"]);
}
