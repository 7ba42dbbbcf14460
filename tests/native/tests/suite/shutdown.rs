//! `limpet shutdown`: everything stops in reverse order of dependency, within one time for all of it.

use native_tests::{App, Limpet, Supervisor};

/// A service that writes down every SIGTERM and does not mind it.
fn stubborn(name: &str, more: &[&str]) -> String {
    let script = format!(
        "trap 'echo {name} asked >> /diary/lines' TERM; echo {name} begun >> /diary/lines; touch /ready; \
         while :; do sleep 1000 & wait; done"
    );
    // It is well once it minds the signal.
    let health = "healthcheck: {test: test -e /ready, interval: 100ms, retries: 600}";
    App::scripted(name, &script, &[&[health, "restart: always"], more].concat())
}

fn codes(limpet: &Limpet, names: &[&str]) -> Vec<i64> {
    names.iter().filter_map(|name| limpet.field(name, "/State/ExitCode").as_i64()).collect()
}

#[test]
fn what_depends_on_others_stops_first() {
    let limpet = Limpet::with(&["busybox"]);
    let supervisor = Supervisor::start(&limpet);
    let services = [
        App::service("front", &["depends_on: [web]"]),
        App::service("web", &["depends_on: [db]", "restart: always"]),
        App::service("db", &["restart: unless-stopped"]),
    ];
    let app = App::new(&limpet, "shop", &services.concat());
    app.up();
    limpet.detached(&[
        "--name",
        "alone",
        "--restart",
        "always",
        "busybox",
        "sh",
        "-c",
        "trap 'exit 0' TERM; echo ready; while :; do sleep 1000 & wait; done",
    ]);
    limpet.until_logged("alone", "ready");
    let said = limpet.ok(&["shutdown"]);
    assert_eq!(said.stderr, "");
    assert_eq!(supervisor.wait(), 0);
    app.wrote_in_order(&["db begun", "web begun", "front begun", "front asked", "web asked", "db asked"]);
    assert_eq!(codes(&limpet, &["shop-front-1", "shop-web-1", "shop-db-1", "alone"]), [0; 4]);
}

/// Each has an hour; all of them have four seconds.
#[test]
fn one_time_for_all_is_kept_against_those_that_ignore_the_signal() {
    let limpet = Limpet::with(&["busybox"]);
    let supervisor = Supervisor::start(&limpet);
    let hour = "stop_grace_period: 1h";
    let services = [
        stubborn("front", &[hour, "depends_on: {web: {condition: service_healthy}}"]),
        stubborn("web", &[hour, "depends_on: {db: {condition: service_healthy}}"]),
        stubborn("db", &[hour]),
    ];
    let app = App::new(&limpet, "shop", &services.concat());
    app.up();
    limpet.ok(&["shutdown", "-t", "4"]);
    assert_eq!(supervisor.wait(), 0, "every end was proved");
    // Each was asked before it was killed, and the last still was, though those above it took all the time they got.
    app.wrote_in_order(&["front asked", "web asked", "db asked"]);
    assert_eq!(codes(&limpet, &["shop-front-1", "shop-web-1", "shop-db-1"]), [137; 3]);
    let mut left = limpet.leftovers();
    left.retain(|line| !line.starts_with("directory:"));
    assert_eq!(left, Vec::<String>::new());
}

/// Those that end well are not killed for the one that does not.
#[test]
fn one_that_ignores_the_signal_costs_no_other_its_end() {
    let limpet = Limpet::with(&["busybox"]);
    let supervisor = Supervisor::start(&limpet);
    let services =
        [stubborn("front", &["stop_grace_period: 1h", "depends_on: [db]"]), App::service("db", &[])];
    let app = App::new(&limpet, "shop", &services.concat());
    app.up();
    limpet.ok(&["shutdown", "-t", "4"]);
    assert_eq!(supervisor.wait(), 0);
    app.wrote_in_order(&["front asked", "db asked"]);
    assert_eq!(codes(&limpet, &["shop-front-1", "shop-db-1"]), [137, 0]);
}

/// A container that waits to be started again is not started while the board ends; a person's stop outlasts it.
#[test]
fn nothing_is_started_at_the_end_and_intents_outlast_it() {
    let limpet = Limpet::with(&["busybox"]);
    let supervisor = Supervisor::start(&limpet);
    limpet.detached(&[
        "--name",
        "looping",
        "--restart",
        "always",
        "busybox",
        "sh",
        "-c",
        "echo begun; exit 1",
    ]);
    limpet.detached(&["--name", "held", "--restart", "unless-stopped", "busybox", "sleep", "1000"]);
    limpet.ok(&["stop", "-t", "0", "held"]);
    limpet.until_logged("looping", "begun");
    limpet.ok(&["shutdown", "-t", "5"]);
    assert_eq!(supervisor.wait(), 0);
    let begun = limpet.logged("looping", "begun");
    let _supervisor = Supervisor::start(&limpet);
    native_tests::until("the loop goes on", || (limpet.logged("looping", "begun") > begun).then_some(()));
    assert_eq!(limpet.field("held", "/State/Status"), "exited");
}

/// What nobody asked to be kept runs all the same, and has data to write.
#[test]
fn what_has_no_policy_is_stopped_as_well() {
    let limpet = Limpet::with(&["probe"]);
    let supervisor = Supervisor::start(&limpet);
    for name in ["one", "two"] {
        limpet.detached(&["--name", name, "probe", "on-term", "7"]);
        limpet.until_logged(name, "ready");
    }
    limpet.detached(&["--name", "gone", "--rm", "probe", "on-term", "7"]);
    limpet.until_logged("gone", "ready");
    let said = limpet.ok(&["shutdown"]);
    assert_eq!(said.stderr, "");
    assert_eq!(supervisor.wait(), 0);
    assert_eq!(codes(&limpet, &["one", "two"]), [7; 2], "each was asked");
    assert_eq!(limpet.ids().len(), 2, "--rm holds to the end");
    // And nobody starts them again.
    let _supervisor = Supervisor::start(&limpet);
    assert_eq!(limpet.field("one", "/State/Status"), "exited");
}

#[test]
fn without_a_supervisor_it_says_so() {
    let limpet = Limpet::new();
    limpet.try_to(&["shutdown"]).refused(1, &["limpet supervise"]);
}
