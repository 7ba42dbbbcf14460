//! What is wrong is refused: the right exit code, one line on stderr that helps, nothing left behind.

use native_tests::{Limpet, Outcome};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Arguments, exit code, words of the message. `busybox` is loaded and there are no containers.
const TABLE: &[(&[&str], i32, &[&str])] = &[
    (&["rum"], 1, &["rum", "run"]),
    (&["ps", "--al"], 125, &["--al", "--all"]),
    (&["run", "--memroy", "64m", "busybox"], 125, &["--memroy", "--memory"]),
    (&["run", "-m"], 125, &["-m"]),
    (&["run"], 1, &["run", "image"]),
    (&["run", "-m", "lots", "busybox"], 125, &["memory", "lots"]),
    (&["run", "-m", "-5", "busybox"], 125, &["memory", "-5"]),
    (&["run", "-m", "99999999999999999999999", "busybox"], 125, &["memory"]),
    (&["run", "-m", "1k", "busybox"], 125, &["memory", "512k"]),
    (&["run", "-m", "64m", "--memory-swap", "32m", "busybox"], 125, &["memory-swap"]),
    (&["run", "--cpus", "0", "busybox", "true"], 125, &["cpus"]),
    (&["run", "--cpus", "-1", "busybox"], 125, &["cpus"]),
    (&["run", "--cpus", "4000", "busybox", "true"], 125, &["cpus"]),
    (&["run", "--cpuset-cpus", "4000", "busybox", "true"], 125, &["cpuset"]),
    (&["run", "--cpuset-cpus", "a-b", "busybox", "true"], 125, &["cpuset"]),
    (&["run", "--cpu-shares", "1", "busybox", "true"], 125, &["cpu-shares"]),
    (&["run", "--pids-limit", "x", "busybox"], 125, &["pids-limit"]),
    (&["run", "--oom-score-adj", "5000", "busybox"], 125, &["oom-score-adj"]),
    (&["run", "--device-read-bps", "/dev/nothing:1m", "busybox", "true"], 125, &["/dev/nothing"]),
    (&["run", "--device", "/dev/nothing", "busybox", "true"], 125, &["/dev/nothing"]),
    (&["run", "--ulimit", "nofile", "busybox"], 125, &["ulimit"]),
    (&["run", "--ulimit", "tide=1", "busybox"], 125, &["tide"]),
    (&["run", "-e", "=x", "busybox", "true"], 125, &["env"]),
    (&["run", "--env-file", "/no/such/file", "busybox"], 125, &["/no/such/file"]),
    (&["run", "-v", "relative:/x:rw:extra", "busybox"], 125, &["volume"]),
    (&["run", "-v", "/tmp:relative", "busybox"], 125, &["relative"]),
    (&["run", "--mount", "type=tide,target=/x", "busybox"], 125, &["tide"]),
    (&["run", "--tmpfs", "relative", "busybox"], 125, &["relative"]),
    (&["run", "--network", "moon", "busybox"], 125, &["moon", "none", "host"]),
    (&["run", "--userns", "moon", "busybox"], 125, &["moon"]),
    (&["run", "--cap-add", "FLY", "busybox", "true"], 125, &["FLY"]),
    (&["run", "--security-opt", "moon=1", "busybox", "true"], 125, &["moon"]),
    (&["run", "--security-opt", "seccomp=/etc/passwd", "busybox", "true"], 125, &["/etc/passwd"]),
    (&["run", "--sysctl", "kernel.panic=1", "busybox", "true"], 125, &["kernel.panic"]),
    (&["run", "--stop-signal", "TIDE", "busybox"], 125, &["TIDE"]),
    (&["run", "-u", "nobody-here", "busybox", "true"], 125, &["nobody-here"]),
    (&["run", "-u", "99999999999", "busybox", "true"], 125, &["99999999999"]),
    (&["run", "-w", "relative", "busybox", "true"], 125, &["relative"]),
    (&["run", "-h", "not_a_host!", "busybox", "true"], 125, &["hostname"]),
    (&["run", "Busybox:::", "true"], 125, &["Busybox"]),
    (&["run", "--pull", "never", "busybox:nope", "true"], 125, &["busybox:nope"]),
    (&["run", "--rm", "-d", "--detach-keys", "ctrl-", "busybox"], 125, &["detach-keys"]),
    (&["start", "nobody"], 1, &["no such container", "nobody"]),
    (&["stop", "nobody"], 1, &["no such container", "nobody"]),
    (&["stop", "-t", "soon", "nobody"], 125, &["soon"]),
    (&["kill", "nobody"], 1, &["no such container", "nobody"]),
    (&["rm", "nobody"], 1, &["no such container", "nobody"]),
    (&["wait", "nobody"], 1, &["no such container", "nobody"]),
    (&["logs", "nobody"], 1, &["no such container", "nobody"]),
    (&["logs", "--tail", "x", "nobody"], 125, &["tail"]),
    (&["inspect", "nobody"], 1, &["nobody"]),
    (&["top", "nobody"], 1, &["no such container", "nobody"]),
    (&["diff", "nobody"], 1, &["no such container", "nobody"]),
    (&["update", "-m", "64m", "nobody"], 1, &["no such container", "nobody"]),
    (&["cp", "nobody:/x", "/tmp"], 1, &["no such container", "nobody"]),
    (&["cp", "/x", "/y"], 1, &["cp"]),
    (&["tag", "nobody", "x"], 1, &["no such image", "nobody"]),
    (&["tag", "busybox", "UPPER"], 1, &["UPPER"]),
    (&["rmi", "nobody"], 1, &["no such image", "nobody"]),
    (&["save", "nobody"], 1, &["no such image", "nobody"]),
    (&["history", "nobody"], 1, &["no such image", "nobody"]),
    (&["load", "-i", "/no/such/file"], 1, &["/no/such/file"]),
    (&["load", "-i", "/etc/passwd"], 1, &["/etc/passwd"]),
    (&["inspect", "-f", "{{.State.", "busybox"], 125, &["template"]),
];

