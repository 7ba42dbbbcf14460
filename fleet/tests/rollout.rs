//! A rollout, step by step, by hand. What holds in every history is the simulation's matter (`fleet/src/sim.rs`).

use limpet_fleet::rollout::{
    Has, Header, Input, Invalid, Member, Offer, Part, Refusal, Rollout, Share, Status, Strategy, Told, Waits,
};
use limpet_protocol::fleet::report::{AppReport, Held, Progress, Report, Stamp, Text};

const FORWARD: (u64, u64) = (1, 10);
const UNDO: (u64, u64) = (1, 11);
const BEFORE: (u64, u64) = (1, 9);

fn strategy() -> Strategy {
    Strategy {
        canary: Share::Count(2),
        batch: Share::Count(3),
        soak_s: 60,
        failures: Share::Count(0),
        undo: true,
        patience_s: 600,
    }
}

/// A rollout over boards that are all there, at 1000 s.
fn begun(boards: usize, strategy: Strategy) -> Rollout {
    let mut rollout = Rollout::begin(strategy, &vec![(FORWARD, UNDO); boards], 1000).expect("a rollout");
    for board in 0..u32::try_from(boards).expect("a few") {
        step(&mut rollout, &Input::Online(board), 1000);
    }
    rollout
}

fn step(rollout: &mut Rollout, input: &Input, now_s: u64) {
    rollout.step(input, now_s).expect("an input that makes sense");
}

fn told(board: u32, taken: (u64, u64), progress: Progress) -> Input {
    Input::Told(board, Box::new(Told { taken, held: false, progress: Some(progress) }))
}

fn commits(rollout: &mut Rollout, boards: impl IntoIterator<Item = u32>, now_s: u64) {
    for board in boards {
        step(rollout, &told(board, FORWARD, Progress::Committed), now_s);
    }
}

fn reverted(text: &str) -> Progress {
    Progress::Reverted(Text::try_from(text).expect("a short text"))
}

/// Boards that are offered it.
fn offered(rollout: &Rollout, offer: Offer) -> Vec<u32> {
    (0..).take(rollout.members().len()).filter(|board| rollout.offer(*board) == offer).collect()
}

#[test]
fn canaries_go_first_then_batches_each_watched() {
    let mut rollout = begun(7, strategy());
    assert_eq!(offered(&rollout, Offer::Forward), [0, 1]);
    commits(&mut rollout, [0], 1010);
    step(&mut rollout, &Input::Time, 1200);
    assert_eq!(offered(&rollout, Offer::Forward), [0, 1], "one canary is still on its way");
    commits(&mut rollout, [1], 1300);
    assert_eq!(rollout.deadline(), Some(1360));
    step(&mut rollout, &Input::Time, 1359);
    assert_eq!(rollout.header().status, Status::Canary);
    step(&mut rollout, &Input::Time, 1360);
    assert_eq!(rollout.header().status, Status::Batch(0));
    assert_eq!(offered(&rollout, Offer::Forward), [0, 1, 2, 3, 4]);
    commits(&mut rollout, 2..5, 1400);
    step(&mut rollout, &Input::Time, 1460);
    assert_eq!(rollout.header().status, Status::Batch(1));
    commits(&mut rollout, 5..7, 1500);
    step(&mut rollout, &Input::Time, 1560);
    assert_eq!((&rollout.header().status, rollout.deadline()), (&Status::Done, None));
}

#[test]
fn one_failure_too_many_takes_back_everyone_who_was_offered_it() {
    let mut rollout = begun(7, strategy());
    commits(&mut rollout, [0], 1010);
    let changes = rollout.step(&told(1, FORWARD, reverted("web is not healthy")), 1020).unwrap();
    assert_eq!((changes.header, changes.members), (true, vec![0, 1, 2, 3, 4, 5, 6]));
    let why = "1 of 2 boards failed, over 0; the last: web is not healthy";
    assert_eq!(rollout.header().status, Status::Undoing(why.into()));
    assert_eq!(offered(&rollout, Offer::Undo), [0, 1]);
    assert_eq!(offered(&rollout, Offer::Before), [2, 3, 4, 5, 6]);
    step(&mut rollout, &told(0, UNDO, Progress::Committed), 1030);
    step(&mut rollout, &told(1, UNDO, Progress::Committed), 1030);
    assert_eq!(rollout.header().status, Status::Undone(why.into()));
    // A report that was on its way for long changes nothing.
    assert!(rollout.step(&told(0, FORWARD, Progress::Committed), 1040).unwrap().is_empty());
}

