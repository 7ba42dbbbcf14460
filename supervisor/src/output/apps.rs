//! Apps for people: what a container of one does or waits for, what `up` would do, and the rows of `app ls` and
//! `app ps`. Pure.

#[cfg(test)]
pub(crate) mod tests;

use super::format::Column;
use crate::cli::value::signal;
use limpet_protocol::control::{
    AppLine, Change, ChangeKind, Course, Health, Instance, State, UpdateLine, Wait,
};
use limpet_protocol::exit::code::SIGNAL_BASE;
use limpet_protocol::ledger::Course as UpdateCourse;
use serde_json::{Value, json};

/// The columns of `app ls`.
pub const LIST_COLUMNS: &[Column] =
    &[Column { field: "Name", heading: "NAME" }, Column { field: "Status", heading: "STATUS" }];

/// The columns of `app ps`.
pub const PS_COLUMNS: &[Column] = &[
    Column { field: "Name", heading: "NAME" },
    Column { field: "Image", heading: "IMAGE" },
    Column { field: "Command", heading: "COMMAND" },
    Column { field: "Service", heading: "SERVICE" },
    Column { field: "RunningFor", heading: "CREATED" },
    Column { field: "Status", heading: "STATUS" },
    Column { field: "Ports", heading: "PORTS" },
];

/// `exit status 1`, `SIGKILL`.
#[must_use]
pub fn why_ended(code: u8) -> String {
    match code.checked_sub(SIGNAL_BASE) {
        Some(number @ 1..=64) => format!("ended by SIG{}", signal::name(number)),
        _ => format!("exit status {code}"),
    }
}

/// `250 ms`, `4 s`, `3 min`.
#[must_use]
pub fn span(ms: u64) -> String {
    match ms {
        0..1000 => format!("{ms} ms"),
        1000..120_000 => format!("{} s", ms.div_ceil(1000)),
        _ => format!("{} min", ms.div_ceil(60_000)),
    }
}

/// docker's word for health, as it stands in `ps`: ` (healthy)`; nothing if nobody asks.
#[must_use]
pub fn health_suffix(health: Health) -> &'static str {
    match health {
        Health::Unwatched => "",
        Health::Starting => " (health: starting)",
        Health::Healthy => " (healthy)",
        Health::Unhealthy => " (unhealthy)",
    }
}

/// docker's word for health, as it stands in `inspect` and in filters.
#[must_use]
pub fn health_word(health: Health) -> &'static str {
    match health {
        Health::Unwatched => "none",
        Health::Starting => "starting",
        Health::Healthy => "healthy",
        Health::Unhealthy => "unhealthy",
    }
}

/// `Restarting (1) in 4 s: exit status 1`; nothing unless it will be started again by itself.
#[must_use]
pub fn restarting(instance: &Instance) -> Option<String> {
    if !matches!(instance.state, State::Restarting | State::Starting) {
        return None;
    }
    // One that is being started for the first time.
    let code = instance.last_code.or((instance.state == State::Restarting).then_some(0))?;
    let when = match &instance.wait {
        Some(Wait::Pause { in_ms }) => format!(" in {}", span(*in_ms)),
        Some(wait) => format!(", {}", waits(wait)),
        None => String::new(),
    };
    let ended = || match instance.health {
        Health::Unhealthy => "it was unhealthy".to_owned(),
        Health::Unwatched | Health::Starting | Health::Healthy => why_ended(code),
    };
    let why = instance.trouble.clone().unwrap_or_else(ended);
    Some(format!("Restarting ({code}){when}: {why}"))
}

/// `waits for db (service_healthy)`
#[must_use]
pub fn waits(wait: &Wait) -> String {
    match wait {
        Wait::Pause { in_ms } => format!("next try in {}", span(*in_ms)),
        Wait::Dependency { service, condition, blocked: false } => {
            format!("waits for {service} ({condition})")
        }
        Wait::Dependency { service, condition, blocked: true } => {
            format!("will not start: {service} does not come to {condition}")
        }
        Wait::Dependents => "waits for those that depend on it to stop".to_owned(),
        Wait::Space => "waits for room on the disk".to_owned(),
        Wait::Hands => "waits for others to be done".to_owned(),
    }
}

