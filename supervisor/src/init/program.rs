//! The file that the first process starts its children from.
//!
//! The first process never ends, so after `limpet upgrade` it still runs from the old file, which has no name any more. What
//! it starts is to be the new one.

#[cfg(test)]
mod tests;

use std::ffi::{CStr, CString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// This process's own file, under whatever name.
const OWN: &CStr = c"/proc/self/exe";
/// How the kernel marks the name of a file that has gone (proc_pid_exe(5)).
const GONE: &[u8] = b" (deleted)";

/// What has the name now under which this program was started; its own file if nothing has.
pub(super) fn current() -> CString {
    let link = std::fs::read_link("/proc/self/exe").unwrap_or_default();
    let there = successor(&link).filter(|path| path.is_file());
    there
        .and_then(|path| CString::new(path.into_os_string().into_encoded_bytes()).ok())
        .unwrap_or_else(|| OWN.to_owned())
}

/// The name of a file that has gone.
fn successor(link: &Path) -> Option<PathBuf> {
    let name = link.as_os_str().as_bytes().strip_suffix(GONE)?;
    Some(PathBuf::from(std::ffi::OsStr::from_bytes(name)))
}
