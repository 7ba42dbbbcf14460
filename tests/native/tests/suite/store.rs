//! load, images, tag, rmi, save, history, and that layers are shared.

use native_tests::usage::disk_bytes;
use native_tests::{Limpet, places};
use std::fs;
use std::process::Command;

#[test]
fn a_layout_an_archive_and_stdin_can_be_loaded() {
    let limpet = Limpet::with(&["busybox"]);
    let archive = places::docker_archive("busybox");
    limpet.ok(&["load", "-i", archive.to_str().expect("UTF-8")]);
    let bytes = fs::read(&archive).expect("it is there");
    let loaded = limpet.fed(&bytes, &["load"]).ok();
    assert!(loaded.stdout.contains("busybox"), "{loaded:?}");
    assert_eq!(limpet.ok(&["images", "-q"]).lines().count(), 1, "the same image three times");
}

#[test]
fn images_can_be_tagged_listed_and_removed() {
    let limpet = Limpet::with(&["busybox"]);
    limpet.ok(&["tag", "busybox", "shore/rock:v1"]);
    let list = limpet.ok(&["images", "--format", "{{.Repository}}:{{.Tag}}"]).stdout;
    assert!(list.lines().any(|line| line == "shore/rock:v1"), "{list}");
    limpet.ok(&["rmi", "busybox"]);
    limpet.ok(&["run", "--rm", "shore/rock:v1", "true"]);
    limpet.ok(&["rmi", "shore/rock:v1"]);
    assert_eq!(limpet.ok(&["images", "-q"]).text(), "");
    limpet.try_to(&["rmi", "busybox"]).refused(1, &["no such image", "busybox"]);
}

#[test]
fn an_image_in_use_is_not_removed() {
    let limpet = Limpet::with(&["busybox"]);
    limpet.ok(&["create", "--name", "cc", "busybox", "true"]);
    limpet.try_to(&["rmi", "busybox"]).refused(1, &["busybox", "in use", "cc"]);
    limpet.ok(&["start", "-a", "cc"]);
}

#[test]
fn an_independent_tool_reads_what_was_saved() {
    let limpet = Limpet::with(&["busybox"]);
    let file = limpet.home().join("saved.tar");
    limpet.ok(&["save", "-o", file.to_str().expect("UTF-8"), "busybox"]);
    let source = format!("docker-archive:{}", file.display());
    let output =
        Command::new("skopeo").args(["inspect", "--config", &source]).output().expect("skopeo is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let config: serde_json::Value = serde_json::from_slice(&output.stdout).expect("skopeo prints JSON");
    assert_eq!(config["os"], "linux");
    // And limpet itself, in another store.
    let other = Limpet::new();
    other.ok(&["load", "-i", file.to_str().expect("UTF-8")]);
    other.ok(&["run", "--rm", "busybox", "true"]);
}

#[test]
fn inspect_and_history_tell_of_an_image() {
    let limpet = Limpet::with(&["redis"]);
    let image = limpet.ok(&["image", "inspect", "redis"]).json();
    assert_eq!(image[0]["Os"], "linux");
    let layers = image[0]["RootFS"]["Layers"].as_array().map_or(0, Vec::len);
    assert!(layers >= 2, "{image:#}");
    assert!(limpet.ok(&["history", "-q", "redis"]).lines().count() >= layers);
}

#[test]
fn layers_are_shared_and_never_copied() {
    let limpet = Limpet::with(&["python"]);
    let before = disk_bytes(limpet.root());
    for _ in 0..5 {
        limpet.detached(&["python", "sleep", "1000"]);
    }
    let each = (disk_bytes(limpet.root()) - before) / 5;
    assert!(each < 256 << 10, "{each} bytes of disk for each container");
}

#[test]
fn a_container_does_not_change_its_image() {
    let limpet = Limpet::with(&["busybox"]);
    limpet.ok(&["run", "--rm", "busybox", "sh", "-c", "rm -r /etc; echo x > /new"]);
    limpet.ok(&["run", "--rm", "busybox", "sh", "-c", "test -e /etc/passwd && test ! -e /new"]);
}

#[test]
fn prune_and_df_count_what_is_there() {
    let limpet = Limpet::with(&["busybox"]);
    let df = limpet.ok(&["system", "df"]).stdout;
    assert!(df.contains("Images") && df.contains("Containers"), "{df}");
    limpet.ok(&["system", "prune", "-a", "-f"]);
    assert_eq!(limpet.ok(&["images", "-q"]).text(), "");
}
