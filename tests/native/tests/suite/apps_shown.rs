//! Apps: what the verbs about them show, and what they refuse.

use native_tests::{App, Limpet, Live, Supervisor, until};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

fn up(limpet: &Limpet) -> App<'_> {
    let services =
        [App::service("web", &["depends_on: [db]", "deploy: {replicas: 2}"]), App::service("db", &[])];
    let app = App::new(limpet, "shop", &services.concat());
    app.up();
    app
}

#[test]
fn ls_and_ps_show_what_there_is() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    assert_eq!(limpet.ok(&["app", "ls", "--format", "json"]).json(), serde_json::json!([]));
    let app = up(&limpet);
    let listed = limpet.ok(&["app", "ls", "--format", "json"]).json();
    assert_eq!(listed[0]["Name"], "shop");
    assert_eq!(listed[0]["Status"], "running(3)");
    limpet.ok(&["stop", "shop-web-2"]);
    let shown = limpet.ok(&["app", "ps", "shop", "--format", "json"]);
    let rows: Vec<serde_json::Value> =
        shown.lines().map(|line| serde_json::from_str(line).expect("a line is an object")).collect();
    let short: Vec<String> =
        rows.iter().map(|row| format!("{} {} {}", row["Name"], row["Service"], row["State"])).collect();
    let wanted = [
        r#""shop-db-1" "db" "running""#,
        r#""shop-web-1" "web" "running""#,
        r#""shop-web-2" "web" "exited""#,
    ];
    assert_eq!(short, wanted);
    assert_eq!(limpet.ok(&["app", "ps", "shop", "--services"]).text(), "db\nweb");
    limpet.try_to(&["app", "ps", "nosuch"]).refused(1, &["no such app: nosuch"]);
    app.down();
}

#[test]
fn ps_works_without_the_supervisor() {
    let limpet = Limpet::with(&["busybox"]);
    let supervisor = Supervisor::start(&limpet);
    let app = up(&limpet);
    supervisor.leave();
    assert_eq!(app.instances().len(), 3);
    app.try_to(&["up"], &[]).refused(1, &["limpet supervise"]);
}

#[test]
fn logs_name_who_wrote_and_follow_across_a_restart() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    let _app = up(&limpet);
    let logs = limpet.ok(&["app", "logs", "shop"]);
    let mut lines: Vec<&str> = logs.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["db-1   | db begun", "web-1  | web begun", "web-2  | web begun"]);
    assert_eq!(limpet.ok(&["app", "logs", "--no-log-prefix", "shop", "db"]).text(), "db begun");
    limpet.try_to(&["app", "logs", "shop", "cache"]).refused(1, &["no container of service cache"]);

    let mut live = Live::start(limpet.command(&["app", "logs", "-f", "shop", "db"]), "app logs".to_owned());
    live.hear("db-1  | db begun");
    limpet.ok(&["app", "restart", "shop", "db"]);
    live.hear("db-1  | db begun");
}

#[test]
fn restart_takes_the_services_that_are_named() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    let app = up(&limpet);
    let before = app.instances();
    limpet.ok(&["app", "restart", "shop", "web"]);
    let after = app.instances();
    assert_eq!(before[0], after[0], "db was not named");
    for (before, after) in before.iter().zip(&after).skip(1) {
        assert_eq!(before.1, after.1, "the same container");
        assert!(after.2.is_some() && before.2 != after.2, "in another process: {before:?} {after:?}");
    }
    limpet.ok(&["app", "restart", "shop"]);
    assert_ne!(app.instances()[0].2, before[0].2);
    limpet.try_to(&["app", "restart", "shop", "cache"]).refused(1, &["no service cache"]);
    limpet.try_to(&["app", "restart", "nosuch"]).refused(1, &["no such app"]);
}

#[test]
fn a_restart_does_not_wait_for_what_was_not_named() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    let crash = App::scripted("crash", "exit 3", &["restart: \"no\""]);
    let app = App::new(&limpet, "shop", &[App::service("db", &[]), crash].concat());
    let _ = app.try_to(&["up"], &[]).code(1);
    let said = limpet.ok(&["app", "restart", "shop", "db"]);
    assert!(said.stderr.contains("shop-db-1") && !said.stderr.contains("crash"), "{said:#?}");
    let _ = limpet.try_to(&["app", "restart", "shop", "crash"]).code(1);
}

