//! What the supervisor sets aside of the disk: no container uses it up, whatever its ids, and Limpet's own records find room when
//! nobody else does.

use native_tests::disk::Disk;
use native_tests::{Limpet, Supervisor, places, until};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

const MIB: u64 = 1 << 20;
/// As the supervisor is asked to; an eighth of it is not set aside.
const RESERVE: &str = "16m";
const BALLAST: u64 = 14 * MIB;

/// The first runs into a full disk, and stays; the other is stopped meanwhile.
const GREEDY: &str =
    "dd if=/dev/zero of=/full bs=64k; dd if=/dev/zero of=/v/full bs=1k; sync; echo enough; sleep 1000";
const QUIET: &str = "trap 'exit 3' TERM; echo ready; while :; do sleep 0.1; done";

fn held(limpet: &Limpet) -> u64 {
    limpet.root().join("limpet.ballast").metadata().map_or(0, |file| file.blocks() * 512)
}

fn is_whole(limpet: &Limpet) -> bool {
    held(limpet).abs_diff(BALLAST) < MIB / 4
}

fn left(disk: &Path) -> u64 {
    let disk = rustix::fs::statvfs(disk).expect("it is mounted");
    disk.f_bfree * disk.f_frsize
}

fn story(disk: &Disk, userns: &[&str]) {
    let limpet = &Limpet::new().with_root(&disk.path().join("root"));
    let image = places::docker_archive("busybox");
    limpet.ok(&["load", "-i", image.to_str().expect("UTF-8")]);
    let supervisor = Supervisor::start_with(limpet, &["--reserve", RESERVE], &[]);
    assert!(is_whole(limpet), "{}", held(limpet));
    let doctor = || limpet.try_to(&["doctor"]).stdout;
    assert!(doctor().contains("14MiB are set aside: nothing can use them up"), "{}", doctor());
    let always = ["--restart", "unless-stopped"];
    limpet.detached(&[&always[..], userns, &["--name", "quiet", "busybox", "sh", "-c", QUIET]].concat());
    let greedy = ["--name", "greedy", "-v", "data:/v", "busybox", "sh", "-c", GREEDY];
    limpet.detached(&[userns, &greedy].concat());
    limpet.until_logged("greedy", "enough");
    let full = limpet.ok(&["logs", "greedy"]).stderr;
    assert_eq!(full.matches("No space left on device").count(), 2, "{full}");
    // ext4 keeps a fiftieth for itself, out of anybody's reach.
    assert!(left(disk.path()) < 3 * MIB, "{}", left(disk.path()));

    // Nothing new, but everything that is to last is written down.
    assert!(held(limpet) + MIB >= BALLAST, "{}", held(limpet));
    limpet
        .try_to(&["create", "busybox", "true"])
        .refused(1, &["the disk is full", "16.0MiB are its reserve"]);
    limpet.ok(&["lock", "the disk is full"]);
    for turn in 0..20 {
        // Before that it has no trap, and the first process of a container ends by no other signal than SIGKILL.
        until("it listens", || (limpet.logged("quiet", "ready") > turn).then_some(()));
        limpet.ok(&["stop", "quiet"]);
        assert_eq!(limpet.inspect("quiet")["State"]["ExitCode"], 3, "{turn}");
        limpet.ok(&["start", "quiet"]);
    }
    until("it listens", || (limpet.logged("quiet", "ready") > 20).then_some(()));
    limpet.ok(&["stop", "quiet"]);
    supervisor.crash();
    let supervisor = Supervisor::start_with(limpet, &["--reserve", RESERVE], &[]);
    assert!(limpet.pid_of("quiet").is_none(), "it was stopped by hand");
    assert_eq!(limpet.inspect("quiet")["State"]["ExitCode"], 3);
    assert!(held(limpet) > BALLAST / 2, "records are small: {}", held(limpet));

    // With room, all is as before.
    limpet.ok(&["stop", "-t", "0", "greedy"]);
    limpet.ok(&["rm", "-v", "greedy"]);
    limpet.ok(&["run", "--rm", "busybox", "true"]);
    until("it is whole again", || is_whole(limpet).then_some(()));
    limpet.ok(&["rm", "quiet"]);
    supervisor.leave();
    assert!(is_whole(limpet), "it stays");
}

/// The disk has nothing that is for root alone.
#[test]
fn containers_with_ids_of_their_own_leave_it_alone() {
    let disk = Disk::without_roots_share("96M");
    story(&disk, &[]);
    let _ = disk.unmounted();
}

/// What is for root alone is for the container's root, too. (Then it is missing to those with ids of their own.)
#[test]
fn so_do_those_with_the_ids_of_the_board() {
    let disk = Disk::new("96M");
    story(&disk, &["--userns=host"]);
    let _ = disk.unmounted();
}
