//! Giving memory back.

use rustix::io::{Errno, Result};

/// Drops the pages of this program's code and constants from this process; what is used again is mapped again from
/// the page cache, where all processes of the same program share it (madvise(2), `MADV_DONTNEED`).
///
/// # Errors
/// `ENOEXEC` if the kernel did not say where the program is; what madvise(2) says.
pub fn forget_code() -> Result<()> {
    let (headers, count) = (auxiliary(libc::AT_PHDR)?, auxiliary(libc::AT_PHNUM)?);
    // SAFETY: the kernel mapped the program headers there, `AT_PHNUM` of them, and nothing unmaps or changes them.
    let headers = unsafe {
        std::slice::from_raw_parts(std::ptr::with_exposed_provenance::<libc::Elf64_Phdr>(headers), count)
    };
    let offset = load_offset(headers);
    headers.iter().filter(|header| is_constant(header)).try_for_each(|header| forget(header, offset))
}

/// What the kernel told the program at its start (getauxval(3)).
fn auxiliary(kind: libc::c_ulong) -> Result<usize> {
    // SAFETY: getauxval only reads what the kernel put on the stack.
    let value = unsafe { libc::getauxval(kind) };
    usize::try_from(value).ok().filter(|value| *value != 0).ok_or(Errno::NOEXEC)
}

/// Where the program was loaded, against where it was linked.
fn load_offset(headers: &[libc::Elf64_Phdr]) -> u64 {
    let linked = headers.iter().find(|header| header.p_type == libc::PT_PHDR).map(|header| header.p_vaddr);
    linked.map_or(0, |linked| (headers.as_ptr() as u64).wrapping_sub(linked))
}

fn is_constant(header: &libc::Elf64_Phdr) -> bool {
    header.p_type == libc::PT_LOAD && header.p_flags & libc::PF_W == 0
}

fn forget(segment: &libc::Elf64_Phdr, offset: u64) -> Result<()> {
    let page = rustix::param::page_size() as u64;
    let start = segment.p_vaddr.wrapping_add(offset) & !(page - 1);
    let length = segment.p_vaddr.wrapping_add(offset) + segment.p_memsz - start;
    let length = usize::try_from(length).map_err(|_| Errno::NOEXEC)?;
    // SAFETY: the segment is mapped from the program's file, read-only and private, so nothing in it was ever changed
    // and every page comes back as it was, from a file that cannot be written to while it is executed.
    let result = unsafe { libc::madvise(start as *mut libc::c_void, length, libc::MADV_DONTNEED) };
    if result == 0 { Ok(()) } else { Err(crate::last_errno()) }
}
