//! The same profile through libseccomp (`libseccomp.py`, Debian's python3-seccomp) and through this compiler: both
//! filters answer alike, for every number of every ABI.

use super::super::abi::{AARCH64, Abi, Target, X86_64};
use super::super::names::Name;
use super::super::rule::{Circumstances, Compare, Condition};
use super::super::{default, json_for};
use super::interpreter::{Call, run};
use super::property::{Random, calls, values};
use super::{ENOSYS, USUAL, with};
use crate::capabilities;
use serde_json::{Value, json};
use std::io::Write as _;
use std::process::{Command, Stdio};

/// Calls that libseccomp 2.5.4 does not know yet; left out on both sides.
const NEWER: [&str; 16] = [
    "file_getattr",
    "file_setattr",
    "getxattrat",
    "listmount",
    "listxattrat",
    "lsm_get_self_attr",
    "lsm_list_modules",
    "lsm_set_self_attr",
    "mseal",
    "open_tree_attr",
    "removexattrat",
    "setxattrat",
    "statmount",
    "uprobe",
    "uretprobe",
    "map_shadow_stack",
];

/// libseccomp's filter with what runc puts in front of it.
struct Theirs {
    /// Of every served ABI: audit architecture, its first number, the highest that the profile names.
    lasts: Vec<[i64; 3]>,
    program: Vec<u64>,
    refuses: bool,
}

impl Theirs {
    /// `None` without python3-seccomp.
    fn make(target: &Target, profile: &Value, circumstances: Circumstances) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/seccomp/tests/libseccomp.py");
        let names: Vec<String> = capabilities::names(circumstances.capabilities).collect();
        let kernel = format!("{}.{}", circumstances.kernel.0, circumstances.kernel.1);
        let mut child = Command::new("/usr/bin/python3")
            .args([script, target.docker_name, &kernel, &names.join(",")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 is there; ./x test installs it");
        child.stdin.take().unwrap().write_all(profile.to_string().as_bytes()).unwrap_or_default();
        let output = child.wait_with_output().unwrap();
        assert_ne!(
            output.status.code(),
            Some(77),
            "the package python3-seccomp is missing; ./x test installs it"
        );
        assert!(output.status.success(), "libseccomp.py failed for {profile}");
        let text = String::from_utf8(output.stdout).unwrap();
        let (mut lasts, mut program) = (Vec::new(), Vec::new());
        for line in text.lines() {
            match line.strip_prefix("last ") {
                Some(last) => {
                    let numbers: Vec<i64> = last.split(' ').map(|number| number.parse().unwrap()).collect();
                    lasts.push(numbers.try_into().unwrap());
                }
                None => program.push(u64::from_str_radix(line, 16).unwrap()),
            }
        }
        Self { lasts, program, refuses: profile["defaultAction"] != "SCMP_ACT_ALLOW" }
    }

    fn decide(&self, call: &Call) -> u32 {
        let is_x32 = call.architecture == Abi::X32.audit_arch() && call.number & 0x4000_0000 != 0;
        let first = if is_x32 { 0x4000_0000 } else { 0 };
        let own = self.lasts.iter().find(|last| last[..2] == [call.architecture.into(), first]);
        match own {
            Some(&[_, _, last]) if self.refuses && last > 0 && i64::from(call.number) > last => ENOSYS,
            _ => run(&self.program, call).0,
        }
    }
}

/// Compares the two filters; the values are tried on every number.
fn compare(target: &'static Target, profile: &Value, circumstances: Circumstances, values: &[u64]) {
    let theirs = Theirs::make(target, profile, circumstances);
    let ours = json_for(target, profile.to_string().as_bytes(), circumstances).unwrap();
    for call in calls(target, values, |_| true) {
        assert_eq!(run(&ours, &call).0, theirs.decide(&call), "{call:x?} of {profile}");
    }
}

fn condition_json(condition: &Condition) -> Value {
    let (op, value, second) = match condition.compare {
        Compare::Equal => ("EQ", condition.value, 0),
        Compare::NotEqual => ("NE", condition.value, 0),
        Compare::Less => ("LT", condition.value, 0),
        Compare::LessOrEqual => ("LE", condition.value, 0),
        Compare::Greater => ("GT", condition.value, 0),
        Compare::GreaterOrEqual => ("GE", condition.value, 0),
        Compare::Masked(mask) => ("MASKED_EQ", mask, condition.value),
    };
    json!({"index": condition.argument, "value": value, "valueTwo": second, "op": format!("SCMP_CMP_{op}")})
}

/// The built-in table, as it applies, in docker's form and without what libseccomp may not know.
fn default_json(target: &'static Target, circumstances: Circumstances) -> Value {
    let name = |wanted: &Name| target.names.all().find(|(name, _)| name == wanted).map(|(_, text)| text);
    let rules = default::rules(target.default, circumstances);
    let rules = rules.iter().map(|rule| {
        let names: Vec<&str> =
            rule.calls.iter().filter_map(name).filter(|name| !NEWER.contains(name)).collect();
        let conditions: Vec<Value> = rule.conditions.iter().map(condition_json).collect();
        let action = if rule.action.lets_pass() { "SCMP_ACT_ALLOW" } else { "SCMP_ACT_ERRNO" };
        json!({"names": names, "action": action, "errnoRet": rule.action.0 & 0xffff, "args": conditions})
    });
    json!({
        "defaultAction": "SCMP_ACT_ERRNO",
        "archMap": [
            {"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86", "SCMP_ARCH_X32"]},
            {"architecture": "SCMP_ARCH_AARCH64", "subArchitectures": ["SCMP_ARCH_ARM"]},
            {"architecture": "SCMP_ARCH_RISCV64", "subArchitectures": null},
        ],
        "syscalls": rules.collect::<Vec<Value>>(),
    })
}

