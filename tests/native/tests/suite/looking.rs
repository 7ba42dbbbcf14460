//! ps, logs, inspect, top, stats, info, version: what limpet tells.

use native_tests::terminal::Terminal;
use native_tests::usage::disk_bytes;
use native_tests::{Limpet, Outcome};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

#[test]
fn ps_lists_the_running_and_with_a_all() {
    let limpet = Limpet::with(&["busybox"]);
    let running = limpet.detached(&["--name", "up", "busybox", "sleep", "1000"]);
    drop(limpet.try_to(&["run", "--name", "down", "busybox", "false"]).code(1));
    let shown = limpet.ok(&["ps"]).stdout;
    assert!(shown.starts_with("CONTAINER ID"), "{shown}");
    assert!(shown.contains(&running[..12]) && shown.contains("up") && !shown.contains("down"), "{shown}");
    let all = limpet.ok(&["ps", "-a"]).stdout;
    assert!(all.contains("Exited (1)"), "{all}");
    assert_eq!(limpet.ok(&["ps", "-q"]).text(), &running[..12]);
}

#[test]
fn ps_has_formats() {
    let limpet = Limpet::with(&["busybox"]);
    let id = limpet.detached(&["--name", "up", "-l", "tide=low", "busybox", "sleep", "1000"]);
    assert_eq!(limpet.ok(&["ps", "--format", "{{.Names}} {{.Image}}"]).text(), "up busybox");
    let json = limpet.ok(&["ps", "--no-trunc", "--format", "json"]).json();
    assert_eq!(json["ID"], id.as_str());
    assert_eq!(json["Names"], "up");
}

#[test]
fn who_may_not_look_is_told_once_and_what_to_do() {
    let limpet = Limpet::with(&["busybox"]);
    limpet.ok(&["create", "busybox"]);
    let closed = fs::Permissions::from_mode(0o711);
    fs::set_permissions(limpet.root().join("containers"), closed).expect("it is ours");
    // The checkout may be as closed.
    let command = limpet.command(&["ps"]);
    let program = limpet.home().join("limpet");
    fs::copy(command.get_program(), &program).expect("there is room");
    let mut ps = Command::new(&program);
    ps.args(command.get_args()).uid(65534).gid(65534);
    let said = Outcome::of(&mut ps).code(1);
    assert_eq!(said.stderr.to_lowercase().matches("permission denied").count(), 1, "{said:#?}");
    assert!(said.stderr.trim_end().ends_with("containers: permission denied; ask with sudo"), "{said:#?}");
}

#[test]
fn inspect_tells_what_was_asked() {
    let limpet = Limpet::with(&["busybox"]);
    let flags =
        ["--name", "cc", "-m", "64m", "--cpus", "0.5", "--pids-limit", "20", "-e", "TIDE=low", "-l", "a=b"];
    limpet.detached(&[&flags[..], &["busybox", "sleep", "1000"]].concat());
    let all = limpet.inspect("cc");
    assert_eq!(all["HostConfig"]["Memory"], 64 << 20);
    assert_eq!(all["HostConfig"]["NanoCpus"], 500_000_000);
    assert_eq!(all["HostConfig"]["PidsLimit"], 20);
    assert_eq!(all["Config"]["Labels"]["a"], "b");
    assert_eq!(all["Config"]["Cmd"], serde_json::json!(["sleep", "1000"]));
    let env = all["Config"]["Env"].as_array().expect("the environment is a list");
    assert!(env.iter().any(|entry| entry == "TIDE=low"), "{env:?}");
    assert_eq!(limpet.ok(&["inspect", "-f", "{{.State.Status}}", "cc"]).text(), "running");
}

#[test]
fn a_container_out_of_memory_is_reported_as_such() {
    let limpet = Limpet::with(&["probe"]);
    drop(limpet.try_to(&["run", "--name", "hog", "-m", "16m", "probe", "hog", "67108864"]).code(137));
    assert_eq!(limpet.field("hog", "/State/OOMKilled"), true);
    assert_eq!(limpet.field("hog", "/State/ExitCode"), 137);
    let listed = limpet.ok(&["ps", "-a"]).stdout;
    assert!(listed.contains("Exited (137)"), "{listed}");
}

#[test]
fn a_container_that_was_killed_otherwise_is_not() {
    let limpet = Limpet::with(&["probe"]);
    limpet.detached(&["--name", "cc", "-m", "16m", "probe", "ignore-term"]);
    limpet.ok(&["kill", "cc"]);
    limpet.ok(&["wait", "cc"]);
    assert_eq!(limpet.field("cc", "/State/OOMKilled"), false);
}

#[test]
fn without_a_memory_flag_there_is_a_ceiling() {
    let limpet = Limpet::with(&["probe"]);
    limpet.detached(&["--name", "cc", "probe", "on-term", "0"]);
    let pid =
        limpet.field("cc", "/State/Pid").as_i64().and_then(|pid| i32::try_from(pid).ok()).expect("a pid");
    let limit = native_tests::Cgroup::of(pid).memory_limit_bytes().expect("there is a limit");
    let memory = fs::read_to_string("/proc/meminfo").expect("the board has memory");
    let total_kib: u64 =
        memory.split_whitespace().nth(1).and_then(|n| n.parse().ok()).expect("MemTotal comes first");
    let total = total_kib * 1024;
    let reserve = (total / 8).max(64 << 20).min(total / 2);
    assert!(
        limit.abs_diff(total - reserve) <= 64 << 10,
        "{limit} of {total} bytes leaves the board no {reserve}"
    );
}

