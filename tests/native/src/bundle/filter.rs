//! The containers project's default filter, from its form (rules that hold for some capabilities or architectures) to
//! the OCI runtime specification's `linux.seccomp` for a container with docker's default capabilities.

use serde_json::{Value, json};
use std::fs;

const PROFILE: &str = "/usr/share/containers/seccomp.json";

pub(super) fn filter() -> Value {
    let text = fs::read_to_string(PROFILE)
        .unwrap_or_else(|e| panic!("reading {PROFILE}: {e}: install golang-github-containers-common"));
    let profile: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("reading {PROFILE}: {e}"));
    let rules = profile["syscalls"].as_array().expect("a profile has rules");
    json!({
        "defaultAction": profile["defaultAction"],
        "defaultErrnoRet": profile["defaultErrnoRet"],
        "architectures": architectures(),
        "syscalls": rules.iter().filter(|rule| holds(rule)).map(rule).collect::<Vec<_>>(),
    })
}

fn architectures() -> Value {
    if cfg!(target_arch = "x86_64") {
        json!(["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"])
    } else {
        json!(["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"])
    }
}

/// A rule for a capability that is not a default one does not hold; one that excludes such a capability does.
fn holds(rule: &Value) -> bool {
    let names = |side: &str, what: &str| -> Vec<String> {
        let list = rule[side][what].as_array().into_iter().flatten();
        list.filter_map(|name| name.as_str().map(str::to_owned)).collect()
    };
    let ours = |name: &String| name == "CAP_SYS_CHROOT" || name == "CAP_AUDIT_WRITE";
    let architecture = if cfg!(target_arch = "x86_64") { "amd64" } else { "arm64" };
    let arches = names("includes", "arches");
    let included = names("includes", "caps").iter().all(ours)
        && (arches.is_empty() || arches.iter().any(|a| a == architecture));
    let excluded = names("excludes", "caps").iter().any(ours)
        || names("excludes", "arches").iter().any(|a| a == architecture);
    included && !excluded
}

fn rule(rule: &Value) -> Value {
    let mut out = json!({ "names": rule["names"], "action": rule["action"] });
    for key in ["args", "errnoRet"] {
        if !rule[key].is_null() {
            out[key] = rule[key].clone();
        }
    }
    out
}
