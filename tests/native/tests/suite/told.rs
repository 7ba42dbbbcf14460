//! What limpet tells when it is asked: ports, parts of a log, copies as trees or tars, the disk, the end.

use native_tests::{Limpet, places};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;

fn path(limpet: &Limpet, name: &str) -> String {
    limpet.home().join(name).display().to_string()
}

#[test]
fn port_has_nothing_to_tell_of_a_container() {
    let limpet = Limpet::with(&["busybox"]);
    limpet.detached(&["--name", "cc", "busybox", "sleep", "1000"]);
    let told = limpet.ok(&["port", "cc"]);
    assert_eq!((told.stdout.as_str(), told.stderr.as_str()), ("", ""));
    limpet.try_to(&["port", "cc", "80"]).refused(1, &["cc", "80"]);
    limpet.try_to(&["port", "nobody"]).refused(1, &["no such container", "nobody"]);
}

#[test]
fn logs_since_and_until_let_their_own_moment_through() {
    let limpet = Limpet::with(&["busybox"]);
    let script = "echo one; sleep 0.1; echo two; sleep 0.1; echo three";
    limpet.ok(&["run", "--name", "cc", "busybox", "sh", "-c", script]);
    let stamped = limpet.ok(&["logs", "-t", "cc"]);
    let time = stamped.lines().find_map(|line| line.strip_suffix(" two")).expect("a time and a line");
    let told = |flags: &[&str]| limpet.ok(&[&["logs"], flags, &["cc"]].concat()).stdout;
    assert_eq!(told(&["--since", time]), "two\nthree\n");
    assert_eq!(told(&["--until", time]), "one\ntwo\n");
    assert_eq!(told(&["--since", time, "--until", time]), "two\n");
    assert_eq!(told(&["--until", "1h"]), "");
}

#[test]
fn logs_are_followed_until_the_moment_that_was_given() {
    let limpet = Limpet::with(&["busybox"]);
    limpet.detached(&["--name", "cc", "busybox", "sh", "-c", "echo one; exec sleep 1000"]);
    limpet.until_logged("cc", "one");
    assert_eq!(limpet.ok(&["logs", "-f", "--until", "0s", "cc"]).text(), "one");
    assert_eq!(limpet.field("cc", "/State/Status"), "running");
}

fn make_site(limpet: &Limpet) -> String {
    let site = limpet.home().join("site");
    fs::create_dir_all(site.join("sub")).expect("the scratch directory is writable");
    fs::write(site.join("tide"), "low").expect("the scratch directory is writable");
    fs::write(site.join("sub/moon"), "full").expect("the scratch directory is writable");
    site.display().to_string()
}

#[track_caller]
fn assert_site(directory: &str) {
    for (name, text) in [("tide", "low"), ("sub/moon", "full")] {
        let read = fs::read_to_string(Path::new(directory).join(name));
        assert_eq!(read.unwrap_or_else(|e| panic!("{directory}/{name}: {e}")), text);
    }
}

#[test]
fn cp_copies_a_directory_into_one_or_as_a_new_one() {
    let limpet = Limpet::with(&["busybox"]);
    let (site, out) = (make_site(&limpet), path(&limpet, "out"));
    limpet.ok(&["create", "--name", "cc", "busybox"]);
    limpet.ok(&["cp", &site, "cc:/tmp"]);
    limpet.ok(&["cp", &site, "cc:/tmp/new"]);
    limpet.ok(&["cp", "cc:/tmp/site", &out]);
    assert_site(&out);
    limpet.ok(&["cp", "cc:/tmp/new", &out]);
    assert_site(&format!("{out}/new"));
}

#[test]
fn cp_copies_what_is_in_a_directory() {
    let limpet = Limpet::with(&["busybox"]);
    let (site, out) = (make_site(&limpet), path(&limpet, "out"));
    fs::create_dir(&out).expect("the scratch directory is writable");
    limpet.ok(&["create", "--name", "cc", "busybox"]);
    limpet.ok(&["cp", &format!("{site}/."), "cc:/tmp"]);
    limpet.ok(&["cp", "cc:/tmp/.", &out]);
    assert_site(&out);
    assert!(!Path::new(&out).join("site").exists() && !Path::new(&out).join("tmp").exists());
}

/// What tar(1) writes.
fn tar(args: &[&str]) -> Vec<u8> {
    let output = Command::new("tar").args(args).output().expect("tar(1) is there");
    assert!(output.status.success(), "tar {args:?}: {output:?}");
    output.stdout
}

#[test]
fn cp_takes_and_gives_a_tar() {
    let limpet = Limpet::with(&["busybox"]);
    make_site(&limpet);
    let (home, out, file) = (path(&limpet, "."), path(&limpet, "out"), path(&limpet, "out.tar"));
    limpet.ok(&["create", "--name", "cc", "busybox"]);
    limpet.fed(&tar(&["-C", &home, "-cf", "-", "site"]), &["cp", "-", "cc:/tmp"]).ok();
    fs::write(&file, limpet.ok(&["cp", "cc:/tmp/site", "-"]).stdout).expect("there is room");
    fs::create_dir(&out).expect("the scratch directory is writable");
    tar(&["-C", &out, "-xf", &file]);
    assert_site(&format!("{out}/site"));
    limpet.fed(b"no tar", &["cp", "-", "cc:/tmp"]).refused(1, &["tar"]);
}

