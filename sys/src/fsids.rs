//! Who this thread is to file systems, for the length of one operation.

use rustix::io::{Errno, Result};

/// Runs `act` with these ids for file systems (setfsuid(2)) and all permitted capabilities in force, then goes back
/// to root's.
///
/// # Errors
/// `EPERM` without CAP_SETUID and CAP_SETGID; what capset(2) says.
pub fn as_filesystem_user<T>(uid: u32, gid: u32, act: impl FnOnce() -> T) -> Result<T> {
    set(uid, gid)?;
    // Leaving fsuid 0 took the capabilities over files out of force (capabilities(7)).
    let mut sets = rustix::thread::capabilities(None)?;
    sets.effective = sets.permitted;
    let result = rustix::thread::set_capabilities(None, sets).map(|()| act());
    set(0, 0)?;
    result
}

fn set(uid: u32, gid: u32) -> Result<()> {
    // SAFETY: both calls only change credentials of this thread. They report the old ids, never an error, so the
    // second call of each asks what is in force.
    let (now_gid, now_uid) = unsafe {
        libc::setfsgid(gid);
        libc::setfsuid(uid);
        (libc::setfsgid(u32::MAX), libc::setfsuid(u32::MAX))
    };
    let same = |now: libc::c_int, wanted: u32| now.cast_unsigned() == wanted;
    if same(now_uid, uid) && same(now_gid, gid) { Ok(()) } else { Err(Errno::PERM) }
}