#[test]
fn every_mistake_is_told_in_one_line() {
    let limpet = Limpet::with(&["busybox"]);
    let mut wrong = Vec::new();
    for (args, code, words) in TABLE {
        let outcome = limpet.try_to(args);
        let checked = std::panic::catch_unwind(|| outcome.refused(*code, words));
        if checked.is_err() {
            wrong.push(format!("{args:?}: {} {:?}, not {code} {words:?}", outcome.code, outcome.stderr));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), TABLE.len(), wrong.join("\n"));
    assert!(limpet.ids().is_empty(), "a refused command made a container");
    assert_eq!(limpet.leftovers(), Vec::<String>::new());
}

/// What `act` makes of a docker-archive of the probe's image, unpacked into a directory, loaded again.
fn loaded_after(limpet: &Limpet, act: impl FnOnce(&Path)) -> Outcome {
    let directory = limpet.home().join("archive");
    fs::create_dir(&directory).expect("the scratch directory is writable");
    tar(&[
        "-xf",
        &native_tests::places::docker_archive("probe").to_string_lossy(),
        "-C",
        &directory.to_string_lossy(),
    ]);
    act(&directory);
    let file = limpet.home().join("changed.tar");
    tar(&["-cf", &file.to_string_lossy(), "-C", &directory.to_string_lossy(), "."]);
    limpet.try_to(&["load", "-i", &file.to_string_lossy()])
}

fn tar(args: &[&str]) {
    let status = Command::new("tar").args(args).status().expect("tar(1) is there");
    assert!(status.success(), "tar {args:?}");
}

/// The largest file of the archive is its layer.
fn layer(directory: &Path) -> std::path::PathBuf {
    let output =
        Command::new("find").arg(directory).args(["-type", "f", "-size", "+8k"]).output().expect("find(1)");
    let text = String::from_utf8(output.stdout).expect("paths are UTF-8");
    text.lines().next().expect("there is a layer").into()
}

