use super::*;

const PID: Pid = Pid::INIT;

/// Pauses before each of the next starts of one that ends at once.
fn pauses(service: &mut Service, count: usize, mut now_ms: u64) -> Vec<u64> {
    let mut pause = || {
        service.started(PID, now_ms);
        service.ended(now_ms);
        let at_ms = service.due_at_ms().expect("it is to be started again");
        let pause_ms = at_ms - now_ms;
        now_ms = at_ms;
        pause_ms
    };
    (0..count).map(|_| pause()).collect()
}

#[test]
fn it_is_due_at_once_and_not_while_it_runs() {
    let mut service = Service::new(Role::Console, true);
    assert!(service.is_due(0));
    service.started(PID, 0);
    assert!(!service.is_due(u64::MAX));
    assert_eq!((service.pid(), service.due_at_ms()), (Some(PID), None));
}

#[test]
fn a_crash_loop_slows_down_and_never_ends() {
    let mut service = Service::new(Role::Supervisor, true);
    let expected = [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000];
    assert_eq!(pauses(&mut service, expected.len(), 5), expected);
}

#[test]
fn who_lived_long_is_started_quickly_again() {
    let mut service = Service::new(Role::Supervisor, true);
    pauses(&mut service, 5, 0);
    service.started(PID, 10_000);
    service.ended(10_000 + HEALTHY_MS);
    assert_eq!(service.due_at_ms(), Some(10_000 + HEALTHY_MS + PAUSE_MS_MIN));
}

#[test]
fn one_that_is_not_restarted_is_over() {
    let mut service = Service::new(Role::Console, false);
    service.started(PID, 0);
    service.ended(1);
    assert_eq!((service.pid(), service.due_at_ms(), service.is_due(u64::MAX)), (None, None, false));
}