#[test]
fn configs_and_secrets_are_files_and_nowhere_else() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    let from_file = limpet.home().join("from-file");
    fs::write(&from_file, "of a file\n").expect("the directory is ours");
    let more = [
        "user: \"1000\"",
        "configs: [{source: inline, target: /etc/inline.conf}]",
        "secrets: [{source: token, uid: \"1000\", mode: 0400}, filed]",
    ];
    let service = App::scripted("web", "echo begun; exec sleep 1000", &more)
        .replace("    volumes: [\"DIARY:/diary\"]\n", "    stop_grace_period: 0s\n");
    let tops = |text: &str| {
        format!(
            "configs: {{inline: {{content: {text}}}}}\nsecrets: {{token: {{environment: TOKEN}}, filed: {{file: {}}}}}\n",
            from_file.display()
        )
    };
    let app = App::new(&limpet, "shop", &(service.clone() + &tops("one")));
    let up = || {
        let mut command = limpet.command(&["up", "-f", app.file()]);
        native_tests::Outcome::of(command.env("TOKEN", "hush")).ok()
    };
    up();
    let inside = |words: &[&str]| limpet.ok(&[&["exec", "shop-web-1"], words].concat()).text().to_owned();
    assert_eq!(inside(&["cat", "/etc/inline.conf"]), "one");
    assert_eq!(inside(&["cat", "/run/secrets/token", "/run/secrets/filed"]), "hushof a file");
    assert_eq!(inside(&["stat", "-c", "%u %a", "/run/secrets/token"]), "1000 400");
    let write = limpet.try_to(&["exec", "-u", "0", "shop-web-1", "sh", "-c", "echo x > /etc/inline.conf"]);
    assert_ne!(write.code, 0, "they are read-only: {write:#?}");
    assert!(!limpet.ok(&["inspect", "shop-web-1"]).stdout.contains("hush"), "a secret is shown");
    let files = fs::read_dir(limpet.root().join("containers")).expect("it is there");
    for directory in files.flatten() {
        let mode = fs::metadata(directory.path()).expect("it is there").permissions().mode() & 0o007;
        assert!(mode <= 1, "anybody can list {}: {mode:o}", directory.path().display());
    }

    let before = app.instances();
    up();
    assert_eq!(app.instances(), before, "nothing changed");
    app.write(&(service + &tops("two")));
    up();
    assert_ne!(app.instances(), before, "what a config says is part of its service");
    assert_eq!(inside(&["cat", "/etc/inline.conf"]), "two");
}

#[test]
fn a_service_of_a_profile_is_there_when_the_profile_is_asked_for() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    let services = [App::service("web", &[]), App::service("debug", &["profiles: [debug]"])];
    let app = App::new(&limpet, "shop", &services.concat());
    app.up();
    assert_eq!(app.instances().len(), 1);
    app.try_to(&["up"], &["--profile", "debug"]).ok();
    assert_eq!(app.instances().len(), 2);
    app.wrote_in_order(&["web begun", "debug begun"]);
}

#[test]
fn a_file_that_cannot_be_kept_names_the_line_and_nothing_is_done() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    let app = up(&limpet);
    let before = app.instances();
    app.write(&(App::service("web", &["ports: [\"80:80\"]", "colour: red"]) + &App::service("new", &[])));
    let said = app.try_to(&["up"], &[]).code(1);
    // name, services, web and the four lines of every service of these tests come before.
    for words in [format!("{}:8:", app.file()), format!("{}:9:", app.file())] {
        let lines = said.stderr.lines().filter(|line| line.contains(&words)).count();
        assert_eq!(lines, 1, "{words} is not on one line of {said:#?}");
    }
    assert!(said.stderr.contains("ports") && said.stderr.contains("colour"), "{said:#?}");
    assert_eq!(app.instances(), before);
    assert_eq!(app.diary().len(), 3);
    fs::write(app.file(), "services: [\n").expect("the file is ours");
    let said = app.try_to(&["up"], &[]).code(1);
    assert!(said.stderr.contains(&format!("{}:", app.file())), "{said:#?}");
    assert_eq!(app.instances(), before);
}

#[test]
fn an_image_that_is_not_there_fails_its_service_and_no_other() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    let odd = App::service("odd", &["pull_policy: never"]).replace("image: busybox", "image: nosuch");
    let services = [App::service("web", &[]), odd];
    let app = App::new(&limpet, "shop", &services.concat());
    let said = app.try_to(&["up"], &[]).code(1);
    assert!(said.stderr.contains("container shop-odd-1:") && said.stderr.contains("nosuch"), "{said:#?}");
    assert!(limpet.pid_of("shop-web-1").is_some());
    let shown = limpet.ok(&["app", "ps", "shop"]);
    assert!(shown.stdout.contains("shop-odd-1"), "what is yet to be made is shown: {shown:#?}");
    app.down();
    assert!(limpet.ids().is_empty());
}

#[test]
fn a_service_in_a_crash_loop_fails_the_command_and_is_tried_on() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    let app = App::new(
        &limpet,
        "shop",
        &App::scripted("web", "echo begun >> /diary/lines; exit 4", &["restart: always"]),
    );
    let said = app.try_to(&["up"], &[]).code(1);
    assert!(said.stderr.contains("exit status 4"), "{said:#?}");
    let shown = limpet.ok(&["app", "ps", "shop"]);
    assert!(shown.stdout.contains("Restarting (4)"), "{shown:#?}");
    let begun = app.diary().len();
    until("it is tried again", || (app.diary().len() > begun).then_some(()));
}

#[test]
fn who_stops_watching_stops_nothing() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    let slow = ["healthcheck: {test: test -e /diary/well, interval: 100ms, retries: 6000}"];
    let services =
        [App::service("web", &["depends_on: {db: {condition: service_healthy}}"]), App::service("db", &slow)];
    let app = App::new(&limpet, "shop", &services.concat());
    let live = Live::start(limpet.command(&["up", "-f", app.file()]), "up".to_owned());
    until("db has begun", || app.diary().contains(&"db begun".to_owned()).then_some(()));
    let pid = i32::try_from(live.runtime_pid()).ok().and_then(Pid::from_raw).expect("a pid is positive");
    kill_process(pid, Signal::INT).expect("it runs");
    let outcome = live.wait().code(130);
    assert!(outcome.stderr.contains("is still coming up; limpet goes on"), "{outcome:#?}");
    let said = app.try_to(&["up"], &["--wait-timeout", "1"]).code(1);
    assert!(said.stderr.contains("has not come up in time"), "{said:#?}");
    limpet.ok(&["exec", "shop-db-1", "touch", "/diary/well"]);
    until("web has begun", || app.diary().contains(&"web begun".to_owned()).then_some(()));
    app.wrote_in_order(&["db begun", "web begun"]);
}
