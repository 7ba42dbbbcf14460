use super::{ARCHITECTURE, IF_EQUAL, LOAD, NUMBER, OURS, RETURN, program};

const ALLOW: u64 = 0x7fff_0000;
const REFUSE: u64 = 0x0005_0000 | 38;
const KILL: u64 = 0x8000_0000;

/// What the kernel would answer.
fn answer(architecture: u64, number: u64) -> u64 {
    let program = program();
    let (mut at, mut loaded) = (0, 0);
    loop {
        let word = program[at];
        let (code, operand) = (word & 0xffff, word >> 32);
        let jump = |taken: bool| usize::try_from(word >> if taken { 16 } else { 24 } & 0xff).unwrap();
        at += 1;
        match code {
            LOAD if operand == NUMBER => loaded = number,
            LOAD if operand == ARCHITECTURE => loaded = architecture,
            IF_EQUAL => at += jump(loaded == operand),
            RETURN => return operand,
            // IF_AT_LEAST, which not every architecture has.
            0x35 => at += jump(loaded >= operand),
            _ => panic!("instruction {word:#x}"),
        }
    }
}

fn ours(number: libc::c_long) -> u64 {
    answer(OURS, number.cast_unsigned())
}

#[test]
fn what_files_and_memory_need_is_let_through() {
    let needed = [libc::SYS_read, libc::SYS_openat, libc::SYS_mknodat, libc::SYS_fsetxattr, libc::SYS_mmap];
    for number in needed.into_iter().chain([libc::SYS_exit_group]) {
        assert_eq!(ours(number), ALLOW, "{number}");
    }
}

#[test]
fn everything_else_is_refused() {
    let refused = [
        libc::SYS_execve,
        libc::SYS_execveat,
        libc::SYS_clone,
        libc::SYS_clone3,
        libc::SYS_socket,
        libc::SYS_connect,
        libc::SYS_mount,
        libc::SYS_move_mount,
        libc::SYS_open_by_handle_at,
        libc::SYS_ptrace,
        libc::SYS_process_vm_writev,
        libc::SYS_bpf,
        libc::SYS_io_uring_setup,
        libc::SYS_userfaultfd,
        libc::SYS_keyctl,
        libc::SYS_setns,
        libc::SYS_unshare,
        libc::SYS_ioctl,
        libc::SYS_kill,
        9999,
    ];
    for number in refused {
        assert_eq!(ours(number), REFUSE, "{number}");
    }
}

#[test]
fn calls_of_other_architectures_kill() {
    assert_eq!(answer(0x4000_0003, 3), KILL);
}

#[cfg(target_arch = "x86_64")]
#[test]
fn calls_of_x32_are_refused() {
    assert_eq!(answer(OURS, 0x4000_0000), REFUSE);
}
