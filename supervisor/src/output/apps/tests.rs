//! What people read of apps.

use super::*;

pub(crate) fn instance(service: &str, state: State, course: Course) -> Instance {
    Instance {
        container: None,
        name: format!("shop-{service}-1"),
        member: Some(("shop".to_owned(), service.to_owned(), 1)),
        state,
        health: Health::Unwatched,
        held: false,
        restarts: 0,
        last_code: None,
        wait: None,
        trouble: None,
        failures: 0,
        course,
    }
}

#[test]
fn a_crash_loop_says_when_and_why() {
    let mut loops = instance("web", State::Restarting, Course::Going);
    loops.last_code = Some(1);
    loops.wait = Some(Wait::Pause { in_ms: 3200 });
    assert_eq!(restarting(&loops).as_deref(), Some("Restarting (1) in 4 s: exit status 1"));
    loops.last_code = Some(137);
    loops.wait = Some(Wait::Pause { in_ms: 150 });
    assert_eq!(restarting(&loops).as_deref(), Some("Restarting (137) in 150 ms: ended by SIGKILL"));
    loops.trouble = Some("find nosuch: no such file".to_owned());
    loops.wait = Some(Wait::Space);
    assert_eq!(
        restarting(&loops).as_deref(),
        Some("Restarting (137), waits for room on the disk: find nosuch: no such file")
    );
    assert_eq!(restarting(&instance("web", State::Running, Course::Settled)), None);
    (loops.trouble, loops.wait, loops.health) = (None, None, Health::Unhealthy);
    assert_eq!(restarting(&loops).as_deref(), Some("Restarting (137): it was unhealthy"));
    let mut starting = instance("web", State::Starting, Course::Going);
    assert_eq!(restarting(&starting), None, "it never ran");
    starting.last_code = Some(1);
    assert_eq!(restarting(&starting).as_deref(), Some("Restarting (1): exit status 1"));
}

#[test]
fn what_a_container_waits_for_is_said() {
    let mut web = instance("web", State::Absent, Course::Going);
    assert_eq!(doing(&web), "To be created");
    let on = |blocked| Wait::Dependency {
        service: "db".to_owned(),
        condition: "service_healthy".to_owned(),
        blocked,
    };
    web.wait = Some(on(false));
    assert_eq!(doing(&web), "Waits for db (service_healthy)");
    web.state = State::Created;
    web.wait = Some(on(true));
    web.course = Course::Stuck;
    assert_eq!(doing(&web), "Will not start: db does not come to service_healthy");
    assert_eq!(failing(&web), Some(doing(&web)));
    web.wait = Some(Wait::Pause { in_ms: 60_000 });
    web.trouble = Some("no such image: nosuch (tried 4 times)".to_owned());
    assert_eq!(doing(&web), "Next try in 60 s: no such image: nosuch (tried 4 times)");
}

#[test]
fn only_what_is_stuck_fails() {
    let mut job = instance("job", State::Ended, Course::Settled);
    job.last_code = Some(0);
    assert_eq!((failing(&job), doing(&job)), (None, "Exited (0)".to_owned()));
    job.last_code = Some(3);
    job.course = Course::Stuck;
    assert_eq!(failing(&job).as_deref(), Some("exit status 3"));
    job.held = true;
    assert_eq!(doing(&job), "Stopped by hand");
}

#[test]
fn a_plan_is_one_line_for_each_container_and_a_sum() {
    let change = |name: &str, kind, because: &[&str]| Change {
        name: name.to_owned(),
        service: String::new(),
        kind,
        because: because.iter().map(|word| (*word).to_owned()).collect(),
    };
    let changes = [
        change("shop-db-1", ChangeKind::Keep, &[]),
        change("shop-web-1", ChangeKind::Replace, &["image", "environment"]),
        change("shop-web-2", ChangeKind::Add, &[]),
        change("shop-old-1", ChangeKind::Remove, &[]),
    ];
    let expected = "\
app shop
  = shop-db-1   leave as it is
  ~ shop-web-1  create anew and start: image, environment changed
  + shop-web-2  create and start
  - shop-old-1  stop and remove
1 to create, 1 to create anew, 1 to remove, 1 to leave as it is
";
    assert_eq!(plan("shop", &changes), expected);
    assert_eq!(plan("none", &[]), "app none\nnothing to do\n");
}

#[test]
fn a_list_counts_what_containers_do() {
    let line = AppLine {
        name: "shop".to_owned(),
        leaving: false,
        wanted: 3,
        running: 2,
        settled: 2,
        stuck: 0,
        update: None,
    };
    let mut other = instance("x", State::Running, Course::Settled);
    other.member = Some(("other".to_owned(), "x".to_owned(), 1));
    let instances = [
        instance("a", State::Running, Course::Settled),
        instance("b", State::Running, Course::Settled),
        instance("c", State::Restarting, Course::Going),
        other,
    ];
    assert_eq!(list_row(&line, &instances)["Status"], "running(2), restarting(1)");
    let leaving = AppLine { leaving: true, ..line };
    assert_eq!(list_row(&leaving, &[])["Status"], "empty, going down");
}
