//! What of a client reaches its container, and what comes back: streams, signals, keys, and what exec adds.

use native_tests::terminal::Terminal;
use native_tests::{Limpet, Live, until};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Never silent; at SIGTERM it says so and ends with 7.
const ON_TERM: &str = "trap 'echo got term; exit 7' TERM; while :; do echo tick; sleep 0.1; done";
/// Not the usual ones.
const KEYS: &str = "ctrl-x,x";

fn file(limpet: &Limpet, name: &str, text: &str) -> PathBuf {
    let path = limpet.home().join(name);
    fs::write(&path, text).expect("the scratch directory is writable");
    path
}

/// `command` with a file as its standard input.
fn reading(file: &Path, command: &Command) -> Command {
    let mut reading = Command::new("sh");
    reading.args(["-c", "exec \"$@\" < \"$0\""]).arg(file);
    reading.arg(command.get_program()).args(command.get_args());
    reading.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    reading
}

/// A client in the foreground that its container's [`ON_TERM`] has reached.
fn hearing_ticks(limpet: &Limpet, args: &[&str]) -> Live {
    let mut live = Live::start(limpet.command(args), "cc".to_owned());
    live.hear("tick");
    live
}

fn terminate(live: &Live) {
    let pid = live.runtime_pid().to_string();
    let status = Command::new("kill").args(["-TERM", &pid]).status().expect("kill(1) is there");
    assert!(status.success(), "{pid} is gone already");
}

#[test]
fn start_i_passes_stdin_to_a_container_that_was_made_with_it() {
    let limpet = Limpet::with(&["busybox"]);
    limpet.ok(&["create", "-i", "--name", "open", "busybox", "cat"]);
    limpet.ok(&["create", "--name", "closed", "busybox", "cat"]);
    assert_eq!(limpet.fed(b"tide\n", &["start", "-i", "open"]).ok().text(), "tide");
    assert_eq!(limpet.fed(b"tide\n", &["start", "-i", "closed"]).ok().text(), "");
}

#[test]
fn start_a_shows_both_streams_and_gives_the_exit_code() {
    let limpet = Limpet::with(&["busybox"]);
    let script = "echo out; echo err >&2; exit 3";
    limpet.ok(&["create", "--name", "cc", "busybox", "sh", "-c", script]);
    let shown = limpet.try_to(&["start", "-a", "cc"]).code(3);
    assert_eq!((shown.stdout.as_str(), shown.stderr.as_str()), ("out\n", "err\n"));
}

#[test]
fn attach_without_stdin_only_watches() {
    let limpet = Limpet::with(&["busybox"]);
    let script = "while :; do echo tick; sleep 0.1; done & read line; echo got $line";
    limpet.detached(&["-i", "--name", "cc", "busybox", "sh", "-c", script]);
    let unheard = file(&limpet, "unheard", "unheard\n");
    let attach = reading(&unheard, &limpet.command(&["attach", "--no-stdin", "cc"]));
    let mut watcher = Live::start(attach, "cc".to_owned());
    watcher.hear("tick");
    let talker = limpet.fed(b"heard\n", &["attach", "cc"]).ok();
    assert!(talker.lines().any(|line| line == "got heard"), "{talker:?}");
    watcher.hear("got heard");
    watcher.wait().ok();
}

#[test]
fn run_shows_only_the_stream_that_was_asked_for_and_logs_both() {
    let limpet = Limpet::with(&["busybox"]);
    let script = "echo out; echo err >&2; exit 4";
    for (stream, wanted) in [("stdout", ("out\n", "")), ("stderr", ("", "err\n"))] {
        let args = ["run", "--name", stream, "-a", stream, "busybox", "sh", "-c", script];
        let shown = limpet.try_to(&args).code(4);
        assert_eq!((shown.stdout.as_str(), shown.stderr.as_str()), wanted);
        let logs = limpet.ok(&["logs", stream]);
        assert_eq!((logs.stdout.as_str(), logs.stderr.as_str()), ("out\n", "err\n"));
    }
}

