//! A board follows what its fleet's operator signed, and nothing else.

use limpet_protocol::fleet::{Program, Window};
use native_tests::fleet::{Fleet, app, rotated, signed, signed_later, written};
use native_tests::registry::Registry;
use native_tests::registry::forwarder::Forwarder;
use native_tests::{App, Limpet, Line, Outcome, Supervisor, until};
use std::fs;
use std::process::Command;

/// A registry with the image of all apps here, and its name by digest.
fn shelf() -> (Registry, Forwarder, String) {
    let registry = Registry::open();
    registry.push_sample("busybox");
    let forwarder = Forwarder::plain(&registry);
    let image = format!("{}/busybox@{}", forwarder.address(), registry.digest("busybox"));
    (registry, forwarder, image)
}

fn board(fleet: Fleet) -> Limpet {
    let limpet = Limpet::new().with_configuration();
    fleet.enrol(&limpet);
    limpet
}

/// What the app's container was told to say, if it runs.
fn says(limpet: &Limpet, app: &str) -> Option<String> {
    let said = limpet.try_to(&["exec", &format!("{app}-web-1"), "sh", "-c", "echo $SAYS"]);
    (said.code == 0).then(|| said.text().to_owned())
}

fn until_says(limpet: &Limpet, app: &str, word: &str) {
    until(&format!("{app} says {word}"), || (says(limpet, app).as_deref() == Some(word)).then_some(()));
}

fn until_gone(limpet: &Limpet, app: &str) {
    let record = limpet.root().join("ledger/apps").join(app);
    let fleets = limpet.root().join("fleet/apps").join(app);
    until(&format!("{app} is gone"), || (!record.exists() && !fleets.exists()).then_some(()));
}

#[test]
fn what_is_signed_is_fetched_and_runs_and_what_is_no_longer_named_goes() {
    let (fleet, (_registry, forwarder, image)) = (Fleet::default(), shelf());
    let limpet = board(fleet);
    let supervisor = Supervisor::start(&limpet);
    let first =
        signed(&limpet, "1", &fleet.desired(1, vec![app("a", &image, "one"), app("b", &image, "one")]));
    let told = limpet.ok(&["apply", &first]);
    assert!(told.stdout.contains("taken, generation 1: adds a, adds b"), "{told:#?}");
    until_says(&limpet, "a", "one");
    until_says(&limpet, "b", "one");
    let again = limpet.ok(&["apply", &first]);
    assert!(again.stdout.contains("known already"), "{again:#?}");
    let asked = forwarder.asked("").len();
    assert!(asked > 0, "the image came from the registry");

    // Without a person who asks, and without a network for what is here already.
    let b = limpet.pid_of("b-web-1");
    let second =
        signed(&limpet, "2", &fleet.desired(2, vec![app("a", &image, "two"), app("b", &image, "one")]));
    let told = limpet.ok(&["apply", &second]);
    assert!(told.stdout.contains("taken, generation 2: changes a"), "{told:#?}");
    until_says(&limpet, "a", "two");
    assert!(b.is_some() && limpet.pid_of("b-web-1") == b, "what did not change was not touched");
    assert_eq!(forwarder.asked("").len(), asked, "nobody was asked for what is here");

    // The next supervisor goes on from what is on the disk.
    supervisor.crash();
    let _supervisor = Supervisor::start(&limpet);
    let third = signed(&limpet, "3", &fleet.desired(3, vec![app("b", &image, "one")]));
    let told = limpet.ok(&["apply", &third]);
    assert!(told.stdout.contains("removes a"), "{told:#?}");
    until_gone(&limpet, "a");
    assert_eq!(limpet.pid_of("b-web-1"), b, "what is still wanted runs on");
    let last = signed(&limpet, "4", &fleet.desired(4, Vec::new()));
    limpet.ok(&["apply", &last]);
    until_gone(&limpet, "b");
}