#[test]
fn without_undo_it_only_stops_and_a_resume_forgives() {
    let mut rollout = begun(7, Strategy { undo: false, ..strategy() });
    step(&mut rollout, &told(0, FORWARD, reverted("no")), 1010);
    assert!(matches!(rollout.header().status, Status::Paused(_)));
    commits(&mut rollout, [1], 1020);
    step(&mut rollout, &Input::Time, 5000);
    assert_eq!(offered(&rollout, Offer::Forward), [0, 1]);
    step(&mut rollout, &Input::Resume, 5000);
    step(&mut rollout, &Input::Time, 5060);
    assert_eq!(rollout.header().status, Status::Batch(0));
    step(&mut rollout, &told(2, FORWARD, reverted("no")), 5070);
    assert!(matches!(rollout.header().status, Status::Paused(_)), "what is forgiven is not forgiven again");
}

#[test]
fn who_is_there_and_says_nothing_has_failed_in_the_end() {
    let mut rollout = begun(3, strategy());
    step(&mut rollout, &Input::Time, 1599);
    assert_eq!(rollout.header().status, Status::Canary);
    assert_eq!(rollout.deadline(), Some(1600));
    step(&mut rollout, &Input::Time, 1600);
    assert!(matches!(&rollout.header().status, Status::Undoing(why) if why.contains("within 600 s")));
}

#[test]
fn who_tries_again_fails_with_its_own_words() {
    let mut rollout = begun(3, strategy());
    step(&mut rollout, &told(0, FORWARD, Progress::Failed(Text::try_from("no such host").unwrap())), 1010);
    assert_eq!(rollout.header().status, Status::Canary, "it may still come to it");
    step(&mut rollout, &Input::Time, 1600);
    assert!(matches!(&rollout.members()[0].part, Part::Undoing { .. }));
    assert!(matches!(&rollout.header().status, Status::Undoing(why) if why.contains("2 of 2 boards")));
}

#[test]
fn who_is_away_is_waited_for_by_nobody_and_gets_it_when_it_is_back() {
    let mut rollout = begun(4, strategy());
    step(&mut rollout, &Input::Offline(1), 1010);
    step(&mut rollout, &Input::Offline(3), 1010);
    commits(&mut rollout, [0], 1020);
    step(&mut rollout, &Input::Time, 1610);
    assert_eq!(rollout.members()[1].part, Part::Away);
    step(&mut rollout, &Input::Time, 1670);
    assert_eq!(rollout.header().status, Status::Batch(0));
    commits(&mut rollout, [2], 1700);
    step(&mut rollout, &Input::Time, 1760);
    assert_eq!(rollout.header().status, Status::Done);
    for board in [1, 3] {
        assert_eq!(rollout.offer(board), Offer::Before);
        step(&mut rollout, &Input::Online(board), 90_000);
        assert_eq!(rollout.offer(board), Offer::Forward);
    }
}

#[test]
fn canaries_that_all_vanished_are_not_passed() {
    let mut rollout = begun(5, strategy());
    step(&mut rollout, &Input::Offline(0), 1010);
    step(&mut rollout, &Input::Offline(1), 1010);
    step(&mut rollout, &Input::Time, 100_000);
    assert_eq!(rollout.header().status, Status::Canary);
    assert_eq!(offered(&rollout, Offer::Forward), [], "it may be the new state that made them vanish");
    step(&mut rollout, &Input::Online(0), 100_000);
    assert_eq!(offered(&rollout, Offer::Forward), [0], "it is no other canary");
    commits(&mut rollout, [0], 100_010);
    step(&mut rollout, &Input::Time, 100_070);
    assert_eq!(rollout.header().status, Status::Batch(0));
}

#[test]
fn in_the_place_of_vanished_canaries_others_go_first_if_the_operator_wants_it() {
    let mut rollout = begun(9, strategy());
    assert_eq!(rollout.waits(), Waits::Boards(vec![0, 1]));
    step(&mut rollout, &Input::Offline(0), 1010);
    step(&mut rollout, &Input::Offline(1), 1010);
    assert_eq!(rollout.step(&Input::Resume, 1600), Err(Refusal::IsNotPaused), "they are still waited for");
    step(&mut rollout, &Input::Time, 1610);
    assert_eq!((&rollout.header().status, rollout.waits()), (&Status::Canary, Waits::Vanished(vec![0, 1])));
    step(&mut rollout, &Input::Resume, 2000);
    assert_eq!(rollout.header().status, Status::Canary);
    assert_eq!(offered(&rollout, Offer::Forward), [2, 3]);
    assert_eq!(rollout.step(&Input::Resume, 2000), Err(Refusal::IsNotPaused), "once is enough");
    // One is back, and takes no place of those.
    step(&mut rollout, &Input::Online(0), 2010);
    assert_eq!(offered(&rollout, Offer::Forward), [2, 3]);
    commits(&mut rollout, [2, 3], 2020);
    assert_eq!(offered(&rollout, Offer::Forward), [0, 2, 3], "now it is its turn again");
    commits(&mut rollout, [0], 2030);
    assert_eq!(rollout.waits(), Waits::Time);
    step(&mut rollout, &Input::Time, 2090);
    assert_eq!(offered(&rollout, Offer::Forward), [0, 2, 3, 4, 5, 6], "no more than a batch");
}

