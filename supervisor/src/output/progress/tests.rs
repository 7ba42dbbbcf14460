//! When an `up` is enough, when it has failed, and what is shown meanwhile.

use super::*;
use crate::output::apps::tests::instance;

fn change(service: &str, kind: ChangeKind) -> Change {
    Change { name: format!("shop-{service}-1"), service: service.to_owned(), kind, because: Vec::new() }
}

fn up(until: Until, kind: ChangeKind) -> Progress {
    Progress::new(until, vec![change("db", kind), change("web", kind)])
}

fn running(service: &str) -> Instance {
    instance(service, State::Running, Course::Settled)
}

#[test]
fn what_is_left_alone_is_enough_at_once() {
    let mut progress = up(Until::Well, ChangeKind::Keep);
    assert_eq!(progress.verdict(0), None, "nothing is known yet");
    progress.update(vec![running("db"), running("web")], 5);
    assert_eq!(progress.verdict(5), Some(Verdict::Reached));
}

#[test]
fn what_was_started_has_to_stay_up() {
    let mut progress = up(Until::Well, ChangeKind::Add);
    progress.update(vec![running("db"), instance("web", State::Starting, Course::Going)], 10);
    assert_eq!((progress.verdict(5000), progress.deadline_ms()), (None, None));
    progress.update(vec![running("db"), running("web")], 100);
    assert_eq!(progress.verdict(100 + STEADY_MS - 1), None);
    // It fell: the time begins anew.
    progress.update(vec![running("db"), instance("web", State::Restarting, Course::Going)], 600);
    assert_eq!(progress.verdict(5000), None);
    progress.update(vec![running("db"), running("web")], 700);
    assert_eq!(progress.verdict(1100), None);
    assert_eq!(progress.deadline_ms(), Some(700 + STEADY_MS));
    assert_eq!(progress.verdict(700 + STEADY_MS), Some(Verdict::Reached));
}

#[test]
fn detached_waits_for_the_start_only() {
    let mut progress = up(Until::Started, ChangeKind::Add);
    let mut starting = instance("db", State::Running, Course::Going);
    starting.health = Health::Starting;
    progress.update(vec![starting.clone(), instance("web", State::Created, Course::Going)], 10);
    assert_eq!(progress.verdict(10), None);
    progress.update(vec![starting, running("web")], 20);
    assert_eq!(progress.verdict(20), Some(Verdict::Reached));
}

#[test]
fn what_failed_is_told_when_the_others_have_come_to_rest() {
    let mut progress = up(Until::Well, ChangeKind::Add);
    let mut job = instance("db", State::Ended, Course::Stuck);
    job.last_code = Some(3);
    progress.update(vec![job.clone(), instance("web", State::Creating, Course::Going)], 10);
    assert_eq!(progress.verdict(10), None, "the other may still come to it");
    progress.update(vec![job, running("web")], 20);
    let failed = vec![("shop-db-1".to_owned(), "exit status 3".to_owned())];
    assert_eq!(progress.verdict(20), Some(Verdict::Failed(failed)));
}

#[test]
fn a_crash_loop_fails() {
    let mut progress = up(Until::Well, ChangeKind::Add);
    let mut web = instance("web", State::Restarting, Course::Going);
    web.last_code = Some(1);
    for restarts in 0..RESTARTS_MAX {
        web.restarts = restarts;
        progress.update(vec![running("db"), web.clone()], 10);
        assert_eq!(progress.verdict(10), None, "{restarts}");
    }
    web.restarts = RESTARTS_MAX;
    progress.update(vec![running("db"), web], 20);
    let why = "it was started again 3 times: exit status 1".to_owned();
    assert_eq!(progress.verdict(20), Some(Verdict::Failed(vec![("shop-web-1".to_owned(), why)])));
}

#[test]
fn restarts_from_before_do_not_count_against_what_is_left_alone() {
    let mut progress = up(Until::Well, ChangeKind::Keep);
    let mut web = instance("web", State::Restarting, Course::Going);
    web.restarts = 40;
    progress.update(vec![running("db"), web.clone()], 0);
    assert_eq!(progress.verdict(0), None);
    web.restarts = 43;
    progress.update(vec![running("db"), web], 10);
    assert!(matches!(progress.verdict(10), Some(Verdict::Failed(_))));
}

#[test]
fn those_that_wait_for_one_that_fails_fail_with_it() {
    let mut progress = up(Until::Well, ChangeKind::Add);
    let mut db = instance("db", State::Running, Course::Going);
    db.health = Health::Unhealthy;
    let mut web = instance("web", State::Created, Course::Going);
    web.wait = Some(Wait::Dependency {
        service: "db".to_owned(),
        condition: "service_healthy".to_owned(),
        blocked: false,
    });
    progress.update(vec![db, web], 10);
    let failed = [("shop-db-1", "it is unhealthy"), ("shop-web-1", "it depends on db, which fails")];
    let failed = failed.map(|(name, why)| (name.to_owned(), why.to_owned())).to_vec();
    assert_eq!(progress.verdict(10), Some(Verdict::Failed(failed)));
}

