//! docker's JSON form: what applies, what is ignored, and that every mistake is named.

use super::super::abi::{AARCH64, Abi, X86_64};
use super::super::json::{PROFILE_BYTES_MAX, RULES_MAX};
use super::super::{ProfileError, json_for};
use super::interpreter::{Call, check, run};
use super::{ALLOW, EPERM, USUAL, with};
use crate::seccomp::rule::Circumstances;
use std::error::Error as _;

fn filter(text: &str, circumstances: Circumstances) -> Vec<u64> {
    json_for(&X86_64, text.as_bytes(), circumstances).unwrap()
}

fn error(text: &str) -> String {
    let error = json_for(&X86_64, text.as_bytes(), USUAL).unwrap_err();
    error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}

/// A profile with one rule.
fn one(rule: &str) -> String {
    format!(r#"{{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{rule}]}}"#)
}

fn on(program: &[u64], architecture: u32, number: u32, arguments: [u64; 6]) -> u32 {
    check(program);
    run(program, &Call { architecture, number, arguments }).0
}

fn read_on_x86_64(rule: &str, circumstances: Circumstances) -> u32 {
    on(&filter(&one(rule), circumstances), 0xc000_003e, 0, [0; 6])
}

#[test]
fn includes_and_excludes_decide() {
    for (condition, usual, admin) in [
        (r#""includes": {"caps": ["CAP_SYS_ADMIN"]}"#, EPERM, ALLOW),
        (r#""excludes": {"caps": ["CAP_SYS_ADMIN", "CAP_BPF"]}"#, ALLOW, EPERM),
        (r#""includes": {"arches": ["amd64"]}, "excludes": {}"#, ALLOW, ALLOW),
        (r#""includes": {"arches": ["arm64", "s390x"]}"#, EPERM, EPERM),
        (r#""includes": {"minKernel": "6.18"}"#, ALLOW, ALLOW),
        (r#""includes": {"minKernel": "6.19"}"#, EPERM, EPERM),
        (r#""excludes": {"minKernel": "5.0"}"#, EPERM, EPERM),
        (r#""includes": null, "args": null, "comment": "x""#, ALLOW, ALLOW),
    ] {
        let rule = format!(r#"{{"names": ["read", "unheard_of"], "action": "SCMP_ACT_ALLOW", {condition}}}"#);
        assert_eq!(read_on_x86_64(&rule, USUAL), usual, "{condition}");
        assert_eq!(read_on_x86_64(&rule, with(&["SYS_ADMIN"])), admin, "{condition}");
    }
}

#[test]
fn actions_are_the_kernels() {
    for (action, returned) in [
        (r#""SCMP_ACT_KILL""#, 0),
        (r#""SCMP_ACT_KILL_THREAD""#, 0),
        (r#""SCMP_ACT_KILL_PROCESS""#, 0x8000_0000),
        (r#""SCMP_ACT_TRAP""#, 0x0003_0000),
        (r#""SCMP_ACT_ERRNO", "errnoRet": 4095"#, 0x0005_0fff),
        (r#""SCMP_ACT_ERRNO""#, EPERM),
        (r#""SCMP_ACT_TRACE", "errnoRet": 7"#, 0x7ff0_0007),
        (r#""SCMP_ACT_LOG""#, 0x7ffc_0000),
        (r#""SCMP_ACT_ALLOW""#, ALLOW),
    ] {
        assert_eq!(read_on_x86_64(&format!(r#"{{"name": "read", "action": {action}}}"#), USUAL), returned);
    }
}

#[test]
fn an_argument_named_twice_makes_alternatives() {
    let rule = r#"{"names": ["read"], "action": "SCMP_ACT_ALLOW", "args": [
        {"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}, {"index": 0, "value": 2, "op": "SCMP_CMP_EQ"}]}"#;
    let program = filter(&one(rule), USUAL);
    let answers = [0, 1, 2].map(|value| on(&program, 0xc000_003e, 0, [value, 0, 0, 0, 0, 0]));
    assert_eq!(answers, [EPERM, ALLOW, ALLOW]);
}

#[test]
fn architectures_that_are_not_served_are_killed() {
    let profile = |more: &str| format!(r#"{{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [] {more}}}"#);
    let of = |more: &str| {
        let program = filter(&profile(more), USUAL);
        [(0xc000_003e, 0), (0x4000_0003, 3), (0xc000_003e, 0x4000_0000), (0xc000_00b7, 0)]
            .map(|(architecture, number)| on(&program, architecture, number, [0; 6]) == ALLOW)
    };
    assert_eq!(of(""), [true, false, false, false]);
    assert_eq!(of(r#", "architectures": ["SCMP_ARCH_X86", "SCMP_ARCH_MIPS"]"#), [true, true, false, false]);
    let map = r#", "archMap": [{"architecture": "SCMP_ARCH_AARCH64", "subArchitectures": ["SCMP_ARCH_X32"]},
        {"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]}]"#;
    assert_eq!(of(map), [true, true, false, false]);
    let arm = json_for(&AARCH64, profile(map).as_bytes(), USUAL).unwrap();
    assert_eq!(on(&arm, Abi::Aarch64.audit_arch(), 0, [0; 6]), ALLOW);
}

#[test]
fn mistakes_are_named() {
    for (rule, said) in [
        (r#"{"names": ["read"], "action": "ALLOW"}"#, "syscalls[0] (read) has the unknown action 'ALLOW'"),
        (r#"{"names": ["read"], "name": "write", "action": "SCMP_ACT_ALLOW"}"#, "has both name and names"),
        (
            r#"{"names": ["read"], "action": "SCMP_ACT_NOTIFY"}"#,
            "(read) wants SCMP_ACT_NOTIFY, which limpet does not offer",
        ),
        (
            r#"{"names": ["read"], "action": "SCMP_ACT_ERRNO", "errnoRet": 4096}"#,
            "the errnoRet 4096, at most 4095",
        ),
        (
            r#"{"names": ["read"], "action": "SCMP_ACT_LOG", "errno": 1}"#,
            "field \"syscalls[0].errno\" is not known",
        ),
        (r#"{"names": ["read"]}"#, "field \"syscalls[0].action\" is missing"),
        (
            r#"{"names": ["read"], "action": "SCMP_ACT_LOG", "args": [{"index": 6, "value": 0, "op": "SCMP_CMP_EQ"}]}"#,
            "syscalls[0] (read) has the args.index 6, at most 5",
        ),
        (
            r#"{"names": ["read"], "action": "SCMP_ACT_LOG", "args": [{"index": 0, "value": 0, "op": "="}]}"#,
            "the unknown args.op '='",
        ),
        (
            r#"{"names": ["read"], "action": "SCMP_ACT_LOG", "includes": {"caps": ["CAP_SYS_ADMN"]}}"#,
            "(read) depends on a capability: unknown capability 'CAP_SYS_ADMN'; did you mean CAP_SYS_ADMIN?",
        ),
        (
            r#"{"names": ["read"], "action": "SCMP_ACT_LOG", "includes": {"minKernel": "4"}}"#,
            "the unknown minKernel '4'",
        ),
    ] {
        let error = error(&one(rule));
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn mistakes_outside_of_rules_are_named() {
    for (text, said) in [
        ("", "not in docker's form: not valid JSON: EOF"),
        ("{}", "field \"defaultAction\" is missing"),
        (r#"{"defaultAction": ""}"#, "defaultAction has the unknown action ''"),
        (
            r#"{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["x86"]}"#,
            "the unknown architecture 'x86'",
        ),
        (r#"{"defaultAction": "SCMP_ACT_ALLOW", "flags": ["SECCOMP_FILTER_FLAG_LOG"]}"#, "flags wants"),
        (r#"{"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "/x"}"#, "wants a listener"),
        (
            r#"{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86"],
               "archMap": [{"architecture": "SCMP_ARCH_X86", "subArchitectures": null}]}"#,
            "both architectures and archMap",
        ),
    ] {
        let error = error(text);
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn sizes_are_limited() {
    let long = vec![b' '; PROFILE_BYTES_MAX + 1];
    assert!(matches!(json_for(&X86_64, &long, USUAL), Err(ProfileError::TooLarge { .. })));
    let rules = vec![r#"{"names": [], "action": "SCMP_ACT_LOG"}"#; RULES_MAX + 1].join(",");
    let error = json_for(&X86_64, one(&rules).as_bytes(), USUAL).unwrap_err();
    assert!(matches!(error, ProfileError::TooManyRules { .. }));
    let rules: Vec<String> = (0..1000)
        .map(|value| {
            format!(
                r#"{{"names": ["read"], "action": "SCMP_ACT_LOG", "args": [
                {{"index": 0, "value": {value}, "op": "SCMP_CMP_EQ"}}, {{"index": 1, "value": 0, "op": "SCMP_CMP_EQ"}}]}}"#
            )
        })
        .collect();
    let error = json_for(&X86_64, one(&rules.join(",")).as_bytes(), USUAL).unwrap_err();
    assert!(matches!(error, ProfileError::TooLong { .. }), "{error}");
}