#[test]
fn where_nobody_else_is_left_a_resume_goes_on_without_those_who_vanished() {
    let mut rollout = begun(2, strategy());
    step(&mut rollout, &Input::Offline(0), 1010);
    step(&mut rollout, &Input::Offline(1), 1010);
    step(&mut rollout, &Input::Time, 1610);
    step(&mut rollout, &Input::Resume, 2000);
    step(&mut rollout, &Input::Time, 2060);
    assert_eq!((&rollout.header().status, rollout.waits()), (&Status::Done, Waits::Nothing));
    step(&mut rollout, &Input::Online(1), 9000);
    assert_eq!(offered(&rollout, Offer::Forward), [1]);
}

#[test]
fn who_is_not_there_is_waited_for_and_that_is_said() {
    let mut rollout = Rollout::begin(strategy(), &[(FORWARD, UNDO)], 1000).expect("a rollout");
    step(&mut rollout, &Input::Time, 5000);
    assert_eq!(rollout.waits(), Waits::Turns);
}

#[test]
fn who_puts_it_off_holds_a_place_and_no_one_up() {
    let mut rollout = begun(5, strategy());
    step(&mut rollout, &Input::Told(1, Box::new(Told { taken: FORWARD, held: true, progress: None })), 1010);
    commits(&mut rollout, [0], 1020);
    step(&mut rollout, &Input::Time, 1080);
    assert_eq!(rollout.header().status, Status::Batch(0));
    assert_eq!(offered(&rollout, Offer::Forward), [0, 1, 2, 3], "three on their way, one of them waits");
    step(&mut rollout, &Input::Time, 1600);
    assert!(matches!(rollout.members()[1].part, Part::Offered { .. }), "it is not failed");
}

#[test]
fn a_restart_decides_the_same_from_what_was_stored() {
    let mut rollout = begun(9, strategy());
    commits(&mut rollout, [0, 1], 1010);
    step(&mut rollout, &Input::Time, 1070);
    let stored = (rollout.header().clone(), rollout.members().to_vec());
    let mut again = Rollout::restore(stored.0, stored.1, 5000);
    assert_eq!(offered(&again, Offer::Forward), offered(&rollout, Offer::Forward));
    step(&mut again, &Input::Time, 5000);
    assert_eq!(again.header().status, Status::Batch(0), "who is not back yet is not given up at once");
    for board in 0..9 {
        step(&mut again, &Input::Online(board), 5010);
    }
    assert_eq!(offered(&again, Offer::Forward), [0, 1, 2, 3, 4]);
}

#[test]
fn a_backup_that_was_restored_goes_on_only_when_told() {
    let mut rollout = begun(7, strategy());
    let stored = (rollout.header().clone(), rollout.members().to_vec());
    commits(&mut rollout, [0, 1], 1010);
    let mut old = Rollout::restore(stored.0, stored.1, 2000);
    step(&mut old, &Input::Restored, 2000);
    for board in 0..7 {
        step(&mut old, &Input::Online(board), 2000);
    }
    // In the history that was lost it had come to this one.
    step(&mut old, &told(5, FORWARD, Progress::Updating), 2010);
    assert_eq!((old.offer(5), old.offer(4)), (Offer::Forward, Offer::Before));
    step(&mut old, &Input::Undo("by hand".into()), 2020);
    assert_eq!(offered(&old, Offer::Undo), [0, 1, 5]);
}

#[test]
fn cordoned_and_revoked_boards_are_offered_nothing_new() {
    let mut rollout = begun(6, strategy());
    step(&mut rollout, &Input::Cordoned(0, true), 1010);
    assert_eq!(rollout.offer(0), Offer::Before);
    step(&mut rollout, &Input::Revoked(2), 1010);
    commits(&mut rollout, [1], 1020);
    assert_eq!(offered(&rollout, Offer::Forward), [1], "who was cordoned may have it: it stays a canary");
    step(&mut rollout, &Input::Time, 1600);
    assert_eq!(rollout.members()[0].part, Part::Skipped, "now it has not taken it");
    step(&mut rollout, &Input::Cordoned(1, true), 1630);
    step(&mut rollout, &Input::Undo("by hand".into()), 1640);
    assert_eq!(rollout.offer(1), Offer::Forward, "it has that");
    step(&mut rollout, &Input::Cordoned(1, false), 1650);
    assert_eq!(rollout.offer(1), Offer::Undo);
}

