//! What a board is busy with when its power is cut, and what may be true of it afterwards.
//!
//! A step that has begun and not ended may have happened or not; one that has ended has happened. So everything has one
//! state, or a few, and after the cut it must be in one of these.

#[cfg(test)]
mod tests;

use super::random::Random;
use crate::spec::Init;
use std::collections::BTreeMap;
use std::fmt;

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
    pub(super) kind: Kind,
    /// Of what: mostly one.
    pub(super) names: Vec<String>,
    /// The line of the shell.
    line: String,
    /// What it leads to.
    after: State,
}

/// The kinds of steps: the moments at which the power can be cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An image comes from an archive,
    Load,
    /// and goes.
    Forget,
    /// A container is made and started,
    Run,
    /// stopped,
    Stop,
    /// started again,
    Start,
    /// and removed.
    Remove,
    /// It gets another limit.
    Update,
    /// An app comes, or its next revision,
    Up,
    /// and goes.
    Down,
    /// An image comes from a registry,
    Pull,
    /// and goes.
    Discard,
    /// A container fills its log.
    Talk,
    /// What nothing uses goes.
    Prune,
    /// Limpet's own file is replaced by one that is well,
    Upgrade,
    /// and by one that never answers.
    Worse,
    /// The fleet gives the board another revision of an app.
    Deliver,
    /// The board comes up after the cut before.
    Recover,
    /// It goes off in order.
    Shutdown,
}

impl Kind {
    /// All, each once.
    pub(super) const ALL: [Self; 18] = [
        Self::Load,
        Self::Forget,
        Self::Run,
        Self::Stop,
        Self::Start,
        Self::Remove,
        Self::Update,
        Self::Up,
        Self::Down,
        Self::Pull,
        Self::Discard,
        Self::Talk,
        Self::Prune,
        Self::Upgrade,
        Self::Worse,
        Self::Deliver,
        Self::Recover,
        Self::Shutdown,
    ];
    /// The one of this name.
    ///
    /// # Errors
    /// There is none.
    pub fn named(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|kind| kind.to_string() == name);
        let names = || Self::ALL.map(|kind| kind.to_string()).join(", ");
        found.ok_or_else(|| format!("there is no moment {name}; there are: {}", names()))
    }

    /// How many of them may be steps on the way to another: all but the last three.
    const COMMON: usize = Self::ALL.len() - 3;

    /// What makes a step of this kind possible.
    fn needs(self) -> Self {
        match self {
            Self::Start => Self::Stop,
            Self::Stop | Self::Remove | Self::Update => Self::Run,
            Self::Forget => Self::Load,
            Self::Load => Self::Forget,
            Self::Pull => Self::Discard,
            Self::Discard => Self::Pull,
            Self::Down => Self::Up,
            // A container's name may be needed; the others are always possible.
            Self::Run
            | Self::Up
            | Self::Talk
            | Self::Prune
            | Self::Upgrade
            | Self::Worse
            | Self::Deliver
            | Self::Recover
            | Self::Shutdown => Self::Remove,
        }
    }

    /// What a step may also leave when it is cut off: making and starting are two things, and so are ending and removing.
    fn between(self) -> &'static [State] {
        match self {
            Self::Run | Self::Talk => &[State::Created],
            Self::Remove | Self::Prune => &[State::Stopped],
            // That it is to stop is known, and its end is not.
            Self::Stop => &[State::Created],
            _ => &[],
        }
    }
}

/// As the script says it.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format!("{self:?}").to_lowercase())
    }
}

/// Longer than anybody waits.
const WAIT: &str = "sleep 1000";
/// Image that comes and goes; nothing runs of it.
pub(super) const GUEST_IMAGE: &str = "nginx";
/// Image that is pulled and goes; likewise.
pub(super) const PULLED_IMAGE: &str = "redis";
/// The app.
pub(super) const APP: &str = "shop";
/// The one that the fleet gives.
pub(super) const FLEET_APP: &str = "far";
/// Limpet's own file, if it is on the disk; its revision is how often it was upgraded.
pub(super) const PROGRAM: &str = "program";
/// Containers that may be there at a time.
const CONTAINERS: [&str; 4] = ["cc", "dd", "ee", "ff"];
/// One that never stops talking into a log on the disk, whose files turn about once a second.
pub(super) const TALKER: &str = "gg";
const TALK: &str = "run -d --restart unless-stopped -m 16m --log-opt storage=disk --log-opt max-size=16k --log-opt max-file=3";
const CHATTER: &str =
    "i=0; while :; do i=$((i+1)); echo line $i of the log; [ $((i % 50)) = 0 ] && sleep 0.1; done";

