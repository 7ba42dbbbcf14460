//! What skopeo, podman and buildah push, `pull` takes and `run` runs; file by file it is what umoci or buildah unpack.

use native_tests::peers::Peers;
use native_tests::registry::{Guard, PASSWORD, Registry, USER};
use native_tests::tree::{Tree, differences, without_times_of_directories};
use native_tests::{Limpet, Outcome, places};
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use std::{fs, thread};

/// How many cases are at work at a time.
const AT_A_TIME: usize = 4;

fn limpet() -> Limpet {
    Limpet::new().with_configuration()
}

#[track_caller]
fn alike(ours: &Tree, theirs: &Tree, what: &str) {
    let differ = differences(ours, theirs);
    assert!(differ.is_empty(), "{what}: {} of {} differ:\n{}", differ.len(), ours.len(), differ.join("\n"));
}

#[test]
fn what_podman_pushes_in_each_of_its_formats() {
    let (registry, peers) = (Registry::open(), Peers::new());
    peers.have("busybox");
    let formats: [(&str, &[&str]); 4] = [
        ("oci", &["--format", "oci"]),
        ("v2s2", &["--format", "v2s2"]),
        ("zstd", &["--format", "oci", "--compression-format", "zstd"]),
        ("chunked", &["--format", "oci", "--compression-format", "zstd:chunked"]),
    ];
    let theirs = format!("docker-archive:{}", places::docker_archive("busybox").display());
    let theirs = peers.by_umoci(&[&theirs]).expect("umoci takes what it is given");
    for (name, how) in formats {
        let reference = registry.reference(&format!("busybox:{name}"));
        let push = [&["push", "-q", "--tls-verify=false"], how, &["busybox", &reference]].concat();
        peers.run("podman", &push).ok();
        let limpet = limpet();
        assert_eq!(limpet.ok(&["run", "--rm", "-q", &reference, "echo", name]).text(), name);
        alike(&limpet.image_tree(&reference), &theirs, name);
    }
}

#[test]
fn what_buildah_builds_and_pushes() {
    let (registry, peers) = (Registry::open(), Peers::new());
    peers.have("busybox");
    let file = peers.home().join("tide");
    fs::write(&file, "ebb\n").expect("it is writable");
    let buildah = |args: &[&str]| drop(peers.run("buildah", args).ok());
    buildah(&["from", "-q", "--pull-never", "--name", "work", "busybox"]);
    buildah(&[
        "copy",
        "-q",
        "--chown",
        "7:8",
        "--chmod",
        "0640",
        "work",
        file.to_str().expect("UTF-8"),
        "/srv/tide",
    ]);
    buildah(&["config", "--cmd", "cat /srv/tide", "--workingdir", "/srv", "work"]);
    for format in ["oci", "docker"] {
        let reference = registry.reference(&format!("{format}:1"));
        buildah(&["commit", "-q", "--format", format, "work", format]);
        buildah(&["push", "-q", "--tls-verify=false", format, &reference]);
        let limpet = limpet();
        assert_eq!(limpet.ok(&["run", "--rm", "--pull", "always", "-q", &reference]).text(), "ebb");
        // The time of a directory that only an upper layer implies is nobody's.
        let mut ours = without_times_of_directories(limpet.image_tree(&reference));
        let theirs = peers.by_umoci(&[&format!("docker://{reference}")]).expect("umoci takes it");
        alike(&ours, &without_times_of_directories(theirs), format);
        let theirs = peers.by_buildah(&reference).expect("buildah takes its own");
        ours.remove(Path::new(""));
        alike(&ours, &without_times_of_directories(theirs), format);
    }
    buildah(&["rm", "work"]);
}

#[test]
fn what_is_pushed_with_a_password_or_a_token() {
    let peers = Peers::new();
    peers.have("busybox");
    for (guard, tls) in [(Guard::Basic, true), (Guard::Token, false)] {
        let registry = Registry::start(guard, tls);
        let limpet = limpet();
        if let Some(authority) = registry.authority() {
            limpet.believe(authority, registry.address());
        }
        let reference = registry.reference("deep/er/busybox:1");
        let creds = format!("{USER}:{PASSWORD}");
        for program in ["podman", "buildah"] {
            let push = ["push", "-q", "--tls-verify=false", "--creds", &creds, "busybox", &reference];
            peers.run(program, &push).ok();
        }
        limpet.fed(PASSWORD.as_bytes(), &["login", "-u", USER, "--password-stdin", registry.address()]).ok();
        assert_eq!(limpet.ok(&["run", "--rm", "-q", &reference, "echo", "let in"]).text(), "let in");
    }
}

