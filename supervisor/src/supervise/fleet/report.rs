//! What a board tells its fleet. Pure: from what is known to a bounded report.

use super::Fleet;
use crate::sorted::SortedMap;
use limpet_protocol::control::{Health, Instance, Report as Shown, State};
use limpet_protocol::fleet::APPS_MAX;
use limpet_protocol::fleet::report::{AppReport, Progress, Report, Stamp, Text};

/// What does not change while the supervisor runs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Identity {
    /// The host's name.
    pub(crate) name: String,
    /// As the kernel says it.
    pub(crate) arch: String,
    /// Of Limpet.
    pub(crate) version: String,
    /// Release.
    pub(crate) kernel: String,
}

/// What the ledger says became of the version of an app that it was given last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// How far it is.
    pub(crate) progress: Progress,
    /// It is on its way out.
    pub(crate) leaving: bool,
}

/// As much of a text as fits.
pub(crate) fn short<const N: usize>(text: &str) -> heapless::String<N> {
    let mut short = heapless::String::new();
    for c in text.chars() {
        if short.push(c).is_err() {
            break;
        }
    }
    short
}

/// The whole. `outcomes` has every app of the ledger.
pub(crate) fn report(
    identity: &Identity,
    fleet: &Fleet,
    shown: &Shown,
    outcomes: &SortedMap<String, Outcome>,
    (at, uptime_s, sequence): (Stamp, u64, u64),
) -> Report {
    let outline = fleet.outline.as_ref();
    let program = outline.and_then(|outline| outline.state.as_ref()?.program.as_ref());
    let wanted = outline.map_or(&[][..], |outline| outline.apps());
    let mut names: Vec<&String> = wanted.iter().map(|wanted| &wanted.name).chain(outcomes.keys()).collect();
    names.sort();
    names.dedup();
    let apps = names.into_iter().take(APPS_MAX).map(|name| app(name, fleet, shown, outcomes.get(name)));
    Report {
        sequence,
        at,
        uptime_s,
        name: short(&identity.name),
        arch: short(&identity.arch),
        version: short(&identity.version),
        kernel: short(&identity.kernel),
        root_generation: outline.map_or(0, |outline| outline.root_generation),
        taken: outline.map_or((0, 0), |outline| outline.position),
        refused: fleet.refused.as_deref().map(short),
        held: fleet.held,
        program: program.map(|program| (program.version.clone(), fleet.own.progress())),
        apps: apps.collect(),
        disk_is_low: shown.disk_is_low,
    }
}

fn app(name: &str, fleet: &Fleet, shown: &Shown, outcome: Option<&Outcome>) -> AppReport {
    let of_app = |instance: &&Instance| instance.member.as_ref().is_some_and(|(app, _, _)| app == name);
    let line = shown.apps.iter().find(|line| line.name == name);
    let well = |instance: &&Instance| {
        instance.state == State::Running && matches!(instance.health, Health::Healthy | Health::Unwatched)
    };
    let instances = || shown.instances.iter().filter(of_app);
    AppReport {
        name: short(name),
        progress: progress(name, fleet, outcome),
        wanted: line.map_or(0, |line| line.wanted),
        running: line.map_or(0, |line| line.running),
        well: u16::try_from(instances().filter(well).count()).unwrap_or(u16::MAX),
        restarts: instances().fold(0, |sum: u32, instance| sum.saturating_add(instance.restarts)),
    }
}

fn progress(name: &str, fleet: &Fleet, outcome: Option<&Outcome>) -> Progress {
    let wanted = fleet.outline.as_ref().and_then(|outline| outline.version_of(name));
    let (Some(wanted), Some(begun)) = (wanted, fleet.begun.get(name)) else {
        return match (wanted, outcome) {
            (Some(wanted), _) => on_its_way(name, wanted, fleet),
            (None, Some(outcome)) if fleet.has(name) || outcome.leaving => Progress::Updating,
            // A person's own.
            (None, Some(outcome)) => outcome.progress.clone(),
            (None, None) => Progress::Updating,
        };
    };
    match outcome {
        Some(outcome) if wanted == begun.version && !outcome.leaving => outcome.progress.clone(),
        Some(_) | None => on_its_way(name, wanted, fleet),
    }
}

/// Of a version that was not handed to the ledger yet.
fn on_its_way(name: &str, wanted: u64, fleet: &Fleet) -> Progress {
    let failed = fleet.failed.get(name).filter(|failed| failed.version == wanted);
    match failed {
        Some(failed) => Progress::Failed(Text::from(short(&failed.why))),
        None if fleet.fetching.as_deref() == Some(name) => Progress::Fetching,
        None => Progress::Waiting,
    }
}
