use super::removal::REMOVED;
use super::*;
use crate::scratch::Scratch;
use limpet_protocol::keeper::{LogLimits, Stop};
use limpet_protocol::restart::RestartPolicy;

impl Scratch {
    /// A home in it.
    fn home(&self) -> Home {
        Home::new(self.0.join("root"), self.0.join("state"))
    }
}

fn container(number: u8, name: &str) -> Container {
    let keep = Keep {
        launch: crate::sample::launch(number),
        stop: Stop { signal: 15, grace_ms: None },
        log: LogLimits::default(),
        remove: false,
        directory: String::new(),
        state: String::new(),
    };
    Container {
        name: name.into(),
        image: None,
        created_ns: 1,
        labels: Vec::new(),
        keep,
        entrypoint_args: 0,
        restart: RestartPolicy::default(),
        health: None,
        member: None,
    }
}

#[test]
fn a_container_is_found_by_name_id_and_prefix() {
    let scratch = Scratch::new("home-find");
    let home = scratch.home();
    let made = container(0xab, "one");
    home.create(&made, true).expect("created");
    let id = made.keep.launch.id.clone();
    for text in ["one", id.as_str(), id.short(), "a"] {
        assert_eq!(home.find(text).expect(text), id);
    }
    assert_eq!(home.load(&id).expect("loads"), made);
    for text in ["", "two", "..", "one/..", "b"] {
        assert!(matches!(home.find(text), Err(HomeError::NotFound(_))), "{text:?}");
    }
}

#[test]
fn a_prefix_of_two_is_ambiguous() {
    let scratch = Scratch::new("home-ambiguous");
    let home = scratch.home();
    home.create(&container(0xab, "one"), false).expect("created");
    home.create(&container(0xac, "two"), false).expect("created");
    assert!(matches!(home.find("a"), Err(HomeError::Ambiguous(_))));
}

#[test]
fn a_name_in_use_is_refused_and_nothing_is_left() {
    let scratch = Scratch::new("home-name");
    let home = scratch.home();
    home.create(&container(1, "one"), false).expect("created");
    let second = container(2, "one");
    assert!(matches!(home.create(&second, false), Err(HomeError::NameInUse { .. })));
    assert!(!home.directory(&second.keep.launch.id).exists());
    assert_eq!(home.ids().expect("lists").len(), 1);
}

#[test]
fn the_name_of_a_container_that_is_gone_is_free() {
    let scratch = Scratch::new("home-stale");
    let home = scratch.home();
    let first = container(1, "one");
    home.create(&first, false).expect("created");
    fs::remove_dir_all(home.directory(&first.keep.launch.id)).expect("removed behind its back");
    home.create(&container(2, "one"), false).expect("the name is free");
}

#[test]
fn rename_moves_the_name() {
    let scratch = Scratch::new("home-rename");
    let home = scratch.home();
    let mut made = container(1, "one");
    home.create(&made, false).expect("created");
    home.rename(&mut made, "two").expect("renamed");
    assert!(home.find("one").is_err());
    let id = home.find("two").expect("found");
    assert_eq!(home.load(&id).expect("loads").name, "two");
}

#[test]
fn a_removal_that_was_cut_off_is_finished() {
    let scratch = Scratch::new("home-removal");
    let home = scratch.home();
    let made = container(1, "one");
    home.create(&made, false).expect("created");
    let doomed = home.containers().join(format!("{}{REMOVED}", made.keep.launch.id));
    fs::rename(home.directory(&made.keep.launch.id), &doomed).expect("as far as the cut");
    assert!(home.ids().expect("lists").is_empty());
    home.finish_removals().expect("finished");
    assert!(!doomed.exists());
    home.create(&container(2, "one"), false).expect("the name is free");
}

#[test]
fn a_damaged_record_is_said_to_be_damaged() {
    let scratch = Scratch::new("home-damage");
    let home = scratch.home();
    let made = container(1, "one");
    home.create(&made, false).expect("created");
    let path = home.directory(&made.keep.launch.id).join(CONTAINER);
    fs::write(&path, b"").expect("a zero-length file, as power cuts leave");
    assert!(matches!(home.load(&made.keep.launch.id), Err(HomeError::Record { .. })));
}

#[test]
fn nobody_else_reaches_what_containers_write() {
    use std::os::unix::fs::MetadataExt;
    let scratch = Scratch::new("home-modes");
    let home = scratch.home();
    home.create(&container(1, "one"), false).expect("created");
    assert_eq!(fs::metadata(home.containers()).expect("is there").mode() & 0o077, 0);
}

#[test]
fn an_intent_lasts_until_another_is_recorded() {
    let scratch = Scratch::new("home-intent");
    let home = scratch.home();
    let made = container(1, "web");
    let id = &made.keep.launch.id;
    home.create(&made, true).expect("create");
    assert_eq!(home.intent(id).expect("read"), Intent::Policy);
    home.record_intent(id, Intent::Stopped).expect("record");
    assert_eq!(home.intent(id).expect("read"), Intent::Stopped);
    home.record_intent(id, Intent::Policy).expect("record");
    assert_eq!(home.intent(id).expect("read"), Intent::Policy);
}

