//! Updates of apps that come to an end by themselves: in the new version, or in the one before.

use native_tests::app::App;
use native_tests::limpet::Limpet;
use native_tests::line::Line;
use native_tests::supervisor::Supervisor;
use native_tests::until::until;

const STEADY: &str = "trap 'exit 0' TERM; while :; do sleep 1000 & wait; done";
const MONITOR: &str = "monitor: 400ms";

/// A service that runs a script in `version`, so many times, and is replaced as `update` says.
fn service(name: &str, version: &str, replicas: u16, script: &str, update: &str) -> String {
    let deploy = format!("deploy: {{replicas: {replicas}, update_config: {{{MONITOR}, {update}}}}}");
    let environment = format!("environment: {{VERSION: {version}}}");
    App::scripted(name, script, &["stop_grace_period: 2s", "restart: always", &environment, &deploy])
}

/// What each container of an app says of itself, in order.
fn versions(limpet: &Limpet, app: &App<'_>) -> Vec<String> {
    let version = |(_, id, _): &(String, String, Option<i32>)| {
        let variables = limpet.field(id, "/Config/Env");
        let words = variables.as_array().into_iter().flatten().filter_map(|it| it.as_str());
        words.filter_map(|word| word.strip_prefix("VERSION=")).next().unwrap_or("?").to_owned()
    };
    app.instances().iter().map(version).collect()
}

/// What the supervisor says of the app's last update.
fn outcome(limpet: &Limpet, app: &str) -> (String, String) {
    let rows: serde_json::Value =
        serde_json::from_str(&limpet.ok(&["app", "ls", "--format", "json"]).stdout).expect("JSON");
    let row = rows.as_array().into_iter().flatten().find(|row| row["Name"] == app).expect("it is listed");
    let word = |field: &str| row[field].as_str().expect("text").to_owned();
    (word("UpdateState"), word("UpdateReason"))
}

#[test]
fn a_good_update_is_committed() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    let good = |version: &str| service("web", version, 2, STEADY, "failure_action: rollback");
    let app = App::new(&limpet, "shop", &good("one"));
    app.up();
    assert_eq!(outcome(&limpet, "shop").0, "", "what comes up first updates nothing");
    app.write(&good("two"));
    app.up();
    assert_eq!(outcome(&limpet, "shop"), ("completed".to_owned(), String::new()));
    assert_eq!(versions(&limpet, &app), ["two", "two"]);
    let events = limpet.ok(&["events", "--since", "1h", "--until", "0s"]);
    assert!(events.stdout.contains("\"updatestate.new\":\"completed\""), "{events:#?}");
    app.down();
}

#[test]
fn a_version_that_ends_is_rolled_back_and_why_is_told() {
    let limpet = Limpet::with(&["busybox"]);
    let supervisor = Supervisor::start(&limpet);
    let app = App::new(&limpet, "shop", &service("web", "one", 2, STEADY, "failure_action: rollback"));
    app.up();
    app.write(&service("web", "two", 2, "exit 7", "failure_action: rollback"));
    let told = app.try_to(&["up"], &[]);
    assert_eq!(told.code, 1, "{told:#?}");
    assert!(told.stderr.contains("rolled back to its version before: container shop-web-"), "{told:#?}");
    assert!(told.stderr.contains("exit status 7"), "{told:#?}");
    let (course, why) = outcome(&limpet, "shop");
    assert_eq!(course, "rollback_completed");
    assert!(why.contains("exit status 7"), "{why}");
    assert_eq!(versions(&limpet, &app), ["one", "one"]);
    let before = app.instances();
    // It is known, and not tried again, after the supervisor as after the board was off.
    supervisor.crash();
    let _supervisor = Supervisor::start(&limpet);
    assert_eq!(outcome(&limpet, "shop"), ("rollback_completed".to_owned(), why));
    assert_eq!(app.instances(), before);
    assert!(limpet.try_to(&["app", "ps", "shop"]).stderr.contains("rolled back"), "app ps says so");
    app.down();
}