#[test]
fn default_profile_is_libseccomps() {
    for target in [&X86_64, &AARCH64] {
        for circumstances in [USUAL, with(&["SYS_ADMIN"])] {
            let rules = default::rules(target.default, circumstances);
            let values = values(rules.iter().flat_map(|rule| rule.conditions));
            compare(target, &default_json(target, circumstances), circumstances, &values);
        }
    }
}

/// One action besides the default, so that libseccomp's order does not matter, and one argument: where alternatives look
/// at different arguments, libseccomp 2.5.4 compares with an accumulator that still holds another one.
#[test]
fn random_profiles_are_libseccomps() {
    const CALLS: [&str; 8] =
        ["socket", "socketcall", "ipc", "shmat", "clone", "personality", "recv", "openat"];
    for seed in 1..=40 {
        let mut random = Random(0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(seed));
        let mut used = Vec::new();
        // runc does not see the numbers of calls that i386 also multiplexes; one above them hides that.
        let default = ["SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL_PROCESS"][random.below(3)];
        let highest = json!({"names": ["openat2"], "action": default});
        let rules: Vec<Value> = (0..=random.below(12))
            .map(|_| {
                let conditions: Vec<Condition> = (0..random.below(2)).map(|_| random.condition(0)).collect();
                let args: Vec<Value> = conditions.iter().map(condition_json).collect();
                used.extend(conditions);
                let names: Vec<&str> = (0..=random.below(2)).map(|_| CALLS[random.below(8)]).collect();
                json!({"names": names, "action": "SCMP_ACT_ERRNO", "errnoRet": 5, "args": args})
            })
            .chain([highest])
            .collect();
        let architectures =
            [&["SCMP_ARCH_X86"][..], &["SCMP_ARCH_X86", "SCMP_ARCH_X32"], &["SCMP_ARCH_X86_64"]];
        let architectures = architectures[random.below(3)];
        let profile = json!({"defaultAction": default, "architectures": architectures, "syscalls": rules});
        compare(&X86_64, &profile, USUAL, &values(used.iter()));
    }
}
