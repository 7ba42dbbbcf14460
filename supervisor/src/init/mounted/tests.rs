use super::*;

const TABLE: &str = "\
21 1 0:19 / /proc rw - proc proc rw
22 1 0:20 / /a\\040b\\134c rw shared:1 - tmpfs tmpfs rw
broken
";

#[test]
fn points_are_read_in_order_and_unescaped() {
    assert_eq!(points(TABLE), ["/proc", "/a b\\c"]);
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
