//! System calls in a row, by a routine so small that it lies within one page.

use rustix::event::{PollFd, Timespec};
use rustix::io::{Errno, Result};
use std::ops::Range;

/// A power of two that the loop of the routine fits into, so that it crosses no page.
const ROUTINE_BYTES: usize = 64;

/// A system call: its number and four arguments.
#[repr(transparent)]
pub(super) struct Call([u64; 5]);

impl Call {
    /// Gives the pages of `range` back.
    pub(super) fn forget(range: Range<usize>) -> Self {
        let advice = u64::from(libc::MADV_DONTNEED.cast_unsigned());
        Self([libc::SYS_madvise.cast_unsigned(), range.start as u64, range.len() as u64, advice, 0])
    }

    /// Waits for `fds`; what is left of the time is written to `timeout`.
    pub(super) fn poll(fds: &mut [PollFd<'_>], timeout: Option<&mut Timespec>) -> Self {
        const { assert!(size_of::<PollFd<'_>>() == size_of::<libc::pollfd>()) };
        const { assert!(size_of::<Timespec>() == size_of::<libc::timespec>()) };
        let timeout = timeout.map_or(std::ptr::null_mut(), std::ptr::from_mut).expose_provenance() as u64;
        let first = fds.as_mut_ptr().expose_provenance() as u64;
        Self([libc::SYS_ppoll.cast_unsigned(), first, fds.len() as u64, timeout, 0])
    }
}

/// Makes all `calls`, whatever those before the last say; what the last says.
///
/// # Safety
/// Memory that is given back may hold nothing that is still used, but that which comes back unchanged; the wait's
/// descriptors and timeout must live.
pub(super) unsafe fn carry_out(calls: &[Call]) -> Result<usize> {
    if calls.is_empty() {
        return Ok(0);
    }
    // SAFETY: the routine reads `calls.len()` calls, at least one; the rest is the caller's promise.
    let result = unsafe { make(calls.as_ptr(), calls.len()) };
    usize::try_from(result).map_err(|_| {
        let errno = i32::try_from(-result).unwrap_or(libc::EIO);
        Errno::from_raw_os_error(errno)
    })
}

/// Where the loop of the routine lies: at the first address that it can be aligned to.
pub(super) fn routine() -> Range<usize> {
    let start = (make as *const () as usize).next_multiple_of(ROUTINE_BYTES);
    start..start + ROUTINE_BYTES
}

/// Five words a call: its number, then four arguments. Gives what the last call returned, errors negative. The kernel keeps
/// r8 and r9 as they are, so nothing needs the stack.
#[cfg(target_arch = "x86_64")]
#[unsafe(naked)]
unsafe extern "C" fn make(calls: *const Call, count: usize) -> isize {
    core::arch::naked_asm!(
        ".p2align 6",
        "mov r8, rdi",
        "mov r9, rsi",
        "2:",
        "mov rax, [r8]",
        "mov rdi, [r8 + 8]",
        "mov rsi, [r8 + 16]",
        "mov rdx, [r8 + 24]",
        "mov r10, [r8 + 32]",
        "syscall",
        "add r8, 40",
        "dec r9",
        "jnz 2b",
        "ret",
    )
}

/// Five words a call: its number, then four arguments. Gives what the last call returned, errors negative. The kernel keeps
/// x9 and x10 as they are.
#[cfg(target_arch = "aarch64")]
#[unsafe(naked)]
unsafe extern "C" fn make(calls: *const Call, count: usize) -> isize {
    core::arch::naked_asm!(
        ".p2align 6",
        "mov x9, x0",
        "mov x10, x1",
        "2:",
        "ldp x8, x0, [x9]",
        "ldp x1, x2, [x9, #16]",
        "ldr x3, [x9, #32]",
        "svc #0",
        "add x9, x9, #40",
        "subs x10, x10, #1",
        "b.ne 2b",
        "ret",
    )
}

/// The stack pointer of the calling function: no frame in use reaches below it.
#[inline(always)]
pub(super) fn stack_pointer() -> usize {
    let pointer: usize;
    // SAFETY: only a register is read.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        core::arch::asm!("mov {}, rsp", out(reg) pointer, options(nomem, nostack, preserves_flags));
    }
    // SAFETY: only a register is read.
    #[cfg(target_arch = "aarch64")]
    unsafe {
        core::arch::asm!("mov {}, sp", out(reg) pointer, options(nomem, nostack, preserves_flags));
    }
    pointer
}