/// What a container does, in a few words: `Running (healthy)`, `Waits for db (service_healthy)`.
#[must_use]
pub fn doing(instance: &Instance) -> String {
    let trouble = instance.trouble.as_deref().map_or_else(String::new, |why| format!(": {why}"));
    let waiting = |otherwise: &str| match &instance.wait {
        Some(wait) => capitalised(&waits(wait)),
        None => otherwise.to_owned(),
    };
    let text = match instance.state {
        State::Absent => waiting("To be created"),
        State::Creating => "Creating".to_owned(),
        State::Created => waiting("Created"),
        State::Starting => "Starting".to_owned(),
        State::Running => format!("Running{}", health_suffix(instance.health)),
        State::Stopping => "Stopping".to_owned(),
        State::Restarting => return restarting(instance).unwrap_or_default(),
        State::Ended if instance.held => "Stopped by hand".to_owned(),
        State::Ended => format!("Exited ({})", instance.last_code.unwrap_or(0)),
        State::Clearing => "Ending what a lost keeper left".to_owned(),
        State::Removing => "Removing".to_owned(),
    };
    text + &trouble
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// Why a container will not come to what it is to be; nothing while it may.
#[must_use]
pub fn failing(instance: &Instance) -> Option<String> {
    match (instance.course, instance.state, &instance.trouble) {
        (Course::Stuck, State::Ended, None) => {
            instance.last_code.filter(|code| *code != 0).map(why_ended).or_else(|| Some(doing(instance)))
        }
        (Course::Stuck, _, _) => Some(doing(instance)),
        (Course::Unwanted | Course::Going | Course::Settled, _, _) => None,
    }
}

/// What `up` would do, one line for each container, and the sum.
#[must_use]
pub fn plan(app: &str, changes: &[Change]) -> String {
    let mut text = format!("app {app}\n");
    let width = changes.iter().map(|change| change.name.chars().count()).max().unwrap_or(0);
    for change in changes {
        let (mark, what) = planned(change);
        text.push_str(&format!("  {mark} {:width$}  {what}\n", change.name));
    }
    text + &sum(changes)
}

fn planned(change: &Change) -> (char, String) {
    match change.kind {
        ChangeKind::Add => ('+', "create and start".to_owned()),
        ChangeKind::Replace if change.because.is_empty() => ('~', "create anew and start".to_owned()),
        ChangeKind::Replace => ('~', format!("create anew and start: {} changed", change.because.join(", "))),
        ChangeKind::Start => ('>', "start".to_owned()),
        ChangeKind::Restart => ('>', "restart, because of what it depends on".to_owned()),
        ChangeKind::Remove => ('-', "stop and remove".to_owned()),
        ChangeKind::Keep => ('=', "leave as it is".to_owned()),
    }
}

fn sum(changes: &[Change]) -> String {
    let count = |kinds: &[ChangeKind]| changes.iter().filter(|change| kinds.contains(&change.kind)).count();
    let parts = [
        (count(&[ChangeKind::Add]), "to create"),
        (count(&[ChangeKind::Replace]), "to create anew"),
        (count(&[ChangeKind::Start]), "to start"),
        (count(&[ChangeKind::Restart]), "to restart"),
        (count(&[ChangeKind::Remove]), "to remove"),
        (count(&[ChangeKind::Keep]), "to leave as it is"),
    ];
    let parts = parts.iter().filter(|(count, _)| *count > 0);
    let parts: Vec<String> = parts.map(|(count, what)| format!("{count} {what}")).collect();
    if parts.is_empty() { "nothing to do\n".to_owned() } else { format!("{}\n", parts.join(", ")) }
}

/// One row of `app ls`.
#[must_use]
pub fn list_row(line: &AppLine, instances: &[Instance]) -> Value {
    json!({
        "Name": line.name,
        "Status": list_status(line, instances),
        "Wanted": line.wanted.to_string(),
        "Running": line.running.to_string(),
        "Settled": line.settled.to_string(),
        "Stuck": line.stuck.to_string(),
        "UpdateState": line.update.as_ref().map(|update| update.course.word()).unwrap_or_default(),
        "UpdateReason": line.update.as_ref().map(|update| update.why.as_str()).unwrap_or_default(),
    })
}

/// What is to be said of an update; nothing, if all is as it was asked for.
#[must_use]
pub fn update_text(update: &UpdateLine) -> Option<String> {
    let what = match update.course {
        UpdateCourse::Going => "being updated",
        UpdateCourse::Paused => "half updated, paused",
        UpdateCourse::Committed if update.why.is_empty() => return None,
        UpdateCourse::Committed => "updated, not all well",
        UpdateCourse::Reverting => "being rolled back",
        UpdateCourse::RevertPaused => "half rolled back, paused",
        UpdateCourse::Reverted => "rolled back",
    };
    let why = if update.why.is_empty() { String::new() } else { format!(": {}", update.why) };
    Some(format!("{what}{why}"))
}

/// One row of `app ls` for an app whose record cannot be read: how much is wanted of it is not known.
#[must_use]
pub fn damaged_row(name: &str) -> Value {
    json!({ "Name": name, "Status": "damaged", "Wanted": "", "Running": "", "Settled": "", "Stuck": "" })
}

/// `running(2), restarting(1)`: how many containers do what, in docker's words.
fn list_status(line: &AppLine, instances: &[Instance]) -> String {
    const WORDS: [&str; 7] =
        ["running", "restarting", "starting", "created", "stopping", "exited", "removing"];
    let of_app = instances.iter().filter(|instance| app_of(instance) == Some(&line.name));
    let states: Vec<&str> = of_app.map(|instance| list_word(instance.state)).collect();
    let counts = WORDS.iter().map(|word| (states.iter().filter(|state| *state == word).count(), word));
    let parts: Vec<String> =
        counts.filter(|(count, _)| *count > 0).map(|(count, word)| format!("{word}({count})")).collect();
    let leaving = if line.leaving { ", going down" } else { "" };
    let update = line.update.as_ref().and_then(update_text);
    let update = update.map(|text| format!(", {text}")).unwrap_or_default();
    let counts = if parts.is_empty() { "empty".to_owned() } else { parts.join(", ") };
    format!("{counts}{leaving}{update}")
}

fn list_word(state: State) -> &'static str {
    match state {
        State::Absent | State::Creating | State::Created => "created",
        State::Starting => "starting",
        State::Running => "running",
        State::Stopping => "stopping",
        State::Restarting => "restarting",
        State::Ended | State::Clearing => "exited",
        State::Removing => "removing",
    }
}

/// The app that it belongs to.
#[must_use]
pub fn app_of(instance: &Instance) -> Option<&String> {
    instance.member.as_ref().map(|(app, _, _)| app)
}

/// One row of `app ps` for a container that is yet to be made.
#[must_use]
pub fn absent_row(instance: &Instance) -> Value {
    let (app, service, _) = instance.member.clone().unwrap_or_default();
    json!({
        "ID": "",
        "Name": instance.name,
        "Names": instance.name,
        "Image": "",
        "Command": "",
        "App": app,
        "Project": app,
        "Service": service,
        "RunningFor": "",
        "State": "absent",
        "Health": "",
        "Status": doing(instance),
        "Ports": "",
    })
}
