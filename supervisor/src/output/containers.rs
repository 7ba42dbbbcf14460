//! Rows of `ps`: from a container and what it does to docker's fields. Pure; the time is an argument.

#[cfg(test)]
mod tests;

use super::apps::{self, health_word};
use super::format::Column;
use super::{duration, mounted, size, text, time};
use crate::census::Listed;
use limpet_protocol::container::Container;
use limpet_protocol::control::{Instance, State};
use limpet_protocol::exit::Exit;
use limpet_protocol::launch::Network;
use limpet_runner::status::Status;
use serde_json::{Value, json};

/// Characters of the mounts that are shown unless asked for all.
const MOUNT_CHARS: usize = 15;

/// The columns of `ps`.
pub const COLUMNS: &[Column] = &[
    Column { field: "ID", heading: "CONTAINER ID" },
    Column { field: "Image", heading: "IMAGE" },
    Column { field: "Command", heading: "COMMAND" },
    Column { field: "RunningFor", heading: "CREATED" },
    Column { field: "Status", heading: "STATUS" },
    Column { field: "Ports", heading: "PORTS" },
    Column { field: "Names", heading: "NAMES" },
];

/// The columns of `ps -s`, and headings of what else may be chosen.
pub const COLUMNS_WITH_SIZE: &[Column] = &[
    COLUMNS[0],
    COLUMNS[1],
    COLUMNS[2],
    COLUMNS[3],
    COLUMNS[4],
    COLUMNS[5],
    COLUMNS[6],
    Column { field: "Size", heading: "SIZE" },
];

/// Headings of every field that may be chosen.
pub const HEADINGS: &[Column] = &[
    COLUMNS[0],
    COLUMNS[1],
    COLUMNS[2],
    COLUMNS[3],
    COLUMNS[4],
    COLUMNS[5],
    COLUMNS[6],
    COLUMNS_WITH_SIZE[7],
    Column { field: "CreatedAt", heading: "CREATED AT" },
    Column { field: "LocalVolumes", heading: "LOCAL VOLUMES" },
];

/// What a container takes of the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskUse {
    /// What it has written.
    pub own_bytes: u64,
    /// Its image.
    pub image_bytes: u64,
}

/// One row; `whole` shortens nothing.
#[must_use]
pub fn row(listed: &Listed, disk: Option<DiskUse>, whole: bool, now_ns: u64) -> Value {
    let Listed { container, status, supervision } = listed;
    let launch = &container.keep.launch;
    let mounts = mounted::of(container);
    let volumes = mounts.iter().filter(|mounted| mounted.origin.word() == "volume").count();
    let mounts = mounts.iter().map(|mounted| mounted.origin.name()).filter(|name| !name.is_empty());
    let mounts: Vec<String> = mounts.map(|name| shortened(name, whole)).collect();
    json!({
        "ID": if whole { launch.id.as_str() } else { launch.id.short() },
        "Image": image(container),
        "Command": text::command(&launch.process.args, whole),
        "CreatedAt": time::plain(container.created_ns),
        "RunningFor": duration::ago(container.created_ns, now_ns),
        "State": listed.word(),
        "Health": supervision.as_ref().map_or("", |instance| health_word(instance.health)),
        "Status": status_text(status, supervision.as_ref(), now_ns),
        "Ports": "",
        "Names": container.name,
        "Labels": labels(container),
        "Mounts": mounts.join(","),
        "LocalVolumes": volumes.to_string(),
        "Networks": network_word(launch.network),
        "Size": disk.map_or_else(String::new, disk_text),
    })
}

fn shortened(name: &str, whole: bool) -> String {
    if whole { name.to_owned() } else { text::ellipsis(name, MOUNT_CHARS) }
}

/// The reference as it was typed; a container of a bundle has none.
#[must_use]
pub fn image(container: &Container) -> &str {
    container.image.as_ref().map_or("", |image| image.reference.as_str())
}

fn labels(container: &Container) -> String {
    let labels: Vec<String> =
        container.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
    labels.join(",")
}

/// docker's word for a network.
#[must_use]
pub fn network_word(network: Network) -> &'static str {
    match network {
        Network::None => "none",
        Network::Host => "host",
    }
}

/// `1.2kB (virtual 5MB)`: what it has written, and that with its image.
fn disk_text(disk: DiskUse) -> String {
    let own = size::decimal(disk.own_bytes);
    format!("{own} (virtual {})", size::decimal(disk.own_bytes.saturating_add(disk.image_bytes)))
}

/// `Up 5 seconds (healthy)`, `Exited (137) 2 minutes ago (out of memory)`, `Restarting (1) in 4 s: exit status 1`.
#[must_use]
pub fn status_text(status: &Status, supervision: Option<&Instance>, now_ns: u64) -> String {
    let up = |since_ns| format!("Up {}", duration::human(seconds(since_ns, now_ns)));
    let health = supervision.map_or("", |instance| apps::health_suffix(instance.health));
    match status {
        Status::Running(running) => format!("{}{health}", up(running.started_ns)),
        Status::Paused(running) => format!("{} (Paused)", up(running.started_ns)),
        Status::Created => unstarted(supervision).unwrap_or_else(|| String::from("Created")),
        Status::Exited(exit) => {
            unstarted(supervision).unwrap_or_else(|| exited(exit, now_ns) + &given_up(supervision))
        }
    }
}

/// What the supervisor is about to do with one that does not run.
fn unstarted(supervision: Option<&Instance>) -> Option<String> {
    let instance = supervision?;
    if let Some(text) = apps::restarting(instance) {
        return Some(text);
    }
    let waits = instance.wait.as_ref().filter(|_| instance.state == State::Created)?;
    let why = instance.trouble.as_ref().map_or_else(String::new, |why| format!(": {why}"));
    Some(format!("Created, {}{why}", apps::waits(waits)))
}

/// Why it will not be started again, where there is more to say than how it ended.
fn given_up(supervision: Option<&Instance>) -> String {
    let trouble = supervision.and_then(|instance| instance.trouble.as_ref());
    trouble.map_or_else(String::new, |why| format!(" ({why})"))
}

fn seconds(since_ns: u64, now_ns: u64) -> u64 {
    now_ns.saturating_sub(since_ns) / 1_000_000_000
}

/// An end that nobody saw has no time.
fn exited(exit: &Exit, now_ns: u64) -> String {
    let when = match exit.finished_ns {
        0 => String::from("(end not seen)"),
        finished_ns => duration::ago(finished_ns, now_ns),
    };
    let why = if exit.oom_killed { " (out of memory)" } else { "" };
    format!("Exited ({}) {when}{why}", exit.code)
}
