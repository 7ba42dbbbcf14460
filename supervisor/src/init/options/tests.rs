use super::*;

fn of(file: &str, line: &str) -> (Options, Vec<String>) {
    let mut options = Options::default();
    let problems = take(&mut options, file, line);
    (options, problems)
}

#[test]
fn nothing_said_is_the_default() {
    assert_eq!(of("", "console=ttyS0 quiet root=/dev/sda"), (Options::default(), vec![]));
}

#[test]
fn the_command_line_wins_over_the_file() {
    let file = "# of the image\nhostname=rock\n\n  cgroup=v1\ndata=LABEL=a\n";
    let (options, problems) = of(file, "quiet limpet.hostname=reef limpet.data=SERIAL=b,ext4,ro");
    assert_eq!(problems, Vec::<String>::new());
    assert_eq!((options.hostname.as_str(), options.cgroup), ("reef", Cgroup::V1));
    let data =
        Mount { source: Source::Serial("b".into()), path: DATA.into(), kind: "ext4".into(), readonly: true };
    assert_eq!(options.mounts, [data]);
}

#[test]
fn a_console_is_restarted_unless_it_is_not() {
    let program = |line| of("", line).0.console.expect("there is one");
    assert_eq!(program("limpet.console=/bin/sh"), Console { program: "/bin/sh".into(), restart: true });
    assert_eq!(program("limpet.console=once:/t"), Console { program: "/t".into(), restart: false });
}

#[test]
fn a_device_is_known_in_four_ways() {
    let source = |text: &str| mount(&format!("{text},/mnt")).map(|mount| mount.source);
    assert_eq!(source("LABEL=x=y"), Ok(Source::Label("x=y".into())));
    assert_eq!(source("UUID=AB-cd"), Ok(Source::Uuid("ab-cd".into())));
    assert_eq!(source("SERIAL=s"), Ok(Source::Serial("s".into())));
    assert_eq!(source("/dev/mmcblk0p2"), Ok(Source::Device("/dev/mmcblk0p2".into())));
}

#[test]
fn what_is_wrong_is_said_and_left_out() {
    for (word, why) in [
        ("cgroup=v3", "v1 or v2"),
        ("console=sh", "whole path"),
        ("hostname=", "1 to 64"),
        ("hostname=a/b", "1 to 64"),
        ("mount=LABEL=x", "SOURCE,PATH"),
        ("mount=LABEL=x,/a/../b", "without .."),
        ("mount=x,/a", "below /dev"),
        ("mount=PARTUUID=x,/a", "below /dev"),
        ("supervise=yes", "on or off"),
        ("metrics=0.0.0.0:80", "127.0.0.1:PORT"),
        ("reserve=much", "as 512m"),
        ("watchdog=1", "or off"),
        ("watchdog=soon", "or off"),
        ("memory", "KEY=VALUE"),
        ("memory=1", "no such option"),
    ] {
        let (options, problems) = of("", &format!("limpet.{word}"));
        assert_eq!(options, Options::default(), "{word}");
        assert!(problems.len() == 1 && problems[0].contains(why), "{word}: {problems:?}");
    }
}

#[test]
fn mounts_are_bounded() {
    let line: String = (0..17).map(|n| format!("limpet.mount=/dev/a,/m{n} ")).collect();
    let (options, problems) = of("", &line);
    assert_eq!((options.mounts.len(), problems.len()), (MOUNTS_MAX, 1));
}

#[test]
fn the_watchdog_is_on_unless_it_is_off() {
    let seconds = |line| of("", line).0.watchdog;
    assert_eq!(seconds(""), Some(WATCHDOG_S));
    assert_eq!((seconds("limpet.watchdog=15"), seconds("limpet.watchdog=off")), (Some(15), None));
}

#[test]
fn the_supervisor_is_told_where_to_serve_metrics_and_what_to_keep_free() {
    assert_eq!(of("reserve=1g", "quiet limpet.reserve=512m").0.reserve.as_deref(), Some("512m"));
    assert_eq!(of("metrics=127.0.0.1:9100", "").0.metrics.as_deref(), Some("127.0.0.1:9100"));
}
