//! `linux` of a bundle: namespaces, devices, the cgroup; its limits are in [`super::resources`].

use super::resources;
use super::{BundleError, Circumstances, spec, wrong};
use limpet_protocol::launch::{Device, DeviceAccess};
use limpet_protocol::limits::Limits;

const FILE_MODE: u32 = 0o666;

/// What `linux` says.
#[derive(Default)]
pub(super) struct Linux {
    pub(super) own_network: bool,
    pub(super) own_uts: bool,
    pub(super) own_user: bool,
    pub(super) own_cgroup: bool,
    pub(super) devices: Vec<Device>,
    pub(super) all_devices: bool,
    pub(super) cgroup: Option<String>,
    pub(super) limits: Limits,
}

pub(super) fn read(linux: &spec::Linux<'_>, circumstances: &Circumstances<'_>) -> Result<Linux, BundleError> {
    if !matches!(linux.rootfs_propagation, None | Some("" | "private" | "rprivate")) {
        return wrong("linux.rootfsPropagation", "limpet keeps the root private; leave it out");
    }
    let mut read = Linux { cgroup: cgroup(linux.cgroups_path)?, ..Linux::default() };
    namespaces(linux, circumstances, &mut read)?;
    read.devices = linux.devices.iter().map(device).collect::<Result<_, _>>()?;
    if let Some(wanted) = &linux.resources {
        read.limits = resources::read(wanted)?;
        read.all_devices = allow(&wanted.devices, &mut read.devices)?;
    }
    Ok(read)
}

fn namespaces(
    linux: &spec::Linux<'_>,
    circumstances: &Circumstances<'_>,
    read: &mut Linux,
) -> Result<(), BundleError> {
    let (mut own_mount, mut own_pid, mut own_ipc) = (false, false, false);
    for namespace in &linux.namespaces {
        if namespace.path.is_some_and(|path| !path.is_empty()) {
            return wrong(
                "linux.namespaces",
                format!("limpet joins no namespace by its path ({})", namespace.kind),
            );
        }
        match namespace.kind {
            "mount" => own_mount = true,
            "pid" => own_pid = true,
            "ipc" => own_ipc = true,
            "network" => read.own_network = true,
            "uts" => read.own_uts = true,
            "user" => read.own_user = true,
            "cgroup" => read.own_cgroup = true,
            // A container has its own wherever the kernel has them.
            "time" if circumstances.features.time_namespaces => {}
            "time" => return wrong("linux.namespaces", "this kernel has no time namespaces"),
            other => return wrong("linux.namespaces", format!("there is no namespace of type {other}")),
        }
    }
    for (kind, own) in [("mount", own_mount), ("pid", own_pid), ("ipc", own_ipc)] {
        if !own {
            return wrong(
                "linux.namespaces",
                format!("limpet runs nothing without its own {kind} namespace; add it"),
            );
        }
    }
    if read.own_user && !circumstances.features.id_mapped_overlay {
        return wrong(
            "linux.namespaces",
            "this kernel cannot id-map mounts, which limpet's user namespaces need",
        );
    }
    Ok(())
}

/// Below each hierarchy's root, however it begins.
fn cgroup(path: Option<&str>) -> Result<Option<String>, BundleError> {
    let Some(path) = path.filter(|path| !path.is_empty()) else { return Ok(None) };
    let trimmed = path.trim_matches('/');
    if path.contains(':') {
        return wrong("linux.cgroupsPath", "limpet does not ask systemd for cgroups; give a path");
    }
    if trimmed.split('/').any(|name| matches!(name, "" | "." | "..")) {
        return wrong("linux.cgroupsPath", format!("{path} is no path below the cgroup root"));
    }
    Ok(Some(trimmed.to_owned()))
}

