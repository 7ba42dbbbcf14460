//! `image verify`: damage is found, named, and fetched again.

use native_tests::registry::Registry;
use native_tests::registry::forwarder::{Forwarder, Pass};
use native_tests::{Limpet, places};
use std::fs;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Flips one bit of a file, and leaves its times as they were.
pub(crate) fn flip(path: &Path) {
    let times = fs::metadata(path).and_then(|there| {
        Ok(fs::FileTimes::new().set_accessed(there.accessed()?).set_modified(there.modified()?))
    });
    let file = fs::File::options().read(true).write(true).open(path).expect("the file is there");
    let mut byte = [0];
    file.read_exact_at(&mut byte, 5).expect("it has bytes");
    file.write_all_at(&[byte[0] ^ 0x10], 5).expect("it is written");
    file.set_times(times.expect("it has times")).expect("they are set");
}

/// The layer of an image that has this file.
pub(crate) fn layer_with(limpet: &Limpet, image: &str, path: &str) -> PathBuf {
    let layers = limpet.ok(&["image", "inspect", "-f", "{{json .RootFS.Layers}}", image]).json();
    let all =
        layers.as_array().expect("a list").iter().filter_map(|layer| layer.as_str()?.strip_prefix("sha256:"));
    let directories = all.map(|hex| limpet.root().join("layers").join(hex));
    directories
        .filter(|directory| directory.join("tree").join(path).is_file())
        .last()
        .expect("a layer has it")
}

#[test]
fn a_flipped_bit_is_named_and_only_its_layer_fetched_again() {
    let registry = Registry::open();
    let limpet = Limpet::new().with_configuration();
    let forwarder = Forwarder::plain(&registry);
    registry.push_sample("python");
    let name = format!("{}/python:1", forwarder.address());
    limpet.ok(&["pull", "-q", &name]);
    limpet.ok(&["image", "verify", &name]);
    let layer = layer_with(&limpet, &name, "etc/passwd");
    flip(&layer.join("tree/etc/passwd"));
    let hex = layer.file_name().and_then(|name| name.to_str()).expect("a digest")[..12].to_owned();
    let found = limpet.try_to(&["image", "verify"]);
    found.refused(1, &["1 piece damaged", "--repair"]);
    assert_eq!(found.stdout.trim_end(), format!("layer {hex}: /etc/passwd has other contents"));

    limpet.ok(&["run", "-d", "--name", "holder", &name, "sleep", "600"]);
    limpet.try_to(&["image", "verify", "--repair"]).refused(1, &["holder", "stop it first"]);
    limpet.ok(&["rm", "-f", "holder"]);

    let before = forwarder.asked("/blobs/").len();
    let repaired = limpet.ok(&["image", "verify", "--repair"]);
    assert!(repaired.stdout.contains("1 piece repaired"), "{repaired:?}");
    assert_eq!(forwarder.asked("/blobs/").len(), before + 2, "the configuration and one layer");
    limpet.ok(&["image", "verify", "-q"]);
    let users = limpet.ok(&["run", "--rm", &name, "head", "-n1", "/etc/passwd"]);
    assert!(users.text().starts_with("root:"), "{users:?}");
}

#[test]
fn a_registry_that_cannot_be_reached_changes_nothing() {
    let registry = Registry::open();
    let limpet = Limpet::new().with_configuration();
    let refuses = Arc::new(AtomicBool::new(false));
    let state = refuses.clone();
    let forwarder = Forwarder::start(&registry, move |_, _| match state.load(Ordering::Relaxed) {
        true => Pass::Instead("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned()),
        false => Pass::Whole,
    });
    registry.push_sample("busybox");
    let name = format!("{}/busybox:1", forwarder.address());
    limpet.ok(&["pull", "-q", &name]);
    let layer = layer_with(&limpet, &name, "etc/passwd");
    flip(&layer.join("tree/etc/passwd"));
    refuses.store(true, Ordering::Relaxed);
    let failed = limpet.try_to(&["image", "verify", "--repair"]);
    failed.refused(1, &["repair layer", "not there", "left as it is"]);
    // Its other files are good, and it still runs.
    assert_eq!(limpet.ok(&["run", "--rm", &name, "echo", "runs"]).text(), "runs");
    refuses.store(false, Ordering::Relaxed);
    limpet.ok(&["image", "verify", "--repair"]);
    limpet.ok(&["image", "verify", "-q"]);
}

#[test]
fn a_configuration_and_a_name_are_repaired() {
    let registry = Registry::open();
    let limpet = Limpet::new().with_configuration();
    let name = registry.push_sample("busybox");
    limpet.ok(&["pull", "-q", &name]);
    let only = |directory: &str| {
        let entry = fs::read_dir(limpet.root().join(directory)).expect("it is there").next();
        entry.expect("one entry").expect("it can be read").path()
    };
    flip(&only("blobs/sha256"));
    limpet.try_to(&["run", "--rm", &name, "true"]).refused(125, &["damaged"]);
    limpet.ok(&["image", "verify", "--repair"]);
    limpet.ok(&["run", "--rm", &name, "true"]);

    flip(&only("references"));
    limpet.try_to(&["image", "verify"]).refused(1, &["1 piece damaged"]);
    limpet.ok(&["image", "prune", "-af"]);
    limpet.ok(&["image", "verify", "--repair"]);
    limpet.ok(&["run", "--rm", "--pull", "never", &name, "true"]);
    limpet.ok(&["image", "verify", "-q"]);
}

#[test]
fn what_came_from_an_archive_is_repaired_by_loading_it_again() {
    let limpet = Limpet::new();
    let archive = places::image("busybox");
    let load = || limpet.ok(&["load", "-q", "-i", archive.to_str().expect("UTF-8")]);
    load();
    let layer = layer_with(&limpet, "busybox", "bin/busybox");
    flip(&layer.join("tree/bin/busybox"));
    limpet.try_to(&["image", "verify", "--repair"]).refused(1, &["load it again"]);
    load();
    limpet.ok(&["image", "verify", "-q"]);
    limpet.ok(&["run", "--rm", "busybox", "true"]);
}
