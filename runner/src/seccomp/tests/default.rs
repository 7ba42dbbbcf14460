//! The default profile: what it decides, that no name in it is misspelt, and what it costs.

use super::super::abi::{AARCH64, Abi, X86_64};
use super::super::names::UNKNOWN;
use super::super::rule::Circumstances;
use super::super::{default, default_for};
use super::interpreter::{Call, check, run};
use super::property::calls;
use super::{ALLOW, ENOSYS, EPERM, USUAL, with};
use std::time::Instant;

fn on(abi: Abi, name: &str, first: u64, circumstances: Circumstances) -> u32 {
    let target = if matches!(abi, Abi::Aarch64 | Abi::Arm) { &AARCH64 } else { &X86_64 };
    let number = abi.number(target.names, target.names.find(name.as_bytes())).unwrap();
    let call = Call { architecture: abi.audit_arch(), number, arguments: [first, 0, 0, 0, 0, 0] };
    run(&default_for(target, circumstances), &call).0
}

fn usually(name: &str, first: u64) -> u32 {
    let native = on(Abi::X86_64, name, first, USUAL);
    assert_eq!(native, on(Abi::Aarch64, name, first, USUAL), "{name}");
    native
}

#[test]
fn ordinary_calls_are_allowed_and_dangerous_ones_not() {
    for name in ["read", "openat", "execve", "ptrace", "name_to_handle_at", "setxattrat", "mseal", "chroot"] {
        assert_eq!(usually(name, 0), ALLOW, "{name}");
    }
    for name in [
        "mount",
        "bpf",
        "reboot",
        "keyctl",
        "add_key",
        "io_uring_setup",
        "kexec_load",
        "swapon",
        "userfaultfd",
    ] {
        assert_eq!(usually(name, 0), EPERM, "{name}");
    }
}

#[test]
fn arguments_count() {
    assert_eq!(usually("socket", 1), ALLOW);
    assert_eq!(usually("socket", 10), ALLOW);
    for family in [12, 38, 40, 46, 1 << 32 | 1] {
        assert_eq!(usually("socket", family), EPERM, "family {family}");
    }
    assert_eq!(usually("personality", 0x2_0008), ALLOW);
    assert_eq!(usually("personality", 0xffff_ffff), ALLOW);
    assert_eq!(usually("personality", 0x4_0000), EPERM, "ADDR_NO_RANDOMIZE");
    assert_eq!(usually("clone", 0x0001_0011), ALLOW);
    assert_eq!(usually("clone", 0x1000_0011), EPERM, "CLONE_NEWUSER");
    assert_eq!(usually("clone3", 0), ENOSYS);
}

#[test]
fn capabilities_open_their_calls() {
    for (name, capability) in
        [("reboot", "SYS_BOOT"), ("syslog", "SYSLOG"), ("bpf", "BPF"), ("clone3", "SYS_ADMIN")]
    {
        assert_eq!(on(Abi::X86_64, name, 0, with(&[capability])), ALLOW, "{name}");
    }
    assert_eq!(on(Abi::X86_64, "clone", 0x1000_0011, with(&["SYS_ADMIN"])), ALLOW);
    assert_eq!(on(Abi::X86_64, "chroot", 0, Circumstances { capabilities: 0, ..USUAL }), EPERM);
}

#[test]
fn old_kernels_keep_tracing_back() {
    let old = Circumstances { kernel: (4, 7), ..USUAL };
    assert_eq!(on(Abi::X86_64, "ptrace", 0, old), EPERM);
    assert_eq!(on(Abi::X86_64, "ptrace", 0, Circumstances { kernel: (4, 8), ..USUAL }), ALLOW);
    assert_eq!(
        on(Abi::X86_64, "ptrace", 0, Circumstances { kernel: (4, 7), ..with(&["SYS_PTRACE"]) }),
        ALLOW
    );
}

#[test]
fn newer_calls_are_unknown_rather_than_forbidden() {
    let program = default_for(&X86_64, USUAL);
    for (number, action) in [
        (466, ALLOW),
        (467, ENOSYS),
        (9999, ENOSYS),
        (0x4000_0223, ALLOW),
        (0x4000_0224, ENOSYS),
        (450, EPERM),
    ] {
        let call = Call { architecture: 0xc000_003e, number, arguments: [0; 6] };
        assert_eq!(run(&program, &call).0, action, "{number:#x}");
    }
}

#[test]
fn every_name_exists_on_some_target() {
    for (x86, arm) in default::X86.iter().zip(&default::ARM) {
        let arm_words = arm.calls.len();
        for (place, (x86, arm)) in x86.calls.iter().zip(arm.calls).enumerate() {
            assert!(*x86 != UNKNOWN || *arm != UNKNOWN, "word {place} of {} words", arm_words);
        }
    }
}

#[test]
fn it_is_short_and_quick() {
    for (target, most) in [(&X86_64, 360), (&AARCH64, 280)] {
        let program = default_for(target, USUAL);
        check(&program);
        let values = [0, 1, 12, 45, 46, 0x1000_0000, u64::MAX];
        let longest = calls(target, &values, |_| true).map(|call| run(&program, &call).1).max().unwrap();
        println!("{}: {} instructions, at most {longest} for a call", target.docker_name, program.len());
        assert!(program.len() <= most && longest <= 24, "{} instructions, {longest} at most", program.len());
    }
}

/// `cargo test --release -p limpet-runner -- --ignored --nocapture compiling` shows the time.
#[test]
#[ignore = "a measurement"]
fn compiling_takes() {
    const ROUNDS: u32 = 2000;
    let start = Instant::now();
    for _ in 0..ROUNDS {
        std::hint::black_box(default_for(std::hint::black_box(&X86_64), USUAL));
    }
    println!("default_filter: {:?}", start.elapsed() / ROUNDS);
}
