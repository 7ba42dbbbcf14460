//! Looking after a board: `limpet doctor`, `limpet install`.

use native_tests::Limpet;
use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn doctor_works_without_a_supervisor_and_says_what_to_do() {
    let limpet = Limpet::new();
    let seen = limpet.try_to(&["doctor", "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&seen.stdout).expect("it is JSON");
    let findings = document.as_array().expect("it is a list");
    let has = |level: &str| findings.iter().any(|finding| finding["Level"] == level);
    let status = if has("error") { 2 } else { i32::from(has("warning")) };
    assert_eq!(seen.code, status, "{seen:?}");
    for subject in ["kernel", "cgroup", "overlayfs", "seccomp", "disk", "clock", "supervisor"] {
        assert!(findings.iter().any(|finding| finding["Subject"] == subject), "{subject}: {document}");
    }
    for finding in findings.iter().filter(|finding| finding["Level"] != "ok") {
        assert!(finding["Advice"].as_str().is_some_and(|advice| !advice.is_empty()), "{finding}");
    }
}

#[test]
fn install_writes_units_that_systemd_takes_and_takes_them_back() {
    let limpet = Limpet::new();
    let (prefix, units) = (limpet.home().join("prefix"), limpet.home().join("units"));
    let (prefix_text, units_text) = (prefix.display().to_string(), units.display().to_string());
    let install = |more: &[&str]| {
        let places = ["install", "--prefix", &prefix_text, "--unit-dir", &units_text];
        limpet.ok(&[&places[..], more].concat());
    };
    install(&["--dry-run"]);
    assert!(!prefix.exists() && !units.exists(), "--dry-run makes nothing");
    install(&[]);
    let program = prefix.join("bin/limpet");
    assert!(Command::new(&program).arg("version").output().is_ok_and(|output| output.status.success()));
    verified(&units, "limpet.service");
    verified(&units, "limpet-containers.service");
    install(&[]);
    install(&["--uninstall"]);
    assert!(!program.exists());
    assert_eq!(fs::read_dir(&units).map(Iterator::count).ok(), Some(0));
}

/// By systemd itself (package systemd).
fn verified(units: &Path, name: &str) {
    let output = Command::new("systemd-analyze")
        .args(["verify", "--man=no"])
        .arg(units.join(name))
        .env("SYSTEMD_UNIT_PATH", format!("{}:", units.display()))
        .output()
        .expect("the package systemd is installed");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && !said.contains("limpet"), "{name}: {said}");
}
