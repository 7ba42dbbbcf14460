//! Names and words, right and wrong.

use super::*;

#[test]
fn names_are_dockers() {
    for text in ["web", "a1", "Web_1.x-y", "/web"] {
        assert_eq!(name(text).as_deref(), Ok(text.trim_start_matches('/')));
    }
    let long = "a".repeat(NAME_BYTES_MAX + 1);
    for text in ["", "a", "_a", "-a", ".a", "a b", "a/b", "é1", "..", long.as_str()] {
        assert!(name(text).is_err(), "{text}");
    }
}

#[test]
fn host_names_fit_the_kernel() {
    assert!(hostname("a").is_ok() && hostname("a.b-c.example").is_ok() && hostname(&"a".repeat(64)).is_ok());
    let long = "a".repeat(65);
    for text in ["", "-a", "a-", ".", "a b", "a\n", long.as_str()] {
        assert!(hostname(text).is_err(), "{text}");
    }
}

#[test]
fn users_have_one_or_two_parts() {
    assert!(user("root").is_ok() && user("33:33").is_ok() && user("a:b").is_ok());
    assert!(user("").is_err() && user("a:").is_err() && user(":b").is_err() && user("a:b:c").is_err());
}

#[test]
fn only_parameters_of_a_container_are_taken() {
    for text in [
        "net.ipv4.ip_forward=1",
        "net/ipv4/ip_forward=1",
        "kernel.shmmax=1",
        "fs.mqueue.msg_max=1",
        "kernel.sem=1 2",
    ] {
        assert!(sysctl(text).is_ok(), "{text}");
    }
    assert_eq!(sysctl("net/a=1").map(|(name, _)| name), Ok(String::from("net.a")));
    for text in
        ["kernel.core_pattern=|/x", "vm.swappiness=1", "kernel.sem", "net.=1", "net...x=1", "network=1", ""]
    {
        assert!(sysctl(text).is_err(), "{text}");
    }
}

#[test]
fn cgroups_cannot_be_left_upwards() {
    assert_eq!(cgroup_parent("/apps/web/").as_deref(), Ok("apps/web"));
    for text in ["", "/", "..", "a/../b", "a//b", "./a"] {
        assert!(cgroup_parent(text).is_err(), "{text}");
    }
}