#[test]
fn logs_come_from_both_streams() {
    let limpet = Limpet::with(&["busybox"]);
    limpet.ok(&["run", "--name", "cc", "busybox", "sh", "-c", "echo out; echo err >&2"]);
    let logs = limpet.ok(&["logs", "cc"]);
    assert_eq!((logs.stdout.as_str(), logs.stderr.as_str()), ("out\n", "err\n"));
}

#[test]
fn logs_can_be_cut_and_stamped() {
    let limpet = Limpet::with(&["busybox"]);
    limpet.ok(&["run", "--name", "cc", "busybox", "sh", "-c", "for i in 1 2 3 4 5; do echo $i; done"]);
    assert_eq!(limpet.ok(&["logs", "--tail", "2", "cc"]).text(), "4\n5");
    let stamped = limpet.ok(&["logs", "-t", "--tail", "1", "cc"]);
    let (time, line) = stamped.text().split_once(' ').expect("a time and a line");
    assert_eq!(line, "5");
    assert!(time.len() > 20 && time.contains('T') && time.ends_with('Z'), "{time}");
    assert_eq!(limpet.ok(&["logs", "--since", "2099-01-01T00:00:00Z", "cc"]).text(), "");
}

#[test]
fn logs_follow_until_the_end() {
    let limpet = Limpet::with(&["busybox"]);
    limpet.detached(&["--name", "cc", "busybox", "sh", "-c", "echo one; sleep 0.5; echo two"]);
    assert_eq!(limpet.ok(&["logs", "-f", "cc"]).text(), "one\ntwo");
}

#[test]
fn logs_are_bounded() {
    let limpet = Limpet::with(&["busybox"]);
    let script = "yes 0123456789012345678901234567890123456789 | head -c 20000000";
    limpet.ok(&["run", "--name", "cc", "busybox", "sh", "-c", script]);
    // Its log lies with what lasts until reboot, both below the test's own directory.
    let bytes = disk_bytes(&limpet.home().join("state"));
    assert!(bytes > 1 << 20, "{bytes} bytes are no log");
    assert!(bytes < 8 << 20, "{bytes} bytes are kept of 20 MB of log");
    let last = limpet.ok(&["logs", "--tail", "1", "cc"]);
    assert!(last.text().starts_with("0123456789"), "{last:?}");
}

#[test]
fn top_lists_the_processes() {
    let limpet = Limpet::with(&["busybox"]);
    limpet.detached(&["--name", "cc", "busybox", "sh", "-c", "sleep 1000 & sleep 2000"]);
    native_tests::until("both sleep", || {
        let top = limpet.ok(&["top", "cc"]).stdout;
        (top.contains("sleep 1000") && top.contains("sleep 2000")).then_some(())
    });
}

#[test]
fn stats_can_be_had_once() {
    let limpet = Limpet::with(&["busybox"]);
    limpet.detached(&["--name", "cc", "-m", "32m", "busybox", "sleep", "1000"]);
    let stats = limpet.ok(&["stats", "--no-stream"]).stdout;
    assert!(stats.lines().count() == 2 && stats.contains("32MiB"), "{stats}");
    let json = limpet.ok(&["stats", "--no-stream", "--format", "json", "cc"]).json();
    assert_eq!(json["Name"], "cc");
}

#[test]
fn info_says_what_the_kernel_offers() {
    let limpet = Limpet::new();
    let info = limpet.ok(&["info"]).stdout;
    for word in ["cgroup", "user namespaces", "seccomp", "overlay"] {
        assert!(info.to_lowercase().contains(word), "info does not speak of {word}:\n{info}");
    }
    assert!(limpet.ok(&["info", "--format", "json"]).json().is_object());
}

#[test]
fn version_is_told() {
    let limpet = Limpet::new();
    let short = limpet.ok(&["--version"]);
    assert!(short.text().starts_with("limpet"), "{short:?}");
    assert!(limpet.ok(&["version"]).stdout.contains(short.text().rsplit(' ').next().unwrap_or("?")));
}

#[test]
fn output_that_is_no_terminal_is_plain() {
    let limpet = Limpet::with(&["busybox"]);
    limpet.detached(&["busybox", "sleep", "1000"]);
    for args in [&["ps", "-a"][..], &["images"], &["info"], &["--help"], &["run", "--help"]] {
        let shown = Outcome::of(limpet.command(args).env_remove("NO_COLOR")).ok();
        assert!(!shown.stdout.contains('\x1b') && !shown.stdout.contains('\r'), "{shown:?}");
    }
}

#[test]
fn a_terminal_has_colours_unless_they_are_refused() {
    let limpet = Limpet::with(&["busybox"]);
    let help = |refused: &str| {
        let mut command = limpet.command(&["--help"]);
        Terminal::start(command.env("NO_COLOR", refused).env("TERM", "xterm")).end().1
    };
    // As no-color.org has it: an empty one refuses nothing.
    assert!(help("").contains('\x1b'), "no colour on a terminal: {:?}", help(""));
    assert!(!help("1").contains('\x1b'));
}
