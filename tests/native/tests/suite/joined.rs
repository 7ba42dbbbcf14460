//! Boards come into a fleet with a real controller, are seen by it, and leave.

use native_tests::controller::Controller;
use native_tests::{Limpet, Supervisor, until};
use std::fs;
use std::process::Command;

fn joined(controller: &Controller, name: &str) -> Limpet {
    let limpet = Limpet::new();
    join(&limpet, controller, name);
    limpet
}

pub(crate) fn join(limpet: &Limpet, controller: &Controller, name: &str) {
    let token = controller.invite(1);
    let told = limpet.fed(token.as_bytes(), &["join", "--token-file", "-", "--name", name]);
    assert!(
        told.code == 0 && told.stdout.contains(&format!("This board is {name} of the fleet")),
        "{told:#?}"
    );
}

fn until_online(controller: &Controller, name: &str, online: bool) {
    until(&format!("{name} is online: {online}"), || {
        controller.board(name).filter(|board| board["online"] == online).map(drop)
    });
}

#[test]
fn a_board_joins_is_seen_comes_back_to_a_controller_that_was_away_and_leaves() {
    let mut controller = Controller::open();
    let limpet = joined(&controller, "shed");
    let again = limpet.try_to(&["join", &controller.invite(1)]);
    assert!(again.code == 1 && again.stderr.contains("in the fleet at https://"), "{again:#?}");
    let supervisor = Supervisor::start(&limpet);
    until_online(&controller, "shed", true);
    until_linked(&limpet, ", connected since ", "limpet_controller_connected 1\n");
    assert!(!has_key(&supervisor, &limpet), "the key of the board is in the memory of limpet sync");
    controller.stop();
    until_linked(&limpet, ", not connected since ", "limpet_controller_connected 0\n");
    controller.serve();
    until_online(&controller, "shed", true);
    assert_eq!(limpet.ok(&["leave", "-f"]).code, 0);
    assert!(!limpet.root().join("fleet").exists());
    until_online(&controller, "shed", false);
    supervisor.leave();
}

/// What the board itself says of its connection.
fn until_linked(limpet: &Limpet, info: &str, metric: &str) {
    until(&format!("info says {info:?}"), || limpet.ok(&["info"]).stdout.contains(info).then_some(()));
    let metrics = limpet.ok(&["metrics"]).stdout;
    assert!(metrics.contains(metric), "{metrics}");
}

/// Looks through all that the process may read.
fn has_key(supervisor: &Supervisor<'_>, limpet: &Limpet) -> bool {
    let parent = supervisor.pid().to_string();
    let children = Command::new("pgrep").args(["-P", &parent, "-f", "^limpet sync"]).output();
    let found = children.expect("pgrep runs").stdout;
    let process = format!("/proc/{}", String::from_utf8_lossy(&found).trim());
    let key = fs::read(limpet.root().join("fleet/key")).expect("the key");
    let memory = fs::File::open(format!("{process}/mem")).expect("root may read it");
    let maps = fs::read_to_string(format!("{process}/maps")).expect("its maps");
    let mut looked = 0;
    let found = maps.lines().filter(|line| line.contains(" r")).any(|line| {
        let (from, to) = line.split(' ').next().and_then(|range| range.split_once('-')).expect("a range");
        let at = |text| u64::from_str_radix(text, 16).expect("an address");
        let mut bytes = vec![0; usize::try_from(at(to) - at(from)).expect("it fits")];
        let read = std::os::unix::fs::FileExt::read_exact_at(&memory, &mut bytes, at(from));
        looked += usize::from(read.is_ok());
        bytes.windows(16).any(|part| part == &key[..16])
    });
    assert!(looked > 4, "its memory could be read");
    found
}

#[test]
fn tokens_that_are_used_up_cut_off_or_of_another_controller_are_refused_and_leave_nothing() {
    let (controller, other) = (Controller::open(), Controller::open());
    let token = controller.invite(1);
    let first = Limpet::new();
    first.ok(&["join", &token]);
    let limpet = Limpet::new();
    let refused = |token: &str, says: &str| {
        let told = limpet.try_to(&["join", token]);
        assert!(
            told.code == 1 && told.stderr.contains(says) && told.stderr.lines().count() == 1,
            "{told:#?}"
        );
        assert!(!limpet.root().join("fleet").exists());
    };
    refused(&token, "used as often as it may be");
    refused(&token[..token.len() - 3], "copied whole");
    drop(other);
    drop(controller);
    refused(&token, "cannot connect");
}

#[test]
fn two_boards_with_one_identity_are_seen() {
    let controller = Controller::open();
    let limpet = joined(&controller, "copied");
    let clone = Limpet::new();
    let fleet = clone.root().join("fleet");
    fs::create_dir_all(&fleet).expect("make the directory");
    for name in ["key", "memory", "controller"] {
        fs::copy(limpet.root().join("fleet").join(name), fleet.join(name)).expect("copy");
    }
    for board in [&limpet, &clone] {
        let supervisor = Supervisor::start(board);
        until_online(&controller, "copied", true);
        supervisor.leave();
        until_online(&controller, "copied", false);
    }
    assert!(controller.board("copied").is_some_and(|board| board["cloned_s"].is_null()), "another boot");
    // This boot was seen before another one was: they are two.
    let supervisor = Supervisor::start(&limpet);
    until("the copy is seen", || {
        controller.board("copied").filter(|board| !board["cloned_s"].is_null()).map(drop)
    });
    supervisor.leave();
}
