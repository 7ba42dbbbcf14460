//! What `info` and `version` say: a document for programs, and its lines for people. Pure.

#[cfg(test)]
mod tests;

use super::{size, time};
use limpet_protocol::control::LinkLine;
use limpet_protocol::fleet::report::{Held, Progress, Report};
use limpet_runner::cgroup::{Controllers, Version};
use limpet_runner::features::{Features, KERNEL_MIN, MountApi};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// First kernel with CLONE_INTO_CGROUP (clone(2)).
const KERNEL_CLONE_INTO_CGROUP: (u32, u32) = (5, 7);
/// Width of the left column.
const LEFT_WIDTH: usize = 24;

/// What was found out about the board.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Limpet's version.
    pub version: &'static str,
    /// Which instance.
    pub root: String,
    /// See [`Facts::root`].
    pub state: String,
    /// Containers that run, are paused, and do neither.
    pub containers: [usize; 3],
    /// Images.
    pub images: usize,
    /// The board's name.
    pub name: String,
    /// Its operating system as it calls itself.
    pub operating_system: String,
    /// As uname(1) has it.
    pub kernel_version: String,
    /// See [`Facts::kernel_version`].
    pub architecture: String,
    /// CPUs that are on.
    pub cpus: usize,
    /// All memory.
    pub memory_bytes: u64,
    /// What a container without `--memory` gets at most.
    pub ceiling_bytes: u64,
    /// What containers leave to the board.
    pub reserve_bytes: u64,
    /// Most tasks of a container without `--pids-limit`.
    pub pids_default: u32,
    /// Kind of hierarchy and its controllers; `None` if none is mounted.
    pub cgroup: Option<(Version, Controllers)>,
    /// What the kernel offers.
    pub features: Features,
    /// It filters system calls.
    pub seccomp: bool,
    /// It has overlayfs, or may load it.
    pub overlayfs: bool,
    /// What it tells its fleet; `None` if it is in none, or no supervisor runs.
    pub fleet: Option<Box<Report>>,
    /// The connection to its controller, if it has one.
    pub link: Option<LinkLine>,
    /// Who holds changes of the fleet back.
    pub lock: Option<String>,
    /// What stands in the way of a container, and what to do.
    pub warnings: Vec<String>,
}

/// The document of `info`; docker's names where docker has the thing.
#[must_use]
pub fn info(facts: &Facts) -> Value {
    let [running, paused, stopped] = facts.containers;
    let controllers: Vec<&str> = facts.cgroup.map_or_else(Vec::new, |(version, controllers)| {
        controllers.iter().map(|controller| controller.name(version)).collect()
    });
    json!({
        "ServerVersion": facts.version,
        "Root": facts.root,
        "State": facts.state,
        "Containers": running + paused + stopped,
        "ContainersRunning": running,
        "ContainersPaused": paused,
        "ContainersStopped": stopped,
        "Images": facts.images,
        "Name": facts.name,
        "OperatingSystem": facts.operating_system,
        "OSType": "linux",
        "Architecture": facts.architecture,
        "KernelVersion": facts.kernel_version,
        "NCPU": facts.cpus,
        "MemTotal": facts.memory_bytes,
        "MemoryCeiling": facts.ceiling_bytes,
        "MemoryReserve": facts.reserve_bytes,
        "PidsDefault": facts.pids_default,
        "Driver": "overlay",
        "LoggingDriver": "json-file",
        "CgroupDriver": "cgroupfs",
        "CgroupVersion": facts.cgroup.map_or("", |(version, _)| number(version)),
        "CgroupControllers": controllers,
        "MemoryLimit": controllers.contains(&"memory"),
        "PidsLimit": controllers.contains(&"pids"),
        "Features": features(facts),
        "Fleet": facts.fleet.as_deref().map(fleet),
        "Controller": facts.link.as_ref().map(|link| json!({
            "Url": link.controller,
            "Connected": link.connected,
            "Since": time::rfc3339(link.since_ns),
            "Why": link.why,
        })),
        "UpdateLock": facts.lock,
        "Warnings": facts.warnings,
    })
}

fn fleet(report: &Report) -> Value {
    let apps = report.apps.iter().map(|app| (app.name.to_string(), Value::from(progress(&app.progress))));
    json!({
        "Root": report.root_generation,
        "TakenRoot": report.taken.0,
        "TakenGeneration": report.taken.1,
        "Refused": report.refused,
        "HeldBack": report.held.map(held),
        "Program": report.program.as_ref().map(|(version, far)| format!("{version}: {}", progress(far))),
        "Apps": apps.collect::<serde_json::Map<_, _>>(),
    })
}

/// Why nothing is changed, in words.
fn held(held: Held) -> &'static str {
    match held {
        Held::Locked => "an update lock",
        Held::Window => "outside of its maintenance windows, or the clock is not synchronised",
    }
}

/// How far something is, in words.
fn progress(progress: &Progress) -> String {
    match progress {
        Progress::Waiting => "waiting".to_owned(),
        Progress::Fetching => "fetching".to_owned(),
        Progress::Updating => "updating".to_owned(),
        Progress::Committed => "committed".to_owned(),
        Progress::Reverted(why) => format!("reverted: {why}"),
        Progress::Failed(why) => format!("failed, is tried again: {why}"),
        Progress::Paused(why) => format!("paused: {why}"),
    }
}