#[test]
fn a_damaged_intent_is_an_error_until_another_is_recorded() {
    let scratch = Scratch::new("home-intent-damaged");
    let home = scratch.home();
    let made = container(1, "web");
    let id = &made.keep.launch.id;
    home.create(&made, true).expect("create");
    fs::write(home.directory(id).join(INTENT), b"LMPT").expect("write");
    assert!(matches!(home.intent(id), Err(HomeError::Record { .. })));
    home.record_intent(id, Intent::Stopped).expect("record");
    assert_eq!(home.intent(id).expect("read"), Intent::Stopped);
}

#[test]
fn nobody_else_reads_or_writes_what_a_keeper_says() {
    use std::os::unix::fs::MetadataExt;
    let scratch = Scratch::new("home-keeper-modes");
    let home = scratch.home();
    let id = container(1, "web").keep.launch.id;
    home.make_state_of(&id).expect("made");
    let running = Running { id: id.clone(), keeper_pid: 1, pid: 2, started_ns: 3, first_host_id: 0 };
    home.record_running(&running).expect("recorded");
    let record = home.state_directory(&id).join(RUNNING);
    assert_eq!(fs::metadata(record).expect("is there").mode() & 0o077, 0);
}

#[test]
fn a_name_that_is_in_use_leaves_nothing_of_the_second_container() {
    let scratch = Scratch::new("home-taken");
    let home = scratch.home();
    let (first, second) = (container(0xab, "one"), container(0xcd, "one"));
    home.create(&first, true).expect("created");
    assert!(matches!(home.create(&second, true), Err(HomeError::NameInUse { .. })));
    assert_eq!(home.find("one").expect("the first keeps its name"), first.keep.launch.id);
    assert_eq!(home.ids().expect("list"), std::slice::from_ref(&first.keep.launch.id));
    home.remove_durably(&first.keep.launch.id, "one").expect("removed");
    home.create(&second, true).expect("the name is free");
}

#[test]
fn a_name_of_what_was_cut_off_before_its_record_is_free() {
    let scratch = Scratch::new("home-cut");
    let home = scratch.home();
    let (first, second) = (container(0xab, "one"), container(0xcd, "one"));
    home.create(&first, true).expect("created");
    fs::remove_file(home.directory(&first.keep.launch.id).join(CONTAINER)).expect("it is there");
    assert!(matches!(home.find("one"), Err(HomeError::NotFound(_))));
    home.create(&second, true).expect("the name is free");
    assert_eq!(home.find("one").expect("found"), second.keep.launch.id);
}

#[test]
fn what_was_cut_off_before_its_record_is_taken_away_unless_it_is_being_made() {
    let scratch = Scratch::new("home-remnant");
    let home = scratch.home();
    home.create(&container(1, "whole"), true).unwrap();
    let (cut, making) = (container(2, "cut").keep.launch.id, container(3, "making").keep.launch.id);
    drop(home.begin(&cut).unwrap());
    fs::create_dir(home.directory(&cut).join("upper")).unwrap();
    let begun = home.begin(&making).unwrap();
    home.finish_removals().unwrap();
    assert!(!home.directory(&cut).exists());
    assert!(home.directory(&making).exists(), "somebody is making it");
    assert!(home.find("whole").is_ok());
    drop(begun);
    home.finish_removals().unwrap();
    assert!(!home.directory(&making).exists());
    assert_eq!(home.ids().unwrap().len(), 1);
}

#[test]
fn what_is_begun_while_remnants_are_taken_away_is_there() {
    let scratch = Scratch::new("home-begin-amid");
    let (home, done) = (scratch.home(), std::sync::atomic::AtomicBool::new(false));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !done.load(std::sync::atomic::Ordering::Relaxed) {
                    // Two of them may be at one.
                    home.finish_removals().ok();
                }
            });
        }
        let begun: Vec<_> = (0..2000)
            .map(|number| {
                let id = ContainerId::parse(&format!("{number:064x}")).expect("64 digits");
                let begun = home.begin(&id).map(|handle| (home.directory(&id).exists(), handle));
                let there = begun.as_ref().is_ok_and(|(there, _)| *there);
                drop(begun);
                there
            })
            .collect();
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        assert_eq!(begun.iter().filter(|there| !**there).count(), 0);
    });
}

/// `limpet run --rm` asks after its keeper has removed all of a container that ended at once.
#[test]
fn a_state_directory_that_was_removed_does_not_come_back() {
    let scratch = Scratch::new("home-gone");
    let home = scratch.home();
    let id = container(1, "web").keep.launch.id;
    home.open_state_of(&id).expect_err("nobody made it");
    assert!(!home.state_directory(&id).exists());
}
