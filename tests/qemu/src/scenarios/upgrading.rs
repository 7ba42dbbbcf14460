//! Limpet's own upgrade: to a good file, to one that never answers, and to what is no limpet at all.

use crate::board::Cut;
use crate::{Board, Stage};
use std::time::Duration;

pub(super) fn good_and_bad(stage: &Stage) {
    let mut board = stage.boot(&stage.spec());
    board.load("probe");
    board.detached("kept", &["--restart", "always", "probe", "on-term", "0"]);
    board.until_logged("kept", "ready");
    let since = board.field("kept", "/State/Pid");
    good(&mut board);
    bad(&mut board);
    refused(&mut board);
    assert_eq!(board.field("kept", "/State/Pid"), since, "the container ran on through all of it");
    board.sh(&format!("kill -9 {since}"));
    let line = "limpet inspect -f '{{.State.Status}} {{.State.Pid}}' kept";
    board.until("it is kept as before", &format!("{line} | grep '^running ' | grep -qv ' {since}$'"));
    board.power_off();
}

/// The same program with another digest: bytes after the end of an ELF file are nobody's.
fn good(board: &mut Board) {
    board.sh("cp /bin/limpet /root/newer; echo newer >> /root/newer");
    let said = board.limpet(&["upgrade", "/root/newer"]).ok();
    assert!(said.stdout.starts_with("Upgraded /bin/limpet to "), "{said:#?}");
    assert_eq!(board.sh("tail -c 6 /bin/limpet"), "newer");
    board.assert_answered();
}

/// It says that it is limpet, and then sits there.
fn bad(board: &mut Board) {
    board.sh("cp /bin/agent /root/worse");
    let said = board.limpet(&["upgrade", "--timeout", "3s", "/root/worse"]);
    said.refused(1, &["the new version did not come up", "the old one"]);
    assert_eq!(board.sh("tail -c 6 /bin/limpet"), "newer", "the old file is back");
    board.until_answered();
}

/// The power goes while a version is on trial that never answers: the one before takes its place again, and keeps what it
/// kept. (What the board has synced is on its disk: QEMU's end loses nothing that it was given.)
pub(super) fn cut_off_on_trial(stage: &Stage) {
    let spec = stage.systemd_spec();
    let mut board = stage.boot(&spec);
    board.install();
    board.load("probe");
    board.detached("kept", &["--restart", "always", "probe", "on-term", "0"]);
    board.until_logged("kept", "ready");
    let program = board.sh(DIGEST);
    let script = format!(
        "limpet upgrade --timeout 60s /bin/agent & \
         until [ \"$({DIGEST})\" = \"$(sha256sum </bin/agent)\" ]; do sleep 0.1; done; echo on trial; wait"
    );
    let after = Duration::from_secs(1);
    board.cut_during(&Cut { script: &script, moment: "on trial", after, may_be_off: false }, &mut || ());
    let mut board = stage.boot(&spec);
    board.until_answered();
    assert_eq!(board.sh(DIGEST), program, "the version before is back");
    assert_eq!(board.run(&["test", "-e", "/usr/local/bin/.limpet.old"]).code, 1);
    board.until_status("kept", "running");
    board.power_off();
}

const DIGEST: &str = "sha256sum </usr/local/bin/limpet";

fn refused(board: &mut Board) {
    board.sh("echo '#!/bin/sh' > /root/script; cp /bin/busybox /root/busybox; head -c 100000 /bin/limpet > /root/half");
    board.limpet(&["upgrade", "/root/script"]).refused(1, &["it is no program"]);
    board.limpet(&["upgrade", "/root/busybox"]).refused(1, &["it is not Limpet"]);
    board.limpet(&["upgrade", "/root/half"]).refused(1, &["/root/half"]);
    assert_eq!(board.sh("tail -c 6 /bin/limpet"), "newer");
}