/// A service whose health check says the same at once and for ever.
fn watched(version: &str, check: &str) -> String {
    let check = format!("healthcheck: {{test: [CMD, \"{check}\"], interval: 300ms, retries: 2}}");
    service("web", version, 1, STEADY, "failure_action: rollback") + &format!("    {check}\n")
}

#[test]
fn a_version_that_is_ill_is_rolled_back() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    let app = App::new(&limpet, "shop", &watched("one", "true"));
    app.up();
    app.write(&watched("two", "false"));
    let told = app.try_to(&["up"], &[]);
    assert!(told.code == 1 && told.stderr.contains("container shop-web-1: it is unhealthy"), "{told:#?}");
    assert_eq!(outcome(&limpet, "shop").0, "rollback_completed");
    assert_eq!(versions(&limpet, &app), ["one"]);
    // Who asks anew has it tried anew.
    let told = app.try_to(&["up"], &[]);
    assert!(told.code == 1 && told.stderr.contains("rolled back"), "{told:#?}");
    app.down();
}

#[test]
fn an_update_that_fails_in_the_middle_is_resumed_by_the_next_supervisor_and_after_a_reboot() {
    let limpet = Limpet::with(&["busybox"]);
    let supervisor = Supervisor::start(&limpet);
    let app = App::new(&limpet, "shop", &watched("one", "true"));
    app.up();
    app.write(&watched("two", "false"));
    app.try_to(&["up", "-d"], &[]).ok();
    supervisor.crash();
    // As after a reboot: nothing runs, and what was in memory is gone.
    limpet.ok(&["kill", "shop-web-1"]);
    std::fs::remove_dir_all(limpet.state().join("histories")).expect("there are some");
    let _supervisor = Supervisor::start(&limpet);
    until("it is rolled back", || (outcome(&limpet, "shop").0 == "rollback_completed").then_some(()));
    assert_eq!(versions(&limpet, &app), ["one"]);
    app.down();
}

#[test]
fn one_after_the_other_and_what_fails_pauses() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    let file = |version: &str, script: &str| service("web", version, 2, script, "parallelism: 1");
    let script = "trap 'echo $$VERSION asked >> /diary/lines; exit 0' TERM; echo $$VERSION begun >> /diary/lines; \
                  while :; do sleep 1000 & wait; done";
    let app = App::new(&limpet, "shop", &file("one", script));
    app.up();
    until("both have begun", || (app.diary().len() == 2).then_some(()));
    app.write(&file("two", script));
    app.up();
    assert_eq!(app.diary()[2..], ["one asked", "two begun", "one asked", "two begun"]);
    let second = app.instances().remove(1);

    app.write(&file("three", "exit 3"));
    let told = app.try_to(&["up"], &[]);
    assert!(told.code == 1 && told.stderr.contains("its update was paused"), "{told:#?}");
    assert_eq!(outcome(&limpet, "shop").0, "paused");
    assert_eq!(versions(&limpet, &app), ["three", "two"]);
    assert_eq!(app.instances().remove(1), second, "the other was not touched");
    assert!(limpet.try_to(&["app", "ps", "shop"]).stderr.contains("half updated"), "app ps says so");

    app.write(&file("four", script));
    app.up();
    assert_eq!(outcome(&limpet, "shop"), ("completed".to_owned(), String::new()));
    assert_eq!(versions(&limpet, &app), ["four", "four"]);
    app.down();
}

