//! Logs: where they are kept, and how fast they may grow.

use native_tests::{Limpet, Supervisor};
use std::fs;

/// Prints 30 lines at once and then nothing more.
const FLOOD: &str = "seq 30; exec sleep 1000";

#[test]
fn a_log_on_disk_outlives_what_a_reboot_ends() {
    let limpet = Limpet::with(&["busybox"]);
    for storage in ["disk", "ram"] {
        let option = format!("storage={storage}");
        let args = ["--name", storage, "--log-opt", &option, "busybox", "echo", "kept"];
        let id = limpet.detached(&args);
        limpet.until_status(storage, "exited");
        limpet.until_logged(storage, "kept");
        let base = if storage == "disk" { limpet.root() } else { limpet.state() };
        let path = base.join("containers").join(&id).join("log");
        assert_eq!(limpet.field(storage, "/LogPath"), path.to_str().expect("UTF-8"));
        assert!(fs::read_to_string(&path).expect("a log").starts_with("{\"log\":\"kept\\n\""));
    }
    fs::remove_dir_all(limpet.state()).expect("the state directory is there");
    assert_eq!(limpet.ok(&["logs", "disk"]).text(), "kept");
    assert_eq!(limpet.ok(&["logs", "ram"]).text(), "");
    limpet.ok(&["start", "-a", "disk"]);
    assert_eq!(limpet.ok(&["logs", "disk"]).text(), "kept\nkept");
}

#[test]
fn lines_that_come_too_fast_are_dropped_and_counted() {
    let limpet = Limpet::with(&["busybox"]);
    limpet.detached(&["--name", "cc", "--log-opt", "rate=1line/s", "busybox", "sh", "-c", FLOOD]);
    // It is told when nothing more comes, not only with the next line.
    limpet.until_logged("cc", "were not logged");
    let logs = limpet.ok(&["logs", "cc"]);
    let expected: Vec<String> = (1..=10).map(|n| n.to_string()).collect();
    assert_eq!(logs.lines().collect::<Vec<_>>(), expected);
    assert_eq!(logs.stderr, "limpet: 20 lines were not logged: more than 1 lines a second\n");
    assert_eq!(limpet.field("cc", "/HostConfig/LogConfig/Config/rate"), "1lines/s");
}

#[test]
fn without_a_driver_there_is_no_log() {
    let limpet = Limpet::with(&["busybox"]);
    limpet.ok(&["run", "--name", "cc", "--log-driver", "none", "busybox", "echo", "seen"]);
    let refused = limpet.try_to(&["logs", "cc"]);
    assert!(refused.code != 0 && refused.stderr.contains("--log-driver none"), "{}", refused.stderr);
    assert_eq!(limpet.field("cc", "/HostConfig/LogConfig/Type"), "none");
}

#[test]
fn an_app_logs_to_disk_at_its_rate() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    let file = limpet.home().join("compose.yaml");
    let text = format!(
        "name: shop\nservices:\n  web:\n    image: busybox\n    network_mode: none\n    stop_signal: KILL\n    command: [sh, -c, \"{FLOOD}\"]\n    x-limpet: {{log-storage: disk, log-rate: 1line/s}}\n"
    );
    fs::write(&file, text).expect("the test's directory is writable");
    limpet.ok(&["up", "-f", file.to_str().expect("UTF-8")]);
    limpet.until_logged("shop-web-1", "limpet: 20 lines were not logged");
    let path = limpet.field("shop-web-1", "/LogPath");
    let root = limpet.root().to_str().expect("UTF-8");
    assert!(path.as_str().is_some_and(|path| path.starts_with(root)), "{path}");
    limpet.ok(&["down", "-p", "shop"]);
}
