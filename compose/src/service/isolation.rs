//! Namespaces, capabilities, devices, and what the kernel is told about a process.

use super::process::{counted, worded};
use super::{Draft, set};
use crate::fields::{self, Fields};
use crate::node::Node;
use crate::problem::{Fault, Outcome, quoted};
use crate::scope::{Scope, missing};
use limpet_protocol::app::{DeviceRequest, SeccompRequest};
use limpet_protocol::launch::{DeviceAccess, Network, Rlimit};
use limpet_protocol::words::{capability, device, rlimit, text};

pub(super) fn network_mode(draft: &mut Draft, node: &Node, _: &mut Scope<'_, '_, '_>) -> Outcome {
    let network = match node.text()? {
        "none" => Network::None,
        "host" => Network::Host,
        other => {
            let other = quoted(other);
            return Err(node.fault(format!(
                "{other} comes with the network version of Limpet; write host (the board's network) or none"
            )));
        }
    };
    set(&mut draft.network, Ok(Some(network)))
}

pub(super) fn userns_mode(draft: &mut Draft, node: &Node, _: &mut Scope<'_, '_, '_>) -> Outcome {
    match node.text()? {
        "host" => set(&mut draft.workload.userns_host, Ok(true)),
        _ => Err(node.fault("write host; without it a container has ids of its own where the kernel can")),
    }
}

/// Always private.
pub(super) fn cgroup(_: &mut Draft, node: &Node, _: &mut Scope<'_, '_, '_>) -> Outcome {
    always(node, &["private"], "a container has a cgroup namespace of its own; leave it out")
}

/// Always private.
pub(super) fn ipc(_: &mut Draft, node: &Node, _: &mut Scope<'_, '_, '_>) -> Outcome {
    always(node, &["private", "none"], "a container has an IPC namespace of its own; leave it out")
}

fn always(node: &Node, words: &[&str], otherwise: &'static str) -> Outcome {
    match words.contains(&node.text()?) {
        true => Ok(()),
        false => Err(node.fault(otherwise)),
    }
}

pub(super) fn cgroup_parent(draft: &mut Draft, node: &Node, _: &mut Scope<'_, '_, '_>) -> Outcome {
    set(&mut draft.workload.cgroup_parent, worded(node, text::cgroup_parent).map(Some))
}

pub(super) fn cap_add(draft: &mut Draft, node: &Node, scope: &mut Scope<'_, '_, '_>) -> Outcome {
    scope.each(node, &mut |item, _| {
        draft.workload.cap_add.push(capability_name(item)?);
        Ok(())
    })
}

pub(super) fn cap_drop(draft: &mut Draft, node: &Node, scope: &mut Scope<'_, '_, '_>) -> Outcome {
    scope.each(node, &mut |item, _| {
        draft.workload.cap_drop.push(capability_name(item)?);
        Ok(())
    })
}

/// In upper case, without `CAP_`.
fn capability_name(node: &Node) -> Result<String, Fault> {
    let name = node.text()?;
    let upper = name.to_ascii_uppercase();
    let bare = upper.strip_prefix("CAP_").unwrap_or(&upper);
    if capability::is_known(bare) {
        return Ok(bare.to_owned());
    }
    let hint = crate::problem::did_you_mean(bare, &mut capability::NAMES.into_iter());
    Err(node
        .fault(format!("there is no capability {}{hint}; see capabilities(7) for the names", quoted(name))))
}

pub(super) fn security_opt(draft: &mut Draft, node: &Node, scope: &mut Scope<'_, '_, '_>) -> Outcome {
    scope.each(node, &mut |item, scope| {
        let text = item.text()?;
        match text.split_once(['=', ':']).unwrap_or((text, "")) {
            ("no-new-privileges", "" | "true") => set(&mut draft.workload.no_new_privileges, Ok(true)),
            ("no-new-privileges", "false") => set(&mut draft.workload.no_new_privileges, Ok(false)),
            ("seccomp", "unconfined") => set(&mut draft.workload.seccomp, Ok(SeccompRequest::Unconfined)),
            ("seccomp", "builtin" | "default") => {
                set(&mut draft.workload.seccomp, Ok(SeccompRequest::Default))
            }
            ("seccomp", file) if !file.is_empty() => {
                let profile = scope.text_of(item, file)?.ok_or_else(|| missing(item.at, file))?.1;
                set(&mut draft.workload.seccomp, Ok(SeccompRequest::Profile(profile)))
            }
            // What is so in any case.
            ("apparmor", "unconfined") | ("label", "disable") => Ok(()),
            ("apparmor", _) => Err(item.fault("AppArmor profiles are not supported; leave it out")),
            ("label", _) => Err(item.fault("SELinux labels are not supported; leave it out")),
            _ => Err(item.fault("write no-new-privileges, seccomp=FILE or seccomp=unconfined")),
        }
    })
}

