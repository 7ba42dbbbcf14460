//! What a board is busy with when its power is cut, and what may be true of it afterwards.
//!
//! A step that has begun and not ended may have happened or not; one that has ended has happened. So everything has one
//! state, or a few, and after the cut it must be in one of these.

#[cfg(test)]
mod tests;

use super::random::Random;
use std::collections::BTreeMap;

/// State of something that has a name: a container, an app or an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum State {
    /// There is none.
    Absent,
    /// It runs (or is there, if it is an image).
    Present,
    /// It is made and was never started.
    Created,
    /// It is stopped, and stays so over a boot.
    Stopped,
    /// An app, as this revision of its file has it.
    Revision(u32),
}

/// What is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// Its kind, by which moments are chosen.
    pub(super) kind: &'static str,
    /// Of what.
    pub(super) name: String,
    /// The line of the shell.
    line: String,
    /// What it leads to.
    after: State,
}

/// Every kind of step: the moments at which the power can be cut.
pub(super) const KINDS: [&str; 9] =
    ["load", "forget", "run", "stop", "start", "remove", "update", "up", "down"];
/// Image that comes and goes; nothing runs of it.
pub(super) const GUEST_IMAGE: &str = "nginx";
/// The app.
pub(super) const APP: &str = "shop";
/// Containers that may be there at a time.
const CONTAINERS: [&str; 4] = ["cc", "dd", "ee", "ff"];

/// What may be true, by name; everything else is absent.
pub(super) type Possible = BTreeMap<String, Vec<State>>;

/// What is true of `name` if nothing is in doubt.
fn now(possible: &Possible, name: &str) -> State {
    possible.get(name).and_then(|states| states.last()).copied().unwrap_or(State::Absent)
}

/// A step of this kind, if there is anything to do it to.
fn step(kind: &'static str, known: &Possible, payload: &str, random: &mut Random) -> Option<Step> {
    let of = |state: State| {
        let fitting: Vec<&str> = CONTAINERS.into_iter().filter(|name| now(known, name) == state).collect();
        fitting
    };
    let any =
        |names: Vec<&str>, random: &mut Random| (!names.is_empty()).then(|| random.pick(&names).to_string());
    let there = now(known, GUEST_IMAGE) == State::Present;
    let made = |name: String, line: String, after| Some(Step { kind, name, line, after });
    match kind {
        "load" if !there => {
            let line = format!("limpet load -q -i {payload}/{GUEST_IMAGE}.docker.tar");
            made(GUEST_IMAGE.to_owned(), line, State::Present)
        }
        "forget" if there => made(GUEST_IMAGE.to_owned(), format!("limpet rmi {GUEST_IMAGE}"), State::Absent),
        "run" => {
            let name = any(of(State::Absent), random)?;
            let flags = "--restart unless-stopped -m 16m";
            let line = format!("limpet run -d {flags} --name {name} probe on-term 0");
            made(name, line, State::Present)
        }
        "stop" => {
            let name = any(of(State::Present), random)?;
            let line = format!("limpet stop {name}");
            made(name, line, State::Stopped)
        }
        "start" => {
            let name = any([of(State::Stopped), of(State::Created)].concat(), random)?;
            let line = format!("limpet start {name}");
            made(name, line, State::Present)
        }
        "remove" => {
            let name = any([of(State::Present), of(State::Stopped), of(State::Created)].concat(), random)?;
            let line = format!("limpet rm -f {name}");
            made(name, line, State::Absent)
        }
        "update" => {
            let name = any(of(State::Present), random)?;
            let line = format!("limpet update -m {}m {name}", 12 + random.below(8));
            made(name, line, State::Present)
        }
        "up" => {
            let revision = match now(known, APP) {
                State::Revision(revision) => revision + 1,
                State::Absent | State::Created | State::Present | State::Stopped => 1,
            };
            let line = format!("REVISION={revision} limpet up -f /root/compose.yaml");
            made(APP.to_owned(), line, State::Revision(revision))
        }
        "down" if now(known, APP) != State::Absent => {
            made(APP.to_owned(), format!("limpet down {APP}"), State::Absent)
        }
        _ => None,
    }
}

/// What makes a step of this kind possible.
fn needed(kind: &str) -> &'static str {
    match kind {
        "start" => "stop",
        "stop" | "remove" | "update" => "run",
        "forget" => "load",
        "load" => "forget",
        "down" => "up",
        _ => "remove",
    }
}

/// A sequence of steps that begins with `possible`: a few, one of this `kind` with what it needs before it, and more.
pub(super) fn plan(possible: &Possible, kind: &'static str, payload: &str, random: &mut Random) -> Vec<Step> {
    const STEPS: usize = 8;
    let before = usize::try_from(random.below(3)).expect("it is small");
    let mut known = possible.clone();
    let mut steps: Vec<Step> = Vec::new();
    while steps.len() < STEPS || !steps.iter().any(|step| step.kind == kind) {
        let is_next = steps.len() >= before && !steps.iter().any(|step| step.kind == kind);
        let wanted = if is_next { kind } else { *random.pick(&KINDS) };
        let chain = [wanted, needed(wanted), needed(needed(wanted))];
        if let Some(step) = chain.into_iter().find_map(|kind| step(kind, &known, payload, random)) {
            known.insert(step.name.clone(), vec![step.after]);
            steps.push(step);
        }
    }
    steps
}

/// The steps as a script, which says of each that it begins and that it has ended well.
pub(super) fn script(steps: &[Step]) -> String {
    let said = |(number, step): (usize, &Step)| {
        let Step { kind, line, .. } = step;
        format!(
            "echo begin {number} {kind}; {line} >/dev/null || {{ echo status $?; exit 1; }}; echo end {number}\n"
        )
    };
    steps.iter().enumerate().map(said).collect()
}

/// What may be true when the script had said `printed` and the power was cut.
pub(super) fn outlook(mut possible: Possible, steps: &[Step], printed: &str) -> Possible {
    for (number, step) in steps.iter().enumerate() {
        let number = number.to_string();
        let has =
            |word: &str| printed.lines().any(|line| line.split(' ').take(2).eq([word, number.as_str()]));
        if has("end") {
            possible.insert(step.name.clone(), vec![step.after]);
        } else if has("begin") {
            let before = now(&possible, &step.name);
            possible.insert(step.name.clone(), [&[before, step.after], between(step.kind)].concat());
        }
    }
    possible
}

/// What a step may also leave when it is cut off: making and starting are two things, and so are ending and removing.
fn between(kind: &str) -> &'static [State] {
    match kind {
        "run" => &[State::Created],
        "remove" => &[State::Stopped],
        // That it is to stop is known, and its end is not.
        "stop" => &[State::Created],
        _ => &[],
    }
}

/// What is wrong: states that are not among the possible ones.
pub(super) fn surprises(possible: &Possible, found: &BTreeMap<String, State>) -> Vec<String> {
    let names = possible.keys().chain(found.keys());
    let mut surprises: Vec<String> = names
        .filter_map(|name| {
            let state = found.get(name).copied().unwrap_or(State::Absent);
            let states = possible.get(name).cloned().unwrap_or_else(|| vec![State::Absent]);
            (!states.contains(&state)).then(|| format!("{name} is {state:?} instead of {states:?}"))
        })
        .collect();
    surprises.sort();
    surprises.dedup();
    surprises
}
