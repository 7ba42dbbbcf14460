//! The keeper: small, and what it records outlives it.

use native_tests::Limpet;
use native_tests::terminal::Terminal;
use std::fs;
use std::time::Duration;

/// SPECIFICATION.md, "Memory of an idle container".
const PRIVATE_KIB_MAX: u64 = 150;
/// A keeper without work is at rest after this time, with room for a machine that is busy with other tests.
const IDLE: Duration = Duration::from_secs(1);
/// Logs a line when it gets SIGUSR1, and one for each line that it is told.
const LOGGER: &str =
    "trap 'echo woken' USR1; echo ready; while :; do read -r line; echo \"told $line\"; done";

/// What makes keepers work, one after the other; after each they must be small again.
fn keepers_are_small(count: usize) {
    let limpet = Limpet::with(&["busybox"]).from_own_file();
    let names: Vec<String> = (0..count).map(|number| format!("cc{number}")).collect();
    for name in &names {
        limpet.detached(&["-it", "--name", name, "busybox", "sh", "-c", LOGGER]);
        limpet.until_logged(name, "ready");
    }
    are_small(&limpet, &names, "the start");
    for name in &names {
        limpet.ok(&["kill", "-s", "USR1", name]);
        limpet.until_logged(name, "woken");
    }
    are_small(&limpet, &names, "a line of log");
    for name in &names {
        attach_and_detach(&limpet, name);
    }
    are_small(&limpet, &names, "an attach and a detach");
    for name in &names {
        limpet.ok(&["exec", name, "echo", "hello"]);
    }
    are_small(&limpet, &names, "an exec");
}

fn attach_and_detach(limpet: &Limpet, name: &str) {
    let mut terminal = Terminal::start(&limpet.command(&["attach", name]));
    terminal.type_in("this\n");
    terminal.see("told this");
    terminal.type_in("\x10\x11");
    terminal.end();
}

#[track_caller]
fn are_small(limpet: &Limpet, names: &[String], after: &str) {
    let keepers: Vec<u32> = names.iter().map(|name| limpet.keeper(name)).collect();
    std::thread::sleep(IDLE);
    for keeper in keepers {
        let text = fs::read_to_string(format!("/proc/{keeper}/smaps_rollup")).expect("the keeper runs");
        let private = text.lines().filter(|line| line.starts_with("Private_"));
        let kib: u64 = private.filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).sum();
        assert!(kib > 0 && kib <= PRIVATE_KIB_MAX, "after {after} {kib} KiB are its own:\n{text}");
        println!("after {after}: {kib} KiB");
    }
}

/// Nobody shares its pages: the kernel counts code, too, as its own.
#[test]
fn an_idle_keeper_alone_is_small() {
    keepers_are_small(1);
}

#[test]
fn five_idle_keepers_are_small() {
    keepers_are_small(5);
}

#[test]
fn a_keeper_belongs_to_nobody() {
    let limpet = Limpet::with(&["probe"]);
    limpet.detached(&["--name", "cc", "probe", "on-term", "0"]);
    let keeper = limpet.keeper("cc");
    let stat = fs::read_to_string(format!("/proc/{keeper}/stat")).expect("the keeper runs");
    let mut fields =
        stat.rsplit_once(") ").map(|(_, rest)| rest.split(' ').skip(1)).expect("the form of proc(5)");
    let parent = fields.next().expect("a parent");
    assert_ne!(parent, std::process::id().to_string());
    let session = fields.nth(1).expect("a session");
    assert_eq!(session, keeper.to_string(), "it leads its own session");
    let name = fs::read_to_string(format!("/proc/{keeper}/comm")).expect("the keeper runs");
    assert_eq!(name, "limpet-keeper\n");
}

/// A copy of the board's mounts would keep busy what is unmounted there.
#[test]
fn a_keeper_has_no_mounts_of_its_own() {
    let limpet = Limpet::with(&["busybox"]);
    limpet.detached(&["--name", "cc", "busybox", "sleep", "1000"]);
    let namespace = |pid: &str| fs::read_link(format!("/proc/{pid}/ns/mnt")).expect("it runs");
    assert_eq!(namespace(&limpet.keeper("cc").to_string()), namespace("self"));
}

#[test]
fn the_exit_is_recorded_when_nobody_watches() {
    let limpet = Limpet::with(&["busybox"]);
    let id = limpet.detached(&["busybox", "sh", "-c", "exit 11"]);
    limpet.until_status(&id, "exited");
    assert_eq!(limpet.field(&id, "/State/ExitCode"), 11);
}

#[test]
fn long_state_paths_work() {
    // A Unix socket's path holds 107 characters.
    let limpet = Limpet::with(&["probe"]);
    let long = limpet.home().join("x".repeat(120));
    let limpet = limpet.with_state(&long);
    limpet.detached(&["--name", "cc", "probe", "on-term", "3"]);
    limpet.until_logged("cc", "ready");
    limpet.ok(&["stop", "cc"]);
    assert_eq!(limpet.field("cc", "/State/ExitCode"), 3);
}
