//! `supervise --scrub`: damage is found by itself, told everywhere, and left as it is.

use crate::verify::{flip, layer_with};
use native_tests::{Limpet, Supervisor, places, until};
use std::fs;

fn actions(limpet: &Limpet) -> Vec<String> {
    let told = limpet.ok(&["events", "--since", "1h", "--until", "0s", "--filter", "type=image"]);
    told.lines().map(str::to_owned).collect()
}

#[test]
fn damage_is_found_told_and_left_as_it_is() {
    let limpet = Limpet::with(&["busybox"]);
    let record = limpet.root().join("scrubbed");
    let supervisor = Supervisor::start(&limpet);
    limpet.ok(&["ps"]);
    supervisor.leave();
    assert!(!record.exists(), "nothing is scrubbed unless that is asked for");

    let supervisor = Supervisor::start_with(&limpet, &["--scrub", "64m", "--scrub-every", "1s"], &[]);
    until("a scrub has come to its end", || {
        actions(&limpet).iter().any(|event| event.contains("\"Action\":\"scrub\"")).then_some(())
    });
    let doctor = limpet.try_to(&["doctor"]);
    assert!(doctor.stdout.contains("nothing is damaged"), "{doctor:#?}");

    let file = layer_with(&limpet, "busybox", "etc/passwd").join("tree/etc/passwd");
    let good = fs::read(&file).expect("it is there");
    flip(&file);
    until("damage is told", || {
        let told = actions(&limpet);
        told.iter()
            .any(|event| event.contains("scrub_damaged") && event.contains("/etc/passwd"))
            .then_some(())
    });
    assert_ne!(fs::read(&file).expect("it is there"), good, "it is left as it is");
    assert!(supervisor.log().contains("scrub of images: layer "), "{}", supervisor.log());
    let doctor = limpet.try_to(&["doctor"]).code(2);
    assert!(doctor.stdout.contains("/etc/passwd has other contents"), "{doctor:#?}");
    supervisor.leave();

    // What a person has seen to is over, also without a supervisor.
    let archive = places::image("busybox");
    limpet.try_to(&["image", "verify", "--repair"]).refused(1, &["load it again"]);
    limpet.ok(&["load", "-q", "-i", archive.to_str().expect("UTF-8")]);
    limpet.ok(&["image", "verify", "-q"]);
    let doctor = limpet.try_to(&["doctor"]);
    assert!(doctor.stdout.contains("nothing is damaged"), "{doctor:#?}");
    let before = fs::read(&record).expect("it was written");
    limpet.ok(&["image", "verify", "-q"]);
    assert_eq!(
        fs::read(&record).expect("it was written"),
        before,
        "nothing is written that says nothing new"
    );
}

/// It gives way to everybody, and takes as long as its rate says: here, for ever.
#[test]
fn it_has_the_lowest_priority_and_a_rate() {
    let limpet = Limpet::with(&["redis"]);
    let supervisor = Supervisor::start_with(&limpet, &["--scrub", "1k", "--scrub-every", "1s"], &[]);
    let root = limpet.root().display().to_string();
    let scrub = until("a scrub is under way", || {
        let children = format!("/proc/{0}/task/{0}/children", supervisor.pid());
        let children = fs::read_to_string(children).unwrap_or_default();
        children.split_whitespace().map(str::to_owned).find(|pid| {
            let words = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            words.contains("\0scrub\0") && words.contains(&root)
        })
    });
    // sched(7): SCHED_IDLE is 5, the 41st field of proc_pid_stat(5).
    until("its priority is the lowest", || {
        let stat = fs::read_to_string(format!("/proc/{scrub}/stat")).unwrap_or_default();
        let after_name = stat.rsplit_once(") ")?.1;
        (after_name.split(' ').nth(38) == Some("5")).then_some(())
    });
    // What others do goes on.
    limpet.ok(&["run", "--rm", "redis", "redis-server", "--version"]);
    supervisor.leave();
    let pid = scrub.parse().ok().and_then(rustix::process::Pid::from_raw).expect("a pid");
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).expect("it is still at work");
    assert!(!limpet.root().join("scrubbed").exists());
}
