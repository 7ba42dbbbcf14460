use super::*;

const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\nredis:x:101:103::/var/lib/redis:/bin/false\nbroken\n1000:x:7:8::/seven:\n";
const GROUP: &str = "root:x:0:\nredis:x:103:\nvideo:x:44:redis,other\naudio:x:29:redis\n";

fn found(user: &str) -> Option<(u32, u32, Vec<u32>, String)> {
    find(user, &[], PASSWD, GROUP).map(|i| (i.uid, i.gid, i.groups, i.home))
}

#[test]
fn users_are_found_by_docker_rules() {
    let cases = [
        ("", Some((0, 0, vec![], "/root"))),
        ("redis", Some((101, 103, vec![29, 44], "/var/lib/redis"))),
        ("101", Some((101, 103, vec![29, 44], "/var/lib/redis"))),
        ("redis:video", Some((101, 44, vec![], "/var/lib/redis"))),
        ("redis:5", Some((101, 5, vec![], "/var/lib/redis"))),
        ("4242", Some((4242, 0, vec![], "/"))),
        ("1000", Some((7, 8, vec![], "/seven"))),
        ("nosuch", None),
        ("redis:nosuch", None),
        ("-1", None),
        ("4294967296", None),
        ("4294967295", None),
        ("1:4294967295", None),
    ];
    for (user, expected) in cases {
        assert_eq!(found(user), expected.map(|(u, g, s, h)| (u, g, s, h.to_owned())), "{user:?}");
    }
}

#[test]
fn extra_groups_are_added_once() {
    let identity = find("redis", &["video".to_owned(), "7".to_owned()], PASSWD, GROUP).expect("found");
    assert_eq!(identity.groups, [7, 29, 44]);
    assert_eq!(find("redis", &["nosuch".to_owned()], PASSWD, GROUP), None);
}
