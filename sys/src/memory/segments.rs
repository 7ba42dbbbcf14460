//! Where this program's code and constants lie in its memory.

use rustix::io::{Errno, Result};
use std::ops::Range;

/// The addresses of each segment that is never written to, as the program's headers have them.
///
/// # Errors
/// `ENOEXEC` if the kernel did not say where the headers are.
pub(super) fn constant() -> Result<Vec<Range<usize>>> {
    let (headers, count) = (auxiliary(libc::AT_PHDR)?, auxiliary(libc::AT_PHNUM)?);
    // SAFETY: the kernel mapped the program headers there, `AT_PHNUM` of them, and nothing unmaps or changes them.
    let headers = unsafe {
        std::slice::from_raw_parts(std::ptr::with_exposed_provenance::<libc::Elf64_Phdr>(headers), count)
    };
    let offset = load_offset(headers);
    headers.iter().filter(|header| is_constant(header)).map(|header| addresses(header, offset)).collect()
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

fn addresses(header: &libc::Elf64_Phdr, offset: u64) -> Result<Range<usize>> {
    let start = header.p_vaddr.wrapping_add(offset);
    let end = start.checked_add(header.p_memsz).ok_or(Errno::NOEXEC)?;
    let address = |value| usize::try_from(value).map_err(|_| Errno::NOEXEC);
    Ok(address(start)?..address(end)?)
}
