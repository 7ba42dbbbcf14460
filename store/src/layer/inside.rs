//! Opens what lies below a directory without following anything: what openat2(2) does with RESOLVE_BENEATH and
//! RESOLVE_NO_SYMLINKS, also on kernels before 5.6.

use rustix::fs::{Mode, OFlags, openat};
use rustix::io::Errno;
use std::os::fd::OwnedFd;

/// Opens `path` below `root`; an empty path is the directory itself.
///
/// # Errors
/// ELOOP or ENOTDIR for a symbolic link on the way, EINVAL for `..`, and openat(2)'s.
pub(crate) fn open(root: &OwnedFd, path: &[u8], flags: OFlags) -> Result<OwnedFd, Errno> {
    let step = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut components: Vec<&[u8]> =
        path.split(|b| *b == b'/').filter(|c| !matches!(*c, b"" | b".")).collect();
    if components.contains(&&b".."[..]) {
        return Err(Errno::INVAL);
    }
    let last = components.pop().unwrap_or(b".");
    let mut at = openat(root, ".", step, Mode::empty())?;
    for component in components {
        at = openat(&at, component, step, Mode::empty())?;
    }
    openat(&at, last, flags | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())
}
