use super::*;

fn steps() -> Vec<Step> {
    let step =
        |kind, name: &str, after| Step { kind, names: vec![name.to_owned()], line: String::new(), after };
    vec![step(Kind::Run, "cc", State::Present), step(Kind::Stop, "cc", State::Stopped)]
}

#[test]
fn what_has_ended_is_certain_and_what_has_begun_is_not() {
    let after = |printed| outlook(Possible::new(), &steps(), printed).remove("cc");
    assert_eq!(after(""), None);
    assert_eq!(after("begin 0 run\n"), Some(vec![State::Absent, State::Present, State::Created]));
    assert_eq!(after("begin 0 run\nend 0\n"), Some(vec![State::Present]));
    assert_eq!(
        after("begin 0 run\nend 0\nbegin 1 stop\n"),
        Some(vec![State::Present, State::Stopped, State::Created])
    );
    assert_eq!(after("begin 0 run\nend 0\nbegin 1 stop\nend 1\n"), Some(vec![State::Stopped]));
}

#[test]
fn what_is_not_possible_is_a_surprise() {
    let possible = Possible::from([("cc".to_owned(), vec![State::Present])]);
    let found = |state| BTreeMap::from([("cc".to_owned(), state)]);
    assert_eq!(surprises(&possible, &found(State::Present)), Vec::<String>::new());
    assert_eq!(surprises(&possible, &found(State::Stopped)).len(), 1);
    assert_eq!(surprises(&possible, &BTreeMap::new()), ["cc is Absent instead of [Present]"]);
    assert_eq!(surprises(&Possible::new(), &found(State::Present)).len(), 1, "nobody asked for it");
}

#[test]
fn a_plan_has_the_wanted_moment_and_is_the_same_for_the_same_seed() {
    let (payload, registry) = ("/payload".to_owned(), "10.0.2.2:5000".to_owned());
    let place = Place { payload, registry, init: Init::Systemd };
    for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::Recover) {
        let made = |seed| plan(&Possible::new(), kind, &place, &mut Random::new(seed));
        assert_eq!(made(7), made(7));
        assert!(made(7).iter().any(|step| step.kind == kind));
    }
}
