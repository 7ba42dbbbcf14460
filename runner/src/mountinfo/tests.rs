use super::*;

const TABLE: &str = "\
21 1 0:19 / /proc rw - proc proc rw
22 1 0:20 / /a\\040b\\134c rw shared:1 - tmpfs tmpfs rw
broken
";

#[test]
fn points_are_read_in_order_and_unescaped() {
    assert_eq!(points(TABLE).collect::<Vec<_>>(), ["/proc", "/a b\\c"]);
}

#[test]
fn only_what_is_mounted_below_is_below() {
    let table = "\
22 1 8:1 / / rw - ext4 /dev/sda1 rw
23 22 0:5 / /srv rw,nosuid - tmpfs a rw
24 23 0:6 / /srv/data rw - tmpfs b rw
25 23 0:7 / /srv/data\\040of\\134mine/x rw - tmpfs c rw
26 24 0:8 / /srv/data/in/side rw - tmpfs d rw
";
    assert_eq!(points_below(table, "/srv"), ["/data", "/data of\\mine/x", "/data/in/side"]);
    assert_eq!(points_below(table, "/srv/data"), ["/in/side"]);
    assert!(points_below(table, "/sr").is_empty());
}

#[test]
fn what_is_no_escape_stays() {
    assert_eq!(unescape("/x\\9\\12"), "/x\\9\\12");
    assert_eq!(unescape("\\777"), "\\777");
}

#[test]
fn proc_is_mounted_where_tests_run() {
    assert!(is_mounted("/proc"));
    assert!(!is_mounted("/no/such/place"));
}
