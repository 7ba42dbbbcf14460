//! The device filter of cgroup v2 as a BPF program: rules in, instructions out; pure.
//!
//! The kernel calls the program with a `struct bpf_cgroup_dev_ctx` (linux/bpf.h) for each open and mknod of a device;
//! 1 lets it through, 0 refuses. The program is the rules one after the other, each leaving early when it does not
//! apply, and a refusal at the end. As on v1, one rule must allow all of an access by itself.

use super::devices::DeviceRule;
use limpet_protocol::launch::DeviceAccess;
use limpet_sys::bpf::{INSTRUCTIONS_MAX, Instruction};

/// Offsets in `struct bpf_cgroup_dev_ctx`; the first word holds the access above and the kind of device below.
const ACCESS_AND_KIND: i16 = 0;
const MAJOR: i16 = 4;
const MINOR: i16 = 8;

/// BPF_DEVCG_DEV_BLOCK and BPF_DEVCG_DEV_CHAR.
const KIND_BLOCK: i32 = 1;
const KIND_CHARACTER: i32 = 2;
/// BPF_DEVCG_ACC_MKNOD, _READ and _WRITE.
const ACCESS_MKNOD: i32 = 1;
const ACCESS_READ: i32 = 2;
const ACCESS_WRITE: i32 = 4;
const ACCESS_ALL: i32 = ACCESS_MKNOD | ACCESS_READ | ACCESS_WRITE;

/// Registers, by what they hold here.
const R_RESULT: u8 = 0;
const R_CONTEXT: u8 = 1;
/// The context is not needed any more once its words are loaded.
const R_SCRATCH: u8 = 1;
const R_KIND: u8 = 2;
const R_ACCESS: u8 = 3;
const R_MAJOR: u8 = 4;
const R_MINOR: u8 = 5;

/// Operation codes (Documentation/bpf/standardization/instruction-set.rst).
const LOAD_WORD: u8 = 0x61;
const MOVE: u8 = 0xb7;
const MOVE_REGISTER: u8 = 0xbf;
const AND: u8 = 0x57;
const SHIFT_RIGHT: u8 = 0x77;
const JUMP_UNLESS_EQUAL: u8 = 0x55;
const EXIT: u8 = 0x95;

/// Instructions of the longest rule; so many rules fit one program at least.
const RULE_INSTRUCTIONS_MAX: usize = 8;
/// Most rules of one filter.
pub(super) const RULES_MAX: usize = (INSTRUCTIONS_MAX - 16) / RULE_INSTRUCTIONS_MAX;

/// The program for these rules; at most [`RULES_MAX`] of them.
pub(super) fn program(rules: &[DeviceRule]) -> Vec<Instruction> {
    let mut program = vec![
        instruction(LOAD_WORD, R_KIND, R_CONTEXT, ACCESS_AND_KIND, 0),
        instruction(LOAD_WORD, R_MAJOR, R_CONTEXT, MAJOR, 0),
        instruction(LOAD_WORD, R_MINOR, R_CONTEXT, MINOR, 0),
        instruction(MOVE_REGISTER, R_ACCESS, R_KIND, 0, 0),
        instruction(AND, R_KIND, 0, 0, 0xffff),
        instruction(SHIFT_RIGHT, R_ACCESS, 0, 0, 16),
    ];
    for rule in rules {
        add_rule(&mut program, rule);
    }
    program.extend(verdict(0));
    program
}

/// Conditions that each jump past the rule's end when they do not hold.
fn add_rule(program: &mut Vec<Instruction>, rule: &DeviceRule) {
    let start = program.len();
    let refused = ACCESS_ALL & !bits(rule.access);
    program.push(unless(R_KIND, if rule.block { KIND_BLOCK } else { KIND_CHARACTER }));
    if let Some(major) = rule.major {
        program.push(unless(R_MAJOR, immediate(major)));
    }
    if let Some(minor) = rule.minor {
        program.push(unless(R_MINOR, immediate(minor)));
    }
    if refused != 0 {
        program.push(instruction(MOVE_REGISTER, R_SCRATCH, R_ACCESS, 0, 0));
        program.push(instruction(AND, R_SCRATCH, 0, 0, refused));
        program.push(unless(R_SCRATCH, 0));
    }
    program.extend(verdict(1));
    aim_jumps(&mut program[start..]);
}

/// Let every jump of a rule lead to the first instruction after it.
fn aim_jumps(rule: &mut [Instruction]) {
    let end = rule.len();
    for (index, instruction) in rule.iter_mut().enumerate() {
        if instruction.code == JUMP_UNLESS_EQUAL {
            instruction.offset =
                i16::try_from(end - index - 1).expect("a rule has at most eight instructions");
        }
    }
}

fn verdict(value: i32) -> [Instruction; 2] {
    [instruction(MOVE, R_RESULT, 0, 0, value), instruction(EXIT, 0, 0, 0, 0)]
}

fn unless(register: u8, value: i32) -> Instruction {
    instruction(JUMP_UNLESS_EQUAL, register, 0, 0, value)
}

/// The kernel's numbers are below 2³¹; a larger one becomes −1, which no loaded word equals.
fn immediate(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(-1)
}

fn bits(access: DeviceAccess) -> i32 {
    [(access.mknod, ACCESS_MKNOD), (access.read, ACCESS_READ), (access.write, ACCESS_WRITE)]
        .into_iter()
        .filter_map(|(allowed, bit)| allowed.then_some(bit))
        .sum()
}

const fn instruction(code: u8, destination: u8, source: u8, offset: i16, immediate: i32) -> Instruction {
    Instruction { code, registers: destination | source << 4, offset, immediate }
}
