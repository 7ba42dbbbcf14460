//! Apps: what `up` makes, replaces and leaves alone, in which order, and what `down` leaves.

use native_tests::{App, Limpet, Supervisor, until};
use std::fs;

/// Stops at once, and says so: what takes long is not what these tests are about.
fn two(limpet: &Limpet) -> App<'_> {
    App::new(limpet, "shop", &[web(&[]), App::service("db", &[])].concat())
}

fn web(more: &[&str]) -> String {
    App::service("web", &[&["depends_on: [db]"], more].concat())
}

/// The names of everything there is of containers, wherever.
fn remains(limpet: &Limpet) -> Vec<String> {
    let places = [
        limpet.root().join("containers"),
        limpet.root().join("names"),
        limpet.root().join("ledger/apps"),
        limpet.state().join("containers"),
        limpet.state().join("histories"),
        limpet.state().join("ids"),
    ];
    let entries = places.iter().flat_map(|place| fs::read_dir(place).into_iter().flatten().flatten());
    let paths = entries.map(|entry| entry.path().display().to_string());
    // Locks on ranges of host ids stay for the next container.
    paths.filter(|path| !path.contains("/ids/")).collect()
}

#[test]
fn what_others_wait_for_comes_first() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    let db = "echo db begun >> /diary/lines; sleep 0.5; echo db well >> /diary/lines; touch /well; exec sleep 1000";
    let init = "sleep 0.5; echo init done >> /diary/lines";
    let app = App::new(
        &limpet,
        "shop",
        &[
            App::service(
                "web",
                &[
                    "depends_on:",
                    "  cache: {condition: service_started}",
                    "  db: {condition: service_healthy}",
                    "  init: {condition: service_completed_successfully}",
                ],
            ),
            App::service("cache", &["depends_on: {init: {condition: service_completed_successfully}}"]),
            App::scripted(
                "db",
                db,
                &[
                    "stop_grace_period: 0s",
                    "healthcheck: {test: test -e /well, interval: 100ms, retries: 600}",
                ],
            ),
            App::scripted("init", init, &[]),
        ]
        .concat(),
    );
    let said = app.up();
    until("web has begun", || app.diary().contains(&"web begun".to_owned()).then_some(()));
    app.wrote_in_order(&["db begun", "db well", "web begun"]);
    app.wrote_in_order(&["init done", "cache begun"]);
    app.wrote_in_order(&["init done", "web begun"]);
    assert!(said.stderr.contains("Container shop-web-1  Waits for "), "{said:#?}");
    assert!(said.stderr.contains("Container shop-db-1  Healthy"), "{said:#?}");
    let began = |name: &str| limpet.field(name, "/State/StartedAt").as_str().map(str::to_owned);
    assert!(began("shop-cache-1") <= began("shop-web-1"), "service_started");
}

#[test]
fn what_depends_on_something_that_fails_is_not_started() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    let services = [
        App::service("web", &["depends_on: {init: {condition: service_completed_successfully}}"]),
        App::scripted("init", "exit 3", &[]),
    ];
    let app = App::new(&limpet, "shop", &services.concat());
    let said = app.try_to(&["up"], &[]).code(1);
    for words in [
        "container shop-init-1: exit status 3",
        "container shop-web-1: Will not start: init does not come to service_completed_successfully",
    ] {
        assert!(said.stderr.contains(words), "{words:?} is not in {said:#?}");
    }
    assert_eq!(app.diary(), Vec::<String>::new());
    assert_eq!(limpet.pid_of("shop-web-1"), None);
}

#[test]
fn nobody_waits_for_the_health_of_what_is_not_watched() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    let web = |condition: &str| {
        let depends = format!("depends_on: {{db: {{condition: {condition}}}}}");
        App::service("web", &[&depends])
    };
    let db = App::service("db", &[]);
    let healthy = web("service_healthy") + &db;
    let why =
        "service db has no health check, neither in the file nor in image busybox, and web waits for it";
    let app = App::new(&limpet, "shop", &healthy);
    let said = app.try_to(&["up"], &[]).code(1);
    assert!(said.stderr.contains(why), "{said:#?}");
    assert_eq!(app.diary(), Vec::<String>::new());
    app.down();

    // One that runs already is not made again, and does not count either.
    app.write(&db);
    app.up();
    app.write(&healthy);
    let said = app.try_to(&["up"], &[]).code(1);
    assert!(said.stderr.contains(why), "{said:#?}");
    app.write(&(web("service_started") + &db));
    app.up();
    app.wrote_in_order(&["db begun", "web begun"]);
}

