use super::*;

/// What the program says to a call: as the kernel runs it, for the few instructions that it has.
fn run(architecture: u64, number: u64, arguments: [u64; 6]) -> u64 {
    let load = |offset: u64| match offset {
        NUMBER => number,
        ARCHITECTURE => architecture,
        offset => arguments[usize::try_from((offset - 16) / 8).unwrap()],
    };
    let (program, mut at, mut value) = (program(), 0, 0);
    loop {
        let packed = program[at];
        let (code, constant) = (packed & 0xffff, packed >> 32);
        let jump =
            |taken: bool| usize::try_from(if taken { packed >> 16 & 0xff } else { packed >> 24 & 0xff });
        at += 1;
        match code {
            LOAD => value = load(constant),
            JUMP_EQUAL => at += jump(value == constant).unwrap(),
            JUMP_ANY_BIT => at += jump(value & constant != 0).unwrap(),
            RETURN => return constant,
            code => panic!("instruction {code:#x}"),
        }
    }
}

fn call(call: Sysno, arguments: [u64; 6]) -> u64 {
    run(OWN_ARCHITECTURE, number(call), arguments)
}

const REFUSED: u64 = REFUSE | 1;

#[test]
fn what_is_needed_is_allowed() {
    for allowed in ALLOWED.iter().chain(OLD) {
        assert_eq!(call(*allowed, [u64::MAX; 6]), ALLOW, "{allowed}");
    }
}

#[test]
fn files_are_opened_for_reading_only() {
    for (opening, index) in OPENING {
        let with = |flags: u64| {
            let mut arguments = [0; 6];
            arguments[usize::try_from(*index).unwrap()] = flags;
            call(*opening, arguments)
        };
        assert_eq!(with(0o2_000_000), ALLOW, "O_CLOEXEC");
        for flags in [0o1, 0o2, 0o100, 0o1000, 0o2000, 0o20_200_000] {
            assert_eq!(with(flags), REFUSED, "{flags:o}");
        }
    }
}

#[test]
fn no_memory_becomes_code() {
    for mapping in [Sysno::mmap, Sysno::mprotect] {
        assert_eq!(call(mapping, [0, 0, 3, 0, 0, 0]), ALLOW);
        assert_eq!(call(mapping, [0, 0, 5, 0, 0, 0]), REFUSED);
    }
}

#[test]
fn only_sockets_of_the_internet() {
    for (family, wanted) in [(AF_INET, ALLOW), (AF_INET6, ALLOW), (1, REFUSED), (16, REFUSED), (17, REFUSED)]
    {
        assert_eq!(call(Sysno::socket, [family, 1, 0, 0, 0, 0]), wanted, "{family}");
    }
}

#[test]
fn of_ioctl_only_what_sockets_need() {
    assert_eq!(call(Sysno::ioctl, [3, FIONBIO, 0, 0, 0, 0]), ALLOW);
    assert_eq!(call(Sysno::ioctl, [0, 0x5412, 0, 0, 0, 0]), REFUSED, "TIOCSTI");
}

#[test]
fn everything_else_is_refused() {
    let known = |number: u64| {
        let all = ALLOWED.iter().chain(OLD).copied().chain(OPENING.iter().map(|(call, _)| *call));
        all.chain([Sysno::mmap, Sysno::mprotect, Sysno::socket, Sysno::ioctl])
            .any(|call| super::number(call) == number)
    };
    for number in (0..600).filter(|number| !known(*number)) {
        assert_eq!(run(OWN_ARCHITECTURE, number, [0; 6]), REFUSED, "{number}");
    }
    // The x32 table, and another architecture.
    assert_eq!(run(OWN_ARCHITECTURE, 0x4000_0000, [0; 6]), REFUSED);
    assert_eq!(run(0x4000_0003, 3, [0; 6]), KILL);
}