fn device(device: &spec::Device<'_>) -> Result<Device, BundleError> {
    let field = format!("linux.devices ({})", device.path);
    let block = match device.kind {
        "b" => true,
        "c" | "u" => false,
        other => return wrong(field, format!("limpet makes no device of type {other}")),
    };
    let inside = device.path.strip_prefix("/dev/").filter(|name| !name.is_empty());
    if inside.is_none_or(|name| name.split('/').any(|name| matches!(name, "" | "." | ".."))) {
        return wrong(field, "its path is not below /dev");
    }
    if device.uid != 0 || device.gid != 0 {
        return wrong(field, "limpet gives devices to the container's root; leave uid and gid out");
    }
    let (Ok(major), Ok(minor)) = (u32::try_from(device.major), u32::try_from(device.minor)) else {
        return wrong(field, "its numbers are negative");
    };
    let mode = device.file_mode.unwrap_or(FILE_MODE) & 0o777;
    Ok(Device { path: device.path.to_owned(), block, major, minor, mode, access: DeviceAccess::default() })
}

/// Gives the devices what the rules allow; whether they allow everything. Rules come in order, the last one that matches
/// holds; here only a list of what is allowed, after a first rule that denies the rest, can be kept.
fn allow(rules: &[spec::DeviceRule<'_>], devices: &mut [Device]) -> Result<bool, BundleError> {
    let mut everything = false;
    for (index, rule) in rules.iter().enumerate() {
        let field = format!("linux.resources.devices[{index}]");
        let access = access(&field, rule.access)?;
        let is_for_all = matches!(rule.kind, None | Some("" | "a")) && any(rule.major) && any(rule.minor);
        match (is_for_all, rule.allow) {
            (true, false) if index == 0 => {}
            (true, true) if access == ALL => everything = true,
            (_, false) => return wrong(field, "only the first rule may deny, and then everything"),
            (_, true) if is_always_allowed(rule, access) => {}
            (_, true) => allow_one(&field, rule, access, devices)?,
        }
    }
    Ok(everything)
}

const ALL: DeviceAccess = DeviceAccess { read: true, write: true, mknod: true };

/// -1 is every number (runtime-spec, "Allowed Device list").
fn any(number: Option<i64>) -> bool {
    number.is_none_or(|number| number < 0)
}

fn access(field: &str, text: Option<&str>) -> Result<DeviceAccess, BundleError> {
    let mut access = DeviceAccess::default();
    for letter in text.unwrap_or("rwm").chars() {
        match letter {
            'r' => access.read = true,
            'w' => access.write = true,
            'm' => access.mknod = true,
            other => return wrong(field, format!("there is no access {other}")),
        }
    }
    Ok(access)
}

fn is_always_allowed(rule: &spec::DeviceRule<'_>, access: DeviceAccess) -> bool {
    use crate::cgroup::DeviceRule;
    let number = |number: Option<i64>| number.and_then(|number| u32::try_from(number).ok());
    let block = rule.kind == Some("b");
    let covers = |outer: Option<u32>, inner: Option<u32>| outer.is_none() || outer == inner;
    DeviceRule::STANDARD.iter().any(|standard| {
        let same = standard.block == block
            && covers(standard.major, number(rule.major))
            && covers(standard.minor, number(rule.minor));
        let granted = standard.access;
        same && (granted.read || !access.read)
            && (granted.write || !access.write)
            && (granted.mknod || !access.mknod)
    })
}

fn allow_one(
    field: &str,
    rule: &spec::DeviceRule<'_>,
    access: DeviceAccess,
    devices: &mut [Device],
) -> Result<(), BundleError> {
    let block = rule.kind == Some("b");
    let is_meant = |device: &&mut Device| {
        device.block == block
            && rule.major == Some(device.major.into())
            && rule.minor == Some(device.minor.into())
    };
    let mut found = false;
    for device in devices.iter_mut().filter(is_meant) {
        device.access = access;
        found = true;
    }
    if found {
        Ok(())
    } else {
        wrong(field, "it allows a device that linux.devices does not list by these numbers")
    }
}
