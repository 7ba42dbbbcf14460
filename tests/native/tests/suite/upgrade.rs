//! `limpet upgrade FILE`: a version that works takes over; one that does not is undone; containers notice neither.

use native_tests::{Limpet, Supervisor, places, until};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A container that lasts, and says when it begins.
pub(crate) fn lasting(limpet: &Limpet) -> i32 {
    let script = "echo begun; exec sleep 1000";
    limpet.detached(&["--name", "cc", "--restart", "always", "busybox", "sh", "-c", script]);
    limpet.until_logged("cc", "begun");
    limpet.pid_of("cc").expect("it runs")
}

/// Nothing happened to it.
#[track_caller]
pub(crate) fn untouched(limpet: &Limpet, before: i32) {
    assert_eq!(limpet.pid_of("cc"), Some(before), "the container ran on");
    assert_eq!(limpet.logged("cc", "begun"), 1, "it was started once");
}

/// Another file of the same program, as a new version is.
pub(crate) fn version(limpet: &Limpet) -> PathBuf {
    let path = limpet.home().join("limpet-new");
    let mut bytes = fs::read(places::limpet()).expect("read the program");
    // Sections end before this, and nothing of the program is read from here.
    bytes.extend_from_slice(b"another version");
    fs::write(&path, bytes).expect("write a program");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("make it a program");
    path
}

/// A program that says to be Limpet, and then does as `act` in C.
pub(crate) fn impostor(limpet: &Limpet, act: &str) -> PathBuf {
    let says = "if (n > 1 && !strcmp(w[1], \"--version\")) { puts(\"limpet version 9\"); return 0; }";
    made(limpet, "impostor", &format!("{says} {act}"))
}

/// A program that does as `act` in C.
fn made(limpet: &Limpet, name: &str, act: &str) -> PathBuf {
    let (source, program) = (limpet.home().join(format!("{name}.c")), limpet.home().join(name));
    let headers = "#include <stdio.h>\n#include <string.h>\n#include <unistd.h>\n";
    let text = format!("{headers}int main(int n, char **w) {{ {act} }}\n");
    fs::write(&source, text).expect("write a program");
    let made = Command::new("gcc").arg("-o").arg(&program).arg(&source).status().expect("gcc runs");
    assert!(made.success(), "gcc makes {}", program.display());
    program
}

fn text(path: &Path) -> &str {
    path.to_str().expect("the temporary directory's path is UTF-8")
}

pub(crate) fn executed(pid: u32) -> Vec<u8> {
    fs::read(format!("/proc/{pid}/exe")).expect("it runs")
}

/// Ends the supervisor that `upgrade` started, which nobody else would.
pub(crate) fn end_successor(limpet: &Limpet) {
    limpet.ok(&["rm", "-f", "cc"]);
    limpet.ok(&["shutdown", "-t", "5"]);
    until("it has ended", || limpet.try_to(&["app", "ls"]).stderr.contains("limpet supervise").then_some(()));
}

#[test]
fn one_that_works_takes_over_in_the_same_process() {
    let limpet = Limpet::with(&["busybox"]).from_own_file();
    let mut supervisor = Supervisor::start(&limpet);
    let before = lasting(&limpet);
    let new = version(&limpet);
    let said = limpet.ok(&["upgrade", text(&new)]);
    assert!(said.stdout.contains("Upgraded"), "{said:#?}");
    assert!(!supervisor.is_over(), "it is the same process");
    assert_eq!(executed(supervisor.pid()), fs::read(&new).expect("read"), "it runs the new file");
    let installed = limpet.command(&[]);
    assert_eq!(fs::read(installed.get_program()).expect("read"), fs::read(&new).expect("read"));
    untouched(&limpet, before);
    supervisor.until_told("READY=1");

    // It is in charge: it starts again what ends.
    limpet.ok(&["exec", "cc", "true"]);
    let pid = rustix::process::Pid::from_raw(before).expect("a pid is positive");
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).expect("it runs");
    limpet.until_runs_anew("cc", before);
    supervisor.leave();
    let beside = fs::read_dir(limpet.home()).expect("it is there").flatten();
    let left = beside.filter(|entry| entry.file_name().to_string_lossy().ends_with(".old")).count();
    assert_eq!(left, 0, "the old file is gone");
}

#[test]
fn what_a_client_follows_ends_with_the_upgrade_and_nothing_is_lost() {
    let limpet = Limpet::with(&["busybox"]).from_own_file();
    let supervisor = Supervisor::start(&limpet);
    limpet.detached(&[
        "--name",
        "cc",
        "--restart",
        "on-failure:3",
        "busybox",
        "sh",
        "-c",
        "echo begun; exit 5",
    ]);
    until("it is tried", || (limpet.logged("cc", "begun") >= 2).then_some(()));
    limpet.ok(&["upgrade", text(&version(&limpet))]);
    until("all tries are over", || (limpet.logged("cc", "begun") == 4).then_some(()));
    until("it is given up", || (limpet.field("cc", "/State/Status") == "exited").then_some(()));
    assert_eq!(limpet.logged("cc", "begun"), 4, "the count was handed over");
    assert_eq!(limpet.field("cc", "/State/ExitCode"), 5);
    supervisor.leave();
}

