//! Command lines about apps, and `events`.

use super::{command, line};
use crate::cli::command::Command;
use crate::cli::command::app::{FileArgs, UpArgs, Which};
use crate::cli::value::time::Moment;

fn up(text: &str) -> UpArgs {
    let Command::Up(args) = command(text) else { panic!("{text}") };
    args
}

#[test]
fn up_takes_what_docker_compose_takes() {
    let plain = UpArgs { source: FileArgs::default(), dry_run: false, detach: false, wait_s: None };
    assert_eq!(up("up"), plain);
    assert_eq!(up("app up --wait --remove-orphans"), plain);
    let args = up("up -d -f a.yaml --file=b.yaml -p shop --env-file x.env --profile debug --profile \
                   test --project-directory /srv --wait-timeout 30");
    assert!(args.detach && !args.dry_run && args.wait_s == Some(30));
    assert_eq!(args.source.files, ["a.yaml", "b.yaml"]);
    assert_eq!(args.source.app.as_deref(), Some("shop"));
    assert_eq!(args.source.directory.as_deref(), Some("/srv"));
    assert_eq!((args.source.env_files.len(), args.source.profiles), (1, vec!["debug".into(), "test".into()]));
    assert!(up("up --dry-run").dry_run);
}

#[test]
fn down_knows_its_app_by_name_or_by_file() {
    let Command::Down(args) = command("down -v shop") else { panic!("down") };
    assert_eq!((args.app, args.volumes), (Which::Named("shop".into()), true));
    let Command::Down(args) = command("app down -f a.yaml") else { panic!("down") };
    let Which::OfFiles(source) = args.app else { panic!("{:?}", args.app) };
    assert_eq!((source.files, args.volumes), (vec!["a.yaml".into()], false));
}

#[test]
fn apps_can_be_looked_at() {
    let Command::AppList(list) = command("app ls -aq") else { panic!("ls") };
    assert!(list.quiet && list.format.is_none());
    let Command::AppPs(ps) = command("app ps --services shop other") else { panic!("ps") };
    assert_eq!((ps.apps, ps.services, ps.quiet), (vec!["shop".into(), "other".into()], true, false));
    let Command::AppLogs(logs) = command("app logs -ft -n 5 --no-color shop web db") else { panic!("logs") };
    assert!(logs.follow && logs.timestamps && logs.prefix && !logs.color && logs.tail == Some(5));
    assert_eq!((logs.app.as_deref(), logs.services), (Some("shop"), vec!["web".into(), "db".into()]));
    let Command::AppLogs(logs) = command("app logs -f") else { panic!("logs") };
    assert!(logs.follow && logs.app.is_none() && logs.services.is_empty(), "of the file here");
    let Command::AppRestart(restart) = command("app restart shop web") else { panic!("restart") };
    assert_eq!((restart.app.as_deref(), restart.services), (Some("shop"), vec!["web".into()]));
    let Command::AppDiff(diff) = command("app diff --exit-code -p shop") else { panic!("diff") };
    assert!(diff.exit_code && diff.source.app.as_deref() == Some("shop"));
}

#[test]
fn events_are_chosen() {
    let Command::Events(events) = command("events --since 10m --until 0s -f event=die -f app=shop") else {
        panic!("events")
    };
    assert_eq!((events.since, events.until), (Some(Moment::Ago(600_000_000_000)), Some(Moment::Ago(0))));
    assert_eq!(events.filters.iter().map(|filter| filter.key).collect::<Vec<_>>(), ["event", "app"]);
    assert!(matches!(command("system events"), Command::Events(_)));
}

#[test]
fn wrong_lines_say_what_to_write() {
    for (text, message, verb, exit_code) in [
        ("up web", "web: one argument too many", "up", 1),
        ("up --detatch", "unknown flag --detatch; did you mean --detach?", "up", 125),
        ("up -d --wait", "--detach and --wait contradict each other; leave one away", "up", 125),
        ("up --wait-timeout 0", "--wait-timeout 0: write a number of seconds, at least 1", "up", 125),
        ("up --scale web=2", "--scale is not supported: say it in the file: deploy.replicas", "up", 125),
        (
            "up -t 5",
            "--timeout is not supported: grace is in the file: stop_grace_period; how long to wait: --wait-timeout",
            "up",
            125,
        ),
        (
            "up -p Shop",
            "--project-name Shop: names of apps are a-z 0-9 _ -, begin with a letter or digit, and have at most 63 bytes",
            "up",
            125,
        ),
        (
            "down ../x",
            "../x: names of apps are a-z 0-9 _ -, begin with a letter or digit, and have at most 63 bytes",
            "down",
            1,
        ),
        ("down shop -f a.yaml", "shop: name the app, or its file, but not both", "down", 1),
        ("app frob", "unknown verb app frob", "app", 1),
        ("app restrat x", "unknown verb app restrat; did you mean restart?", "app", 1),
        ("compose up", "compose is not supported: use limpet up, limpet down and limpet app", "", 1),
        (
            "events -f colour=red",
            "--filter colour=red: no filter colour; there are event, container, app, service, type",
            "events",
            125,
        ),
    ] {
        let Err(error) = line(text) else { panic!("{text}: was taken") };
        let space = if verb.is_empty() { "" } else { " " };
        assert_eq!(error.to_string(), format!("{message} (see: limpet {verb}{space}--help)"), "{text}");
        assert_eq!(error.exit_code(), exit_code, "{text}");
    }
}
