//! docker's own profile, as docker 20.10.24 has it (Debian's package of its sources, from which `tests/docker_profile` takes
//! it), and what docker has changed since, up to moby/profiles 02e898b: together they are the built-in table.

use super::super::abi::{AARCH64, Abi, Target, X86_64};
use super::super::rule::Circumstances;
use super::super::{default, default_for, json_for};
use super::interpreter::{Call, run};
use super::property::{calls, values};
use super::{USUAL, with};
use serde_json::{Value, json};

/// Let pass since, whoever asks.
const ADDED: [&str; 18] = [
    "cachestat",
    "fchmodat2",
    "futex_requeue",
    "futex_wait",
    "futex_wake",
    "getxattrat",
    "listmount",
    "listxattrat",
    "map_shadow_stack",
    "mseal",
    "name_to_handle_at",
    "pkey_alloc",
    "pkey_free",
    "pkey_mprotect",
    "removexattrat",
    "setxattrat",
    "statmount",
    "uretprobe",
];
/// Let pass since with a capability.
const ADDED_WITH: [(&str, &[&str]); 5] = [
    ("CAP_SYS_ADMIN", &["lsm_get_self_attr", "lsm_list_modules", "lsm_set_self_attr"]),
    ("CAP_SYS_TIME", &["clock_settime64"]),
    ("CAP_SYS_NICE", &["set_mempolicy_home_node"]),
    ("CAP_BPF", &["bpf"]),
    ("CAP_PERFMON", &["perf_event_open"]),
];
/// As ptrace since: where a tracer cannot change a call behind the filter's back.
const AS_PTRACE: [&str; 2] = ["process_vm_readv", "process_vm_writev"];
/// Refused since. (`socket` by its address families: `default::*` looks at each.)
const TAKEN_AWAY: [&str; 4] = ["io_uring_enter", "io_uring_register", "io_uring_setup", "socket"];

fn published() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/docker/default.json");
    let bytes = std::fs::read(path)
        .expect("docker's profile is there; tests/docker_profile fetches it, and so does ./x test");
    serde_json::from_slice(&bytes).unwrap()
}

fn brought_up_to_date(mut document: Value) -> Value {
    let groups = document["syscalls"].as_array_mut().unwrap();
    for group in groups.iter_mut() {
        let needs_kernel = group["includes"]["minKernel"].is_string();
        let names = group["names"].as_array_mut().unwrap();
        names.retain(|name| !TAKEN_AWAY.contains(&name.as_str().unwrap()));
        if needs_kernel {
            names.extend(AS_PTRACE.map(Value::from));
        }
    }
    groups.push(json!({"names": ADDED, "action": "SCMP_ACT_ALLOW"}));
    groups.extend(ADDED_WITH.map(|(capability, names)| {
        json!({"names": names, "action": "SCMP_ACT_ALLOW", "includes": {"caps": [capability]}})
    }));
    document
}

/// A socket is made, directly or through i386's multiplexer.
fn makes_socket(target: &Target, call: &Call) -> bool {
    let socket = target.names.find(b"socket");
    let abis = target.abis.iter().filter(|abi| abi.audit_arch() == call.architecture);
    let direct = abis.filter_map(|abi| abi.number(target.names, socket)).any(|number| number == call.number);
    direct || call.architecture == Abi::X86.audit_arch() && call.number == 102
}

#[test]
fn the_table_is_dockers_profile_and_what_docker_changed_since() {
    let document = brought_up_to_date(published()).to_string();
    for target in [&X86_64, &AARCH64] {
        let single = (0..41).map(|bit| Circumstances { capabilities: 1 << bit, ..USUAL });
        let old = Circumstances { kernel: (4, 7), ..USUAL };
        for circumstances in single.chain([USUAL, old, with(&["SYS_ADMIN"])]) {
            let theirs = json_for(target, document.as_bytes(), circumstances).unwrap();
            let ours = default_for(target, circumstances);
            let rules = default::rules(target.default, circumstances);
            let values = values(rules.iter().flat_map(|rule| rule.conditions));
            for call in calls(target, &values, |_| true).filter(|call| !makes_socket(target, call)) {
                assert_eq!(run(&ours, &call).0, run(&theirs, &call).0, "{call:x?} with {circumstances:x?}");
            }
        }
    }
}

#[test]
fn docker_has_not_what_was_added_since() {
    let document = published().to_string();
    let theirs = json_for(&X86_64, document.as_bytes(), USUAL).unwrap();
    let ours = default_for(&X86_64, USUAL);
    for name in ADDED {
        let number = Abi::X86_64.number(X86_64.names, X86_64.names.find(name.as_bytes())).unwrap();
        let call = Call { architecture: Abi::X86_64.audit_arch(), number, arguments: [0; 6] };
        assert_ne!(run(&ours, &call).0, run(&theirs, &call).0, "{name} is nothing that was added");
    }
}