/// What the board is, and where images come from on it.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// Archives.
    pub(super) payload: String,
    /// A registry, as the board knows it.
    pub(super) registry: String,
    /// Its first process.
    pub(super) init: Init,
}

/// What may be true, by name; everything else is absent.
pub(super) type Possible = BTreeMap<String, Vec<State>>;

/// What is true at first.
pub(super) fn first(init: Init) -> Possible {
    let mut possible = Possible::from([(FLEET_APP.to_owned(), vec![State::Revision(1)])]);
    if init == Init::Systemd {
        possible.insert(PROGRAM.to_owned(), vec![State::Revision(0)]);
    }
    possible
}

/// The revision that the fleet has given.
pub(super) fn delivered(possible: &Possible) -> u32 {
    revision(possible, FLEET_APP)
}

/// What is true of `name` if nothing is in doubt.
fn now(possible: &Possible, name: &str) -> State {
    possible.get(name).and_then(|states| states.last()).copied().unwrap_or(State::Absent)
}

/// Of `name`; 0 if it has none.
fn revision(possible: &Possible, name: &str) -> u32 {
    match now(possible, name) {
        State::Revision(revision) => revision,
        State::Absent | State::Created | State::Present | State::Stopped => 0,
    }
}

/// Nothing, while the board comes up.
pub(super) fn recover() -> Step {
    Step { kind: Kind::Recover, names: Vec::new(), line: WAIT.to_owned(), after: State::Absent }
}

