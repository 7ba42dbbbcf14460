//! Classic BPF as seccomp runs it, with the checks that the kernel makes before (seccomp_check_filter,
//! bpf_check_classic).

/// `struct seccomp_data`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    pub(crate) architecture: u32,
    pub(crate) number: u32,
    pub(crate) arguments: [u64; 6],
}

struct Instruction {
    code: u16,
    yes: usize,
    no: usize,
    operand: u32,
}

#[expect(clippy::cast_possible_truncation, reason = "fields are cut out")]
fn unpack(packed: u64) -> Instruction {
    Instruction {
        code: packed as u16,
        yes: usize::from((packed >> 16) as u8),
        no: usize::from((packed >> 24) as u8),
        operand: (packed >> 32) as u32,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a word is cut out")]
fn word(call: &Call, offset: u32) -> u32 {
    match offset {
        0 => call.number,
        4 => call.architecture,
        16..64 => (call.arguments[(offset as usize - 16) / 8] >> (8 * (offset % 8))) as u32,
        _ => 0,
    }
}

/// What the filter returns, and how many instructions that takes.
pub(crate) fn run(program: &[u64], call: &Call) -> (u32, usize) {
    let (mut at, mut accumulator, mut steps) = (0, 0, 0);
    loop {
        let Instruction { code, yes, no, operand } = unpack(program[at]);
        steps += 1;
        let branch = |taken| if taken { yes } else { no };
        at += 1;
        match code {
            0x20 => accumulator = word(call, operand),
            0x54 => accumulator &= operand,
            0x05 => at += operand as usize,
            0x15 => at += branch(accumulator == operand),
            0x25 => at += branch(accumulator > operand),
            0x35 => at += branch(accumulator >= operand),
            0x06 => return (operand, steps),
            other => panic!("instruction {other:#x}"),
        }
    }
}

/// That the kernel would take it.
pub(crate) fn check(program: &[u64]) {
    assert!((1..=super::super::INSTRUCTIONS_MAX).contains(&program.len()), "{} instructions", program.len());
    for (at, &packed) in program.iter().enumerate() {
        let Instruction { code, yes, no, operand } = unpack(packed);
        match code {
            0x20 => assert!(operand < 64 && operand % 4 == 0),
            0x05 => assert!(at + 1 + (operand as usize) < program.len()),
            0x15 | 0x25 | 0x35 => assert!(at + 1 + yes.max(no) < program.len()),
            0x06 | 0x54 => {}
            other => panic!("instruction {other:#x}"),
        }
    }
    assert_eq!(unpack(*program.last().unwrap()).code, 0x06);
}
