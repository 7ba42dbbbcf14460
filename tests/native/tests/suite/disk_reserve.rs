//! The disk's reserve, as a supervisor was asked for it: it holds for everybody, also by hand, and heals by itself.

use crate::full_disk::{Cramped, unmount};
use native_tests::disk::Disk;
use native_tests::registry::Registry;
use native_tests::{App, Limpet, Supervisor, places, until};
use std::time::Duration;

const MIB: u64 = 1 << 20;
/// What a person reads in each refusal.
const REFUSAL: &[&str] = &["the disk is full", "are free", "40.0MiB are its reserve", "limpet system df"];

fn load(limpet: &Limpet, image: &str) -> native_tests::Outcome {
    let archive = places::docker_archive(image);
    limpet.try_to(&["load", "-i", archive.to_str().expect("UTF-8")])
}

fn doctor(limpet: &Limpet) -> String {
    let said = limpet.try_to(&["doctor"]).stdout;
    said.lines().find(|line| line.contains("reserve")).unwrap_or_default().to_owned()
}

/// All of a story happens on one disk: each step is what the one before leaves.
#[test]
fn at_the_reserve_nothing_new_is_made_until_there_is_room() {
    let cramped = Cramped::new("96m");
    let limpet = &cramped.limpet;
    load(limpet, "busybox").ok();
    let supervisor = Supervisor::start_with(limpet, &["--reserve", "40m"], &[]);
    let chatter = ["busybox", "sh", "-c", "while :; do echo still here; sleep 0.1; done"];
    let kept = ["--name", "old", "--restart", "always", "--log-opt", "storage=disk"];
    limpet.detached(&[&kept[..], &chatter].concat());
    limpet.until_logged("old", "still here");
    cramped.disk.leave(30 * MIB);

    limpet.try_to(&["run", "--rm", "busybox", "true"]).refused(125, REFUSAL);
    limpet.try_to(&["create", "busybox", "true"]).refused(1, REFUSAL);
    load(limpet, "probe").refused(1, REFUSAL);
    assert!(doctor(limpet).contains("reserve 40MiB: no new containers or images"), "{}", doctor(limpet));
    let app = App::new(limpet, "shop", &App::service("web", &[]));
    let up = app.try_to(&["up"], &[]);
    assert_eq!(up.code, 1, "{up:#?}");
    for words in
        [&["container shop-web-1: there is no room for it on the disk\n", "goes on"], REFUSAL].concat()
    {
        assert!(up.stderr.contains(words), "{words:?} is missing: {up:#?}");
    }
    assert_eq!(limpet.ids().len(), 1, "nothing was made");

    // What is there goes on, and starts again.
    let before = limpet.pid_of("old").expect("it runs");
    limpet.ok(&["restart", "-t", "0", "old"]);
    assert!(limpet.pid_of("old").is_some_and(|pid| pid != before));
    assert!(
        !limpet.ok(&["logs", "old"]).stdout.contains("not logged"),
        "there is no room for a word about it either"
    );
    std::thread::sleep(Duration::from_millis(500));

    cramped.disk.free();
    limpet.until_logged("old", "were not logged");
    until("the app comes up by itself", || limpet.pid_of("shop-web-1"));
    limpet.ok(&["run", "--rm", "busybox", "true"]);
    load(limpet, "probe").ok();
    app.down();

    // The mark is the supervisor's word, and that of the next one counts.
    cramped.disk.leave(30 * MIB);
    supervisor.leave();
    limpet.try_to(&["run", "--rm", "busybox", "true"]).refused(125, REFUSAL);
    let supervisor = Supervisor::start(limpet);
    limpet.ok(&["run", "--rm", "busybox", "true"]);
    supervisor.leave();
    unmount(cramped);
}

#[test]
fn what_nothing_refers_to_goes_before_anything_is_refused() {
    let cramped = Cramped::new("96m");
    let limpet = &cramped.limpet;
    load(limpet, "busybox").ok();
    load(limpet, "redis").ok();
    // redis is something else now: what it was has no name any more.
    limpet.ok(&["tag", "busybox", "redis"]);
    let images = || limpet.ok(&["images", "-a", "-q", "--no-trunc"]).stdout;
    let with_redis = images();
    let supervisor = Supervisor::start_with(limpet, &["--reserve", "40m"], &[]);
    assert_eq!(images(), with_redis, "there is room: it stays");
    cramped.disk.leave(40 * MIB - MIB / 2);
    limpet.ok(&["run", "--rm", "busybox", "true"]);
    assert_ne!(images(), with_redis, "it was in the way");
    limpet.ok(&["image", "inspect", "busybox"]);
    cramped.disk.free();
    supervisor.leave();
    unmount(cramped);
}

#[test]
fn a_pull_leaves_the_reserve_alone() {
    let registry = Registry::open();
    let Cramped { limpet, disk } = Cramped::new("96m");
    let cramped = Cramped { limpet: limpet.with_configuration(), disk };
    let limpet = &cramped.limpet;
    let reference = registry.push_sample("busybox");
    let supervisor = Supervisor::start_with(limpet, &["--reserve", "40m"], &[]);
    cramped.disk.leave(30 * MIB);
    limpet.try_to(&["pull", "-q", &reference]).refused(1, REFUSAL);
    limpet.try_to(&["run", "--rm", &reference, "true"]).refused(125, REFUSAL);
    cramped.disk.free();
    limpet.ok(&["run", "--rm", &reference, "true"]);
    // What is here already needs no room.
    cramped.disk.leave(30 * MIB);
    limpet.ok(&["pull", "-q", &reference]);
    supervisor.leave();
    unmount(cramped);
}

/// ext4 keeps a twentieth for root, and a container's root is not the board's.
#[test]
fn what_the_file_system_keeps_for_root_no_container_takes() {
    let disk = Disk::new("64M");
    let limpet = Limpet::new().with_root(&disk.path().join("root"));
    load(&limpet, "busybox").ok();
    let bytes = || {
        let disk = rustix::fs::statvfs(disk.path()).expect("it is mounted");
        (disk.f_bavail * disk.f_frsize, disk.f_bfree * disk.f_frsize)
    };
    let kept = |(left, free): (u64, u64)| free - left;
    let before = kept(bytes());
    assert!(before > 2 * MIB, "{before}");
    let greedy = "dd if=/dev/zero of=/full bs=64k; dd if=/dev/zero of=/v/full bs=1k; sync; sleep 1000";
    limpet.detached(&["--name", "greedy", "-v", "data:/v", "busybox", "sh", "-c", greedy]);
    until("it has taken all that it can", || (bytes().0 < MIB / 4).then_some(()));
    until("it has tried both places", || {
        (limpet.ok(&["logs", "greedy"]).stderr.matches("No space left on device").count() == 2).then_some(())
    });
    assert!(kept(bytes()) >= before, "{} of {before}", kept(bytes()));
    assert!(limpet.try_to(&["doctor"]).stdout.contains("are kept from containers by the file system"));

    // The board goes on: what runs is stopped and started, what is in the way can be removed.
    limpet.try_to(&["create", "busybox", "true"]).refused(1, &["the disk is full"]);
    limpet.ok(&["stop", "-t", "0", "greedy"]);
    limpet.ok(&["rm", "-v", "greedy"]);
    limpet.ok(&["run", "--rm", "busybox", "true"]);
    drop(limpet);
    let _ = disk.unmounted();
}