#[test]
fn what_is_refused_says_why_and_leaves_everything_as_it_was() {
    let (fleet, (_registry, _forwarder, image)) = (Fleet::default(), shelf());
    let limpet = board(fleet);
    let _supervisor = Supervisor::start(&limpet);
    let good = fleet.desired(5, vec![app("a", &image, "good")]);
    limpet.ok(&["apply", &signed(&limpet, "good", &good)]);
    until_says(&limpet, "a", "good");
    let (taken, runs) = (fleet.taken(&limpet), limpet.pid_of("a-web-1"));
    let memory = fs::read(limpet.root().join("fleet/memory")).expect("read the memory");

    let evil = |generation| fleet.desired(generation, vec![app("a", &image, "evil")]);
    let mut expired = evil(6);
    expired.expires_s = expired.issued_s - 1;
    let mut other = evil(6);
    other.target = limpet_protocol::fleet::Target::Group("others".try_into().expect("it is short"));
    let mut tagged = evil(6);
    tagged.apps[0].workloads[0].image = "busybox:latest".to_owned();
    let forged = {
        let mut bytes = fs::read(signed(&limpet, "forged", &evil(6))).expect("read it");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        written(&limpet, "forged", &bytes)
    };
    for (file, why) in [
        (forged, "signature"),
        (signed(&limpet, "replayed", &evil(4)), "older than generation 5"),
        (signed(&limpet, "twice", &evil(5)), "signed twice"),
        (signed(&limpet, "expired", &expired), "expired"),
        (signed(&limpet, "other", &other), "another board"),
        (signed(&limpet, "tagged", &tagged), "busybox:latest"),
        (signed_later(&limpet, "stranger", &evil(6)), "key"),
        (written(&limpet, "noise", b"no document"), ""),
        (written(&limpet, "large", &vec![1; 3 * 1024 * 1024]), ""),
    ] {
        let refused = limpet.try_to(&["apply", &file]).code(1);
        assert!(refused.stderr.contains("refused: ") && refused.stderr.contains(why), "{why}: {refused:#?}");
        assert_eq!(fleet.taken(&limpet), taken, "{why}");
    }
    let missing = limpet.try_to(&["apply", "/nowhere/to/be/found"]).code(1);
    assert!(missing.stderr.contains("No such file"), "{missing:#?}");
    assert_eq!(fs::read(limpet.root().join("fleet/memory")).expect("read the memory"), memory);
    assert_eq!((says(&limpet, "a").as_deref(), limpet.pid_of("a-web-1")), (Some("good"), runs));

    // Roots come first, in whatever order they were named.
    let mut rooted = evil(1);
    rooted.root_generation = 3;
    rooted.apps[0] = app("a", &image, "rooted");
    let files = [
        signed_later(&limpet, "rooted", &rooted),
        rotated(&limpet, "root3", &fleet.root(3)),
        rotated(&limpet, "root2", &fleet.root(2)),
    ];
    let told = limpet.ok(&["apply", &files[0], &files[1], &files[2]]);
    assert!(
        told.stdout.contains("taken, root 2") && told.stdout.contains("taken, generation 1"),
        "{told:#?}"
    );
    until_says(&limpet, "a", "rooted");
    let mut last = fleet.desired(2, Vec::new());
    last.root_generation = 3;
    limpet.ok(&["apply", &signed_later(&limpet, "last", &last)]);
    until_gone(&limpet, "a");
}

#[test]
fn a_board_in_no_fleet_takes_nothing() {
    let (fleet, limpet) = (Fleet::default(), Limpet::new());
    let _supervisor = Supervisor::start(&limpet);
    let refused = limpet.try_to(&["apply", &signed(&limpet, "1", &fleet.desired(1, Vec::new()))]).code(1);
    assert!(refused.stderr.contains("this board is in no fleet"), "{refused:#?}");
}

#[test]
fn what_a_person_made_stays_until_the_fleet_names_it_and_is_the_fleets_from_then_on() {
    let (fleet, (_registry, forwarder, image)) = (Fleet::default(), shelf());
    let limpet = board(fleet);
    let _supervisor = Supervisor::start(&limpet);
    let lines = |image: &str, word: &str| {
        format!(
            "  web:\n    image: {image}\n    network_mode: none\n    stop_grace_period: 0s\n    command: sleep 1000\n    \
             environment: {{SAYS: {word}}}\n"
        )
    };
    let mine = |name, word| App::new(&limpet, name, &lines(&image, word));
    let (kept, named) = (mine("kept", "mine"), mine("named", "mine"));
    kept.up();
    named.up();
    let before = limpet.pid_of("kept-web-1");
    limpet.ok(&["apply", &signed(&limpet, "1", &fleet.desired(1, vec![app("named", &image, "fleet")]))]);
    until_says(&limpet, "named", "fleet");
    assert_eq!(limpet.pid_of("kept-web-1"), before, "an app that the fleet does not name is not touched");
    // Nobody is asked for an image before it is known that the app may not be brought up.
    named.write(&lines(&format!("{}/nosuch:1", forwarder.address()), "mine"));
    let asked = forwarder.asked("").len();
    for verb in [&["up", "-f", named.file()][..], &["down", "named"]] {
        let refused = limpet.try_to(verb).code(1);
        assert!(refused.stderr.contains("app named is the fleet's"), "{refused:#?}");
    }
    assert_eq!(forwarder.asked("").len(), asked);
    limpet.ok(&["apply", &signed(&limpet, "2", &fleet.desired(2, Vec::new()))]);
    until_gone(&limpet, "named");
    assert_eq!(limpet.pid_of("kept-web-1"), before);
    kept.down();
}

