//! The supervisor's picture as metrics, in Prometheus's text form (exposition format 0.0.4).
//!
//! Names are as <https://prometheus.io/docs/practices/naming/> has them: base units at the end, and `_total` for what only
//! grows; a counter that begins anew with each run is one that was reset.

pub(crate) mod door;
mod http;
#[cfg(test)]
mod tests;

use limpet_protocol::control::{Health, Instance, LinkLine, REPLY_BYTES_MAX, Report, State};
use limpet_protocol::disk::Room;
use std::fmt::Write;

/// Longest text: it goes in one reply. Where there are more containers than it holds, the last ones are left out.
const TEXT_BYTES_MAX: usize = REPLY_BYTES_MAX - 64;
const NS_PER_S: u64 = 1_000_000_000;

/// What a container that runs has used, by its cgroup.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) memory_bytes: u64,
    pub(crate) memory_limit_bytes: Option<u64>,
    pub(crate) cpu_ns: u64,
    pub(crate) oom_kills: u64,
}

/// A container, and what it has used if that is known.
type One = (Instance, Option<Usage>);
/// Name, type and meaning of a metric that each container may have, and what follows its name: more labels, and the value.
type Family = (&'static str, &'static str, &'static str, fn(&One) -> Option<(String, String)>);

const FAMILIES: [Family; 9] = [
    ("limpet_container_state", "gauge", "What the container does; 1 for that one.", |(one, _)| {
        Some((format!(",state=\"{}\"", state(one.state)), "1".to_owned()))
    }),
    ("limpet_container_running", "gauge", "Whether the container runs.", |(one, _)| {
        plain(u64::from(one.state == State::Running))
    }),
    ("limpet_container_health", "gauge", "What its health check says; 1 for that.", |(one, _)| {
        let watched = one.health != Health::Unwatched;
        let word = crate::output::apps::health_word(one.health);
        watched.then(|| (format!(",health=\"{word}\""), "1".to_owned()))
    }),
    (
        "limpet_container_unhealthy",
        "gauge",
        "Whether its health check says that it is not well.",
        |(one, _)| plain(u64::from(one.health == Health::Unhealthy)),
    ),
    (
        "limpet_container_restarts_total",
        "counter",
        "Restarts since it was last started by hand, by up or at boot.",
        |(one, _)| plain(u64::from(one.restarts)),
    ),
    (
        "limpet_container_memory_usage_bytes",
        "gauge",
        "Memory in use, page cache included, as its limit counts it.",
        |(_, usage)| plain(usage.as_ref()?.memory_bytes),
    ),
    ("limpet_container_memory_limit_bytes", "gauge", "Its limit.", |(_, usage)| {
        plain(usage.as_ref()?.memory_limit_bytes?)
    }),
    ("limpet_container_cpu_seconds_total", "counter", "CPU time of this run.", |(_, usage)| {
        let ns = usage.as_ref()?.cpu_ns;
        Some((String::new(), format!("{}.{:09}", ns / NS_PER_S, ns % NS_PER_S)))
    }),
    (
        "limpet_container_oom_kills_total",
        "counter",
        "Processes of this run that were killed because it was out of memory.",
        |(_, usage)| plain(usage.as_ref()?.oom_kills),
    ),
];

fn plain(value: u64) -> Option<(String, String)> {
    Some((String::new(), value.to_string()))
}

/// All metrics, with the room on the disk, the connection to a controller, how often the supervisor woke up, and what `used` says of each container that runs.
#[must_use]
pub(crate) fn text(
    report: Report,
    (room, link): (Option<Room>, Option<LinkLine>),
    wakeups: u64,
    used: impl Fn(&Instance) -> Option<Usage>,
) -> String {
    let board = board(&report, (room, link), wakeups);
    let runs = |one: &Instance| one.state == State::Running;
    let mut all: Vec<One> = report
        .instances
        .into_iter()
        .map(|one| {
            let usage = if runs(&one) { used(&one) } else { None };
            (one, usage)
        })
        .collect();
    loop {
        let text = format!("{board}{}", containers(&all));
        if text.len() <= TEXT_BYTES_MAX || all.is_empty() {
            return text;
        }
        all.truncate(all.len() * TEXT_BYTES_MAX / (text.len() + 1));
    }
}

fn board(report: &Report, (room, link): (Option<Room>, Option<LinkLine>), wakeups: u64) -> String {
    let mut text = String::new();
    let mut one = |name: &str, kind: &str, help: &str, value: u64| {
        family(&mut text, name, kind, help);
        sample(&mut text, name, "", &value.to_string());
    };
    if let Some(room) = room {
        one("limpet_disk_free_bytes", "gauge", "Free space of the root directory's disk.", room.free_bytes);
        one("limpet_disk_size_bytes", "gauge", "Size of that disk.", room.all_bytes);
        one("limpet_disk_reserve_bytes", "gauge", "What new work leaves free of it.", room.reserve_bytes);
    }
    if let Some(link) = link {
        let connected = u64::from(link.connected);
        one("limpet_controller_connected", "gauge", "Whether the fleet's controller answers.", connected);
        let since_s = link.since_ns / 1_000_000_000;
        one(
            "limpet_controller_since_seconds",
            "gauge",
            "Since when that is so, by the board's clock.",
            since_s,
        );
    }
    let low = u64::from(report.disk_is_low);
    one("limpet_disk_reserve_reached", "gauge", "Whether less of the disk is free than the reserve.", low);
    let away = u64::from(report.turned_away);
    one(
        "limpet_containers_turned_away_total",
        "counter",
        "Containers for which the supervisor has no room.",
        away,
    );
    one("limpet_supervisor_wakeups_total", "counter", "Times that the supervisor woke up.", wakeups);
    text
}

fn containers(all: &[One]) -> String {
    let mut text = String::new();
    for (name, kind, help, value) in FAMILIES {
        family(&mut text, name, kind, help);
        for one in all {
            if let Some((more, value)) = value(one) {
                sample(&mut text, name, &labels(&one.0, &more), &value);
            }
        }
    }
    text
}

fn state(state: State) -> &'static str {
    match state {
        State::Absent => "absent",
        State::Creating => "creating",
        State::Created => "created",
        State::Starting => "starting",
        State::Running => "running",
        State::Stopping => "stopping",
        State::Restarting => "restarting",
        State::Ended => "exited",
        State::Clearing => "clearing",
        State::Removing => "removing",
    }
}

fn family(text: &mut String, name: &str, kind: &str, help: &str) {
    // Writing to a string does not fail.
    writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}").ok();
}

fn sample(text: &mut String, name: &str, labels: &str, value: &str) {
    writeln!(text, "{name}{labels} {value}").ok();
}

fn labels(instance: &Instance, more: &str) -> String {
    let mut labels = format!("{{name=\"{}\"", escaped(&instance.name));
    if let Some((app, service, replica)) = &instance.member {
        write!(labels, ",app=\"{}\",service=\"{}\",replica=\"{replica}\"", escaped(app), escaped(service))
            .ok();
    }
    labels.push_str(more);
    labels.push('}');
    labels
}

/// A label's value may hold anything but these three unescaped.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
