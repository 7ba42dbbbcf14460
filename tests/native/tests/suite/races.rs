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

/// One of them went well; gives the other.
#[track_caller]
fn other_than_winner([one, other]: [Outcome; 2]) -> Outcome {
    let (winner, loser) = if one.code == 0 { (one, other) } else { (other, one) };
    winner.ok();
    loser
}

/// It went well, or one line says why not.
#[track_caller]
fn won_or_refused(outcome: &Outcome, words: &[&str]) {
    if outcome.code != 0 {
        outcome.refused(1, words);
    }
}

#[test]
fn one_name_is_given_once() {
    let limpet = Limpet::with(&["busybox"]);
    for round in 0..10 {
        let name = format!("c{round}");
        let create = ["create", "--name", &name, "busybox", "true"];
        other_than_winner(both(&limpet, &create, &create)).refused(1, &[&format!("name {name} is in use")]);
    }
    assert_eq!(limpet.ids().len(), 10);
}

#[test]
fn one_start_starts_one_process() {
    let limpet = Limpet::with(&["busybox"]);
    limpet.ok(&["create", "--name", "cc", "busybox", "sh", "-c", "echo begun; sleep 1000"]);
    let outcomes = both(&limpet, &["start", "cc"], &["start", "cc"]);
    for outcome in outcomes {
        assert_eq!(outcome.ok().text(), "cc");
    }
    limpet.until_logged("cc", "begun");
    assert_eq!(limpet.ok(&["logs", "cc"]).text(), "begun");
}

#[test]
fn two_removals_remove_once() {
    let limpet = Limpet::with(&["busybox"]);
    for _ in 0..5 {
        limpet.detached(&["--name", "cc", "busybox", "sleep", "1000"]);
        for outcome in both(&limpet, &["rm", "-f", "cc"], &["rm", "-f", "cc"]) {
            outcome.ok();
        }
        assert!(limpet.ids().is_empty());
    }
}

#[test]
fn start_against_removal_ends_in_one_of_both() {
    let limpet = Limpet::with(&["busybox"]);
    for _ in 0..5 {
        limpet.ok(&["create", "--name", "cc", "busybox", "sleep", "1000"]);
        let [start, removal] = both(&limpet, &["start", "cc"], &["rm", "-f", "cc"]);
        won_or_refused(&start, &["no such container: cc"]);
        removal.ok();
        drop(limpet.try_to(&["rm", "-f", "cc"]));
        assert!(limpet.ids().is_empty());
    }
    assert_eq!(limpet.leftovers(), Vec::<String>::new());
}

#[test]
fn stop_against_kill_ends_it() {
    let limpet = Limpet::with(&["probe"]);
    for _ in 0..5 {
        limpet.detached(&["--name", "cc", "probe", "ignore-term"]);
        let [stop, kill] = both(&limpet, &["stop", "-t", "1", "cc"], &["kill", "cc"]);
        stop.ok();
        won_or_refused(&kill, &["container cc"]);
        limpet.until_status("cc", "exited");
        limpet.ok(&["rm", "cc"]);
    }
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

#[test]
fn several_stops_are_one() {
    let limpet = Limpet::with(&["busybox"]);
    for round in 0..5 {
        let name = format!("c{round}");
        limpet.detached(&["--name", &name, "--restart", "always", "--init", "busybox", "sleep", "1000"]);
        for outcome in both(&limpet, &["stop", &name], &["stop", &name]) {
            outcome.ok();
        }
        assert_eq!(limpet.field(&name, "/State/Status"), "exited");
    }
}
