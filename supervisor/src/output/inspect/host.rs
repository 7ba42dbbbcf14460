//! `HostConfig` of `inspect`: what the container was made with, as docker names it. Capabilities and confinement are
//! read from the finished launch, so `CapAdd` and `CapDrop` say how it differs from docker's default set.

use crate::cli::value::rlimit;
use crate::output::containers::network_word;
use crate::output::mounted::{self, Mounted, Origin, SHM};
use limpet_protocol::container::Container;
use limpet_protocol::keeper::{LogLimits, LogRate, LogStorage};
use limpet_protocol::launch::{Device, Launch, MountKind, Rlimit, Seccomp, UserNamespace};
use limpet_protocol::limits::{Limits, Memory, Pids, Swap, Throttle, ThrottleKind};
use limpet_protocol::restart::RestartPolicy;
use limpet_runner::capabilities;
use serde_json::{Map, Value, json};

/// Period in which docker counts a CPU quota.
const CPU_PERIOD_US: u64 = 100_000;

pub(super) fn config(container: &Container) -> Value {
    let launch = &container.keep.launch;
    let mut fields = resources(&launch.limits);
    fields.extend(isolation(launch));
    fields.extend(storage(container));
    fields.insert("AutoRemove".to_owned(), container.keep.remove.into());
    fields.insert("RestartPolicy".to_owned(), restart(container.restart));
    fields.insert("LogConfig".to_owned(), log(container.keep.log));
    Value::Object(fields)
}

fn log(limits: LogLimits) -> Value {
    if limits.files_max == 0 {
        return json!({ "Type": "none", "Config": {} });
    }
    let storage = match limits.storage {
        LogStorage::Ram => "ram",
        LogStorage::Disk => "disk",
    };
    let rate = match limits.rate {
        LogRate::Unlimited => "0".to_owned(),
        LogRate::Bytes(most) => format!("{most}/s"),
        LogRate::Lines(most) => format!("{most}lines/s"),
    };
    let (size, files) = (limits.file_bytes_max.to_string(), limits.files_max.to_string());
    let options = json!({ "max-size": size, "max-file": files, "storage": storage, "rate": rate });
    json!({ "Type": "json-file", "Config": options })
}

fn restart(policy: RestartPolicy) -> Value {
    json!({ "Name": policy.when.as_str(), "MaximumRetryCount": policy.tries_max.unwrap_or(0) })
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// 0 stands for "not given", as docker has it; the ceiling that then holds is in `Limits`.
fn resources(limits: &Limits) -> Map<String, Value> {
    let rates = |kind| {
        limits.throttles.iter().filter(move |throttle| throttle.kind == kind).map(rate).collect::<Vec<_>>()
    };
    object(json!({
        "Memory": memory(limits.memory),
        "MemoryReservation": limits.memory_reservation_bytes.unwrap_or(0),
        "MemorySwap": swap(limits.swap),
        "NanoCpus": limits.cpu_millis.map_or(0, |millis| u64::from(millis) * 1_000_000),
        "CpuQuota": limits.cpu_millis.map_or(0, |millis| u64::from(millis) * CPU_PERIOD_US / 1000),
        "CpuPeriod": limits.cpu_millis.map_or(0, |_| CPU_PERIOD_US),
        "CpuShares": limits.cpu_shares.unwrap_or(0),
        "CpusetCpus": limits.cpuset_cpus.as_deref().unwrap_or_default(),
        "CpusetMems": limits.cpuset_mems.as_deref().unwrap_or_default(),
        "PidsLimit": pids(limits.pids),
        "BlkioDeviceReadBps": rates(ThrottleKind::ReadBps),
        "BlkioDeviceWriteBps": rates(ThrottleKind::WriteBps),
        "BlkioDeviceReadIOps": rates(ThrottleKind::ReadIops),
        "BlkioDeviceWriteIOps": rates(ThrottleKind::WriteIops),
    }))
}

fn memory(memory: Memory) -> i64 {
    match memory {
        Memory::Default => 0,
        Memory::Unlimited => -1,
        Memory::MaxBytes(bytes) => i64::try_from(bytes).unwrap_or(i64::MAX),
    }
}

fn swap(swap: Swap) -> i64 {
    match swap {
        Swap::Default => 0,
        Swap::Unlimited => -1,
        Swap::TotalBytes(bytes) => i64::try_from(bytes).unwrap_or(i64::MAX),
    }
}

fn pids(pids: Pids) -> i64 {
    match pids {
        Pids::Default => 0,
        Pids::Unlimited => -1,
        Pids::Max(count) => i64::from(count),
    }
}

fn rate(throttle: &Throttle) -> Value {
    json!({ "Path": throttle.path, "Rate": throttle.rate })
}

fn isolation(launch: &Launch) -> Map<String, Value> {
    let process = &launch.process;
    let bounding = process.capabilities.bounding;
    object(json!({
        "NetworkMode": network_word(launch.network),
        "UsernsMode": user_namespace(launch.user_namespace),
        "CgroupnsMode": if launch.cgroup_namespace { "private" } else { "host" },
        "CgroupParent": launch.cgroup.rsplit_once('/').map_or("", |(parent, _)| parent),
        "Privileged": launch.all_devices,
        "CapAdd": capabilities::names(bounding & !capabilities::DEFAULT).collect::<Vec<_>>(),
        "CapDrop": capabilities::names(capabilities::DEFAULT & !bounding).collect::<Vec<_>>(),
        "SecurityOpt": security(launch),
        "ReadonlyRootfs": launch.root_readonly,
        "Init": launch.init,
        "OomScoreAdj": process.oom_score_adj.unwrap_or(0),
        "GroupAdd": process.groups,
        "Ulimits": process.rlimits.iter().map(ulimit).collect::<Vec<_>>(),
        "Sysctls": launch.sysctls.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect::<Map<_, _>>(),
        "Devices": launch.devices.iter().map(device).collect::<Vec<_>>(),
        "MaskedPaths": launch.masked_paths,
        "ReadonlyPaths": launch.readonly_paths,
        "PortBindings": {},
    }))
}

/// docker has an empty word for "as the daemon does it"; here the ids of its own are the usual case and have a word.
fn user_namespace(namespace: UserNamespace) -> &'static str {
    match namespace {
        UserNamespace::Host => "host",
        UserNamespace::Own => "private",
    }
}

