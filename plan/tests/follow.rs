//! Updates that start the new container first: what becomes of the old one.

mod support;

use limpet_plan::{
    Action, AppId, By, Desired, Effect, Event, Exit, Facts, Failure, InstanceId, Place, Role, RunId, Service,
    ServiceId, Status, Tick, Turn, Updating, World, deadline, step,
};
use limpet_protocol::app::{OnFailure, Order, UpdateConfig};
use support::spec;

const OLD: InstanceId = InstanceId(1);
const PLACE: Place = Place { app: AppId(1), service: ServiceId(1), replica: 1 };

/// A world in which the old container runs and is to be replaced by one that is started first.
fn updating(now: Tick) -> (Box<World>, Vec<Action>) {
    let mut world = World::new(1);
    let status = Status::Running { run: RunId(100), ran_ms: 60_000, paused: false };
    let role = Some(Role { place: PLACE, revision: 1, beside: false });
    let facts = Facts { role, spec: spec(), status, held: false, history: None };
    step(&mut world, Event::Found { id: OLD, turn: Turn::UNASKED, facts }, now);
    step(&mut world, Event::Settled, now);
    let update = UpdateConfig {
        order: Order::StartFirst,
        on_failure: Some(OnFailure::Continue),
        monitor_ms: 1_000,
        ..UpdateConfig::default()
    };
    let service = Service {
        id: PLACE.service,
        revision: 2,
        replicas: vec![OLD],
        depends: Vec::new(),
        update: Some(update),
    };
    let desired = Desired { app: PLACE.app, services: vec![service], updating: Updating::Going };
    let actions = step(&mut world, Event::Wanted { desired, by: By::Hand }, now);
    (world, actions.into_iter().collect())
}

fn touches_the_old(actions: &[Action]) -> bool {
    actions.iter().any(|it| {
        matches!(
            it,
            Action::Stop { id: OLD, .. } | Action::Remove { id: OLD, .. } | Action::Kill { id: OLD, .. }
        )
    })
}

/// One answer to what is asked of the new container.
fn answer(action: &Action, makes: bool) -> Option<Event> {
    match *action {
        Action::Create { id, turn, beside: true, revision, .. } if makes => {
            Some(Event::Created { id, turn, revision, spec: spec() })
        }
        Action::Create { id, turn, .. } => {
            Some(Event::Failed { id, turn, effect: Effect::Create, failure: Failure::Other })
        }
        Action::Look { id, turn } => Some(Event::Absent { id, turn }),
        _ => None,
    }
}

/// Lets it go on from one deadline to the next; what was asked.
fn go_on(world: &mut World, mut left: Vec<Action>, now: &mut Tick, times: usize, makes: bool) -> Vec<Action> {
    let mut asked = left.clone();
    for _ in 0..times {
        while let Some(event) = left.iter().find_map(|action| answer(action, makes)) {
            left = step(world, event, *now).into_iter().collect();
            asked.extend(left.iter().cloned());
        }
        let Some(due) = deadline(world) else { break };
        *now = due;
        left = step(world, Event::Woke, due).into_iter().collect();
        asked.extend(left.iter().cloned());
    }
    asked
}

#[test]
fn nothing_goes_for_a_container_that_could_not_be_made() {
    let mut now = Tick(1_000_000);
    let (mut world, actions) = updating(now);
    let asked = go_on(&mut world, actions, &mut now, 12, false);
    let tries = asked.iter().filter(|action| matches!(action, Action::Create { .. })).count();
    assert!(tries > 3, "{asked:?}");
    assert!(!touches_the_old(&asked), "{asked:?}");
    // Once it can be made the update goes on, whatever failed before.
    let asked = go_on(&mut world, Vec::new(), &mut now, 3, true);
    assert!(touches_the_old(&asked), "{asked:?}");
}

/// Whether it has its name by now a record that cannot be read does not say, however often it is looked at.
#[test]
fn a_container_whose_record_is_damaged_while_it_gets_its_name_is_made_anew() {
    let mut now = Tick(1_000_000);
    let (mut world, actions) = updating(now);
    let id = make(&mut world, &actions, &mut now);
    let adopt = replace(&mut world, id, &mut now);
    assert!(matches!(adopt[..], [Action::Forget { id: OLD }, Action::Adopt { .. }]), "{adopt:?}");
    let looks: Vec<Action> = step(&mut world, Event::Poked { id }, now).into_iter().collect();
    let [Action::Look { turn, .. }] = looks[..] else { panic!("{looks:?}") };
    // It ended meanwhile, or it would run on.
    let damaged = Event::Damaged { id, turn, place: Some(PLACE), running: None };
    let actions: Vec<Action> = step(&mut world, damaged, now).into_iter().collect();
    let removes = actions.iter().find_map(|action| match *action {
        Action::Remove { turn, .. } => Some(turn),
        _ => None,
    });
    let turn = removes.unwrap_or_else(|| panic!("{actions:?}"));
    let actions: Vec<Action> = step(&mut world, Event::Removed { id, turn }, now).into_iter().collect();
    assert!(actions.iter().any(|it| matches!(it, Action::Create { beside: false, .. })), "{actions:?}");
}

/// The new container is made and started.
fn make(world: &mut World, actions: &[Action], now: &mut Tick) -> InstanceId {
    let created = actions.iter().find_map(|action| answer(action, true)).expect("it is made");
    let actions: Vec<Action> = step(world, created, *now).into_iter().collect();
    let start = actions.iter().find_map(|action| match *action {
        Action::Start { id, turn } => Some((id, turn)),
        _ => None,
    });
    let (id, turn) = start.unwrap_or_else(|| panic!("{actions:?}"));
    step(world, Event::Started { id, turn, run: RunId(200) }, *now);
    id
}

/// It is found well, and the old one goes.
fn replace(world: &mut World, id: InstanceId, now: &mut Tick) -> Vec<Action> {
    *now = now.after(1_000);
    let actions: Vec<Action> = step(world, Event::Woke, *now).into_iter().collect();
    let [Action::Look { turn, .. }] = actions[..] else { panic!("{actions:?}") };
    let status = Status::Running { run: RunId(200), ran_ms: 1_000, paused: false };
    let role = Some(Role { place: PLACE, revision: 2, beside: true });
    let facts = Facts { role, spec: spec(), status, held: false, history: None };
    let actions: Vec<Action> = step(world, Event::Found { id, turn, facts }, *now).into_iter().collect();
    assert!(touches_the_old(&actions), "{actions:?}");
    let exit = Exit { code: 143, started: true, ran_ms: 61_000 };
    let ended = Event::Ended { id: OLD, run: RunId(100), exit, held: false };
    let actions: Vec<Action> = step(world, ended, *now).into_iter().collect();
    let remove = actions.iter().find_map(|action| match *action {
        Action::Remove { id: OLD, turn } => Some(turn),
        _ => None,
    });
    let turn = remove.unwrap_or_else(|| panic!("{actions:?}"));
    step(world, Event::Removed { id: OLD, turn }, *now).into_iter().collect()
}