#[test]
fn a_lock_holds_changes_back_until_it_is_gone() {
    let (fleet, (_registry, _forwarder, image)) = (Fleet::default(), shelf());
    let limpet = board(fleet);
    let _supervisor = Supervisor::start(&limpet);
    limpet.ok(&["lock", "a batch is running"]);
    limpet.ok(&["apply", &signed(&limpet, "1", &fleet.desired(1, vec![app("a", &image, "one")]))]);
    let ready = limpet.root().join("fleet/ready/apps/a");
    until("it is fetched", || {
        (ready.exists() && limpet.ok(&["images", "-q"]).lines().count() == 1).then_some(())
    });
    until("it is told", || limpet.ok(&["info"]).stdout.contains("a batch is running").then_some(()));
    assert!(limpet.ids().is_empty(), "nothing was begun");
    let doctor = limpet.try_to(&["doctor"]);
    assert!(doctor.stdout.contains("updates are held back: limpet lock: a batch is running"), "{doctor:#?}");

    // An app holds it by a file.
    let locks = limpet.state().join("locks");
    fs::create_dir_all(&locks).expect("make the directory of locks");
    fs::write(locks.join("pump"), "").expect("hold the lock");
    let held = limpet.try_to(&["unlock"]).code(1);
    assert!(held.stderr.contains("pump"), "{held:#?}");
    assert!(limpet.ids().is_empty(), "nothing was begun");
    fs::remove_file(locks.join("pump")).expect("let it go");
    until_says(&limpet, "a", "one");
    limpet.ok(&["apply", &signed(&limpet, "2", &fleet.desired(2, Vec::new()))]);
    until_gone(&limpet, "a");
}

#[test]
fn what_fails_at_its_first_coming_is_taken_away_and_not_tried_again() {
    let (fleet, (_registry, _forwarder, image)) = (Fleet::default(), shelf());
    let limpet = board(fleet);
    let supervisor = Supervisor::start(&limpet);
    let mut bad = app("a", &image, "one");
    bad.workloads[0].command = Some(["sh", "-c", "exit 7"].map(str::to_owned).to_vec());
    limpet.ok(&["apply", &signed(&limpet, "1", &fleet.desired(1, vec![bad]))]);
    let said = |limpet: &Limpet| limpet.ok(&["app", "ls", "--format", "json"]).stdout;
    until("it is undone", || said(&limpet).contains("rollback_completed").then_some(()));
    assert!(said(&limpet).contains("exit status 7"), "{}", said(&limpet));
    assert!(limpet.ids().is_empty(), "nothing of it is left");
    supervisor.crash();
    let _supervisor = Supervisor::start(&limpet);
    assert!(said(&limpet).contains("rollback_completed"), "{}", said(&limpet));
    assert!(limpet.ids().is_empty(), "it is not tried again");
    limpet.ok(&["apply", &signed(&limpet, "2", &fleet.desired(2, vec![app("a", &image, "two")]))]);
    until_says(&limpet, "a", "two");
    limpet.ok(&["apply", &signed(&limpet, "3", &fleet.desired(3, Vec::new()))]);
    until_gone(&limpet, "a");
}

#[test]
fn outside_of_its_windows_a_board_begins_nothing() {
    let (fleet, (_registry, _forwarder, image)) = (Fleet::default(), shelf());
    let limpet = board(fleet);
    let _supervisor = Supervisor::start(&limpet);
    let mut desired = fleet.desired(1, vec![app("a", &image, "one")]);
    // Half a week from now, or never where the clock is not synchronised.
    let day = (fleet.desired(1, Vec::new()).issued_s / 86_400 + 3 + 3) % 7;
    desired.windows = [Window { days: 1 << day, from_minute: 0, minutes: 1 }].into_iter().collect();
    limpet.ok(&["apply", &signed(&limpet, "1", &desired)]);
    until("it is told", || limpet.ok(&["info"]).stdout.contains("maintenance window").then_some(()));
    assert!(limpet.ids().is_empty(), "nothing was begun");
    limpet.ok(&["apply", &signed(&limpet, "2", &fleet.desired(2, vec![app("a", &image, "two")]))]);
    until_says(&limpet, "a", "two");
    limpet.ok(&["apply", &signed(&limpet, "3", &fleet.desired(3, Vec::new()))]);
    until_gone(&limpet, "a");
}

