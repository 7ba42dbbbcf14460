//! Two commands on one container at once: one wins, the other says so, nothing is left behind.

use native_tests::{Limpet, Outcome};
use std::thread;

/// Runs both at once.
fn both(limpet: &Limpet, one: &[&str], other: &[&str]) -> [Outcome; 2] {
    thread::scope(|scope| {
        let runs = [one, other].map(|args| scope.spawn(move || limpet.try_to(args)));
        runs.map(|run| run.join().expect("the fixture does not panic"))
    })
}

#[test]
fn one_name_is_given_once() {
    let limpet = Limpet::with(&["busybox"]);
    for round in 0..10 {
        let name = format!("c{round}");
        let create = ["create", "--name", &name, "busybox", "true"];
        let codes = both(&limpet, &create, &create).map(|outcome| outcome.code);
        assert!(codes == [0, 125] || codes == [125, 0], "{codes:?}");
    }
    assert_eq!(limpet.ids().len(), 10);
}

#[test]
fn one_start_starts_one_process() {
    let limpet = Limpet::with(&["busybox"]);
    limpet.ok(&["create", "--name", "cc", "busybox", "sh", "-c", "echo begun; sleep 1000"]);
    let outcomes = both(&limpet, &["start", "cc"], &["start", "cc"]);
    assert!(outcomes.iter().any(|outcome| outcome.code == 0), "{outcomes:#?}");
    limpet.until_logged("cc", "begun");
    assert_eq!(limpet.ok(&["logs", "cc"]).text(), "begun");
}

#[test]
fn two_removals_remove_once() {
    let limpet = Limpet::with(&["busybox"]);
    for _ in 0..5 {
        limpet.detached(&["--name", "cc", "busybox", "sleep", "1000"]);
        let outcomes = both(&limpet, &["rm", "-f", "cc"], &["rm", "-f", "cc"]);
        assert!(outcomes.iter().any(|outcome| outcome.code == 0), "{outcomes:#?}");
        assert!(limpet.ids().is_empty());
    }
}

#[test]
fn start_against_removal_ends_in_one_of_both() {
    let limpet = Limpet::with(&["busybox"]);
    for _ in 0..5 {
        limpet.ok(&["create", "--name", "cc", "busybox", "sleep", "1000"]);
        drop(both(&limpet, &["start", "cc"], &["rm", "-f", "cc"]));
        drop(limpet.try_to(&["rm", "-f", "cc"]));
        assert!(limpet.ids().is_empty());
    }
    assert_eq!(limpet.leftovers(), Vec::<String>::new());
}

#[test]
fn stop_against_kill_ends_it() {
    let limpet = Limpet::with(&["probe"]);
    limpet.detached(&["--name", "cc", "probe", "ignore-term"]);
    drop(both(&limpet, &["stop", "-t", "1", "cc"], &["kill", "cc"]));
    limpet.until_status("cc", "exited");
}

#[test]
fn loading_twice_at_once_gives_one_image() {
    let limpet = Limpet::new();
    let archive = native_tests::places::docker_archive("busybox");
    let load = ["load", "-i", archive.to_str().expect("UTF-8")];
    for outcome in both(&limpet, &load, &load) {
        outcome.ok();
    }
    assert_eq!(limpet.ok(&["images", "-q"]).lines().count(), 1);
    limpet.ok(&["run", "--rm", "busybox", "true"]);
}

#[test]
fn many_containers_start_at_once() {
    let limpet = Limpet::with(&["busybox"]);
    thread::scope(|scope| {
        for number in 0..8 {
            let limpet = &limpet;
            scope.spawn(move || {
                let echo = format!("echo {number}");
                let shown = limpet.ok(&["run", "--rm", "busybox", "sh", "-c", &echo]);
                assert_eq!(shown.text(), number.to_string());
            });
        }
    });
    assert!(limpet.ids().is_empty());
}
