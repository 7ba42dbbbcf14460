//! The words of the STATUS column.

use super::status_text;
use crate::output::apps::tests::instance;
use limpet_protocol::control::{Course, Health, State, Wait};
use limpet_protocol::exit::Exit;
use limpet_protocol::id::ContainerId;
use limpet_protocol::keeper::Running;
use limpet_runner::status::Status;

const S: u64 = 1_000_000_000;

fn running() -> Running {
    Running {
        id: ContainerId::from_bytes([1; 32]),
        keeper_pid: 2,
        pid: 3,
        started_ns: 100 * S,
        first_host_id: 0,
    }
}

fn exit(code: u8, oom_killed: bool, finished_ns: u64) -> Status {
    Status::Exited(Exit { code, oom_killed, started_ns: S, finished_ns, memory_peak_bytes: 0, error: None })
}

#[test]
fn a_status_reads_as_docker_has_it() {
    for (status, text) in [
        (Status::Created, "Created"),
        (Status::Running(running()), "Up 20 seconds"),
        (Status::Paused(running()), "Up 20 seconds (Paused)"),
        (exit(0, false, 60 * S), "Exited (0) About a minute ago"),
        (exit(137, true, 118 * S), "Exited (137) 2 seconds ago (out of memory)"),
        (exit(255, false, 0), "Exited (255) (end not seen)"),
    ] {
        assert_eq!(status_text(&status, None, 120 * S), text);
    }
}

#[test]
fn a_clock_that_was_set_back_is_no_trouble() {
    assert_eq!(status_text(&Status::Running(running()), None, 50 * S), "Up Less than a second");
}

#[test]
fn what_the_supervisor_knows_is_shown() {
    let mut web = instance("web", State::Running, Course::Settled);
    let text = |web: &_, status: &Status| status_text(status, Some(web), 120 * S);
    assert_eq!(text(&web, &Status::Running(running())), "Up 20 seconds");
    web.health = Health::Healthy;
    assert_eq!(text(&web, &Status::Running(running())), "Up 20 seconds (healthy)");
    web.health = Health::Starting;
    assert_eq!(text(&web, &Status::Running(running())), "Up 20 seconds (health: starting)");
    web.health = Health::Unwatched;
    web.state = State::Restarting;
    web.last_code = Some(1);
    web.wait = Some(Wait::Pause { in_ms: 4000 });
    assert_eq!(text(&web, &exit(1, false, 118 * S)), "Restarting (1) in 4 s: exit status 1");
    web.wait = None;
    web.state = State::Starting;
    assert_eq!(text(&web, &exit(1, false, 118 * S)), "Restarting (1): exit status 1");
    web.state = State::Ended;
    assert_eq!(text(&web, &exit(1, false, 118 * S)), "Exited (1) 2 seconds ago");
    web.trouble = Some("its restart policy allows no further try after 3 restarts".to_owned());
    assert_eq!(
        text(&web, &exit(1, false, 118 * S)),
        "Exited (1) 2 seconds ago (its restart policy allows no further try after 3 restarts)"
    );
    let mut waits = instance("web", State::Created, Course::Going);
    waits.wait = Some(Wait::Dependency {
        service: "db".to_owned(),
        condition: "service_healthy".to_owned(),
        blocked: false,
    });
    assert_eq!(text(&waits, &Status::Created), "Created, waits for db (service_healthy)");
}
