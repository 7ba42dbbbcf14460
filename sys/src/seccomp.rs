//! seccomp(2): installing a system call filter.
//!
//! In: a finished program of packed instructions. Out: the calling thread, and all that it makes and executes, is
//! filtered for good. What the program says is none of this crate's affair.

use rustix::io::Errno;

/// Most instructions that the kernel takes (`BPF_MAXINSNS`).
const INSTRUCTIONS_MAX: usize = 4096;

/// Filters the calling thread with a classic BPF program, each instruction packed as
/// `code | jt << 16 | jf << 24 | k << 32`.
///
/// Speculative store bypass stays as it is for the thread (`SECCOMP_FILTER_FLAG_SPEC_ALLOW`, Linux 4.17), which runc
/// does too; an older kernel does not know the flag and is asked without it. Allocates nothing, so that it may run
/// between fork and exec.
///
/// Errors are the kernel's: EACCES without CAP_SYS_ADMIN and without no_new_privs, EINVAL for a program that is empty,
/// too long or not valid, or on a kernel without CONFIG_SECCOMP_FILTER; ENOMEM when all filters of the thread are
/// longer than 32768 instructions together.
pub fn install(program: &[u64]) -> Result<(), Errno> {
    match set_filter(program, libc::SECCOMP_FILTER_FLAG_SPEC_ALLOW) {
        Err(Errno::INVAL) => set_filter(program, 0),
        other => other,
    }
}

fn set_filter(program: &[u64], flags: libc::c_ulong) -> Result<(), Errno> {
    const { assert!(cfg!(target_endian = "little"), "an instruction is packed as it lies in memory") };
    const { assert!(size_of::<libc::sock_filter>() == size_of::<u64>()) };
    let len = match u16::try_from(program.len()) {
        Ok(len) if (1..=INSTRUCTIONS_MAX).contains(&program.len()) => len,
        _ => return Err(Errno::INVAL),
    };
    let described = libc::sock_fprog { len, filter: program.as_ptr().cast_mut().cast() };
    // SAFETY: `described` points to `len` instructions, as a u64 lies in memory on a little-endian machine, which live
    // until the call returns; the kernel copies them and writes nothing. A filter changes which later calls succeed,
    // and every caller of the kernel has to cope with failing calls already.
    let result = unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::c_long::from(libc::SECCOMP_SET_MODE_FILTER),
            flags,
            &raw const described,
        )
    };
    if result == 0 { Ok(()) } else { Err(crate::last_errno()) }
}

#[cfg(test)]
mod tests;