#[test]
fn the_recipes_look_as_umoci_unpacks_them() {
    let (registry, peers, limpet) = (Registry::open(), Peers::new(), limpet());
    for image in ["busybox", "redis", "nginx", "python"] {
        let reference = if image == "nginx" {
            // Its layout is packed by zstd, which not every umoci knows.
            let from = format!("docker-archive:{}", places::docker_archive(image).display());
            registry.push(&from, "nginx:1")
        } else {
            registry.push_sample(image)
        };
        limpet.ok(&["pull", "-q", &reference]);
        let theirs = peers.by_umoci(&[&format!("docker://{reference}")]).expect("umoci takes it");
        let ours = limpet.image_tree(&reference);
        alike(&ours, &theirs, image);
        println!("{image}: {} names alike", ours.len());
    }
}

/// Layers that bite, but are right: see `images/nasty`. What umoci does not unpack is compared with GNU tar there.
#[test]
fn layers_that_bite_look_as_umoci_unpacks_them() {
    let (registry, peers, limpet) = (Registry::open(), Peers::new(), limpet());
    let made = peers.home().join("nasty");
    let maker = places::repository().join("images/nasty/make.py");
    Outcome::of(Command::new("python3").arg(maker).arg(&made)).ok();
    let listing = fs::read(made.join("manifest.json")).expect("it is made");
    let listing: Value = serde_json::from_slice(&listing).expect("JSON");
    let cases: Vec<_> =
        listing.as_array().expect("a list").iter().filter(|case| case["expect"] != "refuse").collect();
    let compare = |case: &&&Value| bite(&registry, &peers, &limpet, &made, case);
    // Each waits for the disk most of the time.
    let compared: usize = thread::scope(|scope| {
        let parts = cases.chunks(cases.len().div_ceil(AT_A_TIME));
        let threads: Vec<_> =
            parts.map(|part| scope.spawn(move || part.iter().filter(compare).count())).collect();
        threads.into_iter().map(|thread| thread.join().expect("every case is alike")).sum()
    });
    println!("{compared} of {} compared", cases.len());
    assert!(compared + 8 >= cases.len(), "only {compared} of {} could be compared", cases.len());
}

/// Whether there was something to compare with.
fn bite(registry: &Registry, peers: &Peers, limpet: &Limpet, made: &Path, case: &Value) -> bool {
    let file = case["file"].as_str().expect("a name");
    let (name, _) = file.split_once('.').expect("it ends with .oci.tar");
    let from = format!("{}:{}", case["format"].as_str().expect("a name"), made.join(file).display());
    let reference = registry.reference(&format!("{name}:1"));
    let mut skopeo = Command::new("skopeo");
    skopeo.args(["copy", "-q", "--dest-tls-verify=false", &from, &format!("docker://{reference}")]);
    let pushed = Outcome::of(&mut skopeo);
    if pushed.code != 0 {
        println!("{name}: skopeo does not push it: {}", pushed.stderr);
        return false;
    }
    let pulled = limpet.try_to(&["pull", "-q", &reference]);
    if case["expect"] == "either" && pulled.code == 1 {
        println!("{name}: refused");
        return false;
    }
    pulled.ok();
    // The time of a directory that only an upper layer implies is nobody's.
    let ours = without_times_of_directories(limpet.image_tree(&reference));
    let theirs = match peers.by_umoci(&[&format!("docker://{reference}")]) {
        Ok(theirs) => without_times_of_directories(theirs),
        Err(why) => {
            println!("{name}: umoci does not take it: {}", why.trim());
            return false;
        }
    };
    let differ = differences(&ours, &theirs);
    if case["expect"] == "either" && !differ.is_empty() {
        println!("{name}: tools differ: {differ:#?}");
        return false;
    }
    assert!(differ.is_empty(), "{name}: {differ:#?}");
    true
}