fn is_undone(act: &str) {
    let limpet = Limpet::with(&["busybox"]).from_own_file();
    let _supervisor = Supervisor::start(&limpet);
    let before = lasting(&limpet);
    let program = limpet.command(&[]).get_program().to_owned();
    let good = fs::read(&program).expect("read");
    let said = limpet.try_to(&["upgrade", "--timeout", "2s", text(&impostor(&limpet, act))]);
    said.refused(1, &["did not come up", "the old one was started again"]);
    assert_eq!(fs::read(&program).expect("read"), good, "the old file is back");
    untouched(&limpet, before);
    let pid = rustix::process::Pid::from_raw(before).expect("a pid is positive");
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).expect("it runs");
    limpet.until_runs_anew("cc", before);
    end_successor(&limpet);
}

#[test]
fn one_that_ends_at_once_is_undone() {
    is_undone("return 7;");
}

#[test]
fn one_that_hangs_is_undone() {
    is_undone("for (;;) pause();");
}

#[test]
fn one_that_crashes_is_undone() {
    is_undone("*(volatile int *)0 = 1; return 0;");
}

/// A service manager starts the supervisor again by itself; `upgrade` then starts none.
#[test]
fn a_service_manager_has_its_supervisor_back() {
    let limpet = Limpet::with(&["busybox"]).from_own_file();
    let mut supervisor = Supervisor::start(&limpet);
    let before = lasting(&limpet);
    let bad = impostor(&limpet, "return 7;");
    let upgrade = limpet.command(&["upgrade", "--timeout", "2s", text(&bad)]);
    let live = native_tests::Live::start(upgrade, "upgrade".to_owned());
    until("the impostor has ended", || supervisor.is_over().then_some(()));
    let mut next = None;
    until("the old one runs again", || {
        if next.as_mut().is_none_or(Supervisor::is_over) {
            // What is left of one goes before the next comes.
            next = None;
            next = Some(Supervisor::launch(&limpet, &[], &[]));
        }
        next.as_mut()?.told().contains(&"READY=1".to_owned()).then_some(())
    });
    live.wait().refused(1, &["did not come up", "the old one"]);
    untouched(&limpet, before);
    next.expect("it runs").leave();
}

#[test]
fn what_is_no_limpet_of_this_machine_is_refused_before_anything_is_done() {
    let limpet = Limpet::with(&["busybox"]).from_own_file();
    let mut supervisor = Supervisor::start(&limpet);
    let before = lasting(&limpet);
    let program = limpet.command(&[]).get_program().to_owned();
    let good = fs::metadata(&program).expect("look").modified().expect("a time");
    let file = |name: &str, bytes: &[u8]| {
        let path = limpet.home().join(name);
        fs::write(&path, bytes).expect("write");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("make it a program");
        path
    };
    let mut foreign = fs::read(&program).expect("read");
    // e_machine of elf(5); 0xf3 is RISC-V.
    foreign[18] = 0xf3;
    for (path, why) in [
        (file("script", b"#!/bin/sh\necho limpet version 9\n"), "it is no program"),
        (file("empty", b""), "it is no program"),
        (file("foreign", &foreign), "it is for another kind of machine"),
        (PathBuf::from("/nonexistent"), "No such file"),
        (PathBuf::from("/bin/true"), "it is not Limpet"),
        (made(&limpet, "mute", "for (;;) pause();"), "it does not say its version in time"),
    ] {
        limpet.try_to(&["upgrade", text(&path)]).refused(1, &[why]);
    }
    assert_eq!(fs::metadata(&program).expect("look").modified().expect("a time"), good);
    assert!(!supervisor.is_over());
    untouched(&limpet, before);
    supervisor.leave();
    limpet.try_to(&["upgrade", text(&version(&limpet))]).refused(1, &["no supervisor runs"]);
}

/// The power went while a version was on trial: the unit has the one before take its place again.
#[test]
fn one_that_nobody_found_well_is_undone_at_the_next_start() {
    let limpet = Limpet::with(&[]).from_own_file();
    let installed = PathBuf::from(limpet.command(&[]).get_program());
    let name = installed.file_name().expect("a file").to_string_lossy().into_owned();
    let before = installed.with_file_name(format!(".{name}.old"));
    fs::copy(&installed, &before).expect("keep it");
    fs::write(&installed, "worse").expect("put another in its place");
    let undo = |program: &Path| Command::new(program).arg("undo-upgrade").output().expect("it runs");
    let said = undo(&before);
    assert!(said.status.success(), "{said:?}");
    assert_eq!(fs::read(&installed).expect("read"), fs::read(places::limpet()).expect("read"));
    assert!(!before.exists());
    let said = undo(&installed);
    assert_eq!(said.status.code(), Some(1));
    let line = String::from_utf8_lossy(&said.stderr);
    assert!(
        line.starts_with("limpet: undo-upgrade: ") && line.contains("is no version that was kept"),
        "{line}"
    );
}