#[test]
fn a_signal_to_run_reaches_the_container() {
    let limpet = Limpet::with(&["busybox"]);
    let client = hearing_ticks(&limpet, &["run", "--name", "cc", "busybox", "sh", "-c", ON_TERM]);
    terminate(&client);
    let outcome = client.wait().code(7);
    assert!(outcome.stdout.ends_with("got term\n"), "{outcome:?}");
    assert_eq!(limpet.field("cc", "/State/ExitCode"), 7);
}

#[test]
fn without_sig_proxy_a_signal_ends_the_client_alone() {
    let limpet = Limpet::with(&["busybox"]);
    let run = ["run", "--sig-proxy=false", "--name", "cc", "busybox", "sh", "-c", ON_TERM];
    for args in [&run[..], &["attach", "--sig-proxy=false", "cc"]] {
        let client = hearing_ticks(&limpet, args);
        terminate(&client);
        drop(client.wait().code(143));
        assert_eq!(limpet.field("cc", "/State/Status"), "running", "{args:?}");
    }
    let client = hearing_ticks(&limpet, &["attach", "cc"]);
    terminate(&client);
    drop(client.wait().code(7));
}

#[test]
fn with_other_detach_keys_the_usual_ones_reach_the_container() {
    let limpet = Limpet::with(&["busybox"]);
    let script = "stty raw -echo; echo ready; dd bs=1 count=4 2>/dev/null | od -An -tx1; exec sleep 1000";
    let args = ["run", "-it", "--name", "cc", "--detach-keys", KEYS, "busybox", "sh", "-c", script];
    let mut terminal = Terminal::start(&limpet.command(&args));
    terminal.see("ready");
    terminal.type_in("\x10\x11\x18y");
    terminal.see("10 11 18 79");
    terminal.type_in("\x18x");
    assert_eq!(terminal.end().0, 0);
    assert_eq!(limpet.field("cc", "/State/Status"), "running");
}

#[test]
fn attach_and_exec_have_detach_keys_of_their_own() {
    let limpet = Limpet::with(&["busybox"]);
    limpet.detached(&["-it", "--name", "cc", "busybox", "sleep", "1000"]);
    let exec = ["exec", "-it", "--detach-keys", KEYS, "cc", "sleep", "2000"];
    for args in [&["attach", "--detach-keys", KEYS, "cc"][..], &exec] {
        let mut terminal = Terminal::start(&limpet.command(args));
        until("keys reach it one by one", || terminal.is_raw().then_some(()));
        terminal.type_in("\x18x");
        assert_eq!(terminal.end().0, 0, "{args:?}");
    }
    assert!(limpet.ok(&["top", "cc"]).stdout.contains("sleep 2000"));
}

#[test]
fn exec_takes_variables_from_a_file() {
    let limpet = Limpet::with(&["busybox"]);
    limpet.detached(&["--name", "cc", "busybox", "sleep", "1000"]);
    let variables = file(&limpet, "variables", "# of the sea\nTIDE=low\nMOON=new\n");
    let variables = variables.to_str().expect("UTF-8");
    let script = "echo $TIDE $MOON";
    let shown = limpet.ok(&["exec", "--env-file", variables, "-e", "MOON=full", "cc", "sh", "-c", script]);
    assert_eq!(shown.text(), "low full");
    limpet.try_to(&["exec", "--env-file", "/no/where", "cc", "true"]).refused(1, &["/no/where"]);
}

#[test]
fn exec_privileged_has_capabilities_that_the_container_lacks() {
    let limpet = Limpet::with(&["busybox"]);
    limpet.detached(&["--name", "cc", "busybox", "sleep", "1000"]);
    let effective = |flags: &[&str]| {
        let ask = ["cc", "grep", "CapEff", "/proc/self/status"];
        let shown = limpet.ok(&[&["exec"], flags, &ask].concat());
        let mask = shown.text().trim_start_matches("CapEff:").trim();
        u64::from_str_radix(mask, 16).unwrap_or_else(|e| panic!("{mask:?}: {e}"))
    };
    let (usual, all) = (effective(&[]), effective(&["--privileged"]));
    assert!(usual != 0 && usual & all == usual && usual != all, "{usual:x}, privileged {all:x}");
    limpet.try_to(&["exec", "cc", "hostname", "other"]).refused(1, &["not permitted"]);
    limpet.ok(&["exec", "--privileged", "cc", "hostname", "other"]);
}
