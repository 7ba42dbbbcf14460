//! docker's fields, for each thing that a container can do.

use super::{state, supervised};
use crate::output::apps::tests::instance;
use limpet_protocol::control::{Course, Health, State, Wait};
use limpet_protocol::exit::Exit;
use limpet_protocol::id::ContainerId;
use limpet_protocol::keeper::Running;
use limpet_runner::status::Status;

fn exit() -> Exit {
    Exit {
        code: 137,
        oom_killed: true,
        started_ns: 1_000_000_000,
        finished_ns: 2_500_000_000,
        memory_peak_bytes: 42,
        error: None,
    }
}

#[test]
fn an_end_is_told_whole() {
    let state = state(&Status::Exited(exit()), None, None);
    assert_eq!(state["Status"], "exited");
    assert_eq!(state["ExitCode"], 137);
    assert_eq!(state["OOMKilled"], true);
    assert_eq!(state["MemoryPeak"], 42);
    assert_eq!(state["StartedAt"], "1970-01-01T00:00:01Z");
    assert_eq!(state["FinishedAt"], "1970-01-01T00:00:02.5Z");
}

#[test]
fn a_start_that_failed_leaves_its_reason() {
    let failed = Exit { code: 127, started_ns: 0, error: Some("no such file".to_owned()), ..exit() };
    let state = state(&Status::Created, Some(&failed), None);
    assert_eq!(state["Status"], "created");
    assert_eq!(state["ExitCode"], 127);
    assert_eq!(state["Error"], "no such file");
    assert_eq!(state["StartedAt"], "0001-01-01T00:00:00Z");
}

#[test]
fn what_runs_does_not_show_its_last_end() {
    let running = Running {
        id: ContainerId::from_bytes([1; 32]),
        keeper_pid: 2,
        pid: 3,
        started_ns: 5_000_000_000,
        first_host_id: 0,
    };
    let state = state(&Status::Running(running), Some(&exit()), None);
    assert_eq!((state["Pid"].as_i64(), state["KeeperPid"].as_i64()), (Some(3), Some(2)));
    assert_eq!((state["ExitCode"].as_i64(), state["OOMKilled"].as_bool()), (Some(0), Some(false)));
    assert_eq!(state["FinishedAt"], "0001-01-01T00:00:00Z");
    assert_eq!(state["StartedAt"], "1970-01-01T00:00:05Z");
}

#[test]
fn a_restart_to_come_is_told_with_its_reason() {
    let mut web = instance("web", State::Restarting, Course::Going);
    web.last_code = Some(137);
    web.wait = Some(Wait::Pause { in_ms: 800 });
    let state = state(&Status::Exited(exit()), None, Some(&web));
    assert_eq!((&state["Status"], &state["Restarting"]), (&"restarting".into(), &true.into()));
    assert!(state.get("Health").is_none(), "nobody asks for its health");
    let told = supervised(&web);
    assert_eq!(told["Doing"], "Restarting (137) in 800 ms: ended by SIGKILL");
    assert_eq!(told["NextTryMs"], 800);
    web.health = Health::Unhealthy;
    let state = super::state(&Status::Exited(exit()), None, Some(&web));
    assert_eq!(state["Health"]["Status"], "unhealthy");
}