fn security(launch: &Launch) -> Vec<&'static str> {
    let mut options = Vec::new();
    if launch.process.no_new_privileges {
        options.push("no-new-privileges");
    }
    if launch.process.seccomp == Seccomp::Unconfined {
        options.push("seccomp=unconfined");
    }
    options
}

fn ulimit(limit: &Rlimit) -> Value {
    let bound = |value: u64| i64::try_from(value).unwrap_or(-1);
    json!({ "Name": rlimit::name(limit.resource), "Soft": bound(limit.soft), "Hard": bound(limit.hard) })
}

fn device(device: &Device) -> Value {
    let access = [(device.access.read, 'r'), (device.access.write, 'w'), (device.access.mknod, 'm')];
    let permissions: String =
        access.iter().filter(|(granted, _)| *granted).map(|(_, letter)| letter).collect();
    json!({
        "PathInContainer": device.path,
        "Device": format!("{} {}:{}", if device.block { "b" } else { "c" }, device.major, device.minor),
        "CgroupPermissions": permissions,
    })
}

fn storage(container: &Container) -> Map<String, Value> {
    let mounts = mounted::of(container);
    let tmpfs = mounts.iter().filter_map(tmpfs).collect::<Map<_, _>>();
    let binds: Vec<String> = mounts.iter().filter_map(bind).collect();
    let shm = container.keep.launch.mounts.iter().find(|mount| mount.target == SHM).map(|mount| &mount.kind);
    let shm_bytes = match shm {
        Some(MountKind::Tmpfs { size_bytes, .. }) => size_bytes.unwrap_or(0),
        _ => 0,
    };
    object(json!({ "Binds": binds, "Tmpfs": tmpfs, "ShmSize": shm_bytes }))
}

/// `/srv/data:/data:ro`; a volume is named.
fn bind(mounted: &Mounted<'_>) -> Option<String> {
    let source = match mounted.origin {
        Origin::Bind(source) => source,
        Origin::Volume { name, .. } => name?,
        Origin::Tmpfs { .. } => return None,
    };
    let mode = if mounted.mount.flags.readonly { ":ro" } else { "" };
    Some(format!("{source}:{}{mode}", mounted.mount.target))
}

fn tmpfs(mounted: &Mounted<'_>) -> Option<(String, Value)> {
    let Origin::Tmpfs { size_bytes, mode } = mounted.origin else { return None };
    let size = size_bytes.map(|bytes| format!(",size={bytes}")).unwrap_or_default();
    Some((mounted.mount.target.clone(), format!("mode={mode:o}{size}").into()))
}