pub(super) fn sysctls(draft: &mut Draft, node: &Node, scope: &mut Scope<'_, '_, '_>) -> Outcome {
    scope.each_pair(node, &mut |name, value, _| {
        let setting = format!("{name}={}", value.any_scalar()?);
        let (name, value) = text::sysctl(&setting).map_err(|why| value.at.invalid(&why))?;
        draft.workload.sysctls.retain(|(known, _)| *known != name);
        draft.workload.sysctls.push((name, value));
        Ok(())
    })
}

/// Both limits of one resource.
#[derive(Default)]
struct Both {
    soft: Option<u64>,
    hard: Option<u64>,
}

const BOTH: Fields<Both> = Fields {
    known: &[
        ("soft", |both, node, _| set(&mut both.soft, limit(node).map(Some))),
        ("hard", |both, node, _| set(&mut both.hard, limit(node).map(Some))),
    ],
    refused: &[],
};

pub(super) fn ulimits(draft: &mut Draft, node: &Node, scope: &mut Scope<'_, '_, '_>) -> Outcome {
    if node.is_null() {
        return Ok(());
    }
    for entry in node.map()? {
        scope.report().enter(&entry.key);
        let outcome =
            ulimit(&entry.key, &entry.value, scope).map(|rlimit| draft.workload.rlimits.push(rlimit));
        scope.report().check(outcome);
        scope.report().leave();
    }
    Ok(())
}

fn ulimit(name: &str, node: &Node, scope: &mut Scope<'_, '_, '_>) -> Result<Rlimit, Fault> {
    let resource = rlimit::resource(name).map_err(|why| node.at.invalid(&why))?;
    if node.letters().is_some() {
        let limit = limit(node)?;
        return Ok(Rlimit { resource, soft: limit, hard: limit });
    }
    let mut both = Both::default();
    fields::read(&mut both, node, &BOTH, scope);
    match (both.soft, both.hard) {
        (Some(soft), Some(hard)) if soft <= hard => Ok(Rlimit { resource, soft, hard }),
        (Some(_), Some(_)) => Err(node.fault("the soft limit is above the hard one")),
        (None, _) | (_, None) => Err(node.fault("wants a number, or both soft: and hard:")),
    }
}

fn limit(node: &Node) -> Result<u64, Fault> {
    match node.text_or_number()? {
        "-1" | "unlimited" => Ok(u64::MAX),
        _ => node.whole(u64::MAX - 1),
    }
}

/// The long form.
#[derive(Default)]
struct Device {
    source: Option<String>,
    target: Option<String>,
    access: Option<DeviceAccess>,
}

const DEVICE: Fields<Device> = Fields {
    known: &[
        ("source", |device, node, _| set(&mut device.source, below_dev(node).map(Some))),
        ("target", |device, node, _| set(&mut device.target, below_dev(node).map(Some))),
        ("permissions", |device, node, _| {
            let access = device::access_of(node.text()?);
            set(
                &mut device.access,
                access.map(Some).ok_or_else(|| node.fault("is of the letters r, w and m")),
            )
        }),
    ],
    refused: &[],
};

fn below_dev(node: &Node) -> Result<String, Fault> {
    match node.text()? {
        path if path.starts_with("/dev/") => Ok(path.to_owned()),
        _ => Err(node.fault("devices are below /dev, on the board and inside")),
    }
}

pub(super) fn devices(draft: &mut Draft, node: &Node, scope: &mut Scope<'_, '_, '_>) -> Outcome {
    scope.each(node, &mut |item, scope| {
        if item.letters().is_some() {
            let request = counted(item, device::parse)?;
            draft.workload.devices.push(request);
            return Ok(());
        }
        let mut device = Device::default();
        fields::read(&mut device, item, &DEVICE, scope);
        let source = device.source.ok_or_else(|| item.fault("names no source"))?;
        let target = device.target.unwrap_or_else(|| source.clone());
        let all = DeviceAccess { read: true, write: true, mknod: true };
        draft.workload.devices.push(DeviceRequest { source, target, access: device.access.unwrap_or(all) });
        Ok(())
    })
}
