//! Apps: what is taken in, what is refused, in which order things start and stop, and what a change touches.

mod support;

use limpet_plan::{
    Action, Actions, AppId, By, Condition, Depends, Desired, Effect, Event, Exit, Facts, Failure,
    INSTANCES_MAX, InstanceId, Kind, Place, Refusal, Role, RunId, Service, ServiceId, Space, State, Status,
    Tick, Turn, Updating, Wait, World, admit, deadline, diff, report, step,
};
use support::spec;

const APP: AppId = AppId(1);
/// Runs are numbered by the turn of their start here, and that comes after the creation's.
const FIRST_RUN: RunId = RunId(2);

fn service(id: u16, on: &[u16]) -> Service {
    let depends = on.iter().map(|on| Depends {
        on: ServiceId(*on),
        condition: Condition::Started,
        required: true,
        restart: false,
    });
    Service {
        id: ServiceId(id),
        revision: 1,
        replicas: vec![InstanceId(id)],
        depends: depends.collect(),
        update: None,
    }
}

fn app(services: Vec<Service>) -> Desired {
    Desired { app: APP, services, updating: Updating::No }
}

fn settled() -> Box<World> {
    let mut world = World::new(1);
    step(&mut world, Event::Settled, Tick(0));
    world
}

/// Answers creations, starts, stops and removals until nothing is asked any more; the order in which it was asked.
fn carry_out(world: &mut World, actions: Actions, now: Tick) -> Vec<(Effect, u16)> {
    let mut asked = Vec::new();
    let mut left: Vec<Action> = actions.into_iter().collect();
    while !left.is_empty() {
        let answers: Vec<Event> = left.iter().filter_map(|action| answer(action, &mut asked)).collect();
        left = answers.into_iter().flat_map(|event| step(world, event, now)).collect();
    }
    asked
}

fn answer(action: &Action, asked: &mut Vec<(Effect, u16)>) -> Option<Event> {
    let exit = Exit { code: 143, started: true, ran_ms: 50 };
    let (effect, id, event) = match *action {
        Action::Create { id, turn, revision, .. } => {
            (Effect::Create, id, Event::Created { id, turn, revision, spec: spec() })
        }
        Action::Start { id, turn } => {
            (Effect::Start, id, Event::Started { id, turn, run: RunId(u64::from(turn.0)) })
        }
        Action::Stop { id, .. } => (Effect::Stop, id, Event::Ended { id, run: FIRST_RUN, exit, held: false }),
        Action::Remove { id, turn } => (Effect::Remove, id, Event::Removed { id, turn }),
        _ => return None,
    };
    asked.push((effect, id.0));
    Some(event)
}

fn up(world: &mut World, desired: Desired) -> Vec<(Effect, u16)> {
    let actions = step(world, Event::Wanted { desired, by: By::Hand }, Tick(10));
    carry_out(world, actions, Tick(10))
}

fn only(asked: &[(Effect, u16)], effect: Effect) -> Vec<u16> {
    asked.iter().filter(|(what, _)| *what == effect).map(|(_, id)| *id).collect()
}

#[test]
fn services_start_after_what_they_depend_on_and_stop_before_it() {
    let mut world = settled();
    let asked = up(&mut world, app(vec![service(1, &[2]), service(2, &[3]), service(3, &[])]));
    assert_eq!(only(&asked, Effect::Start), [3, 2, 1]);
    let actions = step(&mut world, Event::Unwanted { app: APP }, Tick(20));
    let asked = carry_out(&mut world, actions, Tick(20));
    assert_eq!(only(&asked, Effect::Stop), [1, 2, 3]);
    assert!(report(&world).apps.is_empty() && report(&world).instances.is_empty());
}

#[test]
fn an_app_whose_services_depend_on_each_other_in_a_circle_is_refused() {
    let world = settled();
    let circle = app(vec![service(1, &[2]), service(2, &[3]), service(3, &[1])]);
    assert!(matches!(admit(&circle, &world), Err(Refusal::Cycle(_))));
    assert_eq!(admit(&app(vec![service(1, &[1])]), &world), Err(Refusal::Cycle(ServiceId(1))));
    assert_eq!(admit(&app(vec![service(1, &[9])]), &world), Err(Refusal::Missing(ServiceId(1))));
}

