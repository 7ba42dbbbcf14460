//! The documents of `inspect`, in docker's shape. Pure.
//!
//! In: a container's record, what it does, and what the kernel enforces; or an image. Out: JSON. Fields of docker's
//! that mean nothing here (networks, drivers, plugins) are left away; `Limits` and `Supervision`
//! are Limpet's own.

mod host;
mod image;
mod limits;
#[cfg(test)]
mod tests;

pub use image::{ImageFacts, image};

use super::apps::{self, health_word};
use super::mounted::{self, Mounted, Origin};
use super::{containers, time};
use crate::census::Listed;
use crate::cli::value::signal;
use limpet_protocol::container::Container;
use limpet_protocol::control::{Health, Instance, State, Wait};
use limpet_protocol::exit::Exit;
use limpet_protocol::health::{Health as Check, OnUnhealthy, Probe};
use limpet_protocol::launch::{Launch, Root};
use limpet_runner::cgroup::Effective;
use limpet_runner::status::Status;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What is known beside the records.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The last end, also of a start that failed.
    pub exit: Option<Exit>,
    /// What the kernel enforces on a container that runs.
    pub effective: Option<Effective>,
    /// Its log, if there is one.
    pub log_path: Option<String>,
    /// `-s`: what it has written, and that with its image, in bytes.
    pub disk: Option<containers::DiskUse>,
}

/// A container.
#[must_use]
pub fn container(listed: &Listed, facts: &Facts) -> Value {
    let Listed { container, status, supervision } = listed;
    let launch = &container.keep.launch;
    let mut document = json!({
        "Id": launch.id.as_str(),
        "Created": time::rfc3339(container.created_ns),
        "Path": launch.process.args.first(),
        "Args": launch.process.args.get(1..).unwrap_or_default(),
        "State": state(status, facts.exit.as_ref(), supervision.as_ref()),
        "Image": container.image.as_ref().map_or("", |image| image.digest.as_str()),
        "Name": format!("/{}", container.name),
        "RestartCount": supervision.as_ref().map_or(0, |instance| instance.restarts),
        "Driver": driver(&launch.root),
        "Platform": "linux",
        "LogPath": facts.log_path.as_deref().unwrap_or_default(),
        "HostConfig": host::config(container),
        "GraphDriver": graph_driver(&launch.root),
        "Mounts": mounted::of(container).iter().map(mount).collect::<Vec<_>>(),
        "Config": config(container),
        "NetworkSettings": network_settings(launch),
        "Limits": facts.effective.as_ref().map(limits::enforced),
        "Supervision": supervision.as_ref().map(supervised),
    });
    if let Some(disk) = facts.disk {
        document["SizeRw"] = disk.own_bytes.into();
        document["SizeRootFs"] = (disk.own_bytes.saturating_add(disk.image_bytes)).into();
    }
    document
}

/// A container that has never been started has an exit too, if its start failed.
fn state(status: &Status, last: Option<&Exit>, supervision: Option<&Instance>) -> Value {
    let running = status.running();
    let exit = match (status, last) {
        (Status::Exited(exit), _) | (Status::Created, Some(exit)) => Some(exit),
        _ => None,
    };
    let started_ns = running.map(|running| running.started_ns).or(exit.map(|exit| exit.started_ns));
    let restarting = running.is_none() && supervision.is_some_and(|i| i.state == State::Restarting);
    let mut state = json!({
        "Status": if restarting { "restarting" } else { status.word() },
        "Running": running.is_some(),
        "Paused": matches!(status, Status::Paused(_)),
        "Restarting": restarting,
        "OOMKilled": exit.is_some_and(|exit| exit.oom_killed),
        "Dead": false,
        "Pid": running.map_or(0, |running| running.pid),
        "KeeperPid": running.map_or(0, |running| running.keeper_pid),
        "ExitCode": exit.map_or(0, |exit| exit.code),
        "Error": exit.and_then(|exit| exit.error.as_deref()).unwrap_or_default(),
        "MemoryPeak": exit.map_or(0, |exit| exit.memory_peak_bytes),
        "StartedAt": time::rfc3339(started_ns.unwrap_or(0)),
        "FinishedAt": time::rfc3339(exit.map_or(0, |exit| exit.finished_ns)),
    });
    let watched = supervision.filter(|instance| instance.health != Health::Unwatched);
    if let Some(instance) = watched {
        state["Health"] = json!({ "Status": health_word(instance.health) });
    }
    state
}

