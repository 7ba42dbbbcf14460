//! Resource limits by number (setrlimit(2)).

use rustix::io::{Errno, Result};
use rustix::process::Pid;

/// Resources that Linux has (RLIM_NLIMITS).
const RESOURCES: u8 = 16;

/// Sets both limits of `resource` (an RLIMIT_ number) of process `pid`; `u64::MAX` is unlimited (prlimit(2)).
///
/// # Errors
/// `EINVAL` for a resource that the kernel does not know, `EPERM` for raising a hard limit without the right to.
pub fn set(pid: Pid, resource: u8, soft: u64, hard: u64) -> Result<()> {
    if resource >= RESOURCES {
        return Err(Errno::INVAL);
    }
    let limit = libc::rlimit64 { rlim_cur: soft, rlim_max: hard };
    // SAFETY: `limit` lives across the call and the old limits are not asked for.
    let result = unsafe {
        libc::prlimit64(
            pid.as_raw_nonzero().get(),
            u32::from(resource) as _,
            &raw const limit,
            std::ptr::null_mut(),
        )
    };
    if result == 0 { Ok(()) } else { Err(crate::last_errno()) }
}