/// A file of Limpet's own as it lies when all of it has come, and the state that wants it.
fn wanted(limpet: &Limpet, fleet: Fleet, generation: u64, bytes: &[u8]) -> String {
    let path = limpet.root().join("fleet/limpet");
    fs::write(&path, bytes).expect("put the file where the controller's comes");
    let sum = Outcome::of(Command::new("sha256sum").arg(&path)).ok();
    let hex = sum.text().split(' ').next().expect("a digest").to_owned();
    let mut sha256 = [0; 32];
    for (at, byte) in sha256.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).expect("it is hexadecimal");
    }
    let mut desired = fleet.desired(generation, Vec::new());
    desired.program = Some(Program { version: "9".try_into().expect("it is short"), sha256, bytes: 1 });
    signed(limpet, "program", &desired)
}

fn until_program(limpet: &Limpet, what: &str) {
    let says =
        || limpet.ok(&["info"]).stdout.lines().any(|line| line.contains("Limpet:") && line.contains(what));
    until(&format!("limpet's own file is {what}"), || says().then_some(()));
}

#[test]
fn limpets_own_file_is_tried_and_watched_and_put_back_if_it_does_not_stay() {
    let fleet = Fleet::default();
    let limpet = Limpet::with(&["busybox"]).from_own_file();
    fleet.enrol(&limpet);
    let supervisor = Supervisor::start(&limpet);
    limpet.detached(&["--name", "cc", "--restart", "always", "busybox", "sleep", "1000"]);
    let runs = limpet.pid_of("cc");
    let program = || fs::read(format!("/proc/{}/exe", supervisor.pid())).expect("it runs");

    let mut next = program();
    // Sections end before this, and nothing of the program is read from here.
    next.extend_from_slice(b"another version");
    limpet.ok(&["apply", &wanted(&limpet, fleet, 1, &next)]);
    until_program(&limpet, "updating");
    until("it is the new program", || (program() == next).then_some(()));
    until_program(&limpet, "committed");
    assert_eq!(limpet.pid_of("cc"), runs, "a container notices nothing");
    let mute = b"#!/bin/sh\necho limpet 10\n";
    limpet.ok(&["apply", &wanted(&limpet, fleet, 2, mute)]);
    until_program(&limpet, "reverted");
    assert_eq!(limpet.pid_of("cc"), runs, "a container notices nothing");
    limpet.ok(&["rm", "-f", "cc"]);
}

/// Most boundaries that are tried; the story has fewer.
const CUTS_MAX: u32 = 300;
/// Fewest that can be meant: two effects for each of two containers, two of them anew, and what the fleet notes.
const CUTS_MIN: usize = 30;

/// The supervisor may be cut off while it asks; then it is asked again.
fn applied(line: &mut Line<'_>, limpet: &Limpet, file: &str) {
    until("it is taken", || {
        line.mind();
        (limpet.try_to(&["apply", file]).code == 0).then_some(())
    });
}

fn story(limpet: &Limpet, fleet: Fleet, generation: &mut u64, image: &str, cut: u32) -> bool {
    let mut next = |apps| {
        *generation += 1;
        signed(limpet, "next", &fleet.desired(*generation, apps))
    };
    let mut line = Line::cut_at(limpet, cut);
    let both = |word: &str| vec![app("a", image, word), app("b", image, "one")];
    let words = [both("one"), both("two"), Vec::new()];
    for (apps, word) in words.into_iter().zip(["one", "two", ""]) {
        let file = next(apps);
        applied(&mut line, limpet, &file);
        if word.is_empty() {
            line.until("both are gone", |limpet| {
                let left = ["a", "b"].map(|app| limpet.root().join("fleet/apps").join(app).exists());
                limpet.ids().is_empty() && left == [false, false]
            });
        } else {
            line.until("a is as wanted", |limpet| says(limpet, "a").as_deref() == Some(word));
            line.until("b runs", |limpet| says(limpet, "b").as_deref() == Some("one"));
            assert_eq!(limpet.ids().len(), 2, "cut {cut}: each once");
        }
    }
    line.mind();
    line.was_cut()
}

#[test]
fn a_board_that_follows_survives_its_supervisor_at_every_boundary() {
    let (fleet, (_registry, _forwarder, image)) = (Fleet::default(), shelf());
    let limpet = board(fleet);
    let mut generation = 0;
    let cuts = (1..CUTS_MAX).take_while(|cut| story(&limpet, fleet, &mut generation, &image, *cut)).count();
    assert!((CUTS_MIN..CUTS_MAX as usize - 1).contains(&cuts), "{cuts} boundaries were tried");
    println!("{cuts} boundaries were tried");
}