#[test]
fn only_the_service_that_was_named_is_waited_for() {
    let restart = || Progress::new(Until::Well, Vec::new()).only(Some("db".to_owned()));
    let mut crash = instance("crash", State::Ended, Course::Stuck);
    crash.last_code = Some(1);
    let mut progress = restart();
    progress.update(vec![instance("db", State::Stopping, Course::Going), crash.clone()], 0);
    assert_eq!(progress.verdict(0), None);
    assert_eq!(progress.update(vec![running("db"), crash.clone()], 10), [" Container shop-db-1  Running"]);
    assert_eq!(progress.verdict(10 + STEADY_MS), Some(Verdict::Reached), "another fails");
    let picture = progress.picture("shop", Style::Plain, (80, 10), 10);
    assert!(picture[0].ends_with("1/1\n") && !picture.concat().contains("crash"), "{picture:?}");

    // It is what the named one waits for that fails.
    let mut db = instance("db", State::Created, Course::Going);
    db.wait = Some(Wait::Dependency {
        service: "crash".to_owned(),
        condition: "service_healthy".to_owned(),
        blocked: false,
    });
    let mut progress = restart();
    progress.update(vec![db, crash], 0);
    let failed = vec![("shop-db-1".to_owned(), "it depends on crash, which fails".to_owned())];
    assert_eq!(progress.verdict(0), Some(Verdict::Failed(failed)));
}

#[test]
fn what_leaves_must_be_gone() {
    let mut progress = Progress::new(Until::Well, vec![change("old", ChangeKind::Remove)]);
    progress.update(vec![instance("old", State::Stopping, Course::Unwanted)], 0);
    assert_eq!(progress.verdict(0), None);
    assert_eq!(progress.update(Vec::new(), 10), [" Container shop-old-1  Removed"]);
    assert_eq!(progress.verdict(10), Some(Verdict::Reached));
}

#[test]
fn each_line_is_news_once() {
    let mut progress = up(Until::Well, ChangeKind::Add);
    let news = progress.update(vec![instance("db", State::Creating, Course::Going)], 0);
    assert_eq!(news, [" Container shop-db-1  Creating"]);
    assert!(progress.update(vec![instance("db", State::Creating, Course::Going)], 1).is_empty());
    let mut loops = instance("db", State::Restarting, Course::Going);
    loops.wait = Some(Wait::Pause { in_ms: 4000 });
    assert_eq!(progress.update(vec![loops.clone()], 2).len(), 1);
    loops.wait = Some(Wait::Pause { in_ms: 3000 });
    assert!(progress.update(vec![loops], 3).is_empty(), "a countdown is nothing new");
    assert_eq!(progress.update(vec![running("db")], 4), [" Container shop-db-1  Started"]);
}

#[test]
fn the_picture_fits_the_terminal() {
    let mut progress = Progress::new(Until::Well, Vec::new());
    let mut broken = instance("broken", State::Ended, Course::Stuck);
    broken.trouble = Some(format!("\x1b[2J{}", "long ".repeat(100)));
    let mut all: Vec<Instance> = (0..50).map(|number| running(&format!("s{number}"))).collect();
    all.push(broken);
    progress.update(all, 1500);
    let picture = progress.picture("shop", Style::Plain, (80, 10), 1500);
    assert_eq!(picture[0], "[+] shop 50/51\n");
    assert!(picture.len() <= 9, "{} lines", picture.len());
    assert!(picture.iter().any(|line| line.contains("shop-broken-1")), "what fails is not left out");
    for line in &picture {
        let text = line.strip_suffix('\n').expect("a whole line");
        assert!(text.chars().count() <= 80 && !text.contains(|c: char| c.is_control()), "{text:?}");
    }
    let coloured = progress.picture("shop", Style::Terminal, (80, 10), 1500);
    assert!(coloured[1].starts_with("\x1b[3") && coloured[1].ends_with("\x1b[0m\n"));
}

#[test]
fn what_goes_down_is_told_from_its_stop_on() {
    let mut progress = Progress::new(Until::Gone, Vec::new());
    let in_state = |state| vec![instance("db", state, Course::Unwanted)];
    assert_eq!(progress.update(in_state(State::Running), 0), [""; 0]);
    assert_eq!(progress.update(in_state(State::Stopping), 1), [" Container shop-db-1  Stopping"]);
    assert_eq!(progress.update(Vec::new(), 2), [" Container shop-db-1  Removed"]);
}

#[test]
fn what_waits_for_room_on_the_disk_fails_after_a_while() {
    for until in [Until::Well, Until::Started] {
        let mut progress = up(until, ChangeKind::Replace);
        let mut web = instance("web", State::Running, Course::Going);
        web.wait = Some(Wait::Space);
        progress.update(vec![running("db"), web.clone()], 100);
        assert_eq!(progress.verdict(100 + SPACE_PATIENCE_MS - 1), None, "room may be made");
        assert_eq!(progress.deadline_ms(), Some(100 + SPACE_PATIENCE_MS));
        progress.update(vec![running("db"), web.clone()], 500);
        let failed = vec![("shop-web-1".to_owned(), "there is no room for it on the disk".to_owned())];
        assert_eq!(progress.verdict(100 + SPACE_PATIENCE_MS), Some(Verdict::Failed(failed)));
        assert!(progress.is_cramped());
        web.wait = None;
        progress.update(vec![running("db"), web], 9000);
        assert!(!progress.is_cramped() && progress.verdict(60_000).is_none_or(|end| end == Verdict::Reached));
    }
}

#[test]
fn only_a_container_that_is_made_has_something_to_read() {
    let mut progress = up(Until::Well, ChangeKind::Add);
    let mut db = running("db");
    db.container = limpet_protocol::id::ContainerId::parse(&"a".repeat(64)).ok();
    progress.update(vec![db, instance("web", State::Absent, Course::Stuck)], 10);
    assert_eq!(["shop-db-1", "shop-web-1", "no"].map(|name| progress.is_made(name)), [true, false, false]);
}
