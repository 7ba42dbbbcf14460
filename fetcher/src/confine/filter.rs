//! The system call filter of the fetching process: a list of what it needs. Pure.
//!
//! In: nothing. Out: a classic BPF program over `struct seccomp_data`, packed as [`limpet_sys::seccomp`] takes it.
//! What is not on the list fails with EPERM, as a library may try it and do without; another architecture's calls end
//! the process.

use rustix::io::Errno;
use syscalls::Sysno;

const LOAD: u64 = 0x20;
const JUMP_EQUAL: u64 = 0x15;
const JUMP_ANY_BIT: u64 = 0x45;
const RETURN: u64 = 0x06;

const ALLOW: u64 = 0x7fff_0000;
const REFUSE: u64 = 0x0005_0000;
const KILL: u64 = 0x8000_0000;

/// Offsets in `struct seccomp_data`: the call's number, the architecture, the low half of an argument.
const NUMBER: u64 = 0;
const ARCHITECTURE: u64 = 4;
const fn argument(index: u64) -> u64 {
    16 + 8 * index
}

/// `AUDIT_ARCH_*`; also the reason why calls of the x32 table, which have the same, are on no list: their numbers are
/// others.
#[cfg(target_arch = "x86_64")]
const OWN_ARCHITECTURE: u64 = 0xc000_003e;
#[cfg(target_arch = "aarch64")]
const OWN_ARCHITECTURE: u64 = 0xc000_00b7;

const AF_INET: u64 = 2;
const AF_INET6: u64 = 10;
/// Whatever makes an open(2) more than reading: O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_APPEND, and the bit of O_TMPFILE.
const NOT_READING: u64 = 0o1 | 0o2 | 0o100 | 0o1000 | 0o2000 | 0o20_000_000;
const PROT_EXEC: u64 = 4;
/// Makes a socket wait or not: a connection with a time limit needs it.
const FIONBIO: u64 = 0x5421;

/// Each architecture has its own name for it.
#[cfg(target_arch = "x86_64")]
const FSTATAT: Sysno = Sysno::newfstatat;
#[cfg(target_arch = "aarch64")]
const FSTATAT: Sysno = Sysno::fstatat;

/// Calls that are allowed whatever their arguments.
const ALLOWED: &[Sysno] = &[
    // Bytes of what is open.
    Sysno::read,
    Sysno::readv,
    Sysno::write,
    Sysno::writev,
    Sysno::close,
    Sysno::lseek,
    Sysno::fcntl,
    Sysno::fstat,
    // How C libraries look at the files that say where names are looked up; there are no others.
    FSTATAT,
    Sysno::statx,
    // Sockets. The names of hosts are asked for by datagrams, several at once.
    Sysno::connect,
    Sysno::bind,
    Sysno::sendto,
    Sysno::recvfrom,
    Sysno::sendmsg,
    Sysno::recvmsg,
    Sysno::sendmmsg,
    Sysno::getsockopt,
    Sysno::setsockopt,
    Sysno::getsockname,
    Sysno::getpeername,
    Sysno::shutdown,
    Sysno::ppoll,
    // Memory and time.
    Sysno::brk,
    Sysno::munmap,
    Sysno::mremap,
    Sysno::madvise,
    Sysno::clock_gettime,
    Sysno::clock_nanosleep,
    Sysno::nanosleep,
    Sysno::gettimeofday,
    Sysno::restart_syscall,
    Sysno::getrandom,
    Sysno::futex,
    // Its own life.
    Sysno::getpid,
    Sysno::gettid,
    Sysno::rt_sigaction,
    Sysno::rt_sigprocmask,
    Sysno::rt_sigreturn,
    Sysno::sigaltstack,
    Sysno::exit,
    Sysno::exit_group,
];

#[cfg(target_arch = "x86_64")]
const OLD: &[Sysno] = &[Sysno::poll, Sysno::time];
#[cfg(target_arch = "aarch64")]
const OLD: &[Sysno] = &[];

/// Calls that open a file, and which of their arguments are the flags.
#[cfg(target_arch = "x86_64")]
const OPENING: &[(Sysno, u64)] = &[(Sysno::openat, 2), (Sysno::open, 1)];
#[cfg(target_arch = "aarch64")]
const OPENING: &[(Sysno, u64)] = &[(Sysno::openat, 2)];

/// The program.
pub(super) fn program() -> Vec<u64> {
    let mut program = vec![
        instruction(LOAD, 0, 0, ARCHITECTURE),
        instruction(JUMP_EQUAL, 1, 0, OWN_ARCHITECTURE),
        instruction(RETURN, 0, 0, KILL),
        instruction(LOAD, 0, 0, NUMBER),
    ];
    for call in ALLOWED.iter().chain(OLD) {
        program.push(instruction(JUMP_EQUAL, 0, 1, number(*call)));
        program.push(instruction(RETURN, 0, 0, ALLOW));
    }
    for (call, flags) in OPENING {
        program.extend(without(*call, *flags, NOT_READING));
    }
    for call in [Sysno::mmap, Sysno::mprotect] {
        program.extend(without(call, 2, PROT_EXEC));
    }
    program.extend([
        instruction(JUMP_EQUAL, 0, 4, number(Sysno::ioctl)),
        instruction(LOAD, 0, 0, argument(1)),
        instruction(JUMP_EQUAL, 0, 1, FIONBIO),
        instruction(RETURN, 0, 0, ALLOW),
        instruction(RETURN, 0, 0, REFUSE | u64::from(Errno::PERM.raw_os_error().unsigned_abs())),
        instruction(JUMP_EQUAL, 0, 4, number(Sysno::socket)),
        instruction(LOAD, 0, 0, argument(0)),
        instruction(JUMP_EQUAL, 1, 0, AF_INET),
        instruction(JUMP_EQUAL, 0, 1, AF_INET6),
        instruction(RETURN, 0, 0, ALLOW),
        instruction(RETURN, 0, 0, REFUSE | u64::from(Errno::PERM.raw_os_error().unsigned_abs())),
    ]);
    program
}

/// Allows a call none of whose `bits` are set in an argument, and refuses it otherwise.
fn without(call: Sysno, index: u64, bits: u64) -> [u64; 5] {
    [
        instruction(JUMP_EQUAL, 0, 4, number(call)),
        instruction(LOAD, 0, 0, argument(index)),
        instruction(JUMP_ANY_BIT, 0, 1, bits),
        instruction(RETURN, 0, 0, REFUSE | u64::from(Errno::PERM.raw_os_error().unsigned_abs())),
        instruction(RETURN, 0, 0, ALLOW),
    ]
}

fn number(call: Sysno) -> u64 {
    u64::from(call.id().unsigned_abs())
}

/// Jumps count from the next instruction.
const fn instruction(code: u64, if_true: u64, if_false: u64, value: u64) -> u64 {
    code | if_true << 16 | if_false << 24 | value << 32
}

#[cfg(test)]
mod tests;
