//! The keeper: small, and what it records outlives it.

use native_tests::Limpet;

const PRIVATE_KIB_MAX: u64 = 150;

/// Two containers: what the keepers share (the program's text) is nobody's own then.
#[test]
fn an_idle_keeper_is_small() {
    let limpet = Limpet::with(&["probe"]);
    for name in ["one", "two"] {
        limpet.detached(&["--name", name, "probe", "on-term", "0"]);
        limpet.until_logged(name, "ready");
    }
    for name in ["one", "two"] {
        let path = format!("/proc/{}/smaps_rollup", limpet.keeper(name));
        let text = std::fs::read_to_string(&path).expect("the keeper runs");
        let private = text.lines().filter(|line| line.starts_with("Private_"));
        let kib: u64 = private.filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).sum();
        assert!(kib > 0 && kib <= PRIVATE_KIB_MAX, "{kib} KiB are its own:\n{text}");
    }
}

#[test]
fn a_keeper_belongs_to_nobody() {
    let limpet = Limpet::with(&["probe"]);
    limpet.detached(&["--name", "cc", "probe", "on-term", "0"]);
    let keeper = limpet.keeper("cc");
    let stat = std::fs::read_to_string(format!("/proc/{keeper}/stat")).expect("the keeper runs");
    let mut fields =
        stat.rsplit_once(") ").map(|(_, rest)| rest.split(' ').skip(1)).expect("the form of proc(5)");
    let parent = fields.next().expect("a parent");
    assert_ne!(parent, std::process::id().to_string());
    let session = fields.nth(1).expect("a session");
    assert_eq!(session, keeper.to_string(), "it leads its own session");
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