#[test]
fn replicas_are_as_many_as_asked_for() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    let replicas = |count: u32| App::service("web", &[&format!("deploy: {{replicas: {count}}}")]);
    let app = App::new(&limpet, "shop", &replicas(3));
    app.up();
    let three = app.instances();
    let names: Vec<&str> = three.iter().map(|(name, _, _)| name.as_str()).collect();
    assert_eq!(names, ["shop-web-1", "shop-web-2", "shop-web-3"]);
    assert!(three.iter().all(|(_, _, pid)| pid.is_some()), "{three:?}");
    app.write(&replicas(1));
    app.up();
    assert_eq!(app.instances(), three[..1], "the first is not touched");
    app.write(&replicas(2));
    app.up();
    let two = app.instances();
    assert_eq!((&two[0], two.len()), (&three[0], 2), "{two:?}");
}

#[test]
fn a_second_up_touches_nothing() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    let app = two(&limpet);
    app.up();
    let before = app.instances();
    assert_eq!(before.len(), 2);
    let said = app.up();
    assert_eq!(app.instances(), before);
    app.wrote_in_order(&["db begun", "web begun"]);
    assert!(!said.stderr.contains("Starting") && !said.stderr.contains("Stopping"), "{said:#?}");
}

#[test]
fn a_change_replaces_only_what_it_is_about() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    let app = two(&limpet);
    app.up();
    let before = app.instances();
    app.write(&[web(&["environment: {COLOUR: red}"]), App::service("db", &[])].concat());
    app.up();
    let after = app.instances();
    assert_eq!(before[0], after[0], "the database is not touched");
    assert_ne!(before[1].1, after[1].1, "what changed is another container");
    assert_eq!(limpet.ok(&["exec", "shop-web-1", "sh", "-c", "echo $COLOUR"]).text(), "red");
    assert_eq!(app.diary(), ["db begun", "web begun", "web asked", "web begun"]);
}

#[test]
fn a_change_below_restarts_what_asks_for_it() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    let depends = "depends_on: {db: {condition: service_started, restart: true}}";
    let file = |db: &[&str]| [App::service("web", &[depends]), App::service("db", db)].concat();
    let app = App::new(&limpet, "shop", &file(&[]));
    app.up();
    let before = app.instances();
    app.write(&file(&["environment: {COLOUR: red}"]));
    app.up();
    let after = app.instances();
    assert_ne!(before[0].1, after[0].1, "the database is another container");
    assert_eq!(before[1].1, after[1].1, "web is the same container");
    assert_ne!(before[1].2, after[1].2, "in another process");
    assert_eq!(app.diary(), ["db begun", "web begun", "web asked", "db asked", "db begun", "web begun"]);
}

#[test]
fn a_service_that_is_left_out_goes() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    let app = two(&limpet);
    app.up();
    let before = app.instances();
    app.write(&App::service("db", &[]));
    app.up();
    assert_eq!(app.instances(), before[..1]);
    assert_eq!(app.diary(), ["db begun", "web begun", "web asked"]);
}

#[test]
fn a_dry_run_changes_nothing() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    let app = two(&limpet);
    let said = app.try_to(&["up"], &["--dry-run"]).ok();
    assert!(said.stdout.contains("+ shop-web-1") && said.stdout.contains("2 to create\n"), "{said:#?}");
    assert!(limpet.ids().is_empty() && !app.is_recorded());
    app.up();
    let before = app.instances();
    app.write(
        &[web(&["environment: {COLOUR: red}"]), App::service("cache", &[])]
            .concat()
            .replace("[db]", "[cache]"),
    );
    for verb in [&["up", "--dry-run"][..], &["app", "diff"]] {
        let said = app.try_to(verb, &[]).ok();
        let lines: Vec<&str> = said.lines().collect();
        assert_eq!(lines[0], "app shop", "{said:#?}");
        for line in ["~ shop-web-1", "+ shop-cache-1", "- shop-db-1"] {
            assert!(
                lines.iter().any(|shown| shown.trim_start().starts_with(line)),
                "{line} is not in {said:#?}"
            );
        }
        assert!(said.stdout.contains("environment"), "it says what changed: {said:#?}");
    }
    assert_eq!(app.instances(), before);
    assert_eq!(app.try_to(&["app", "diff"], &["--exit-code"]).code, 1);
    assert_eq!(app.diary(), ["db begun", "web begun"]);
}