/// What the supervisor does about it; Limpet's own.
fn supervised(instance: &Instance) -> Value {
    json!({
        "Doing": apps::doing(instance),
        "StoppedByHand": instance.held,
        "Failures": instance.failures,
        "NextTryMs": match &instance.wait {
            Some(Wait::Pause { in_ms }) => Some(*in_ms),
            Some(Wait::Dependency { .. } | Wait::Dependents | Wait::Space | Wait::Hands) | None => None,
        },
        "Trouble": instance.trouble.as_deref().unwrap_or_default(),
    })
}

fn driver(root: &Root) -> &'static str {
    match root {
        Root::Overlay { .. } => "overlay",
        Root::Directory(_) => "directory",
    }
}

fn graph_driver(root: &Root) -> Value {
    let data = match root {
        Root::Overlay { lower, upper, work } => {
            json!({ "LowerDir": lower.join(":"), "UpperDir": upper, "WorkDir": work })
        }
        Root::Directory(path) => json!({ "RootDir": path }),
    };
    json!({ "Name": driver(root), "Data": data })
}

fn mount(mounted: &Mounted<'_>) -> Value {
    let writable = !mounted.mount.flags.readonly;
    let mut fields = json!({
        "Type": mounted.origin.word(),
        "Source": mounted.origin.source(),
        "Destination": mounted.mount.target,
        "Mode": if writable { "" } else { "ro" },
        "RW": writable,
        "Propagation": if mounted.origin.word() == "bind" { "rprivate" } else { "" },
    });
    if let Origin::Volume { name, .. } = mounted.origin {
        fields["Name"] = name.unwrap_or_default().into();
        fields["Driver"] = "local".into();
    }
    fields
}

fn config(container: &Container) -> Value {
    let launch = &container.keep.launch;
    let process = &launch.process;
    let split = usize::from(container.entrypoint_args).min(process.args.len());
    let (entrypoint, command) = process.args.split_at(split);
    let mut config = json!({
        "Hostname": launch.hostname.as_deref().unwrap_or_default(),
        "User": process.user,
        "Tty": process.terminal.is_some(),
        "OpenStdin": process.stdin_open,
        "Env": process.env,
        "Cmd": some(command),
        "Entrypoint": some(entrypoint),
        "Image": containers::image(container),
        "WorkingDir": process.cwd,
        "Labels": labels(&container.labels),
        "StopSignal": format!("SIG{}", signal::name(container.keep.stop.signal)),
        "StopTimeout": container.keep.stop.grace_ms.map_or(-1, |ms| i64::from(ms / 1000)),
    });
    if let Some(health) = &container.health {
        config["Healthcheck"] = healthcheck(health);
    }
    config
}

/// docker's form, times in nanoseconds; probes that docker does not have have words of their own.
fn healthcheck(health: &Check) -> Value {
    let ns = |ms: u32| u64::from(ms) * 1_000_000;
    let test = match &health.probe {
        Probe::Exec(words) => [&["CMD".to_owned()], words.as_slice()].concat(),
        Probe::Http { port, path } => vec!["HTTP".to_owned(), format!("{port}{path}")],
        Probe::Tcp { port } => vec!["TCP".to_owned(), port.to_string()],
    };
    json!({
        "Test": test,
        "Interval": ns(health.pace.interval_ms),
        "Timeout": ns(health.pace.timeout_ms),
        "StartPeriod": ns(health.pace.start_period_ms),
        "StartInterval": ns(health.pace.start_interval_ms),
        "Retries": health.pace.retries,
        "OnUnhealthy": match health.on_unhealthy {
            OnUnhealthy::Report => "report",
            OnUnhealthy::Restart => "restart",
        },
    })
}

/// docker shows what there is none of as null.
fn some(args: &[String]) -> Option<&[String]> {
    (!args.is_empty()).then_some(args)
}

fn labels(labels: &[(String, String)]) -> BTreeMap<&str, &str> {
    labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

fn network_settings(launch: &Launch) -> Value {
    let mut networks = Map::new();
    networks.insert(containers::network_word(launch.network).to_owned(), json!({ "IPAddress": "" }));
    json!({ "Networks": networks, "Ports": {}, "IPAddress": "" })
}
