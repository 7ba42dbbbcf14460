//! `--init`: a first process that reaps and forwards.

use native_tests::Limpet;

#[test]
fn orphans_are_reaped() {
    let limpet = Limpet::with(&["probe"]);
    assert_eq!(limpet.ok(&["run", "--rm", "--init", "probe", "zombies", "5"]).text(), "zombies 0");
}

#[test]
fn without_it_they_are_not() {
    let limpet = Limpet::with(&["probe"]);
    assert_eq!(limpet.ok(&["run", "--rm", "probe", "zombies", "5"]).text(), "zombies 5");
}

#[test]
fn it_shows_nothing_of_the_board() {
    let limpet = Limpet::with(&["busybox"]);
    let words = "tr '\\0' '|' < /proc/1/cmdline; echo; cat /proc/1/comm";
    let said = limpet.ok(&["run", "--rm", "--init", "busybox", "sh", "-c", words]);
    assert_eq!(said.text().trim_end(), "limpet-init|\nlimpet-init");
}

#[test]
fn signals_are_forwarded() {
    let limpet = Limpet::with(&["probe"]);
    limpet.detached(&["--name", "cc", "--init", "probe", "on-term", "6"]);
    limpet.until_logged("cc", "ready");
    limpet.ok(&["stop", "cc"]);
    assert_eq!(limpet.field("cc", "/State/ExitCode"), 6);
}

#[test]
fn the_command_is_not_the_first_process() {
    let limpet = Limpet::with(&["probe"]);
    let report = limpet.ok(&["run", "--rm", "--init", "probe", "report"]).report();
    assert_ne!(report.process.pid, 1);
    assert_eq!(report.process.ppid, 1);
    native_tests::isolated::process::assert_no_leaked_fds(&report);
}

#[test]
fn the_codes_of_what_cannot_be_executed_stay() {
    let limpet = Limpet::with(&["busybox"]);
    limpet
        .try_to(&["run", "--rm", "--init", "busybox", "no-such-command"])
        .refused(127, &["no-such-command"]);
    limpet.try_to(&["run", "--rm", "--init", "busybox", "/etc/passwd"]).refused(126, &["/etc/passwd"]);
}
