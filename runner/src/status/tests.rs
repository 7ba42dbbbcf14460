use super::*;

fn running(started_ns: u64) -> Running {
    Running { id: ContainerId::from_bytes([1; 32]), keeper_pid: 1, pid: 2, started_ns, first_host_id: 0 }
}

fn exit(started_ns: u64, code: u8) -> Exit {
    Exit {
        code,
        oom_killed: false,
        started_ns,
        finished_ns: started_ns + 1,
        memory_peak_bytes: 0,
        error: None,
    }
}

#[test]
fn every_combination_of_records_has_a_status() {
    assert_eq!(decide(false, None, None), Status::Created);
    assert_eq!(decide(true, None, None), Status::Created);
    assert_eq!(decide(true, Some(running(5)), None), Status::Running(running(5)));
    assert_eq!(decide(true, Some(running(5)), Some(exit(1, 0))), Status::Running(running(5)));
    assert_eq!(decide(false, None, Some(exit(5, 3))), Status::Exited(exit(5, 3)));
    assert_eq!(decide(true, None, Some(exit(5, 3))), Status::Exited(exit(5, 3)));
}

#[test]
fn a_start_that_failed_leaves_a_container_that_was_only_made() {
    assert_eq!(decide(false, None, Some(exit(0, 127))), Status::Created);
}

#[test]
fn an_end_that_nobody_saw_is_255() {
    let Status::Exited(exit) = decide(false, Some(running(5)), Some(exit(1, 0))) else {
        panic!("not exited")
    };
    assert_eq!((exit.code, exit.started_ns), (LOST_CODE, 5));
}

#[test]
fn an_end_that_was_recorded_before_the_keeper_was_killed_counts() {
    assert_eq!(decide(false, Some(running(5)), Some(exit(5, 7))), Status::Exited(exit(5, 7)));
}
