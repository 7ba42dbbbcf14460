//! The device filter, as v1's lines and as a program that a small interpreter runs.

use crate::cgroup::device_program::{RULES_MAX, program};
use crate::cgroup::devices::{DevicePolicy, DeviceRule};
use limpet_protocol::launch::{Device, DeviceAccess};
use limpet_sys::bpf::{INSTRUCTIONS_MAX, Instruction};

const MKNOD: u32 = 1;
const READ: u32 = 2;
const WRITE: u32 = 4;

const READ_ONLY: DeviceAccess = DeviceAccess { read: true, write: false, mknod: false };

/// What the kernel would answer: `kind` 1 is block, 2 is character.
fn verdict(program: &[Instruction], kind: u32, access: u32, major: u32, minor: u32) -> i64 {
    let context = [access << 16 | kind, major, minor];
    let mut registers = [0_i64; 11];
    let mut next = 0_usize;
    for _ in 0..INSTRUCTIONS_MAX {
        let Instruction { code, registers: pair, offset, immediate } = program[next];
        let (to, from) = (usize::from(pair & 15), usize::from(pair >> 4));
        next += 1;
        match code {
            0x61 => registers[to] = i64::from(context[usize::try_from(offset / 4).unwrap()]),
            0xb7 => registers[to] = i64::from(immediate),
            0xbf => registers[to] = registers[from],
            0x57 => registers[to] &= i64::from(immediate),
            0x77 => {
                registers[to] =
                    registers[to].cast_unsigned().unbounded_shr(immediate.cast_unsigned()).cast_signed();
            }
            0x55 if registers[to] != i64::from(immediate) => {
                next = next.checked_add_signed(isize::from(offset)).unwrap();
            }
            0x55 => {}
            0x95 => return registers[0],
            other => panic!("unknown instruction {other:#x}"),
        }
    }
    panic!("the program does not end");
}

fn standard_and(devices: &[Device]) -> Vec<DeviceRule> {
    match DevicePolicy::new(devices, false) {
        DevicePolicy::Rules(rules) => rules,
        DevicePolicy::All => panic!("not all were asked for"),
    }
}

fn disk(access: DeviceAccess) -> Device {
    Device { path: "/dev/sda".into(), block: true, major: 8, minor: 0, mode: 0o660, access }
}

#[test]
fn standard_devices_open_and_others_do_not() {
    let program = program(&standard_and(&[]));
    assert_eq!(verdict(&program, 2, READ | WRITE, 1, 3), 1, "null");
    assert_eq!(verdict(&program, 2, READ | WRITE, 136, 7), 1, "a pseudo-terminal");
    assert_eq!(verdict(&program, 2, READ | WRITE, 5, 2), 1, "ptmx");
    assert_eq!(verdict(&program, 2, READ, 1, 1), 0, "mem");
    assert_eq!(verdict(&program, 2, READ, 1, 11), 0, "kmsg");
    assert_eq!(verdict(&program, 1, READ, 8, 0), 0, "a disk");
    assert_eq!(verdict(&program, 1, READ, 1, 3), 0, "a block device with null's number");
}

#[test]
fn every_node_may_be_made() {
    let program = program(&standard_and(&[]));
    assert_eq!(verdict(&program, 1, MKNOD, 8, 0), 1);
    assert_eq!(verdict(&program, 2, MKNOD, 1, 1), 1);
    assert_eq!(verdict(&program, 2, MKNOD | READ, 1, 1), 0, "one rule must allow all of it");
}

#[test]
fn a_device_asked_for_gets_its_access_and_no_more() {
    let program = program(&standard_and(&[disk(READ_ONLY)]));
    assert_eq!(verdict(&program, 1, READ, 8, 0), 1);
    assert_eq!(verdict(&program, 1, READ | WRITE, 8, 0), 0);
    assert_eq!(verdict(&program, 1, READ, 8, 1), 0, "its partition");
}

#[test]
fn no_rule_refuses_and_impossible_numbers_match_nothing() {
    assert_eq!(verdict(&program(&[]), 2, READ, 1, 3), 0);
    let odd = DeviceRule { block: false, major: Some(u32::MAX), minor: None, access: READ_ONLY };
    assert_eq!(verdict(&program(&[odd]), 2, READ, u32::MAX, 0), 0);
}

#[test]
fn the_most_rules_fit_the_kernel() {
    let rule = DeviceRule { block: false, major: Some(1), minor: Some(1), access: READ_ONLY };
    assert!(program(&vec![rule; RULES_MAX]).len() <= INSTRUCTIONS_MAX);
}

#[test]
fn v1_lines() {
    let lines: Vec<_> = standard_and(&[disk(READ_ONLY)]).iter().map(DeviceRule::v1_line).collect();
    for wanted in ["c 1:3 rwm", "c 136:* rwm", "c *:* m", "b *:* m", "b 8:0 r"] {
        assert!(lines.iter().any(|line| line == wanted), "{wanted} is not in {lines:?}");
    }
}

#[test]
fn accesses_to_one_device_are_joined() {
    let write_only = DeviceAccess { read: false, write: true, mknod: false };
    let merged = DeviceRule::merged(&standard_and(&[disk(READ_ONLY), disk(write_only)]));
    assert_eq!(merged.len(), DeviceRule::STANDARD.len() + 1);
    assert_eq!(merged.last().unwrap().v1_line(), "b 8:0 rw");
}

#[test]
fn privileged_has_no_filter() {
    assert_eq!(DevicePolicy::new(&[disk(READ_ONLY)], true), DevicePolicy::All);
}
