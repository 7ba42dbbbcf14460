//! Fields of the specification that Limpet cannot honour: each is an error that names it, unless it asks for nothing.

use super::{BundleError, wrong};
use serde_json::Value;

const WHY: &str = "limpet does not support it; leave it out";
const WHY_MAPPED: &str =
    "limpet chooses a container's host ids itself; leave it out, and keep user in linux.namespaces";

/// An object's place (RFC 6901), why its fields are refused, and which are.
const REFUSED: &[(&str, &str, &[&str])] = &[
    ("", WHY, &["hooks", "domainname", "solaris", "windows", "vm", "zos", "freebsd"]),
    (
        "/process",
        WHY,
        &["apparmorProfile", "selinuxLabel", "commandLine", "scheduler", "ioPriority", "execCPUAffinity"],
    ),
    ("/linux", WHY_MAPPED, &["uidMappings", "gidMappings"]),
    ("/linux", WHY, &["intelRdt", "personality", "mountLabel", "timeOffsets", "netDevices", "memoryPolicy"]),
    ("/linux/resources", WHY, &["hugepageLimits", "network", "rdma", "unified"]),
    (
        "/linux/resources/memory",
        WHY,
        &["kernel", "kernelTCP", "swappiness", "disableOOMKiller", "checkBeforeUpdate"],
    ),
    ("/linux/resources/cpu", WHY, &["burst", "realtimeRuntime", "realtimePeriod", "idle"]),
    ("/linux/resources/blockIO", WHY, &["weight", "leafWeight", "weightDevice"]),
];

pub(super) fn refuse(document: &Value) -> Result<(), BundleError> {
    for (place, why, names) in REFUSED {
        let field = place.trim_start_matches('/').replace('/', ".");
        refuse_in(document.pointer(place), &field, why, names)?;
    }
    for (index, mount) in document.get("mounts").and_then(Value::as_array).into_iter().flatten().enumerate() {
        let at = mount.get("destination").and_then(Value::as_str).unwrap_or_default();
        refuse_in(Some(mount), &format!("mounts[{index}] ({at})"), WHY, &["uidMappings", "gidMappings"])?;
    }
    Ok(())
}

fn refuse_in(object: Option<&Value>, field: &str, why: &str, names: &[&str]) -> Result<(), BundleError> {
    let Some(object) = object else { return Ok(()) };
    match names.iter().find(|name| object.get(**name).is_some_and(|value| !is_nothing(value))) {
        Some(name) if field.is_empty() => wrong(*name, why),
        Some(name) => wrong(format!("{field}.{name}"), why),
        None => Ok(()),
    }
}

/// Empty, false, or holding nothing else.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) | Value::Number(_) => false,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.values().all(is_nothing),
    }
}
