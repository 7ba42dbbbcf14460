//! The board's description for an old and a new kernel.

use super::{Facts, info, info_lines, version, version_lines};
use limpet_protocol::control::LinkLine;
use limpet_runner::cgroup::{Controller, Controllers, Version};
use limpet_runner::features::Features;

fn facts(kernel: (u32, u32), cgroup: Option<(Version, Controllers)>) -> Facts {
    Facts {
        version: "1.2.3",
        root: "/root".to_owned(),
        state: "/state".to_owned(),
        containers: [1, 2, 3],
        images: 4,
        name: "board".to_owned(),
        operating_system: String::new(),
        kernel_version: "5.10.1".to_owned(),
        architecture: "aarch64".to_owned(),
        cpus: 4,
        memory_bytes: 1 << 30,
        ceiling_bytes: 7 << 27,
        reserve_bytes: 1 << 27,
        pids_default: 4096,
        cgroup,
        features: Features::of(kernel, true, false),
        seccomp: true,
        overlayfs: true,
        fleet: None,
        link: None,
        lock: None,
        warnings: Vec::new(),
    }
}

#[test]
fn an_old_kernel_says_what_it_lacks() {
    let facts = facts((5, 10), Some((Version::V1, Controllers::default().with(Controller::Io))));
    let document = info(&facts);
    assert_eq!(document["Containers"], 6);
    assert_eq!(document["MemoryLimit"], false);
    assert_eq!(document["CgroupControllers"][0], "blkio");
    assert_eq!(document["Features"]["IdMappedOverlay"], false);
    assert_eq!(document["Features"]["CloneIntoCgroup"], false);
    let lines = info_lines(&facts);
    assert!(lines.contains("Cgroup Version:         1\n"), "{lines}");
    assert!(lines.contains(" Id-mapped Overlay:     no\n"), "{lines}");
    assert!(lines.contains("Operating System:       none\n"), "{lines}");
}

#[test]
fn a_new_kernel_has_it_all() {
    let document =
        info(&facts((6, 18), Some((Version::V2, Controllers::default().with(Controller::Memory)))));
    assert_eq!(document["MemoryLimit"], true);
    assert_eq!(document["Features"]["CloneIntoCgroup"], true);
    assert_eq!(document["Features"]["OverlayByDescriptor"], true);
}

#[test]
fn scripts_for_docker_find_the_version() {
    let document = version("1.2.3", "6.18.0");
    assert_eq!(document["Client"]["Version"], "1.2.3");
    assert_eq!(document["Server"]["Version"], "1.2.3");
    assert!(version_lines(&document).starts_with("limpet\n Version:               1.2.3\n"));
}

#[test]
fn how_the_connection_stands_is_said_and_since_when() {
    let link = |connected, why: &str| LinkLine {
        controller: "https://c:8443".to_owned(),
        connected,
        since_ns: 1_000_000_000_000_000_007,
        why: why.to_owned(),
    };
    let lines = |link| info_lines(&Facts { link: Some(link), ..facts((6, 18), None) });
    let since = "https://c:8443, connected since 2001-09-09T01:46:40Z\n";
    assert!(lines(link(true, "")).contains(since), "{}", lines(link(true, "")));
    let since = "https://c:8443, not connected since 2001-09-09T01:46:40Z: no route\n";
    assert!(lines(link(false, "no route")).contains(since), "{}", lines(link(false, "no route")));
    assert_eq!(info(&facts((6, 18), None))["Controller"], serde_json::Value::Null);
}