#[test]
fn an_old_container_runs_until_the_new_one_is_well() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    let file = |version: &str, script: &str| {
        let update = "parallelism: 1, order: start-first, failure_action: rollback";
        service("web", version, 1, script, update) + "    container_name: only\n"
    };
    let script = "trap 'echo $$VERSION asked >> /diary/lines; exit 0' TERM; echo $$VERSION begun >> /diary/lines; \
                  while :; do sleep 1000 & wait; done";
    let app = App::new(&limpet, "shop", &file("one", script));
    app.up();
    until("it has begun", || (app.diary().len() == 1).then_some(()));
    app.write(&file("two", script));
    app.up();
    assert_eq!(app.diary(), ["one begun", "two begun", "one asked"], "the old one goes last");
    let now = app.instances();
    assert_eq!(now.iter().map(|(name, ..)| name.as_str()).collect::<Vec<_>>(), ["only"]);
    assert_eq!(versions(&limpet, &app), ["two"]);

    app.write(&file("three", "echo $$VERSION begun >> /diary/lines; exit 3"));
    let told = app.try_to(&["up"], &[]);
    assert!(told.code == 1 && told.stderr.contains("rolled back"), "{told:#?}");
    assert_eq!(app.instances(), now, "it ran all the time");
    assert!(!app.diary().contains(&"two asked".to_owned()), "{:?}", app.diary());
    app.down();
    assert_eq!(limpet.ids(), Vec::<String>::new());
}

/// More boundaries than an update has.
const CUTS_MAX: u32 = 200;
/// Fewest that can be meant: one container is stopped, removed, made and started, twice if it is rolled back.
const CUTS_MIN: usize = 8;

/// An update whose supervisor is cut off. Says whether it was.
fn story(limpet: &Limpet, script: &str, update: &str, ends: (&str, &str), cut: u32) -> bool {
    let first = Supervisor::start(limpet);
    let app = App::new(limpet, "shop", &service("web", "one", 1, STEADY, update));
    app.up();
    first.crash();
    let mut line = Line::cut_at(limpet, cut);
    line.until("it answers", |limpet| limpet.try_to(&["app", "ls"]).code == 0);
    app.write(&service("web", "two", 1, script, update));
    let _ = app.try_to(&["up"], &[]);
    line.until("it answers", |limpet| limpet.try_to(&["app", "ls"]).code == 0);
    if outcome_or_none(limpet).is_empty() {
        // It was cut off before the change was in the ledger.
        let _ = app.try_to(&["up"], &[]);
    }
    line.until(&format!("cut {cut}: it comes to its end"), |limpet| outcome_or_none(limpet) == ends.0);
    line.mind();
    assert_eq!(versions(limpet, &app), [ends.1], "cut {cut}");
    line.until("it goes", |_| app.try_to(&["down"], &[]).code == 0 && !app.is_recorded());
    line.until("it is gone", |limpet| limpet.ids().is_empty());
    let was_cut = line.was_cut();
    drop(line);
    assert_eq!(limpet.leftovers(), Vec::<String>::new(), "cut {cut}");
    was_cut
}

fn outcome_or_none(limpet: &Limpet) -> String {
    let listed = limpet.try_to(&["app", "ls", "--format", "{{.UpdateState}}"]);
    listed.stdout.trim().to_owned()
}

fn every_boundary(script: &str, update: &str, ends: (&str, &str)) {
    let limpet = Limpet::with(&["busybox"]);
    let cuts = (1..CUTS_MAX).take_while(|cut| story(&limpet, script, update, ends, *cut)).count();
    assert!((CUTS_MIN..CUTS_MAX as usize - 1).contains(&cuts), "{cuts} boundaries were tried");
    println!("{cuts} boundaries were tried");
}

#[test]
fn a_good_update_is_committed_wherever_it_is_cut_off() {
    every_boundary(STEADY, "failure_action: rollback", ("completed", "two"));
}

#[test]
fn a_good_one_that_is_started_first_is_committed_wherever_it_is_cut_off() {
    every_boundary(STEADY, "order: start-first, failure_action: rollback", ("completed", "two"));
}

#[test]
fn a_bad_one_that_is_started_first_is_rolled_back_wherever_it_is_cut_off() {
    every_boundary("exit 3", "order: start-first, failure_action: rollback", ("rollback_completed", "one"));
}

#[test]
fn a_bad_update_is_rolled_back_wherever_it_is_cut_off() {
    every_boundary("exit 3", "failure_action: rollback", ("rollback_completed", "one"));
}