#[test]
fn later_rollouts_take_boards_over() {
    let mut rollout = begun(2, strategy());
    step(&mut rollout, &Input::TakenOver(0), 1010);
    // This one has a state from a stick that is later than what could undo this one.
    step(&mut rollout, &told(1, (1, 12), Progress::Committed), 1020);
    assert_eq!(rollout.header().status, Status::Superseded);
    assert_eq!(rollout.step(&Input::Undo("by hand".into()), 1030), Err(Refusal::IsSuperseded));
}

#[test]
fn wishes_that_make_no_sense_are_refused() {
    let mut rollout = begun(2, strategy());
    assert_eq!(rollout.step(&Input::Resume, 1000), Err(Refusal::IsNotPaused));
    step(&mut rollout, &Input::Pause("by hand".into()), 1000);
    assert_eq!(rollout.step(&Input::Pause("again".into()), 1000), Err(Refusal::IsPaused));
    assert_eq!(rollout.step(&Input::Online(2), 1000), Err(Refusal::NoBoard));
    let none = Rollout::begin(strategy(), &[], 0);
    assert_eq!(none.err(), Some(Invalid::NoBoard));
    let backwards = Rollout::begin(strategy(), &[(FORWARD, BEFORE)], 0);
    assert_eq!(backwards.err(), Some(Invalid::Undo(0)));
    for (share, is_valid) in
        [(Share::Percent(100), true), (Share::Percent(101), false), (Share::Count(0), false)]
    {
        assert_eq!(Strategy { batch: share, ..strategy() }.check().is_ok(), is_valid, "{share:?}");
    }
}

#[test]
fn a_clock_that_was_set_back_prolongs_nothing_by_more_than_a_wait() {
    let mut rollout = begun(2, strategy());
    commits(&mut rollout, [0, 1], 1500);
    step(&mut rollout, &Input::Time, 1200);
    assert_eq!(rollout.deadline(), Some(1260));
}

#[test]
fn what_is_stored_can_be_read_again() {
    let mut rollout = begun(3, strategy());
    step(&mut rollout, &told(0, FORWARD, reverted("no")), 1010);
    let header: Header = stored(rollout.header());
    let members: Vec<Member> = rollout.members().iter().map(stored).collect();
    assert_eq!(members[0].has, Has::Forward);
    let again = Rollout::restore(header, members, 1010);
    assert_eq!(again.header(), rollout.header());
    assert_eq!(offered(&again, Offer::Undo), [0, 1]);
}

fn stored<T: serde::Serialize + serde::de::DeserializeOwned>(what: &T) -> T {
    let bytes = postcard::to_stdvec(what).expect("to store it");
    postcard::from_bytes(&bytes).expect("to read it")
}

fn report(taken: (u64, u64), apps: &[(&str, Progress)]) -> Report {
    let app = |(name, progress): &(&str, Progress)| AppReport {
        name: (*name).try_into().expect("a short name"),
        progress: progress.clone(),
        wanted: 1,
        running: 1,
        well: 1,
        restarts: 0,
    };
    Report {
        sequence: 1,
        at: Stamp { seconds: 1, synchronised: true },
        uptime_s: 1,
        name: word(),
        arch: word(),
        version: Default::default(),
        kernel: word(),
        root_generation: 1,
        taken,
        refused: None,
        held: None,
        program: None,
        apps: apps.iter().map(app).collect(),
        disk_is_low: false,
    }
}

fn word() -> limpet_protocol::fleet::enrol::Word {
    Default::default()
}

#[test]
fn a_report_says_of_an_app_what_was_asked_for_it() {
    use Progress::{Committed, Updating};
    let said = |subject: &str, taken, apps: &[(&str, Progress)]| {
        Told::of(&report(taken, apps), subject, FORWARD).progress
    };
    let web = [("db", Updating), ("web", Committed)];
    assert_eq!(said("web", FORWARD, &web), Some(Committed));
    assert_eq!(said("db", FORWARD, &web), Some(Updating));
    assert_eq!(said("web", FORWARD, &[]), None, "it has not begun");
    assert_eq!(said("web", UNDO, &web), Some(Committed));
    assert_eq!(said("web", UNDO, &[]), Some(Committed), "it was not there before");
    assert_eq!(said("-web", FORWARD, &web), None, "it is still there");
    assert_eq!(said("-web", FORWARD, &[("web", Updating)]), Some(Updating));
    assert_eq!(said("-web", FORWARD, &[]), Some(Committed));
    assert_eq!(said("-web", UNDO, &web), Some(Committed));
    assert_eq!(said("-web", UNDO, &[]), None, "it is not there again");
    assert_eq!(said("limpet", FORWARD, &[]), Some(Committed));
    let program = Some((Default::default(), Updating));
    let held = Report { program, held: Some(Held::Locked), ..report(FORWARD, &[]) };
    let told = Told::of(&held, "limpet", FORWARD);
    assert_eq!((told.progress, told.held), (Some(Updating), true));
}