/// A step of this kind, if there is anything to do it to.
fn step(kind: Kind, known: &Possible, place: &Place, random: &mut Random) -> Option<Step> {
    let new = || CONTAINERS.into_iter().filter(|name| now(known, name) == State::Absent).collect::<Vec<_>>();
    let of = |state: State| {
        let all = CONTAINERS.into_iter().chain([TALKER]);
        all.filter(|name| now(known, name) == state).collect::<Vec<&str>>()
    };
    let any =
        |names: Vec<&str>, random: &mut Random| (!names.is_empty()).then(|| random.pick(&names).to_string());
    let is_there = |image: &str| now(known, image) == State::Present;
    let Place { payload, registry, init } = place;
    let pulled = format!("{registry}/{PULLED_IMAGE}");
    let made = |name: String, line: String, after| Some(Step { kind, names: vec![name], line, after });
    // In an initramfs it is in memory; what is upgraded there keeps its state on the disk all the same.
    let own_file = |line: String, revision: u32| {
        let names = if *init == Init::Systemd { vec![PROGRAM.to_owned()] } else { Vec::new() };
        Some(Step { kind, names, line, after: State::Revision(revision) })
    };
    match kind {
        Kind::Load if !is_there(GUEST_IMAGE) => {
            let line = format!("limpet load -q -i {payload}/{GUEST_IMAGE}.docker.tar");
            made(GUEST_IMAGE.to_owned(), line, State::Present)
        }
        Kind::Forget if is_there(GUEST_IMAGE) => {
            made(GUEST_IMAGE.to_owned(), format!("limpet rmi {GUEST_IMAGE}"), State::Absent)
        }
        Kind::Pull if !is_there(PULLED_IMAGE) => {
            made(PULLED_IMAGE.to_owned(), format!("limpet pull -q {pulled}"), State::Present)
        }
        Kind::Discard if is_there(PULLED_IMAGE) => {
            made(PULLED_IMAGE.to_owned(), format!("limpet rmi {pulled}"), State::Absent)
        }
        Kind::Talk => {
            let line = match now(known, TALKER) {
                State::Absent => format!("limpet {TALK} --name {TALKER} busybox sh -c '{CHATTER}'"),
                State::Stopped | State::Created => format!("limpet start {TALKER}"),
                // Its log turns meanwhile.
                State::Present | State::Revision(_) => "sleep 1".to_owned(),
            };
            made(TALKER.to_owned(), line, State::Present)
        }
        Kind::Prune => {
            let names = [of(State::Stopped), of(State::Created)].concat();
            let names = names.into_iter().map(str::to_owned).collect();
            Some(Step { kind, names, line: "limpet system prune -f".to_owned(), after: State::Absent })
        }
        Kind::Upgrade => {
            let copy = "cp \"$(command -v limpet)\" /root/newer && echo >>/root/newer";
            own_file(format!("{copy} && limpet upgrade /root/newer"), revision(known, PROGRAM) + 1)
        }
        // A version that never answers: it is on trial for longer than anybody waits before the cut.
        Kind::Worse => {
            let line =
                "cp /bin/agent /root/worse; limpet upgrade --timeout 5s /root/worse 2>/dev/null; [ $? = 1 ]";
            own_file(line.to_owned(), revision(known, PROGRAM))
        }
        // It is the controller that begins it; here it is waited for.
        Kind::Deliver => {
            let revision = revision(known, FLEET_APP) + 1;
            let seen = format!(
                "limpet exec {FLEET_APP}-a-1 sh -c 'echo $REVISION' 2>/dev/null | grep -qx {revision}"
            );
            made(FLEET_APP.to_owned(), format!("until {seen}; do sleep 0.2; done"), State::Revision(revision))
        }
        Kind::Shutdown => {
            let line = format!("{}; {WAIT}", init.power_off().join(" "));
            Some(Step { kind, names: Vec::new(), line, after: State::Absent })
        }
        Kind::Run => {
            let name = any(new(), random)?;
            let flags = "--restart unless-stopped -m 16m";
            let line = format!("limpet run -d {flags} --name {name} probe on-term 0");
            made(name, line, State::Present)
        }
        Kind::Stop => {
            let name = any(of(State::Present), random)?;
            let line = format!("limpet stop {name}");
            made(name, line, State::Stopped)
        }
        Kind::Start => {
            let name = any([of(State::Stopped), of(State::Created)].concat(), random)?;
            let line = format!("limpet start {name}");
            made(name, line, State::Present)
        }
        Kind::Remove => {
            let name = any([of(State::Present), of(State::Stopped), of(State::Created)].concat(), random)?;
            let line = format!("limpet rm -f {name}");
            made(name, line, State::Absent)
        }
        Kind::Update => {
            let name = any(of(State::Present), random)?;
            let line = format!("limpet update -m {}m {name}", 12 + random.below(8));
            made(name, line, State::Present)
        }
        Kind::Up => {
            let revision = revision(known, APP) + 1;
            let line = format!("REVISION={revision} limpet up -f /root/compose.yaml");
            made(APP.to_owned(), line, State::Revision(revision))
        }
        Kind::Down if now(known, APP) != State::Absent => {
            made(APP.to_owned(), format!("limpet down {APP}"), State::Absent)
        }
        Kind::Load | Kind::Forget | Kind::Pull | Kind::Discard | Kind::Down | Kind::Recover => None,
    }
}

/// A sequence of steps that begins with `possible`: a few, one of this `kind` with what it needs before it, and more.
pub(super) fn plan(possible: &Possible, kind: Kind, place: &Place, random: &mut Random) -> Vec<Step> {
    const STEPS: usize = 8;
    let before = usize::try_from(random.below(3)).expect("it is small");
    let mut known = possible.clone();
    let mut steps: Vec<Step> = Vec::new();
    while steps.len() < STEPS || !steps.iter().any(|step| step.kind == kind) {
        let is_next = steps.len() >= before && !steps.iter().any(|step| step.kind == kind);
        let wanted = if is_next { kind } else { *random.pick(&Kind::ALL[..Kind::COMMON]) };
        let chain = [wanted, wanted.needs(), wanted.needs().needs()];
        if let Some(step) = chain.into_iter().find_map(|kind| step(kind, &known, place, random)) {
            known.extend(step.names.iter().map(|name| (name.clone(), vec![step.after])));
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
        let (is_done, is_begun) = (has("end"), has("begin"));
        for name in step.names.iter().filter(|_| is_done || is_begun) {
            let before = now(&possible, name);
            let doubtful = [&[before, step.after], step.kind.between()].concat();
            // What the fleet has begun, it also ends.
            let is_certain = is_done || step.kind == Kind::Deliver;
            possible.insert(name.clone(), if is_certain { vec![step.after] } else { doubtful });
        }
    }
    possible
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
