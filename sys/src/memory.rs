//! Giving memory back.

use rustix::io::Result;

unsafe extern "C" {
    /// First byte of the program, from the linker.
    static __executable_start: u8;
    /// First byte after its code, from the linker.
    static __etext: u8;
}

const PAGE: usize = 4096;

/// Drops the pages of this program's code and constants from this process; what runs again is mapped again from the
/// page cache, where other processes of the same program share it (madvise(2), `MADV_DONTNEED`).
///
/// # Errors
/// What madvise(2) says: `EINVAL` on boards with larger pages whose boundaries the code does not meet.
pub fn forget_code() -> Result<()> {
    let (start, end) = (&raw const __executable_start as usize, &raw const __etext as usize);
    let start = start & !(PAGE - 1);
    let length = end.saturating_sub(start).next_multiple_of(PAGE);
    // SAFETY: the range is mapped from the program's file, read-only and private, so nothing in it was ever changed
    // and every page comes back as it was, from a file that cannot be written to while it is executed.
    let result = unsafe { libc::madvise(start as *mut libc::c_void, length, libc::MADV_DONTNEED) };
    if result == 0 { Ok(()) } else { Err(crate::last_errno()) }
}
