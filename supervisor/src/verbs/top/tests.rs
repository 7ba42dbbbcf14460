use super::process::{Clock, Process, Users};

const STAT: &str =
    "4242 (sh) (x) S 4000 4242 4242 34817 4242 4194560 1 0 0 0 150 50 0 0 20 0 2 0 10000 4096000 300 1 1";
const STATUS: &str = "Name:\tsh\nUid:\t1879049192\t1879049192\t1879049192\t1879049192\n";

fn process() -> Process {
    Process::parse(STAT, STATUS, "sh\0-c\0sleep 1\0").unwrap()
}

fn clock() -> Clock {
    // Booted at 2026-01-02 15:00:00; the process is 20 s old.
    let booted_s = 1_767_366_000;
    Clock { now_s: booted_s + 120, booted_s, ticks_per_s: 100, page_bytes: 4096, board_bytes: 4096 * 3000 }
}

fn users(uid_named: bool) -> Users {
    let passwd = "root:x:0:0:root:/root:/bin/sh\nguest:x:1000:1000::/home/guest:/bin/sh\n".to_owned();
    Users { passwd, first_host_id: 0x7000_0000, count: 65536, uid_named }
}

fn cell(column: &str) -> String {
    process().cell(column, &clock(), &users(false))
}

#[test]
fn a_name_with_brackets_does_not_confuse() {
    assert_eq!(cell("pid"), "4242");
    assert_eq!(cell("ppid"), "4000");
    assert_eq!(cell("comm"), "sh) (x");
    assert_eq!(cell("args"), "sh -c sleep 1");
}

#[test]
fn users_are_those_of_the_container() {
    // 0x7000_0000 + 1000 is 1879049192.
    assert_eq!(cell("user"), "guest");
    assert_eq!(cell("uid"), "1000");
    assert_eq!(process().cell("uid", &clock(), &users(true)), "guest");
    let stranger = Process { uid: 0x7000_0000 + 77, ..process() };
    assert_eq!(stranger.cell("user", &clock(), &users(false)), "77");
    let outside = Process { uid: 5, ..process() };
    assert_eq!(outside.cell("uid", &clock(), &users(false)), "5");
}

#[test]
fn amounts_and_times_are_in_the_units_of_ps() {
    assert_eq!(cell("rss"), "1200");
    assert_eq!(cell("vsz"), "4000");
    assert_eq!(cell("pmem"), "10.0");
    assert_eq!(cell("pcpu"), "10.0");
    assert_eq!(cell("c"), "10");
    assert_eq!(cell("time"), "00:00:02");
    assert_eq!(cell("stime"), "15:01");
    assert_eq!(cell("tty"), "pts/1");
    assert_eq!(cell("stat"), "Ssl+");
}

#[test]
fn another_day_is_named() {
    let later = Clock { now_s: clock().now_s + 86400, ..clock() };
    assert_eq!(process().cell("stime", &later, &users(false)), "Jan02");
}

#[test]
fn a_thread_of_the_kernel_has_a_name_in_brackets() {
    assert_eq!(Process::parse(STAT, STATUS, "").unwrap().command, "[sh) (x]");
}

#[test]
fn nonsense_is_no_process() {
    assert_eq!(Process::parse("", STATUS, ""), None);
    assert_eq!(Process::parse("1 (x) S 1", STATUS, ""), None);
    assert_eq!(Process::parse(STAT, "", ""), None);
}
