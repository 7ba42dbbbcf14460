//! Updates of apps that come to an end by themselves: in the new version, or in the one before.

use native_tests::app::App;
use native_tests::limpet::Limpet;
use native_tests::supervisor::Supervisor;

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
