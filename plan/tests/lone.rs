//! A container that was made by hand, with a restart policy.

use limpet_plan::{
    Action, Event, Exit, Facts, Health, InstanceId, RunId, Spec, State, Status, Tick, Turn, World, deadline,
    report, step,
};
use limpet_protocol::health::{OnUnhealthy, Pace};
use limpet_protocol::restart::{RestartPolicy, When};

const ID: InstanceId = InstanceId(7);

fn facts(status: Status) -> Facts {
    let spec = Spec {
        restart: RestartPolicy::plain(When::Always),
        health: None,
        on_unhealthy: OnUnhealthy::Report,
        grace_ms: Some(10_000),
    };
    Facts { role: None, spec, status, held: false, history: None }
}

fn found(turn: Turn, status: Status) -> Event {
    Event::Found { id: ID, turn, facts: facts(status) }
}

#[test]
fn it_is_started_again_after_it_ended() {
    let mut world = World::new(1);
    let running = Status::Running { run: RunId(100), ran_ms: 50, paused: false };
    assert!(step(&mut world, found(Turn::UNASKED, running), Tick(1000)).as_slice().is_empty());
    let settled = step(&mut world, Event::Settled, Tick(1000));
    assert!(matches!(settled.as_slice(), [Action::Note { id: ID, .. }]), "{settled:?}");
    assert_eq!(deadline(&world), None);

    let exit = Exit { code: 0, started: true, ran_ms: 60 };
    let ended = Event::Ended { id: ID, run: RunId(100), exit, held: false };
    step(&mut world, ended, Tick(2000));
    let due = deadline(&world).expect("a restart waits");
    assert!((2090..=2110).contains(&due.0), "{due:?}");

    let actions = step(&mut world, Event::Woke, due);
    let Some(Action::Start { id: ID, turn }) = actions.into_iter().last() else { panic!("not started") };
    let started = Event::Started { id: ID, turn, run: RunId(101) };
    step(&mut world, started, due.after(20));
    assert_eq!(deadline(&world), None);
}

#[test]
fn what_is_stopped_for_its_health_is_unhealthy_until_it_is_started_again() {
    let mut world = World::new(1);
    let mut sick = facts(Status::Running { run: RunId(100), ran_ms: 50, paused: false });
    sick.spec.health = Some(Pace { interval_ms: 1000, retries: 1, ..Pace::default() });
    sick.spec.on_unhealthy = OnUnhealthy::Restart;
    step(&mut world, Event::Found { id: ID, turn: Turn::UNASKED, facts: sick }, Tick(1000));
    step(&mut world, Event::Settled, Tick(1000));
    let actions = step(&mut world, Event::Woke, Tick(2000));
    let probe = actions.into_iter().find_map(|action| match action {
        Action::Probe { turn, .. } => Some(turn),
        _ => None,
    });
    let turn = probe.expect("a probe is due");
    step(&mut world, Event::Probed { id: ID, turn, healthy: false }, Tick(2010));
    let shown = |world: &World| report(world).instances.iter().map(|one| (one.state, one.health)).next();
    assert!(
        matches!(shown(&world), Some((State::Stopping { .. }, Health::Unhealthy))),
        "{:?}",
        shown(&world)
    );
    let exit = Exit { code: 137, started: true, ran_ms: 2000 };
    step(&mut world, Event::Ended { id: ID, run: RunId(100), exit, held: false }, Tick(3000));
    assert_eq!(shown(&world), Some((State::Restarting, Health::Unhealthy)));
    let due = deadline(&world).expect("a restart waits");
    step(&mut world, Event::Woke, due);
    assert_eq!(shown(&world), Some((State::Starting, Health::Unwatched)));
}

/// By its policy nothing asks for another run but its health does, and that was decided before the daemon was lost.
#[test]
fn what_was_about_to_run_again_for_its_health_does_so_under_the_next_daemon() {
    for restart in [RestartPolicy::NO, RestartPolicy::plain(When::OnFailure)] {
        runs_again_under_the_next_daemon(restart);
    }
}

fn runs_again_under_the_next_daemon(restart: RestartPolicy) {
    let mut world = World::new(1);
    let mut sick = facts(Status::Running { run: RunId(100), ran_ms: 50, paused: false });
    sick.spec.restart = restart;
    sick.spec.health = Some(Pace { interval_ms: 1000, retries: 1, ..Pace::default() });
    sick.spec.on_unhealthy = OnUnhealthy::Restart;
    step(&mut world, Event::Found { id: ID, turn: Turn::UNASKED, facts: sick }, Tick(1000));
    step(&mut world, Event::Settled, Tick(1000));
    let actions = step(&mut world, Event::Woke, Tick(2000)).into_iter();
    let mut turns = actions.filter_map(|action| match action {
        Action::Probe { turn, .. } => Some(turn),
        _ => None,
    });
    let turn = turns.next().expect("a probe is due");
    step(&mut world, Event::Probed { id: ID, turn, healthy: false }, Tick(2010));
    let exit = Exit { code: 0, started: true, ran_ms: 2000 };
    step(&mut world, Event::Ended { id: ID, run: RunId(100), exit, held: false }, Tick(3000));
    let due = deadline(&world).expect("a restart waits");
    let actions: Vec<Action> = step(&mut world, Event::Woke, due).into_iter().collect();
    let [Action::Note { history, .. }, Action::Start { .. }] = actions[..] else { panic!("{actions:?}") };

    // The daemon ends between the two.
    let mut next = World::new(2);
    sick.status = Status::Ended { run: RunId(100), exit };
    sick.history = Some(history);
    step(&mut next, Event::Found { id: ID, turn: Turn::UNASKED, facts: sick }, due);
    let actions: Vec<Action> = step(&mut next, Event::Settled, due).into_iter().collect();
    assert!(actions.iter().any(|action| matches!(action, Action::Start { .. })), "{actions:?}");
}