/// Lines of a board that is in a fleet.
fn fleet_lines(text: &mut String, facts: &Facts) {
    if let Some(report) = facts.fleet.as_deref() {
        let (root, generation) = report.taken;
        let taken = if root == 0 {
            "nothing taken yet".to_owned()
        } else {
            format!("generation {generation} under root {root}")
        };
        line(text, "Fleet", &taken);
        let document = fleet(report);
        for (label, field) in [("Refused", "Refused"), ("Held Back", "HeldBack"), ("Limpet", "Program")] {
            if let Some(value) = document[field].as_str() {
                line(text, &format!(" {label}"), value);
            }
        }
        for app in &report.apps {
            line(text, &format!(" App {}", app.name), &progress(&app.progress));
        }
    }
    if let Some(LinkLine { controller, connected, since_ns, why }) = &facts.link {
        let since = time::rfc3339(since_ns / 1_000_000_000 * 1_000_000_000);
        let (not, why) = if *connected { ("", String::new()) } else { ("not ", format!(": {why}")) };
        line(text, "Controller", &format!("{controller}, {not}connected since {since}{why}"));
    }
    if let Some(lock) = &facts.lock {
        line(text, "Update Lock", lock);
    }
}

fn number(version: Version) -> &'static str {
    match version {
        Version::V1 => "1",
        Version::V2 => "2",
    }
}

fn features(facts: &Facts) -> Value {
    let features = &facts.features;
    let descriptors = features.mount_api == MountApi::Descriptors;
    let is_v2 = matches!(facts.cgroup, Some((Version::V2, _)));
    json!({
        "UserNamespaces": features.user_namespaces,
        "TimeNamespaces": features.time_namespaces,
        "Seccomp": facts.seccomp,
        "Overlayfs": facts.overlayfs,
        "MountByDescriptor": descriptors,
        "IdMappedMounts": descriptors && features.user_namespaces,
        "IdMappedOverlay": features.id_mapped_overlay,
        "OverlayByDescriptor": features.overlay_by_descriptor,
        "CloneIntoCgroup": is_v2 && features.kernel >= KERNEL_CLONE_INTO_CGROUP,
    })
}

/// What people are shown of [`info`], the warnings not among it.
#[must_use]
pub fn info_lines(facts: &Facts) -> String {
    let document = info(facts);
    let mut text = String::new();
    let fields: &[(&str, &str)] = &[
        ("Version", "ServerVersion"),
        ("Root", "Root"),
        ("State", "State"),
        ("Containers", "Containers"),
        (" Running", "ContainersRunning"),
        (" Paused", "ContainersPaused"),
        (" Stopped", "ContainersStopped"),
        ("Images", "Images"),
        ("Name", "Name"),
        ("Operating System", "OperatingSystem"),
        ("Kernel Version", "KernelVersion"),
        ("Architecture", "Architecture"),
        ("CPUs", "NCPU"),
    ];
    for (label, field) in fields {
        line(&mut text, label, &plain(&document[*field]));
    }
    line(&mut text, "Total Memory", &size::binary(facts.memory_bytes));
    line(&mut text, " Default Ceiling", &size::binary(facts.ceiling_bytes));
    line(&mut text, " Board's Reserve", &size::binary(facts.reserve_bytes));
    line(&mut text, "Default Process Limit", &facts.pids_default.to_string());
    line(&mut text, "Cgroup Version", &plain(&document["CgroupVersion"]));
    line(&mut text, "Cgroup Controllers", &plain(&document["CgroupControllers"]));
    fleet_lines(&mut text, facts);
    line(&mut text, "Kernel Features", "");
    for (label, field) in FEATURES {
        let has = document["Features"][*field] == true;
        line(&mut text, &format!(" {label}"), if has { "yes" } else { "no" });
    }
    text
}

const FEATURES: &[(&str, &str)] = &[
    ("User Namespaces", "UserNamespaces"),
    ("Time Namespaces", "TimeNamespaces"),
    ("Seccomp", "Seccomp"),
    ("Overlayfs", "Overlayfs"),
    ("Mount By Descriptor", "MountByDescriptor"),
    ("Id-mapped Mounts", "IdMappedMounts"),
    ("Id-mapped Overlay", "IdMappedOverlay"),
    ("Overlay By Descriptor", "OverlayByDescriptor"),
    ("Clone Into Cgroup", "CloneIntoCgroup"),
];

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) if text.is_empty() => String::from("none"),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => String::from("none"),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

fn line(text: &mut String, label: &str, value: &str) {
    let label = format!("{label}:");
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{}", format!("{label:LEFT_WIDTH$}{value}").trim_end());
}

/// The document of `version`; the one program is docker's client and server at once.
#[must_use]
pub fn version(version: &str, kernel_version: &str) -> Value {
    let (major, minor) = KERNEL_MIN;
    let own = json!({
        "Version": version,
        "Os": "linux",
        "Arch": limpet_store::Platform::host().architecture,
        "KernelVersion": kernel_version,
        "MinKernelVersion": format!("{major}.{minor}"),
    });
    let mut document = own.clone();
    document["Client"] = own.clone();
    document["Server"] = own;
    document
}

/// What people are shown of [`version`].
#[must_use]
pub fn version_lines(document: &Value) -> String {
    let mut text = String::from("limpet\n");
    line(&mut text, " Version", &plain(&document["Version"]));
    line(&mut text, " OS/Arch", &format!("{}/{}", plain(&document["Os"]), plain(&document["Arch"])));
    line(&mut text, " Kernel Version", &plain(&document["KernelVersion"]));
    line(&mut text, " Oldest Kernel", &plain(&document["MinKernelVersion"]));
    text
}
