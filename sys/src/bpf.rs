//! Device filters for cgroup v2: load a program, attach it to a group, count what is attached (bpf(2)).
//!
//! Comes in: instructions that the caller has put together. Goes out: a descriptor of a program that the kernel's
//! verifier has accepted. A wrong program is refused by the verifier and can harm nothing.

use rustix::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use rustix::io::Errno;

/// Most instructions of one program (the kernel's BPF_MAXINSNS).
pub const INSTRUCTIONS_MAX: usize = 4096;

/// One eBPF instruction as the kernel reads it (`struct bpf_insn`, Documentation/bpf/standardization).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Instruction {
    /// Class, operation and source.
    pub code: u8,
    /// Destination register in the low four bits (of a little-endian machine), source register in the high four.
    pub registers: u8,
    /// Jump or memory offset.
    pub offset: i16,
    /// Immediate value.
    pub immediate: i32,
}

const PROG_LOAD: libc::c_int = 5;
const PROG_ATTACH: libc::c_int = 8;
const PROG_QUERY: libc::c_int = 16;
const PROG_TYPE_CGROUP_DEVICE: u32 = 15;
const ATTACH_TYPE_CGROUP_DEVICE: u32 = 6;
/// Programs of ancestors stay in force, whatever they are attached with.
const F_ALLOW_MULTI: u32 = 2;
/// Only the first program ids are asked for; the count is of all.
const PROGRAM_IDS_ASKED: u32 = 16;

/// The first fields of `union bpf_attr` for BPF_PROG_LOAD (Linux 4.15).
#[repr(C)]
struct LoadAttributes {
    kind: u32,
    instruction_count: u32,
    instructions: u64,
    license: u64,
    log_level: u32,
    log_bytes: u32,
    log: u64,
    kernel_version: u32,
    flags: u32,
}

/// `union bpf_attr` for BPF_PROG_ATTACH.
#[repr(C)]
struct AttachAttributes {
    target_fd: u32,
    program_fd: u32,
    attach_type: u32,
    flags: u32,
}

/// `union bpf_attr` for BPF_PROG_QUERY (Linux 4.15).
#[repr(C)]
struct QueryAttributes {
    target_fd: u32,
    attach_type: u32,
    query_flags: u32,
    attach_flags: u32,
    program_ids: u64,
    program_count: u32,
    /// Makes the padding explicit: the kernel wants it zero.
    padding: u32,
}

/// Load a program of type BPF_PROG_TYPE_CGROUP_DEVICE.
///
/// # Errors
/// `EINVAL` or `ENOSYS`: the kernel has no CONFIG_CGROUP_BPF, or its verifier refuses the program; `EPERM`: without
/// CAP_BPF or CAP_SYS_ADMIN; `E2BIG`: more than [`INSTRUCTIONS_MAX`].
pub fn load_device_program(instructions: &[Instruction]) -> Result<OwnedFd, Errno> {
    let instruction_count = u32::try_from(instructions.len()).map_err(|_| Errno::TOOBIG)?;
    let attributes = LoadAttributes {
        kind: PROG_TYPE_CGROUP_DEVICE,
        instruction_count,
        instructions: instructions.as_ptr() as u64,
        license: c"Dual MIT/GPL".as_ptr() as u64,
        log_level: 0,
        log_bytes: 0,
        log: 0,
        kernel_version: 0,
        flags: 0,
    };
    // SAFETY: `instructions` and the licence outlive the call, and the count is that of the slice.
    let fd = unsafe { bpf(PROG_LOAD, &attributes) }?;
    // SAFETY: a successful BPF_PROG_LOAD returns a new descriptor that nobody else owns.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Attach a device filter to a cgroup v2 directory; it lasts as long as the group.
///
/// # Errors
/// `EPERM`: an ancestor has a filter that allows no others; `EBADF`: not a cgroup v2 directory.
pub fn attach_device_program(group: BorrowedFd<'_>, program: BorrowedFd<'_>) -> Result<(), Errno> {
    let attributes = AttachAttributes {
        target_fd: number(group)?,
        program_fd: number(program)?,
        attach_type: ATTACH_TYPE_CGROUP_DEVICE,
        flags: F_ALLOW_MULTI,
    };
    // SAFETY: the attributes hold no pointers, and both descriptors are borrowed for the call.
    unsafe { bpf(PROG_ATTACH, &attributes) }.map(drop)
}

/// How many device filters are attached to this very group.
///
/// # Errors
/// `EBADF`: not a cgroup v2 directory.
pub fn count_device_programs(group: impl AsFd) -> Result<u32, Errno> {
    let mut ids = [0_u32; PROGRAM_IDS_ASKED as usize];
    let mut attributes = QueryAttributes {
        target_fd: number(group.as_fd())?,
        attach_type: ATTACH_TYPE_CGROUP_DEVICE,
        query_flags: 0,
        attach_flags: 0,
        program_ids: ids.as_mut_ptr() as u64,
        program_count: PROGRAM_IDS_ASKED,
        padding: 0,
    };
    // SAFETY: `ids` has room for the count that is given, outlives the call and is not read after it.
    match unsafe { bpf_in_out(PROG_QUERY, &mut attributes) } {
        // ENOSPC: more than asked for; the count is filled in all the same.
        Ok(_) | Err(Errno::NOSPC) => Ok(attributes.program_count),
        Err(error) => Err(error),
    }
}

fn number(fd: BorrowedFd<'_>) -> Result<u32, Errno> {
    u32::try_from(fd.as_raw_fd()).map_err(|_| Errno::BADF)
}

/// # Safety
/// `T` is the layout that `command` reads, and what it points to is valid for the call.
unsafe fn bpf<T>(command: libc::c_int, attributes: &T) -> Result<i32, Errno> {
    // SAFETY: by this function's own contract; the kernel reads at most `size_of::<T>()` bytes.
    let result =
        unsafe { libc::syscall(libc::SYS_bpf, command, std::ptr::from_ref(attributes), size_of::<T>()) };
    if result < 0 { Err(crate::last_errno()) } else { i32::try_from(result).map_err(|_| Errno::OVERFLOW) }
}

/// # Safety
/// As [`bpf`], for a command that also writes to its attributes.
unsafe fn bpf_in_out<T>(command: libc::c_int, attributes: &mut T) -> Result<i32, Errno> {
    // SAFETY: by this function's own contract; the kernel stays within `size_of::<T>()` bytes.
    let result =
        unsafe { libc::syscall(libc::SYS_bpf, command, std::ptr::from_mut(attributes), size_of::<T>()) };
    if result < 0 { Err(crate::last_errno()) } else { i32::try_from(result).map_err(|_| Errno::OVERFLOW) }
}