fn nothing_was_loaded(limpet: &Limpet) {
    assert_eq!(limpet.ok(&["images", "-q"]).text(), "");
    let df = Command::new("find")
        .arg(limpet.root())
        .args(["-type", "f", "-size", "+8k"])
        .output()
        .expect("find(1)");
    assert_eq!(String::from_utf8_lossy(&df.stdout), "", "files that stay in the store");
}

#[test]
fn a_truncated_archive_is_refused() {
    let limpet = Limpet::new();
    let bytes = fs::read(native_tests::places::docker_archive("busybox")).expect("it is there");
    for keep in [0, 100, 512, 5000, bytes.len() / 2] {
        let file = limpet.home().join("short.tar");
        fs::write(&file, &bytes[..keep]).expect("the scratch directory is writable");
        limpet.try_to(&["load", "-i", &file.to_string_lossy()]).refused(1, &["short.tar"]);
    }
    nothing_was_loaded(&limpet);
}

#[test]
fn a_truncated_layer_is_refused() {
    let limpet = Limpet::new();
    let outcome = loaded_after(&limpet, |directory| {
        let layer = layer(directory);
        let bytes = fs::read(&layer).expect("it is there");
        fs::write(&layer, &bytes[..bytes.len() / 2]).expect("it is writable");
    });
    outcome.refused(1, &["layer"]);
    nothing_was_loaded(&limpet);
}

#[test]
fn a_changed_layer_is_refused() {
    let limpet = Limpet::new();
    let outcome = loaded_after(&limpet, |directory| {
        let layer = layer(directory);
        let mut bytes = fs::read(&layer).expect("it is there");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&layer, bytes).expect("it is writable");
    });
    assert_eq!(outcome.code, 1, "{outcome:?}");
    outcome.refused(1, &["layer"]);
    nothing_was_loaded(&limpet);
}

#[test]
fn a_missing_layer_is_refused() {
    let limpet = Limpet::new();
    loaded_after(&limpet, |directory| fs::remove_file(layer(directory)).expect("it is there"))
        .refused(1, &["missing"]);
    nothing_was_loaded(&limpet);
}

#[test]
fn a_manifest_that_is_no_json_is_refused() {
    let limpet = Limpet::new();
    let spoil = |directory: &Path| fs::write(directory.join("manifest.json"), "{").expect("it is writable");
    loaded_after(&limpet, spoil).refused(1, &["manifest"]);
    nothing_was_loaded(&limpet);
}

/// Archive of `images/nasty`, further arguments, words of the message.
const NASTY: &[(&str, &[&str], &[&str])] = &[
    ("dotdot.oci.tar", &[], &["layer"]),
    ("symlink-absolute.oci.tar", &[], &["layer"]),
    ("symlink-relative.oci.tar", &[], &["layer"]),
    ("hardlink-absolute.oci.tar", &[], &["layer"]),
    ("whiteout-dotdot.oci.tar", &[], &["layer"]),
    ("blob-digest.oci.tar", &[], &["sha256:"]),
    ("bomb-gzip.oci.tar", &["--max-size", "16m"], &["16", "max-size"]),
    ("bomb-zstd.oci.tar", &[], &["max-size"]),
];

#[test]
fn a_hostile_archive_is_refused_in_one_line_and_leaves_nothing() {
    let limpet = Limpet::new();
    let archives = limpet.home().join("nasty");
    let maker = native_tests::places::repository().join("images/nasty/make.py");
    let made = Command::new("python3").arg(maker).arg(&archives).output().expect("python3 is there");
    assert!(made.status.success(), "{made:?}");
    for (name, further, words) in NASTY {
        let file = archives.join(name);
        let load = ["load", "-i", file.to_str().expect("UTF-8")];
        limpet.try_to(&[&load[..], further].concat()).refused(1, words);
        assert!(!Path::new("/limpet-nasty-escape").exists(), "{name} got out");
        nothing_was_loaded(&limpet);
    }
}
