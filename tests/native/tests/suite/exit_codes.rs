//! docker's exit codes: the command's own, 125 for limpet's failures, 126 and 127 for commands that cannot be executed
//! or found, 128+n for signal n.

use native_tests::{Limpet, Live};

#[test]
fn the_commands_own_code_is_passed_on() {
    let limpet = Limpet::with(&["busybox"]);
    for code in [0, 1, 7, 42, 125, 255] {
        let exit = format!("exit {code}");
        drop(limpet.try_to(&["run", "--rm", "busybox", "sh", "-c", &exit]).code(code));
    }
}

#[test]
fn a_missing_command_is_127() {
    let limpet = Limpet::with(&["busybox"]);
    limpet
        .try_to(&["run", "--rm", "busybox", "no-such-command"])
        .refused(127, &["no-such-command", "not found"]);
    limpet.try_to(&["run", "--rm", "busybox", "/no/such/command"]).refused(127, &["/no/such/command"]);
}

#[test]
fn a_command_that_is_no_program_is_126() {
    let limpet = Limpet::with(&["busybox"]);
    limpet
        .try_to(&["run", "--rm", "busybox", "/etc/passwd"])
        .refused(126, &["/etc/passwd", "permission denied"]);
    limpet.try_to(&["run", "--rm", "busybox", "/etc"]).refused(126, &["/etc"]);
}

#[test]
fn a_signal_is_128_and_its_number() {
    let limpet = Limpet::with(&["probe"]);
    for (number, code) in [(9, 137), (15, 143), (1, 129)] {
        let number = format!("{number}");
        drop(limpet.try_to(&["run", "--rm", "--init", "probe", "signal", &number]).code(code));
    }
}

#[test]
fn a_crash_of_the_first_process_is_reported() {
    let limpet = Limpet::with(&["probe"]);
    let code = limpet.try_to(&["run", "--rm", "probe", "crash"]).code;
    // abort(3): SIGABRT does not reach PID 1, and the C library then crashes by another way.
    assert!([134, 139].contains(&code), "{code}");
}

#[test]
fn limpets_own_failures_are_125() {
    let limpet = Limpet::with(&["busybox"]);
    let missing = ["run", "--rm", "--pull", "never", "no-such-image"];
    limpet.try_to(&missing).refused(125, &["no-such-image", "limpet load"]);
    limpet.try_to(&["run", "--rm", "-u", "nobody-here", "busybox", "true"]).refused(125, &["nobody-here"]);
    limpet.try_to(&["run", "--rm", "-w", "/etc/passwd", "busybox", "true"]).refused(125, &["/etc/passwd"]);
}

#[test]
fn wait_and_start_tell_the_code() {
    let limpet = Limpet::with(&["busybox"]);
    limpet.ok(&["create", "--name", "seven", "busybox", "sh", "-c", "exit 7"]);
    drop(limpet.try_to(&["start", "-a", "seven"]).code(7));
    assert_eq!(limpet.ok(&["wait", "seven"]).text(), "7");
    assert_eq!(limpet.field("seven", "/State/ExitCode"), 7);
}

/// docker's `create` and `start` end with 1, whatever it was; what one of them is told wrongly is 125.
#[test]
fn create_and_start_have_one_code_for_what_fails() {
    let limpet = Limpet::with(&["busybox"]);
    limpet.try_to(&["create", "--pull", "never", "no-such-image"]).refused(1, &["no-such-image"]);
    limpet.try_to(&["create", "--env-file", "/no/file", "busybox"]).refused(125, &["/no/file"]);
    limpet.ok(&["create", "--name", "cc", "busybox", "no-such-command"]);
    for verb in [&["start"][..], &["start", "-a"], &["restart"]] {
        limpet.try_to(&[verb, &["cc"]].concat()).refused(1, &["no-such-command", "not found"]);
    }
    limpet.ok(&["create", "--name", "fresh", "busybox", "true"]);
    assert_eq!(limpet.ok(&["wait", "fresh"]).text(), "0", "it does not run");
}

/// As docker's: one that runs already is attached to.
#[test]
fn start_attaches_to_what_runs() {
    let limpet = Limpet::with(&["busybox"]);
    let script = "until [ -e /go ]; do echo tick; sleep 0.1; done; exit 4";
    limpet.detached(&["--name", "cc", "busybox", "sh", "-c", script]);
    let mut attached = Live::start(limpet.command(&["start", "-a", "cc"]), "cc".to_owned());
    attached.hear("tick");
    limpet.ok(&["exec", "cc", "touch", "/go"]);
    drop(attached.wait().code(4));
}

#[test]
fn exec_tells_the_code() {
    let limpet = Limpet::with(&["busybox"]);
    let id = limpet.detached(&["busybox", "sleep", "1000"]);
    drop(limpet.try_to(&["exec", &id, "sh", "-c", "exit 9"]).code(9));
    limpet.try_to(&["exec", &id, "no-such-command"]).refused(127, &["no-such-command"]);
    limpet.try_to(&["exec", &id, "/etc/passwd"]).refused(126, &["/etc/passwd"]);
}