/// How many there are, how many are in use, what they take, and what of it could be had back.
fn usage(limpet: &Limpet, kind: &str) -> [String; 4] {
    let shown = limpet.ok(&["system", "df", "--format", "json"]);
    let mut rows = shown.lines().map(|row| serde_json::from_str::<Value>(row).expect("a row is JSON"));
    let row = rows.find(|row| row["Type"] == kind).unwrap_or_else(|| panic!("no {kind}: {shown:?}"));
    ["TotalCount", "Active", "Size", "Reclaimable"].map(|name| row[name].as_str().unwrap_or("?").to_owned())
}

#[test]
fn system_df_tells_images_and_whether_they_are_used() {
    let limpet = Limpet::new();
    assert_eq!(usage(&limpet, "Images"), ["0", "0", "0B", "0B (0%)"]);
    limpet.ok(&["load", "-i", places::image("busybox").to_str().expect("UTF-8")]);
    let [total, active, size, reclaimable] = usage(&limpet, "Images");
    assert!(total == "1" && active == "0" && size != "0B", "{total} {active} {size}");
    assert_eq!(reclaimable, format!("{size} (100%)"));
    limpet.ok(&["create", "busybox"]);
    assert_eq!(usage(&limpet, "Images"), ["1", "1", &size, "0B (0%)"]);
}

/// A container that has written 3 MiB to its own files and 2 MiB to the volume `kept`.
fn writer(limpet: &Limpet) {
    let write = |path: &str, count| format!("dd if=/dev/zero of={path} bs=1M count={count} 2>/dev/null");
    let script = format!("{}; {}; echo written; exec sleep 1000", write("/own", 3), write("/kept/it", 2));
    limpet.detached(&["--name", "cc", "-v", "kept:/kept", "busybox", "sh", "-c", &script]);
    limpet.until_logged("cc", "written");
}

#[test]
fn system_df_tells_containers_and_volumes_and_whether_they_are_used() {
    let limpet = Limpet::with(&["busybox"]);
    let both = || [usage(&limpet, "Containers"), usage(&limpet, "Local Volumes")];
    assert_eq!(both(), [["0", "0", "0B", "0B (0%)"]; 2]);
    writer(&limpet);
    assert_eq!(both(), [["1", "1", "3.15MB", "0B (0%)"], ["1", "1", "2.1MB", "0B (0%)"]]);
    limpet.ok(&["stop", "-t", "0", "cc"]);
    assert_eq!(usage(&limpet, "Containers"), ["1", "0", "3.15MB", "3.15MB (100%)"]);
    limpet.ok(&["rm", "cc"]);
    assert_eq!(both(), [["0", "0", "0B", "0B (0%)"], ["1", "0", "2.1MB", "2.1MB (100%)"]]);
}

#[test]
fn system_df_v_tells_each() {
    let limpet = Limpet::with(&["busybox"]);
    writer(&limpet);
    let all = limpet.ok(&["system", "df", "-v", "--format", "json"]).json();
    let told = |pointer: &str| all.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    assert_eq!((told("/Images/0/Repository"), told("/Images/0/Containers")), ("busybox", "1"));
    assert_eq!((told("/Containers/0/Names"), told("/Containers/0/LocalVolumes")), ("cc", "1"));
    assert!(told("/Containers/0/Size").starts_with("3.15MB (virtual "), "{all:#}");
    let volume = ["Name", "Links", "Size"].map(|name| told(&format!("/Volumes/0/{name}")));
    assert_eq!(volume, ["kept", "1", "2.1MB"]);
    let table = limpet.ok(&["system", "df", "-v"]).stdout;
    for heading in ["UNIQUE SIZE", "LOCAL VOLUMES", "VOLUME NAME"] {
        assert!(table.contains(heading), "{heading} is not in\n{table}");
    }
}

/// The worker is the one that gets more than 16 MiB, and asks to be the first to go: the kernel, which
/// may kill once more before the memory of the killed is back, else takes the shell now and then.
#[test]
fn a_worker_killed_for_memory_is_told_however_the_first_process_ends() {
    let limpet = Limpet::with(&["busybox"]);
    let first_to_go = "echo 1000 >/proc/self/oom_score_adj";
    let too_much = "head -c 67108864 /dev/zero | tail -c 67108864 >/dev/null";
    let worker = format!("({first_to_go}; {too_much}); echo worker $?");
    for (name, code) in [("well", 0), ("ill", 3)] {
        let script = format!("{worker}; exit {code}");
        let run = ["run", "--name", name, "-m", "16m", "busybox", "sh", "-c", &script];
        let ended = limpet.try_to(&run).code(code);
        assert_eq!(ended.text(), "worker 137");
        assert!(ended.stderr.contains(&format!("a process of container {name} was killed")), "{ended:?}");
        assert_eq!(limpet.field(name, "/State/OOMKilled"), true, "{name}");
    }
}
