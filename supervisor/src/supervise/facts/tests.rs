use super::*;

fn running(started_ns: u64) -> Running {
    Running { id: ContainerId::from_bytes([1; 32]), keeper_pid: 1, pid: 2, started_ns, first_host_id: 0 }
}

fn exited(started_ns: u64, code: u8) -> exit::Exit {
    exit::Exit {
        code,
        oom_killed: false,
        started_ns,
        finished_ns: started_ns + 5_000_000,
        memory_peak_bytes: 0,
        error: None,
    }
}

fn seen(kept: bool, running: Option<Running>, exit: Option<exit::Exit>) -> Status {
    decide(kept, running, exit, false, |_| 7)
}

#[test]
fn records_mean_what_the_keeper_wrote() {
    let ended = |run, code| Status::Ended { run: RunId(run), exit: Exit { code, started: true, ran_ms: 5 } };
    let runs = |run, ran_ms| Status::Running { run: RunId(run), ran_ms, paused: false };
    for (kept, running, exit, status) in [
        (false, None, None, Status::Created),
        (true, Some(running(9)), None, runs(9, 7)),
        (true, Some(running(9)), Some(exited(3, 1)), runs(9, 7)),
        (true, None, None, runs(0, 0)),
        (false, Some(running(9)), None, Status::Lost { run: RunId(9) }),
        (false, Some(running(9)), Some(exited(3, 1)), Status::Lost { run: RunId(9) }),
        (false, Some(running(9)), Some(exited(9, 1)), ended(9, 1)),
        (false, None, Some(exited(9, 0)), ended(9, 0)),
        (true, None, Some(exited(9, 0)), ended(9, 0)),
    ] {
        assert_eq!(seen(kept, running, exit), status);
    }
}

#[test]
fn one_that_could_not_start_ran_for_no_time() {
    let unstartable = exit::Exit { started_ns: 0, finished_ns: 1_700_000_000_000_000_000, ..exited(0, 127) };
    assert_eq!(ended(&unstartable), Exit { code: 127, started: false, ran_ms: 0 });
}

#[test]
fn the_start_of_a_process_is_found_behind_any_name() {
    let fields: Vec<String> = (3..53).map(|field| field.to_string()).collect();
    let stat = format!("12 (a) b (c)) {}", fields.join(" "));
    assert_eq!(started_ticks(&stat), Some(22));
    assert_eq!(started_ticks(""), None);
}

#[test]
fn one_whose_first_run_the_power_ended_is_not_one_that_never_ran() {
    let lost = Status::Ended { run: RunId(0), exit: Exit { code: EXIT_LOST, started: true, ran_ms: 0 } };
    for (status, intent, known) in [
        (Status::Created, Intent::Started, lost),
        (Status::Created, Intent::Policy, Status::Created),
        (Status::Created, Intent::Stopped, Status::Created),
        (Status::Lost { run: RunId(9) }, Intent::Started, Status::Lost { run: RunId(9) }),
    ] {
        assert_eq!(remembered(status, intent), known);
    }
}
