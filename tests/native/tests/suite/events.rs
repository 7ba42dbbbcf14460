//! `limpet events`: what happens, as lines of JSON.

use native_tests::{App, Limpet, Live, Supervisor, until};
use serde_json::Value;

/// What has happened so far, each as `ACTION NAME`, with the exit code of a death.
fn happened(limpet: &Limpet, filters: &[&str]) -> Vec<String> {
    let filters: Vec<&str> = filters.iter().flat_map(|filter| ["--filter", filter]).collect();
    let outcome = limpet.ok(&[&["events", "--since", "1h", "--until", "0s"], &filters[..]].concat());
    outcome.lines().map(short).collect()
}

fn short(line: &str) -> String {
    let event: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("no JSON ({e}): {line}"));
    let attributes = &event["Actor"]["Attributes"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut words = vec![text(&event["Action"]), text(&attributes["name"])];
    words.extend(attributes["exitCode"].as_str().map(str::to_owned));
    words.join(" ")
}

#[test]
fn a_life_is_told_as_it_happens() {
    let limpet = Limpet::with(&["busybox"]);
    let supervisor = Supervisor::start(&limpet);
    let mut live = Live::start(limpet.command(&["events"]), "events".to_owned());
    let mut next = || short(&live.line().expect("events go on"));
    let script = "trap 'exit 7' TERM; echo begun; while :; do sleep 1000 & wait; done";
    limpet.detached(&["--name", "first", "--restart", "no", "--health-cmd", "true", "busybox", "true"]);
    // Until it is heard, `events` may not be listening yet.
    assert!(next().ends_with(" first"));
    limpet.detached(&["--name", "cc", "--restart", "on-failure:1", "busybox", "sh", "-c", script]);
    limpet.until_logged("cc", "begun");
    limpet.ok(&["kill", "-s", "TERM", "cc"]);
    limpet.until_status("cc", "exited");
    limpet.ok(&["start", "cc"]);
    limpet.ok(&["rm", "-f", "cc"]);
    let mut told = Vec::new();
    while told.last().is_none_or(|last| last != "destroy cc") {
        told.extend(Some(next()).filter(|event| event.ends_with(" cc") || event.contains(" cc ")));
    }
    let deaths = told.iter().filter(|event| event.starts_with("die cc")).count();
    assert_eq!(deaths, 2, "{told:?}");
    let at = |event: &str| told.iter().position(|told| told == event);
    assert!(at("create cc") < at("start cc") && at("start cc") < at("die cc 7"), "{told:?}");
    assert!(at("create cc").is_some() && at("die cc 7").is_some(), "{told:?}");
    supervisor.leave();
}

/// Also of one that is over before anybody could watch it.
#[test]
fn every_run_has_its_beginning_and_its_end() {
    const RUNS: usize = 20;
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    let deaths = || happened(&limpet, &["event=die"]);
    limpet.detached(&["--name", "cc", "--restart", "on-failure", "busybox", "true"]);
    for run in 1..RUNS {
        until("its death is told", || (deaths().len() >= run).then_some(()));
        limpet.ok(&["start", "cc"]);
    }
    until("the last death is told", || (deaths().len() >= RUNS).then_some(()));
    assert_eq!(deaths(), vec!["die cc 0"; RUNS], "each ended well");
    assert_eq!(happened(&limpet, &["event=start"]).len(), RUNS, "none was taken for a failure");
    assert_eq!(limpet.field("cc", "/State/ExitCode"), 0);
}

/// What `service_completed_successfully` waits for may be over in no time.
#[test]
fn a_short_run_of_an_app_is_no_failure() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    let services = [
        App::service("web", &["depends_on: {init: {condition: service_completed_successfully}}"]),
        App::scripted("init", "exit 0", &[]),
    ];
    let app = App::new(&limpet, "shop", &services.concat());
    // The job runs at each `up`, as with docker compose.
    (0..10).for_each(|_| drop(app.up()));
    let deaths = happened(&limpet, &["event=die", "service=init"]);
    assert_eq!(deaths, vec!["die shop-init-1 0"; 10]);
    assert_eq!(app.diary(), ["web begun"]);
}

#[test]
fn filters_and_templates_choose() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    let services = [App::service("web", &["depends_on: [db]"]), App::service("db", &[])];
    let app = App::new(&limpet, "shop", &services.concat());
    app.up();
    app.down();
    let of_web = happened(&limpet, &["service=web", "app=shop"]);
    assert_eq!(of_web, ["create shop-web-1", "start shop-web-1", "die shop-web-1 0", "destroy shop-web-1"]);
    let deaths = happened(&limpet, &["event=die"]);
    assert_eq!(deaths, ["die shop-web-1 0", "die shop-db-1 0"], "in reverse order of dependency");
    let template =
        ["--since", "1h", "--until", "0s", "--format", "{{.Type}} {{.Action}}", "--filter", "event=die"];
    let shown = limpet.ok(&[&["events"], &template[..]].concat());
    assert_eq!(shown.text(), "container die\ncontainer die");
    assert_eq!(happened(&limpet, &["container=nosuch"]), Vec::<String>::new());
}

#[test]
fn without_a_supervisor_there_is_nothing_to_hear() {
    let limpet = Limpet::new();
    limpet.try_to(&["events"]).refused(1, &["limpet supervise"]);
    let supervisor = Supervisor::start(&limpet);
    let live = Live::start(limpet.command(&["events", "--since", "1h"]), "events".to_owned());
    until("it answers", || (limpet.try_to(&["app", "ls"]).code == 0).then_some(()));
    supervisor.leave();
    // Whether it heard anything or not, it does not wait for ever.
    live.wait().refused(1, &["supervisor"]);
}