#[test]
fn a_refused_app_changes_nothing_that_runs() {
    let mut world = settled();
    up(&mut world, app(vec![service(1, &[])]));
    let circle = app(vec![service(1, &[2]), service(2, &[1])]);
    let actions = step(&mut world, Event::Wanted { desired: circle, by: By::Hand }, Tick(20));
    assert!(
        matches!(actions.as_slice(), [Action::Refused { app: APP, refusal: Refusal::Cycle(_) }]),
        "{actions:?}"
    );
    assert!(matches!(report(&world).instances[0].state, State::Running { .. }));
}

#[test]
fn a_full_table_refuses_apps_and_turns_containers_away() {
    let mut world = settled();
    let most = u16::try_from(INSTANCES_MAX).unwrap();
    let mut all = service(1, &[]);
    all.replicas = (0..most).map(InstanceId).collect();
    assert_eq!(admit(&app(vec![all.clone()]), &world), Ok(()));
    step(&mut world, Event::Wanted { desired: app(vec![all]), by: By::Hand }, Tick(10));
    let mut other = service(2, &[]);
    other.replicas = vec![InstanceId(most)];
    let second = Desired { app: AppId(2), services: vec![other], updating: Updating::No };
    assert_eq!(admit(&second, &world), Err(Refusal::TooManyInstances));
    let status = Status::Running { run: RunId(1), ran_ms: 0, paused: false };
    let facts = Facts { role: None, spec: spec(), status, held: false, history: None };
    step(&mut world, Event::Found { id: InstanceId(most), turn: Turn::UNASKED, facts }, Tick(20));
    assert_eq!((report(&world).turned_away, report(&world).instances.len()), (1, INSTANCES_MAX));
}

/// 256 containers: each event has a bounded answer, and at most four children work at a time.
#[test]
fn a_full_board_starts_a_few_at_a_time_and_stops_within_its_time() {
    let mut world = settled();
    let mut all = service(1, &[]);
    all.replicas = (0..u16::try_from(INSTANCES_MAX).unwrap()).map(InstanceId).collect();
    let first = step(&mut world, Event::Wanted { desired: app(vec![all]), by: By::Hand }, Tick(10));
    assert_eq!(first.as_slice().len(), limpet_plan::EFFECTS_MAX);
    carry_out(&mut world, first, Tick(10));
    let running = report(&world).apps[0].running;
    assert_eq!(usize::from(running), INSTANCES_MAX);

    let stops = step(&mut world, Event::Shutdown { within_ms: 20_000 }, Tick(1_000));
    let stopping = stops.as_slice().iter().filter(|action| matches!(action, Action::Stop { .. })).count();
    assert_eq!(stopping, INSTANCES_MAX);
    assert!(stops.as_slice().len() <= Actions::MAX);
    // Nobody answers: all are killed, and the board goes off when its time is over.
    let mut now = Tick(1_000);
    let (mut kills, mut off) = (0, None);
    while let Some(at) = deadline(&world) {
        assert!(at > now, "never now");
        now = at;
        for action in step(&mut world, Event::Woke, now) {
            kills += usize::from(matches!(action, Action::Kill { .. }));
            if let Action::Off { clean } = action {
                off = Some((clean, now));
            }
        }
    }
    assert!(kills >= INSTANCES_MAX);
    assert_eq!(off, Some((false, Tick(21_000))));
}

#[test]
fn a_change_touches_only_what_changed() {
    let mut world = settled();
    up(&mut world, app(vec![service(1, &[2]), service(2, &[]), service(3, &[])]));
    let mut changed = service(2, &[]);
    changed.revision = 2;
    let desired = app(vec![service(1, &[2]), changed, service(4, &[])]);

    let kinds: Vec<(u16, Kind)> =
        diff(&desired, &world).changes.iter().map(|change| (change.id.0, change.kind)).collect();
    let expected = [(1, Kind::Keep), (2, Kind::Replace), (4, Kind::Add), (3, Kind::Remove)];
    assert_eq!(kinds, expected);

    let asked = up(&mut world, desired.clone());
    assert!(asked.iter().all(|(_, id)| *id != 1), "{asked:?}");
    assert_eq!(only(&asked, Effect::Remove), [2, 3]);
    assert!(diff(&desired, &world).is_empty());
    assert_eq!(up(&mut world, desired), []);
}

