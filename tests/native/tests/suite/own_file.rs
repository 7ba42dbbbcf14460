//! Limpet's own file, changed by a fleet: fetched, tried, watched, and put back if it does not come up.

use crate::joined::join;
use crate::upgrade::{executed, impostor, lasting, untouched, version};
use native_tests::controller::Controller;
use native_tests::{Limpet, Supervisor, until};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// Rolls it out to the one board there is.
fn roll_out(controller: &Controller, release: &str, file: &Path) {
    let file = file.to_str().expect("the temporary directory's path is UTF-8");
    let words = ["set", "program", "--release", release, "--all", "--soak", "1s", "--detach", file];
    controller.operate(&words);
}

/// The rollout is over: what `is_end` makes of its status.
fn until_ended(controller: &Controller, is_end: impl Fn(&Value) -> bool) -> Value {
    until("the rollout has ended", || controller.rollout().filter(|rollout| is_end(&rollout["status"])))
}

#[test]
fn one_that_works_is_fetched_and_takes_over() {
    let controller = Controller::open();
    let limpet = Limpet::with(&["busybox"]).from_own_file();
    join(&limpet, &controller, "shed");
    let mut supervisor = Supervisor::start(&limpet);
    let before = lasting(&limpet);
    let new = version(&limpet);
    roll_out(&controller, "next", &new);
    let ended = until_ended(&controller, |status| status == "done");
    assert!(!supervisor.is_over(), "it is the same process: {ended}");
    assert_eq!(executed(supervisor.pid()), fs::read(&new).expect("read"), "it runs the new file");
    untouched(&limpet, before);
    supervisor.leave();
}

#[test]
fn one_that_does_not_come_up_is_put_back_and_not_tried_again() {
    let controller = Controller::open();
    let limpet = Limpet::with(&["busybox"]).from_own_file();
    join(&limpet, &controller, "shed");
    let good = fs::read(limpet.command(&[]).get_program()).expect("read");
    let _supervisor = Supervisor::start(&limpet);
    let before = lasting(&limpet);
    roll_out(&controller, "bad", &impostor(&limpet, "return 7;"));
    let ended = until_ended(&controller, |status| status["undone"].is_string());
    let why = ended["status"]["undone"].as_str().expect("a string");
    assert!(why.contains("did not come up; the old one was started again"), "the board says why: {ended}");
    assert_eq!(fs::read(limpet.command(&[]).get_program()).expect("read"), good, "the old file is back");
    untouched(&limpet, before);
    crate::upgrade::end_successor(&limpet);
}