#[test]
fn down_stops_in_reverse_order_and_leaves_nothing_but_volumes() {
    let limpet = Limpet::with(&["busybox"]);
    let supervisor = Supervisor::start(&limpet);
    let services = [
        App::service("front", &["depends_on: [web]"]),
        web(&["deploy: {replicas: 2}"]).replace("[\"DIARY:/diary\"]", "[\"DIARY:/diary\", \"data:/data\"]"),
        App::service("db", &[]),
    ];
    let app = App::new(&limpet, "shop", &(services.concat() + "volumes: {data: {}}\n"));
    app.up();
    limpet.ok(&["exec", "shop-web-2", "touch", "/data/kept"]);
    app.down();
    let asked: Vec<String> = app.diary().into_iter().filter(|line| line.ends_with("asked")).collect();
    assert_eq!(asked, ["front asked", "web asked", "web asked", "db asked"]);
    assert_eq!(remains(&limpet), Vec::<String>::new());
    assert!(limpet.root().join("volumes/shop_data").exists(), "a volume outlasts its app");

    app.up();
    limpet.ok(&["exec", "shop-web-1", "test", "-e", "/data/kept"]);
    app.down();
    assert!(limpet.root().join("volumes/shop_data").exists());
    // It is down, and still has something to lose.
    app.try_to(&["down"], &["-v"]).ok();
    assert!(!limpet.root().join("volumes/shop_data").exists(), "-v takes it away, also afterwards");
    app.up();
    app.try_to(&["down"], &["-v"]).ok();
    assert!(!limpet.root().join("volumes/shop_data").exists(), "-v takes it away");
    assert_eq!(remains(&limpet), Vec::<String>::new());
    limpet.try_to(&["down", "shop"]).refused(1, &["no such app: shop"]);
    supervisor.leave();
    assert_eq!(limpet.leftovers(), Vec::<String>::new());
}

#[test]
fn apps_do_not_touch_each_other() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    let (one, other) = (two(&limpet), App::new(&limpet, "other", &App::service("db", &[])));
    one.up();
    other.up();
    let (before, single) = (one.instances(), limpet.detached(&["busybox", "sleep", "1000"]));
    other.down();
    assert_eq!(one.instances(), before);
    assert!(limpet.pid_of(&single).is_some());
    assert_eq!(limpet.ok(&["app", "ls", "-q"]).text(), "shop");
}

#[test]
fn a_member_that_was_removed_by_hand_is_made_again() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    let app = two(&limpet);
    app.up();
    let before = app.instances();
    limpet.ok(&["rm", "-f", "shop-web-1"]);
    until("it is there again", || {
        limpet.pid_of("shop-web-1").filter(|pid| Some(*pid) != before[1].2).map(drop)
    });
    assert_eq!(app.instances()[0], before[0]);
}

#[test]
fn a_member_that_was_stopped_by_hand_stays_stopped_until_up() {
    let limpet = Limpet::with(&["busybox"]);
    let supervisor = Supervisor::start(&limpet);
    let app = App::new(&limpet, "shop", &App::service("web", &["restart: unless-stopped"]));
    app.up();
    limpet.ok(&["stop", "shop-web-1"]);
    supervisor.crash();
    let _supervisor = Supervisor::start(&limpet);
    assert_eq!(limpet.field("shop-web-1", "/State/Status"), "exited");
    app.up();
    assert_eq!(app.diary(), ["web begun", "web asked", "web begun"]);
}

#[test]
fn a_board_that_starts_brings_its_apps_up() {
    let limpet = Limpet::with(&["busybox"]);
    let supervisor = Supervisor::start(&limpet);
    let services = [web(&["restart: always"]), App::service("db", &["restart: always"])];
    let app = App::new(&limpet, "shop", &services.concat());
    app.up();
    limpet.ok(&["shutdown"]);
    assert_eq!(supervisor.wait(), 0);
    assert_eq!(app.diary(), ["db begun", "web begun", "web asked", "db asked"]);
    let _supervisor = Supervisor::start(&limpet);
    until("both run again", || (app.diary().len() == 6).then_some(()));
    assert_eq!(app.diary()[4..], ["db begun", "web begun"]);
}