#[test]
fn restart_true_restarts_what_depends_on_a_changed_service() {
    let mut world = settled();
    let mut follower = service(1, &[2]);
    follower.depends[0].restart = true;
    up(&mut world, app(vec![follower.clone(), service(2, &[])]));
    let mut changed = service(2, &[]);
    changed.revision = 2;
    let desired = app(vec![follower, changed]);
    assert_eq!(diff(&desired, &world).changes[0].kind, Kind::Restart);
    let asked = up(&mut world, desired);
    assert_eq!(only(&asked, Effect::Stop), [1, 2]);
    assert_eq!(only(&asked, Effect::Start), [2, 1]);
}

#[test]
fn a_low_disk_takes_no_new_work_and_goes_on_by_itself() {
    let mut world = settled();
    let low = step(&mut world, Event::Space(Space::Low), Tick(5));
    assert_eq!(low.as_slice(), [Action::Prune]);
    assert_eq!(up(&mut world, app(vec![service(1, &[])])), []);
    assert_eq!(report(&world).instances[0].wait, Some(Wait::Space));
    let ample = step(&mut world, Event::Space(Space::Ample), Tick(30));
    assert_eq!(only(&carry_out(&mut world, ample, Tick(30)), Effect::Start), [1]);
}

#[test]
fn what_fails_is_tried_again_and_shown_and_stops_nobody_else() {
    let mut world = settled();
    let desired = app(vec![service(1, &[]), service(2, &[])]);
    let actions = step(&mut world, Event::Wanted { desired, by: By::Hand }, Tick(10));
    let turn = |action: &Action| match *action {
        Action::Create { id: InstanceId(1), turn, .. } | Action::Look { id: InstanceId(1), turn } => {
            Some(turn)
        }
        _ => None,
    };
    let asked = actions.as_slice().iter().find_map(turn).unwrap();
    let failed =
        Event::Failed { id: InstanceId(1), turn: asked, effect: Effect::Create, failure: Failure::Other };
    let look = step(&mut world, failed, Tick(20)).as_slice().iter().find_map(turn).expect("a look");
    step(&mut world, Event::Absent { id: InstanceId(1), turn: look }, Tick(21));
    assert!(matches!(report(&world).instances[0].wait, Some(Wait::Retry { effect: Effect::Create, .. })));
    let due = deadline(&world).unwrap();
    let again = step(&mut world, Event::Woke, due);
    assert!(again.as_slice().iter().any(|action| matches!(action, Action::Create { id: InstanceId(1), .. })));
    let other: Vec<Event> = actions
        .as_slice()
        .iter()
        .filter(|action| matches!(action, Action::Create { id: InstanceId(2), .. }))
        .filter_map(|action| answer(action, &mut Vec::new()))
        .collect();
    let started: Vec<Action> = other.into_iter().flat_map(|event| step(&mut world, event, due)).collect();
    assert!(started.iter().any(|action| matches!(action, Action::Start { id: InstanceId(2), .. })));
}

/// Damage to one record: a container made by hand is left and shown; a member is made anew from the ledger.
#[test]
fn a_damaged_record_is_contained() {
    let mut world = World::new(1);
    let place = Place { app: APP, service: ServiceId(1), replica: 1 };
    let lone = Event::Damaged { id: InstanceId(9), turn: Turn::UNASKED, place: None, running: None };
    let member = Event::Damaged { id: InstanceId(1), turn: Turn::UNASKED, place: Some(place), running: None };
    let status = Status::Running { run: RunId(5), ran_ms: 0, paused: false };
    let role = Some(Role { place: Place { service: ServiceId(2), ..place }, revision: 1, beside: false });
    let facts = Facts { role, spec: spec(), status, held: false, history: None };
    let well = Event::Found { id: InstanceId(2), turn: Turn::UNASKED, facts };
    let desired = app(vec![service(1, &[]), service(2, &[])]);
    for event in [lone, member, well, Event::Wanted { desired, by: By::Ledger }] {
        step(&mut world, event, Tick(5));
    }
    let actions = step(&mut world, Event::Settled, Tick(5));
    let asked = carry_out(&mut world, actions, Tick(5));
    assert_eq!(asked, [(Effect::Remove, 1), (Effect::Create, 1), (Effect::Start, 1)]);
}
